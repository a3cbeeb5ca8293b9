// What the attack tests share: an honest answer to forge from, what became of a launch for owner, peer and log, and what must hold whatever happened.
import { Watch } from "./invariants.ts";
import { rogueLaunch, type Forged } from "../kit/rogue.ts";
import { sent, type World } from "../kit/world.ts";
import type { ReportRequest, SimulatedGuest } from "../../core/simulator/processor.ts";
import type { AppraisalPolicy } from "../../core/appraise/policy.ts";
import type { VmRecord } from "../../core/manager/records.ts";
import type { FailureCode } from "../../core/base/failure.ts";

/** Whatever else happened: the invariants of the action lists hold here, too, and no key is held. */
export async function mustHaveEnded(world: World): Promise<void> {
  new Watch(world).check();
  await world.settle();
  if (world.keychain.lent.some(({ wiped }) => !wiped)) throw new Error("a key was not wiped");
}

/** What became of a forged launch, for the owner, for the peer, and in the audit log. */
export async function fateOf(world: World, vm: VmRecord, forge: (reportData: Uint8Array) => Forged): Promise<object> {
  const { record, refused, link } = await rogueLaunch(world, vm, { forge });
  const last = world.audit().at(-1);
  const named = last?.kind === "launch-refused" && last.facts["evidence"] === record?.evidenceDigest;
  return {
    state: record?.state,
    code: record?.code,
    peer: refused,
    entry: named ? last.facts["code"] : undefined,
    key: sent(link, "release"),
  };
}

/** Refused like any other, before a person is asked, and recorded with the evidence. */
export function refusal(code: FailureCode): object {
  return { state: "refused", code, peer: "not-accepted", entry: code, key: false };
}

export function honest(guest: SimulatedGuest, request: Partial<ReportRequest> = {}): (reportData: Uint8Array) => Forged {
  return (reportData) => ({ report: guest.report({ reportData, ...request }), certificates: guest.certTable(request.signer) });
}

export function demanding(change: Partial<AppraisalPolicy["checks"]>): (vm: VmRecord) => VmRecord {
  return (vm) => ({ ...vm, policy: { ...vm.policy, checks: { ...vm.policy.checks, ...change } } });
}
