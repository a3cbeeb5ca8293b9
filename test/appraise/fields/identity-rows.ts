// The fields that say which processor, which key and which software: each value in the owner's list and not in it, each number below, at and above.
import { rowsOf } from "./rows.ts";
import type { Bit, Fact, Listed, Ordered, Rows, Subject } from "./rows.ts";
import { toHex } from "../../../core/base/bytes.ts";
import { products } from "../../../core/snp/product.ts";
import { hostData } from "../kit.ts";

const a = new Uint8Array(48).fill(0xa1);
const b = new Uint8Array(48).fill(0xb2);
const [idA, idB] = [a.slice(0, 16), b.slice(0, 16)];
const chip = new Uint8Array(64).fill(0xc3);

export const identityRows: Rows<
  | "products"
  | "signers"
  | "reportVersion"
  | "vmpl"
  | "measurement"
  | "configuration"
  | "idKeyDigest"
  | "authorKeyDigest"
  | "familyId"
  | "imageId"
  | "guestSvn"
  | "chipId"
> = {
  products: Object.fromEntries(products.map((product) => [product, productRows(product)])),
  signers: { vcek: signerRows("vcek", "vlek"), vlek: signerRows("vlek", "vcek") },
  reportVersion: { minimum: reportVersionRows() },
  vmpl: { maximum: vmplRows() },
  measurement: { digest: measurementRows(), label: measurementLabelRows() },
  configuration: { digest: configurationRows() },
  idKeyDigest: { digest: idKeyRows() },
  authorKeyDigest: { digest: authorKeyRows(), AUTHOR_KEY_EN: authorKeyBit() },
  familyId: { id: familyRows(), "no id": noFamilyRows() },
  imageId: { id: imageRows(), "no id": noImageRows() },
  guestSvn: { minimum: guestSvnRows() },
  chipId: { id: chipRows(), "not masked": maskedChipRows() },
};

function productRows(product: (typeof products)[number]): Listed {
  const { passes, fails } = rowsOf("products");
  const others = products.filter((one) => one !== product);
  return { "in the list": passes(products, { report: { product } }), "not in the list": fails(others, { report: { product } }) };
}

function signerRows(signer: "vcek" | "vlek", other: "vcek" | "vlek"): Listed {
  const { passes, fails } = rowsOf("signers");
  const report = { request: { signer } };
  return { "in the list": passes([other, signer], { report }), "not in the list": fails([other], { report }) };
}

function reportVersionRows(): Ordered {
  const { passes, fails } = rowsOf("reportVersion");
  const of = (reportVersion: 2 | 3 | 5): Subject => ({ report: { chip: { reportVersion } }, verify: { product: "Milan" } });
  return { below: fails({ minimum: 3 }, of(2)), at: passes({ minimum: 3 }, of(3)), above: passes({ minimum: 3 }, of(5)) };
}

function vmplRows(): Ordered {
  const { passes, fails } = rowsOf("vmpl");
  const of = (vmpl: number): Subject => ({ report: { request: { vmpl } } });
  return { below: passes({ maximum: 1 }, of(0)), at: passes({ maximum: 1 }, of(1)), above: fails({ maximum: 1 }, of(2)) };
}

function measurementRows(): Listed {
  const { passes, fails } = rowsOf("measurement");
  const [one, other] = [a, b].map((digest) => ({ digest: toHex(digest), label: "an image" }));
  if (one === undefined || other === undefined) throw new Error("two images");
  const subject = { report: { launch: { measurement: a } } };
  return { "in the list": passes([other, one], subject), "not in the list": fails([other], subject) };
}

/** A label is for people: it may be that of another image. */
function measurementLabelRows(): Fact {
  const { passes, fails } = rowsOf("measurement");
  const subject = { report: { launch: { measurement: a } } };
  const label = toHex(a);
  return { holds: passes([{ digest: toHex(a), label: "x" }], subject), "does not hold": fails([{ digest: toHex(b), label }], subject) };
}

function configurationRows(): Fact {
  const { passes, fails } = rowsOf("configuration");
  const last = hostData.slice();
  last[31] = (last[31] ?? 0) ^ 1;
  return { holds: passes(true, { configurationDigest: hostData }), "does not hold": fails(true, { configurationDigest: last }) };
}

function idKeyRows(): Listed {
  const { passes, fails } = rowsOf("idKeyDigest");
  const subject = { report: { launch: { idKeyDigest: a } } };
  return { "in the list": passes([toHex(b), toHex(a)], subject), "not in the list": fails([toHex(b)], subject) };
}

function authorKeyRows(): Listed {
  const { passes, fails } = rowsOf("authorKeyDigest");
  const subject = { report: { launch: { authorKeyDigest: a } } };
  return { "in the list": passes([toHex(b), toHex(a)], subject), "not in the list": fails([toHex(b)], subject) };
}

function authorKeyBit(): Bit {
  const { passes, fails } = rowsOf("authorKeyDigest");
  const of = (authorKeyEn: boolean): Subject => ({ report: { launch: { authorKeyDigest: a }, request: { overrides: { authorKeyEn } } } });
  return { set: passes([toHex(a)], of(true)), clear: fails([toHex(a)], of(false)) };
}

function familyRows(): Listed {
  const { passes, fails } = rowsOf("familyId");
  const subject = { report: { launch: { familyId: idA } } };
  return { "in the list": passes([toHex(idB), toHex(idA)], subject), "not in the list": fails([toHex(idB)], subject) };
}

function noFamilyRows(): Listed {
  const { passes, fails } = rowsOf("familyId");
  return { "in the list": passes(["00".repeat(16)]), "not in the list": fails([toHex(idA)]) };
}

function imageRows(): Listed {
  const { passes, fails } = rowsOf("imageId");
  const subject = { report: { launch: { imageId: idA } } };
  return { "in the list": passes([toHex(idB), toHex(idA)], subject), "not in the list": fails([toHex(idB)], subject) };
}

function noImageRows(): Listed {
  const { passes, fails } = rowsOf("imageId");
  return { "in the list": passes(["00".repeat(16)]), "not in the list": fails([toHex(idA)]) };
}

function guestSvnRows(): Ordered {
  const { passes, fails } = rowsOf("guestSvn");
  const of = (guestSvn: number): Subject => ({ report: { launch: { guestSvn } } });
  return { below: fails({ minimum: 5 }, of(4)), at: passes({ minimum: 5 }, of(5)), above: passes({ minimum: 5 }, of(6)) };
}

function chipRows(): Listed {
  const { passes, fails } = rowsOf("chipId");
  const subject = { report: { chip: { chipId: chip } } };
  return { "in the list": passes(["02".repeat(64), toHex(chip)], subject), "not in the list": fails(["02".repeat(64)], subject) };
}

/** A policy cannot list zeros; were they listed, a masked chip were still on no list. */
function maskedChipRows(): Fact {
  const { passes, fails } = rowsOf("chipId");
  const masked = { report: { request: { signer: "vlek" } } } as const;
  return { holds: passes([toHex(chip)], { report: { chip: { chipId: chip } } }), "does not hold": fails(["00".repeat(64)], masked) };
}
