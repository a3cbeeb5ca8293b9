// Does this launch fit the VM's earlier ones? A new chip, firmware that went back, an instance that asks twice, one that may still run: each is shown, and
// fails where the policy demands it. Without the history, what is demanded fails.
import { fromHex, isZero, toHex } from "../../base/bytes.ts";
import { rfc3339 } from "../../base/clock.ts";
import type { FailureCode } from "../../base/failure.ts";
import { parseTcb, shortfalls, type Tcb } from "../../snp/tcb.ts";
import type { LaunchHistory } from "../history.ts";
import type { Demand } from "../policy-reader.ts";
import type { CheckResult } from "../result.ts";
import { judge, type Check, type Claim } from "./check.ts";

interface Finding {
  readonly actual: string;
  /** What a person should know, whatever the policy demands. */
  readonly signal?: string;
}

export const checkKnownChip: Check = ({ genuine, policy, context }) =>
  judgeHistory(
    claim("known-chip", "Known chip", "The VM ran on this chip before, or it is its first launch.", "appraise.chip-new"),
    policy.knownChip,
    context.history,
    () => "a chip that was given this VM's keys before, or the VM's first launch",
    ({ chips }) => {
      if (chips.length === 0) return { actual: "the first launch" };
      if (isZero(genuine.report.chipId))
        return { actual: "masked", signal: "The chip's identity is masked, so that nobody can say whether the VM ran on it before." };
      const chipId = toHex(genuine.report.chipId);
      const known = chips.find((chip) => chip.chipId === chipId);
      if (known !== undefined) return { actual: `known since ${rfc3339(known.firstAt)}` };
      return { actual: "never seen before", signal: `This chip was never given the VM's keys before: ${chipId}.` };
    },
  );

export const checkTcbHistory: Check = ({ genuine, policy, context }) =>
  judgeHistory(
    claim(
      "tcb-history",
      "TCB against its history",
      "No component is lower than when this chip was given the keys last.",
      "appraise.tcb-lower",
    ),
    policy.tcbHistory,
    context.history,
    () => "no component of the reported or committed TCB below its last value on this chip",
    ({ chips }) => {
      const chipId = toHex(genuine.report.chipId);
      const before = chips.find((chip) => chip.chipId === chipId);
      // SECURITY: a host that masks the chip must not thereby escape the comparison. The last masked one is what it is compared with.
      if (before === undefined && isZero(genuine.report.chipId) && chips.length > 0)
        return {
          actual: "masked",
          signal: "The chip's identity is masked, so that its firmware cannot be compared with earlier launches.",
        };
      if (before === undefined) return { actual: "nothing to compare with on this chip" };
      const lower = [
        ...lowered("reported", before.reportedTcb, genuine.tcb.reported),
        ...lowered("committed", before.committedTcb, genuine.tcb.committed),
      ];
      if (lower.length === 0) return { actual: `not below that of ${rfc3339(before.lastAt)}` };
      const text = lower.join(", ");
      return { actual: text, signal: `The firmware of this chip went back since ${rfc3339(before.lastAt)}: ${text}.` };
    },
  );

export const checkFreshInstance: Check = ({ genuine, policy, context }) =>
  judgeHistory(
    claim("fresh-instance", "Fresh instance", "This instance of the VM was not given its keys before.", "appraise.instance-again"),
    policy.freshInstance,
    context.history,
    () => "an instance that was not given the keys before",
    ({ instances }) => {
      // SECURITY: firmware names every guest at random, so that zeros name none, and must not pass for a new one.
      if (isZero(genuine.report.reportId))
        return { actual: "no REPORT_ID", signal: "The report names no instance, so that nobody can say whether it had the keys before." };
      const reportId = toHex(genuine.report.reportId);
      const before = instances.find((instance) => instance.reportId === reportId);
      if (before === undefined) return { actual: "not seen before" };
      const at = rfc3339(before.at);
      return { actual: `given the keys at ${at}`, signal: `This very instance was given the keys at ${at} (launch ${before.launch}).` };
    },
  );

export const checkOtherInstance: Check = ({ genuine, policy, context }) => {
  const minutes = "require" in policy.otherInstance ? policy.otherInstance.require.minutes : usualMinutes;
  return judgeHistory(
    claim("other-instance", "Another instance", "No other instance was given the keys lately.", "appraise.instance-may-run"),
    policy.otherInstance,
    context.history,
    () => `no other instance in the last ${minutes} minutes`,
    ({ instances }) => {
      const reportId = toHex(genuine.report.reportId);
      // By their times, for a history that was read from a file may stand in any order.
      const [last] = instances.filter((instance) => instance.reportId !== reportId).toSorted((a, b) => b.at - a.at);
      if (last === undefined) return { actual: "no other instance" };
      const actual = `another was given the keys at ${rfc3339(last.at)}`;
      // Asked this way round, an instant that is no number was lately.
      if (genuine.at - last.at >= minutes * minute) return { actual };
      const moved = last.chipId === toHex(genuine.report.chipId) ? "on the same chip" : "on another chip";
      return {
        actual,
        signal: `Another instance was given the keys at ${rfc3339(last.at)} ${moved}, and may still run (launch ${last.launch}).`,
      };
    },
  );
};

function judgeHistory<T>(
  of: Claim,
  demand: Demand<T>,
  history: LaunchHistory | undefined,
  expected: () => string,
  look: (history: LaunchHistory) => Finding,
): CheckResult {
  if (history === undefined)
    return judge({ ...of, code: "appraise.history-missing" }, demand, "no history at hand", () => ({
      expected: expected(),
      passes: false,
    }));
  const { actual, signal } = look(history);
  const result = judge(of, demand, actual, () => ({ expected: expected(), passes: signal === undefined }));
  return signal === undefined ? result : { ...result, signal };
}

function claim(id: string, title: string, holds: string, code: FailureCode): Claim {
  return { id, group: "history", title, holds, code };
}

/** A value that is kept is one that was read from a genuine report of this chip, whose product does not change. */
function lowered(name: string, before: string, now: Tcb): readonly string[] {
  const old = parseTcb(now.product, fromHex(before) ?? new Uint8Array(0));
  if (!old.ok) return [`${name} cannot be compared`];
  const floor = old.value;
  return shortfalls(now, floor).map((component) => `${name} ${component} ${now[component] ?? 0}, was ${floor[component] ?? 0}`);
}

const minute = 60_000;
/** Where the policy waives the check, a signal is still worth showing for as long as a reboot takes. */
const usualMinutes = 10;
