// Is what was before shown, whatever the policy demands, and kept within bounds? The limits of each demand are in fields/time-rows.ts.
import { describe, expect, test } from "vitest";
import { noHistory, withRelease } from "../../core/appraise/history.ts";
import type { LaunchHistory } from "../../core/appraise/history.ts";
import type { PolicyChecks } from "../../core/appraise/policy.ts";
import type { CheckResult } from "../../core/appraise/result.ts";
import type { BoundReport } from "../../core/appraise/verify.ts";
import { toHex } from "../../core/base/bytes.ts";
import { encodeTcb } from "../../core/snp/tcb.ts";
import { simulatedInstant } from "../kit/simulated.ts";
import { appraiseWith, boundReport, checkOf } from "./kit.ts";
import type { Choices } from "./kit.ts";

const minute = 60_000;
const chipId = new Uint8Array(64).fill(0xa1);
const ids = ["known-chip", "tcb-history", "fresh-instance", "other-instance"] as const;
const required = {
  knownChip: { require: true },
  tcbHistory: { require: true },
  freshInstance: { require: true },
  otherInstance: { require: { minutes: 10 } },
} as const satisfies Partial<PolicyChecks>;
const waive = { waived: "a signal is enough" };
const waived = { knownChip: waive, tcbHistory: waive, freshInstance: waive, otherInstance: waive };

/** Another start of the VM on the same chip unless the choices say otherwise. */
function launch(choices: Choices = {}): Promise<BoundReport> {
  return boundReport({ ...choices, chip: { chipId, ...choices.chip } });
}

function after(report: BoundReport, minutes = 60, history = noHistory): LaunchHistory {
  return withRelease(history, report.report, `the launch of ${minutes} minutes ago`, simulatedInstant - minutes * minute);
}

function checksOf(report: BoundReport, history: LaunchHistory | null, checks: Partial<PolicyChecks>): readonly CheckResult[] {
  const result = appraiseWith(report, { history, checks });
  return ids.map((id) => checkOf(result, id));
}

/** The codes where all are required, and the signals, which must be the same where all are waived. */
function verdictOf(report: BoundReport, history: LaunchHistory | null): readonly (string | undefined)[] {
  const [demanded, shown] = [checksOf(report, history, required), checksOf(report, history, waived)];
  expect(shown.map(({ signal, actual }) => ({ signal, actual }))).toEqual(demanded.map(({ signal, actual }) => ({ signal, actual })));
  expect(shown.map(({ verdict, waiver }) => [verdict, waiver])).toEqual(ids.map(() => ["waived", waive.waived]));
  if (history !== null) expect(demanded.map(({ signal }) => signal !== undefined)).toEqual(demanded.map(({ code }) => code !== undefined));
  return demanded.map(({ code }) => code);
}

const fine = [undefined, undefined, undefined, undefined];

describe("a launch", () => {
  test("the first one passes all, also with a masked chip", async () => {
    expect(verdictOf(await launch(), noHistory)).toEqual(fine);
    expect(verdictOf(await launch({ request: { signer: "vlek" } }), noHistory)).toEqual(fine);
  });

  test("the next one, an hour later on the same chip, passes all", async () => {
    expect(verdictOf(await launch(), after(await launch()))).toEqual(fine);
  });

  test("on a new chip", async () => {
    const moved = await launch({ chip: { chipId: new Uint8Array(64).fill(0xb2) } });
    expect(verdictOf(moved, after(await launch()))).toEqual(["appraise.chip-new", undefined, undefined, undefined]);
    expect(checksOf(moved, after(await launch()), waived)[0]?.signal).toContain("b2b2b2b2");
  });

  test("on a masked chip, after one that was not: neither the chip nor its firmware can be told", async () => {
    const masked = await launch({ request: { signer: "vlek" } });
    expect(verdictOf(masked, after(await launch()))).toEqual(["appraise.chip-new", "appraise.tcb-lower", undefined, undefined]);
    expect(verdictOf(masked, after(await launch({ request: { signer: "vlek" } })))).toEqual([
      "appraise.chip-new",
      undefined,
      undefined,
      undefined,
    ]);
  });

  test("on firmware that went back, with each component that did", async () => {
    const before = await launch();
    const { reported } = before.tcb;
    const older = await launch({ chip: { committedTcb: { ...reported, snp: reported.snp - 1, microcode: reported.microcode - 2 } } });
    expect(verdictOf(older, after(before))).toEqual([undefined, "appraise.tcb-lower", undefined, undefined]);
    expect(checksOf(older, after(before), waived)[1]?.signal).toContain("committed snp 23, was 24, committed microcode 217, was 219");
    // What counts is the last time on this chip, not the best.
    const again = await launch({ chip: { committedTcb: older.tcb.committed } });
    expect(verdictOf(again, after(older, 60, after(before, 120)))).toEqual(fine);
  });

  test("of the same instance again, and of another that may still run", async () => {
    const report = await launch();
    expect(verdictOf(report, after(report, 1))).toEqual([undefined, undefined, "appraise.instance-again", undefined]);
    expect(verdictOf(report, after(await launch(), 1))).toEqual([undefined, undefined, undefined, "appraise.instance-may-run"]);
    expect(verdictOf(report, after(await launch(), 1, after(report, 5)))).toEqual([
      undefined,
      undefined,
      "appraise.instance-again",
      "appraise.instance-may-run",
    ]);
    expect(checksOf(report, after(await launch(), 1), waived)[3]?.signal).toMatch(/on the same chip.*the launch of 1 minutes ago/);
  });

  test("waived, another instance is a signal for ten minutes", async () => {
    const [report, other] = [await launch(), await launch()];
    const signalAfter = (minutes: number): string | undefined => checksOf(report, after(other, minutes), waived)[3]?.signal;
    expect([signalAfter(10 - 1 / minute) === undefined, signalAfter(10)]).toEqual([false, undefined]);
  });

  test("without its history: what is demanded fails, what is waived says so", async () => {
    const report = await launch();
    expect(verdictOf(report, null)).toEqual(ids.map(() => "appraise.history-missing"));
    expect(checksOf(report, null, waived).map(({ actual }) => actual)).toEqual(ids.map(() => "no history at hand"));
  });
});

describe("what is kept", () => {
  test("a chip once, with the time of its first and last launch and the TCB of the last; each instance, newest first", async () => {
    const before = await launch();
    const { reported } = before.tcb;
    const older = await launch({ chip: { committedTcb: { ...reported, snp: 1 } } });
    const history = after(older, 5, after(before, 60));
    expect(history.chips).toEqual([
      {
        chipId: toHex(chipId),
        reportedTcb: toHex(encodeTcb(reported)),
        committedTcb: toHex(encodeTcb({ ...reported, snp: 1 })),
        firstAt: simulatedInstant - 60 * minute,
        lastAt: simulatedInstant - 5 * minute,
      },
    ]);
    expect(history.instances.map(({ reportId }) => reportId)).toEqual([older, before].map(({ report }) => toHex(report.reportId)));
  });

  test("no more than 64 chips and 32 instances: the oldest is forgotten", async () => {
    const { report } = await launch();
    const many = Array.from({ length: 100 }, (_, index) => ({
      ...report,
      chipId: new Uint8Array(64).fill(index + 1),
      reportId: new Uint8Array(32).fill(index + 1),
    }));
    const histories = many.reduce<readonly LaunchHistory[]>(
      (all, one) => [...all, withRelease(all.at(-1) ?? noHistory, one, "launch", simulatedInstant)],
      [],
    );
    expect([63, 64, 65].map((count) => histories[count - 1]?.chips.length)).toEqual([63, 64, 64]);
    expect([31, 32, 33].map((count) => histories[count - 1]?.instances.length)).toEqual([31, 32, 32]);
    const { chips, instances } = histories.at(-1) ?? noHistory;
    expect([chips[0]?.chipId, chips.at(-1)?.chipId]).toEqual([toHex(new Uint8Array(64).fill(100)), toHex(new Uint8Array(64).fill(37))]);
    expect([instances[0]?.reportId, instances.at(-1)?.reportId]).toEqual([
      toHex(new Uint8Array(32).fill(100)),
      toHex(new Uint8Array(32).fill(69)),
    ]);
  });
});
