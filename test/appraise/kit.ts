// A simulated report with its endorsements, ready to verify and appraise, with whatever a test wants different.
import { must } from "../../core/base/result.ts";
import { appraise } from "../../core/appraise/appraise.ts";
import { noHistory, type LaunchHistory } from "../../core/appraise/history.ts";
import { simulatedPreset } from "../../core/appraise/presets.ts";
import type { AppraisalPolicy, PolicyChecks } from "../../core/appraise/policy.ts";
import type { AttestationResult, CheckResult } from "../../core/appraise/result.ts";
import { bindReport, verifyReport } from "../../core/appraise/verify.ts";
import type { BoundReport, VerifyInput } from "../../core/appraise/verify.ts";
import { parseEndorsements } from "../../core/endorse/endorsements.ts";
import { nodePrimitives } from "../../core/node/primitives.ts";
import type { Chip } from "../../core/simulator/chip.ts";
import { trustAnchorsOf } from "../../core/simulator/hierarchy.ts";
import type { LeafChoices } from "../../core/simulator/hierarchy.ts";
import type { GuestLaunch, ReportRequest } from "../../core/simulator/processor.ts";
import { revocationList } from "../../core/simulator/revocation-list.ts";
import type { RevocationKind } from "../../core/simulator/revocation-list.ts";
import type { Product } from "../../core/snp/product.ts";
import { simulatedHierarchy, simulatedInstant, simulatedProcessor } from "../kit/simulated.ts";

export interface Choices {
  readonly product?: Product;
  readonly chip?: Partial<Omit<Chip, "product">>;
  readonly launch?: Partial<GuestLaunch>;
  readonly request?: Partial<ReportRequest>;
  /** A leaf other than the chip's own. */
  readonly leaf?: LeafChoices;
  readonly crl?: RevocationKind;
}

export const reportData = new Uint8Array(64).fill(0x5a);
export const hostData = new Uint8Array(32).fill(0x11);

export async function verifyInput({
  product = "Milan",
  chip = {},
  launch = {},
  request = {},
  leaf,
  crl,
}: Choices = {}): Promise<VerifyInput> {
  const hierarchy = await simulatedHierarchy(product);
  const processor = await simulatedProcessor(product, chip);
  const signer = request.signer ?? "vcek";
  const holder = signer === "vcek" ? { chipId: processor.chip.chipId } : { cspId: processor.chip.cspId };
  const vek = leaf === undefined ? processor.vek(signer) : hierarchy.issue(simulatedInstant, processor.chip.reportedTcb, holder, leaf);
  const issuers = Object.values(hierarchy.authorities).map(({ certificate }) => certificate);
  const crls = [revocationList(hierarchy, simulatedInstant, crl)];
  return {
    reportBytes: processor.launch({ hostData, ...launch }).report({ reportData, ...request }),
    endorsements: must(parseEndorsements({ vek, issuers, crls })),
    anchors: trustAnchorsOf([hierarchy]),
    at: simulatedInstant,
    revocation: { require: { graceHours: 0 } },
    primitives: nodePrimitives,
  };
}

export async function boundReport(choices: Choices = {}, more: Partial<VerifyInput> = {}): Promise<BoundReport> {
  const verification = verifyReport({ ...(await verifyInput(choices)), ...more });
  if (!verification.genuine) throw new Error(verification.failures.map(({ code }) => code).join(" "));
  return must(bindReport(verification.report, reportData));
}

export interface AppraisalChoices {
  readonly policy?: AppraisalPolicy;
  readonly checks?: Partial<PolicyChecks>;
  readonly enrolledAsSimulated?: boolean;
  readonly configurationDigest?: Uint8Array;
  /** None before, unless the test says otherwise; null: not at hand. */
  readonly history?: LaunchHistory | null;
}

export function appraiseWith(report: BoundReport, choices: AppraisalChoices = {}): AttestationResult {
  const {
    policy = simulatedPreset(),
    checks = {},
    enrolledAsSimulated = true,
    configurationDigest = hostData,
    history = noHistory,
  } = choices;
  return appraise({
    report,
    evidence: { reportBytes: report.report.raw, certificateTable: undefined },
    policy: { ...policy, checks: { ...policy.checks, ...checks } },
    context: { enrolledAsSimulated, configurationDigest, history: history ?? undefined },
    primitives: nodePrimitives,
  });
}

export function checkOf(result: AttestationResult, id: string): CheckResult {
  const check = result.checks.find((one) => one.id === id);
  if (check === undefined) throw new Error(`no check ${id}`);
  return check;
}
