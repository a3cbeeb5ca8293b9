// How does the fixture service say less than it knows, and how does it say no?
import { ORPCError } from "@orpc/server";
import type { CollateralRun } from "../../core/api/collateral-schemas.ts";
import type { PolicyDraft } from "../../core/api/policy-schemas.ts";
import type { FailureView, LaunchDetail, PolicyProposalView, VmDetail, VmSummary } from "../../core/api/schemas.ts";
import { idOf } from "./fixture-values.ts";

export function vmSummaryOf({ id, name, simulated, enabled, createdAt, lastLaunch }: VmDetail): VmSummary {
  return { id, name, simulated, enabled, createdAt, ...(lastLaunch === undefined ? {} : { lastLaunch }) };
}

export function summaryOf({ fields: _f, checks: _c, report: _r, decision: _d, outcome: _o, because: _b, ...summary }: LaunchDetail) {
  return summary;
}

export const emptyRun: Omit<CollateralRun, "startedAt"> = {
  state: "running",
  total: 41,
  left: 41,
  fetched: 0,
  known: 0,
  failed: 0,
  failures: [],
};

export function refused(data: FailureView) {
  return new ORPCError("REFUSED", { message: data.sentence, data });
}

export function never(): never {
  throw new Error("the console may not call this");
}

export function policyProposalOf(
  of: VmDetail,
  { before, reason }: { readonly before: string; readonly reason: string },
  { after, changes }: { readonly after: string; readonly changes: PolicyDraft["changes"] },
  number: number,
): PolicyProposalView {
  return {
    about: "policy",
    proposal: idOf(`proposal ${number}`),
    vm: of.id,
    before,
    after,
    verdict: "approve",
    reason,
    expiresAt: new Date(Date.now() + 120_000).toISOString(),
    vmName: of.name,
    summary: [`Change the policy of “${of.name}”?`, ...changes.map(({ direction, title }) => `${direction}: ${title}`)],
  };
}
