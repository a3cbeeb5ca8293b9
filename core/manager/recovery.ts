// What did a crash leave open? At start the audit log is verified, every launch that nobody works on any more is closed, and nothing is
// ever resent (docs/protocol.md, "What must always hold", 3). Runs the same steps as unsettled.ts does while the manager runs.
import { verifyChain } from "../audit/chain.ts";
import { emptyTip, type AuditEntry, type AuditTip } from "../audit/entry.ts";
import { equalBytes } from "../base/bytes.ts";
import { failure } from "../base/failure.ts";
import { fail, ok, type Result } from "../base/result.ts";
import type { ManagerContext } from "./context.ts";
import type { RecoveryReport } from "./requests.ts";
import type { ManagerPorts } from "./ports.ts";
import type { LaunchRecord, LaunchState } from "./records.ts";
import { closeLeftOver, openStates } from "./unsettled.ts";

export function recover({ ports, ledger }: ManagerContext): Result<RecoveryReport> {
  const log = verifyLog(ports);
  if (!log.ok) return log;
  const closed: { id: string; state: LaunchState }[] = [];
  for (const launch of leftOpen(ports)) {
    // CRASH: each is closed by itself; what is not closed yet is found again.
    const state = closeLeftOver(ledger, ports.store, launch);
    if (!state.ok) return state;
    closed.push({ id: launch.id, state: state.value });
  }
  const named = (wanted: LaunchState): readonly string[] => closed.filter(({ state }) => state === wanted).map(({ id }) => id);
  const report = { auditEntries: log.value.entries, deliveryUnknown: named("delivery-unknown"), abandoned: named("abandoned") };
  const behind = log.value.newest === undefined ? 0 : log.value.newest.at - ports.clock.now();
  const started = ledger.commit(
    {
      kind: "manager-started",
      facts: {
        entriesVerified: report.auditEntries,
        deliveryUnknown: report.deliveryUnknown.length,
        abandoned: report.abandoned.length,
        // The clock went back since the last entry: whoever reads the log must be able to see it.
        ...(behind > 0 ? { clockBehindMs: behind } : {}),
      },
    },
    () => ({}),
  );
  return started.ok ? ok(report) : started;
}

function verifyLog({ store, primitives }: ManagerPorts): Result<{ readonly entries: number; readonly newest: AuditEntry | undefined }> {
  let tip: AuditTip = emptyTip;
  let newest: AuditEntry | undefined;
  for (;;) {
    const page = store.auditEntries(tip.sequence + 1, pageLength);
    if (page.length === 0) break;
    const verified = verifyChain(page, tip, primitives);
    if (!verified.ok) return verified;
    tip = verified.value.tip;
    newest = verified.value.entries.at(-1);
  }
  const claimed = store.auditTip();
  const whole = claimed.sequence === tip.sequence && equalBytes(claimed.hash, tip.hash);
  return whole ? ok({ entries: tip.sequence, newest }) : fail(failure("audit.broken-chain", `entry ${tip.sequence + 1}`));
}

/** Oldest last, as the store gives them; collected first, because closing them changes what the store answers. */
function leftOpen({ store }: ManagerPorts): readonly LaunchRecord[] {
  const open: LaunchRecord[] = [];
  for (;;) {
    const before = open.at(-1)?.id;
    const page = store.launches({ states: openStates, limit: pageLength, ...(before === undefined ? {} : { before }) });
    open.push(...page);
    if (page.length < pageLength) return open;
  }
}

const pageLength = 200;
