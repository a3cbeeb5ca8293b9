// Which AMD extensions stand in a simulated VCEK or VLEK, and how are they encoded? AMD 57230, 1.3.6.1.4.1.3704.1; order and encoding
// are those of real leaves: raw hwID, fmcSPL instead of spl4 on Turin, structVersion 1 there. Every one can be overridden or left out.
import { ia5String, integer, octetString } from "./der.ts";
import type { Extension } from "./certificate.ts";
import type { Tcb } from "../snp/tcb.ts";

export type VekExtensionName = keyof typeof vekExtensionOids;

/** What the chip or the provider is: exactly one of the two. */
export type VekHolder = { readonly chipId: Uint8Array } | { readonly cspId: string };

export interface VekExtensionChoices {
  /** The content of extnValue in place of the right one; null leaves the extension out. */
  readonly overrides?: { readonly [name in VekExtensionName]?: Uint8Array | null };
  /** "wrapped" is a form announced for the future: an OCTET STRING inside extnValue. */
  readonly hwIdForm?: "raw" | "wrapped";
  /** Whatever a test wants to see refused. */
  readonly more?: readonly Extension[];
}

export function vekExtensions(tcb: Tcb, holder: VekHolder, choices: VekExtensionChoices = {}): Extension[] {
  const contents: { [name in VekExtensionName]?: Uint8Array | null } = {
    ...rightContents(tcb, holder, choices.hwIdForm),
    ...choices.overrides,
  };
  const order = tcb.product === "Turin" ? turinOrder : firstOrder;
  const named = [...order, ...names.filter((name) => !order.includes(name))].flatMap((name) => {
    const value = contents[name];
    return value === undefined || value === null ? [] : [{ oid: vekExtensionOids[name], value }];
  });
  return [...named, ...(choices.more ?? [])];
}

/** hwID holds 8 bytes on Turin and 64 elsewhere. */
export function hwIdOf(product: Tcb["product"], chipId: Uint8Array): Uint8Array {
  return product === "Turin" ? chipId.slice(0, turinIdLength) : chipId;
}

function rightContents(tcb: Tcb, holder: VekHolder, hwIdForm: "raw" | "wrapped" = "raw"): { [name in VekExtensionName]?: Uint8Array } {
  const turin = tcb.product === "Turin";
  const contents: { [name in VekExtensionName]?: Uint8Array } = {
    structVersion: integer(turin ? 1 : 0),
    productName: ia5String("chipId" in holder ? vcekProductNames[tcb.product] : tcb.product),
    blSPL: integer(tcb.bootloader),
    teeSPL: integer(tcb.tee),
    snpSPL: integer(tcb.snp),
    spl5: integer(0),
    spl6: integer(0),
    spl7: integer(0),
    ucodeSPL: integer(tcb.microcode),
  };
  if (turin) contents.fmcSPL = integer(tcb.fmc ?? 0);
  else contents.spl4 = integer(0);
  if ("cspId" in holder) contents.cspId = ia5String(holder.cspId);
  else {
    const hwId = hwIdOf(tcb.product, holder.chipId);
    contents.hwId = hwIdForm === "raw" ? hwId : octetString(hwId);
  }
  return contents;
}

export const vekExtensionOids = {
  structVersion: "1.3.6.1.4.1.3704.1.1",
  productName: "1.3.6.1.4.1.3704.1.2",
  blSPL: "1.3.6.1.4.1.3704.1.3.1",
  teeSPL: "1.3.6.1.4.1.3704.1.3.2",
  snpSPL: "1.3.6.1.4.1.3704.1.3.3",
  spl4: "1.3.6.1.4.1.3704.1.3.4",
  spl5: "1.3.6.1.4.1.3704.1.3.5",
  spl6: "1.3.6.1.4.1.3704.1.3.6",
  spl7: "1.3.6.1.4.1.3704.1.3.7",
  ucodeSPL: "1.3.6.1.4.1.3704.1.3.8",
  fmcSPL: "1.3.6.1.4.1.3704.1.3.9",
  hwId: "1.3.6.1.4.1.3704.1.4",
  cspId: "1.3.6.1.4.1.3704.1.5",
} as const;

const names = Object.keys(vekExtensionOids) as VekExtensionName[];
const firstOrder: readonly VekExtensionName[] = [
  "structVersion",
  "productName",
  "blSPL",
  "teeSPL",
  "spl4",
  "spl5",
  "spl6",
  "spl7",
  "snpSPL",
  "ucodeSPL",
  "hwId",
  "cspId",
];
const turinOrder: readonly VekExtensionName[] = [
  "structVersion",
  "productName",
  "fmcSPL",
  "blSPL",
  "teeSPL",
  "snpSPL",
  "spl5",
  "spl6",
  "spl7",
  "ucodeSPL",
  "hwId",
  "cspId",
];
/** As real VCEKs of today say it; a VLEK names the product alone. */
const vcekProductNames = { Milan: "Milan-B0", Genoa: "Genoa", Turin: "Turin" } as const;
const turinIdLength = 8;
