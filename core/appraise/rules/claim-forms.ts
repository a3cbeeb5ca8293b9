// Which claims may an owner's rule name, and what does each hold? One table for the typing of rules, for the claims of a report (claims.ts) and for
// docs/policy.md. A name that is not here is refused when the policy is read.
import { products } from "../../snp/product.ts";
import { siliconLines } from "../../snp/silicon.ts";
import { tcbComponents, type TcbComponent } from "../../snp/tcb.ts";
import { platformBitNames, type GuestPermission, type GuestRequirement, type PlatformBit } from "../policy-demands.ts";

export type ClaimType = "bool" | "int" | "text" | "time" | "ints";

/** The texts that a claim can hold: these, or lower-case hex of so many bytes. */
export type TextForm = readonly string[] | { readonly bytes: number };

export interface ClaimForm {
  readonly type: ClaimType;
  /** One line, for docs/policy.md. */
  readonly meaning: string;
  readonly texts?: TextForm;
}

/** As docs/policy.md says it. */
export function claimText({ type, meaning, texts }: ClaimForm): string {
  return `${typeWords[type]}${texts !== undefined && "bytes" in texts ? ` (hex, ${texts.bytes} bytes)` : ""}: ${meaning}`;
}

const typeWords: Readonly<Record<ClaimType, string>> = { bool: "bool", int: "int", text: "text", time: "timestamp", ints: "list of int" };

const int = (meaning: string): ClaimForm => ({ type: "int", meaning });
const bool = (meaning: string): ClaimForm => ({ type: "bool", meaning });
const hex = (bytes: number, meaning: string): ClaimForm => ({ type: "text", meaning, texts: { bytes } });
const oneOf = (texts: readonly string[], meaning: string): ClaimForm => ({
  type: "text",
  meaning: `${meaning}: ${texts.join(", ")}`,
  texts,
});

const permissions: Readonly<Record<GuestPermission, string>> = {
  smt: "the guest may run where SMT is on",
  migrateMa: "the guest may have a migration agent",
  debug: "the host may decrypt the guest",
  cxlAllow: "the guest may use CXL memory",
};
const requirements: Readonly<Record<GuestRequirement, string>> = {
  singleSocket: "the guest demands a single socket",
  memAes256Xts: "the guest demands AES-256-XTS",
  raplDis: "the guest demands that RAPL is off",
  ciphertextHidingDram: "the guest demands that its ciphertext in DRAM is hidden",
  pageSwapDisable: "the guest refuses page move and swap",
};
const platformMeanings: Readonly<Record<PlatformBit, string>> = {
  smtEn: "SMT is on",
  tsmeEn: "TSME is on",
  eccEn: "the memory is ECC",
  raplDis: "RAPL is off",
  ciphertextHidingDramEn: "ciphertext in DRAM is hidden",
  aliasCheckComplete: "the check for memory aliases ran",
  iommuWriteSafe: "bit 6, of which third parties say that writes by the IOMMU are safe",
  tioEn: "trusted IO is on",
};
const componentMeanings: Readonly<Record<TcbComponent, string>> = {
  fmc: "FMC level; absent but on Turin",
  bootloader: "boot loader level",
  tee: "TEE level",
  snp: "SNP firmware level",
  microcode: "microcode level",
};
const tcbs = {
  reported: "that the signing key is made for",
  committed: "that the host cannot go back behind",
  current: "that runs",
  launch: "at the VM's start",
} as const;

/** By path, in the order in which a person reads them. */
export const claimForms: ReadonlyMap<string, ClaimForm> = new Map<string, ClaimForm>([
  ["product", oneOf(products, "processor line")],
  ["line", oneOf(siliconLines, "line of silicon; absent in version 2")],
  ["signer", oneOf(["vcek", "vlek"], "kind of key that signed")],
  ["provider", { type: "text", meaning: "cloud provider that the VLEK is of; absent for a VCEK" }],
  ["simulated", bool("made by the simulator")],
  ["at", { type: "time", meaning: "the instant for which the report was verified" }],
  ["report.version", int("form of the report: 2, 3 or 5")],
  ["report.guestSvn", int("security version of the image, from the ID block")],
  ["report.vmpl", int("privilege level that asked for the report")],
  ["report.familyId", hex(16, "FAMILY_ID, from the ID block, else zeros")],
  ["report.imageId", hex(16, "IMAGE_ID, from the ID block, else zeros")],
  ["report.measurement", hex(48, "launch digest")],
  ["report.hostData", hex(32, "HOST_DATA, chosen by the host")],
  ["report.idKeyDigest", hex(48, "digest of the ID key, else zeros")],
  ["report.authorKeyDigest", hex(48, "digest of the author key, else zeros")],
  ["report.authorKeyEn", bool("an author key signed the ID key")],
  ["report.reportId", hex(32, "id of this start of the VM, random")],
  ["report.chipId", hex(64, "id of the chip; zeros where it is masked or a VLEK signed")],
  ["cpuid.family", int("CPU family; absent in version 2")],
  ["cpuid.model", int("CPU model; absent in version 2")],
  ["cpuid.stepping", int("CPU stepping; absent in version 2")],
  ...Object.entries({ ...permissions, ...requirements }).map(([name, meaning]) => [`policy.${name}`, bool(meaning)] as const),
  ["policy.abiMajor", int("least ABI that the guest accepts, major")],
  ["policy.abiMinor", int("least ABI that the guest accepts, minor")],
  ...platformBitNames.map((name) => [`platform.${name}`, bool(platformMeanings[name])] as const),
  ["platform.unknownBits", { type: "ints", meaning: "numbers of the set bits above 7, which have no name here" }],
  ...Object.entries(tcbs).flatMap(([which, meaning]) =>
    tcbComponents.map((component) => [`tcb.${which}.${component}`, int(`${componentMeanings[component]} of the TCB ${meaning}`)] as const),
  ),
  ...(["current", "committed"] as const).flatMap((which): readonly (readonly [string, ClaimForm])[] => [
    [`firmware.${which}.text`, { type: "text", meaning: `${which} firmware version, "major.minor.build"` }],
    [`firmware.${which}.major`, int(`${which} firmware version, major`)],
    [`firmware.${which}.minor`, int(`${which} firmware version, minor`)],
    [`firmware.${which}.build`, int(`${which} firmware version, build`)],
  ]),
  ["mitigations.launch", { type: "ints", meaning: "numbers of the set bits at the VM's start; absent below version 5" }],
  ["mitigations.current", { type: "ints", meaning: "numbers of the set bits now; absent below version 5" }],
]);
