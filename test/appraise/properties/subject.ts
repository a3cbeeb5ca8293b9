// What is appraised in a property: a genuine report of one of several machines, with everything that is looked at beside it, and each thing taken away.
import { toStringMethod } from "fast-check";
import { toHex } from "../../../core/base/bytes.ts";
import { appraise } from "../../../core/appraise/appraise.ts";
import { noHistory, withRelease } from "../../../core/appraise/history.ts";
import type { LaunchHistory } from "../../../core/appraise/history.ts";
import { standardPreset } from "../../../core/appraise/presets.ts";
import type { PerLine } from "../../../core/appraise/policy-demands.ts";
import type { AppraisalPolicy } from "../../../core/appraise/policy.ts";
import type { AttestationResult } from "../../../core/appraise/result.ts";
import { bindReport, verifyReport } from "../../../core/appraise/verify.ts";
import type { BoundReport, RevocationDemand, VerifyInput } from "../../../core/appraise/verify.ts";
import { nodePrimitives } from "../../../core/node/primitives.ts";
import { firmwareText } from "../../../core/snp/report.ts";
import type { ReportFields } from "../../../core/snp/report-encode.ts";
import { linesOf, siliconLineOf } from "../../../core/snp/silicon.ts";
import type { Tcb } from "../../../core/snp/tcb.ts";
import { simulatedInstant } from "../../kit/simulated.ts";
import { cpuidOf } from "../fields/lines.ts";
import { hostData, reportData, verifyInput } from "../kit.ts";
import type { Choices } from "../kit.ts";

export interface Subject {
  readonly machine: Machine;
  /** Taken out of the report before it was signed. */
  readonly without: Removal | undefined;
  readonly crls: boolean;
  readonly issuers: boolean;
  /** What product it is, is stated beside the report. */
  readonly product: boolean;
  readonly certificateTable: boolean;
  readonly configuration: "right" | "wrong" | "empty";
  readonly history: LaunchHistory | undefined;
}

export interface Machine {
  readonly name: string;
  readonly inputs: ReadonlyMap<Removal | undefined, VerifyInput>;
  /** A policy of which its report meets every demand, and no more. */
  readonly met: AppraisalPolicy;
  readonly histories: readonly LaunchHistory[];
  readonly verified: Map<string, BoundReport | undefined>;
  /** For a counterexample that can be read. */
  readonly [toStringMethod]: () => string;
}

/** What verification looks at. */
interface Handed extends Pick<Subject, "without" | "crls" | "issuers" | "product"> {
  readonly machine: Pick<Machine, "inputs" | "verified">;
}

/** What the report then has in these fields is what firmware writes where there is nothing. */
export const removals = {
  chipId: { chipId: new Uint8Array(64) },
  measurement: { measurement: new Uint8Array(48) },
  hostData: { hostData: new Uint8Array(32) },
  reportData: { reportData: new Uint8Array(64) },
  idKeyDigest: { idKeyDigest: new Uint8Array(48) },
  authorKeyDigest: { authorKeyDigest: new Uint8Array(48) },
  authorKeyEn: { authorKeyEn: false },
  familyId: { familyId: new Uint8Array(16) },
  imageId: { imageId: new Uint8Array(16) },
  guestSvn: { guestSvn: 0 },
  reportId: { reportId: new Uint8Array(32) },
  reportedTcb: { reportedTcb: new Uint8Array(8) },
  committedTcb: { committedTcb: new Uint8Array(8) },
  currentTcb: { currentTcb: new Uint8Array(8) },
  launchTcb: { launchTcb: new Uint8Array(8) },
  currentVersion: { currentVersion: { major: 0, minor: 0, build: 0 } },
  committedVersion: { committedVersion: { major: 0, minor: 0, build: 0 } },
  launchMitVector: { launchMitVector: 0n },
  currentMitVector: { currentMitVector: 0n },
  vectors: { version: 3, launchMitVector: 0n, currentMitVector: 0n },
  cpuid: { version: 2, cpuid: undefined, launchMitVector: 0n, currentMitVector: 0n },
} as const satisfies Readonly<Record<string, Partial<ReportFields>>>;
export type Removal = keyof typeof removals;
export const removalNames = Object.keys(removals).filter((name): name is Removal => Object.hasOwn(removals, name));

/**
 * Undefined where the report is not genuine, or not of this launch: then there is no result, and nothing is released.
 * @param revocation how it is verified, where that is not as the policy says.
 */
export function resultOf(
  subject: Subject,
  policy: AppraisalPolicy,
  revocation: RevocationDemand = policy.checks.revocation,
): AttestationResult | undefined {
  const report = boundReportOf(subject, revocation);
  if (report === undefined) return undefined;
  const certificateTable = subject.certificateTable ? Uint8Array.of(1, 2, 3) : undefined;
  return appraise({
    report,
    evidence: { reportBytes: report.report.raw, certificateTable },
    policy,
    context: { enrolledAsSimulated: true, configurationDigest: configurations[subject.configuration], history: subject.history },
    primitives: nodePrimitives,
  });
}

export function accepted(subject: Subject, policy: AppraisalPolicy): boolean {
  return resultOf(subject, policy)?.verdict === "accepted";
}

function boundReportOf({ machine, without, crls, issuers, product }: Handed, revocation: RevocationDemand): BoundReport | undefined {
  const key = JSON.stringify([without, crls, issuers, product, revocation]);
  if (!machine.verified.has(key)) machine.verified.set(key, verify({ machine, without, crls, issuers, product }, revocation));
  return machine.verified.get(key);
}

function verify({ machine, without, crls, issuers, product }: Handed, revocation: RevocationDemand): BoundReport | undefined {
  const made = machine.inputs.get(without);
  if (made === undefined) throw new Error("a report that was not made");
  const { product: stated, ...input } = made;
  const endorsements = { ...input.endorsements, ...(crls ? {} : { crls: [] }), ...(issuers ? {} : { issuers: [] }) };
  const verification = verifyReport({
    ...input,
    endorsements,
    revocation,
    ...(product && stated !== undefined ? { product: stated } : {}),
  });
  if (!verification.genuine) return undefined;
  const bound = bindReport(verification.report, reportData);
  return bound.ok ? bound.value : undefined;
}

const configurations = { right: hostData, wrong: new Uint8Array(32).fill(0x22), empty: new Uint8Array(0) };
const chipId = new Uint8Array(64).fill(0xa1);
const turinId = Uint8Array.from(chipId, (byte, index) => (index < 8 ? byte : 0));
const launch = {
  measurement: new Uint8Array(48).fill(0xb1),
  idKeyDigest: new Uint8Array(48).fill(0xb2),
  authorKeyDigest: new Uint8Array(48).fill(0xb3),
  familyId: new Uint8Array(16).fill(0xb4),
  imageId: new Uint8Array(16).fill(0xb5),
  guestSvn: 3,
  reportId: new Uint8Array(32).fill(0xb6),
};
const vectors = { reportVersion: 5, launchMitVector: 0xbn, currentMitVector: 0xfn } as const;

const choices: Readonly<Record<string, Choices>> = {
  "a Milan of version 3": { launch, chip: { chipId } },
  "a Milan-X of version 5": { launch, chip: { chipId, cpuid: cpuidOf["Milan-X"], ...vectors } },
  "a Turin-Dense": { product: "Turin", launch, chip: { chipId: turinId, cpuid: cpuidOf["Turin-Dense"], ...vectors } },
  "a Genoa with a VLEK that names its chip": {
    product: "Genoa",
    launch,
    chip: { chipId, ...vectors },
    request: { signer: "vlek", overrides: { chipId } },
  },
  "a Milan of version 2, asked for at VMPL 1": { launch, chip: { chipId, reportVersion: 2 }, request: { vmpl: 1 } },
};

export function makeMachines(): Promise<readonly Machine[]> {
  return Promise.all(Object.entries(choices).map(([name, choice]) => makeMachine(name, choice)));
}

async function makeMachine(name: string, choice: Choices): Promise<Machine> {
  const inputs = new Map<Removal | undefined, VerifyInput>();
  for (const removal of [undefined, ...removalNames]) {
    const overrides = { ...choice.request?.overrides, ...(removal === undefined ? {} : removals[removal]) };
    const input = await verifyInput({ ...choice, request: { ...choice.request, overrides } });
    inputs.set(removal, { ...input, product: choice.product ?? "Milan" });
  }
  const verified = new Map<string, BoundReport | undefined>();
  const whole = { machine: { inputs, verified }, without: undefined, crls: true, issuers: true, product: true };
  const report = boundReportOf(whole, { require: { graceHours: 0 } });
  if (report === undefined) throw new Error(`${name} is not genuine`);
  return { name, inputs, verified, met: policyMetBy(report), histories: historiesOf(report), [toStringMethod]: () => name };
}

/** Each demand at its limit. */
function policyMetBy(genuine: BoundReport): AppraisalPolicy {
  const { report, product, signer, tcb } = genuine;
  const lines = report.cpuid === undefined ? linesOf(product) : [siliconLineOf(report.cpuid)].filter((line) => line !== undefined);
  const each = <T>(value: T): { readonly require: PerLine<T> } => ({ require: Object.fromEntries(lines.map((line) => [line, value])) });
  const floor = ({ fmc, bootloader, tee, snp, microcode }: Tcb) =>
    each({ bootloader, tee, snp, microcode, ...(fmc === undefined ? {} : { fmc }) });
  const mask = (vector: bigint | undefined): string => `0x${(vector ?? 0n).toString(16)}`;
  return {
    ...standardPreset(),
    checks: {
      products: { require: [product] },
      signers: { require: [signer] },
      reportVersion: { require: { minimum: report.version } },
      vmpl: { require: { maximum: report.vmpl } },
      measurement: { require: [{ digest: toHex(report.measurement), label: "the image" }] },
      configuration: { require: true },
      idKeyDigest: { require: [toHex(report.idKeyDigest)] },
      authorKeyDigest: { require: [toHex(report.authorKeyDigest)] },
      familyId: { require: [toHex(report.familyId)] },
      imageId: { require: [toHex(report.imageId)] },
      guestSvn: { require: { minimum: report.guestSvn } },
      guestPolicy: { require: { allowed: ["smt"], demanded: [], abiMinimum: "0.0" } },
      platform: { require: { required: ["aliasCheckComplete"], forbidden: ["tioEn"], unknownAllowed: [] } },
      reportedTcb: floor(tcb.reported),
      committedTcb: floor(tcb.committed),
      currentTcb: floor(tcb.current),
      launchTcb: floor(tcb.launch),
      firmware: each({ current: firmwareText(report.currentVersion), committed: firmwareText(report.committedVersion) }),
      mitigations: each({ launch: mask(report.launchMitVector), current: mask(report.currentMitVector) }),
      chipId: { require: [toHex(report.chipId)] },
      provisionalFirmware: { require: true },
      revocation: { require: { graceHours: 0 } },
      collateralAge: { require: { maximumDays: 1 } },
      knownChip: { require: true },
      tcbHistory: { require: true },
      freshInstance: { require: true },
      otherInstance: { require: { minutes: 60 } },
    },
  };
}

function historiesOf({ report }: BoundReport): readonly LaunchHistory[] {
  const other = { ...report, chipId: new Uint8Array(64).fill(0xc1), reportId: new Uint8Array(32).fill(0xc2) };
  const higher = { ...report, reportId: other.reportId, committedTcb: report.committedTcb.map((byte) => (byte === 0 ? 0 : byte + 1)) };
  const before = (one: typeof report, minutes: number): LaunchHistory =>
    withRelease(noHistory, one, "before", simulatedInstant - minutes * 60_000);
  const same = { ...report, reportId: other.reportId };
  return [noHistory, before(same, 60), before(same, 59), before(other, 60), before(higher, 600), before(report, 600)];
}
