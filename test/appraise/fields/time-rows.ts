// The fields that look at times and at what was before: each limit a millisecond below, at and above, each kind of history.
import { rowsOf } from "./rows.ts";
import type { Fact, Listed, Ordered, Parts, Rows, Subject } from "./rows.ts";
import { noHistory } from "../../../core/appraise/history.ts";
import type { LaunchHistory, SeenChip, SeenInstance } from "../../../core/appraise/history.ts";
import { toHex } from "../../../core/base/bytes.ts";
import { encodeTcb } from "../../../core/snp/tcb.ts";
import type { Tcb } from "../../../core/snp/tcb.ts";
import { simulatedInstant } from "../../kit/simulated.ts";
import { levelsOf } from "./lines.ts";

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
/** Of the list that the simulated root publishes. */
const thisUpdate = simulatedInstant - day;
const nextUpdate = simulatedInstant + 45 * day;

function graceRows(graceHours: number): Ordered {
  const { passes, fails } = rowsOf("revocation");
  const end = nextUpdate + graceHours * hour;
  const at = (instant: number): Subject => ({ verify: { at: instant, revocation: { require: { graceHours } } } });
  return { below: passes({ graceHours }, at(end - 1)), at: passes({ graceHours }, at(end)), above: fails({ graceHours }, at(end + 1)) };
}

/** Verified under a rule that gives more time than the policy that appraises. */
function lentGraceRows(): Ordered {
  const { passes, fails } = rowsOf("revocation");
  const end = nextUpdate + 12 * hour;
  const at = (instant: number): Subject => ({ verify: { at: instant, revocation: { require: { graceHours: 720 } } } });
  return {
    below: passes({ graceHours: 12 }, at(end - 1)),
    at: passes({ graceHours: 12 }, at(end)),
    above: fails({ graceHours: 12 }, at(end + 1)),
  };
}

function listRows(): Fact {
  const { passes, fails } = rowsOf("revocation");
  return {
    holds: passes({ graceHours: 0 }),
    "does not hold": fails({ graceHours: 720 }, { verify: { revocation: { waived: "none here" } } }),
  };
}

function futureRows(): Ordered {
  const { passes, fails } = rowsOf("revocation");
  const at = (instant: number): Subject => ({ verify: { at: instant, revocation: { require: { graceHours: 720 } } } });
  const demand = { graceHours: 720 };
  return { below: fails(demand, at(thisUpdate - 1)), at: passes(demand, at(thisUpdate)), above: passes(demand, at(thisUpdate + 1)) };
}

function ageRows(): Ordered {
  const { passes, fails } = rowsOf("collateralAge");
  const at = (instant: number): Subject => ({ verify: { at: instant } });
  const [demand, end] = [{ maximumDays: 30 }, thisUpdate + 30 * day];
  return { below: passes(demand, at(end - 1)), at: passes(demand, at(end)), above: fails(demand, at(end + 1)) };
}

function noListRows(): Fact {
  const { passes, fails } = rowsOf("collateralAge");
  const waived = { verify: { revocation: { waived: "none here" } }, checks: { revocation: { waived: "none here" } } };
  return { holds: passes({ maximumDays: 366 }), "does not hold": fails({ maximumDays: 366 }, waived) };
}

const chipA = new Uint8Array(64).fill(0xa1);
const chipB = new Uint8Array(64).fill(0xb2);
/** Of a Turin, only eight bytes count. */
const chipOf = { Milan: chipA, Turin: Uint8Array.from(chipA, (byte, index) => (index < 8 ? byte : 0)) };
const onChip = { chip: { chipId: chipA } };
const onMasked = { request: { signer: "vlek" } } as const;
const zeros = "00".repeat(8);

function seen(chipId: Uint8Array, tcb: Partial<SeenChip> = {}): SeenChip {
  const times = { firstAt: simulatedInstant - 9 * day, lastAt: simulatedInstant - day };
  return { chipId: toHex(chipId), reportedTcb: zeros, committedTcb: zeros, ...times, ...tcb };
}

function chips(...known: readonly SeenChip[]): LaunchHistory {
  return { chips: known, instances: [] };
}

function knownChipRows(): Listed {
  const { passes, fails } = rowsOf("knownChip");
  return {
    "in the list": passes(true, { report: onChip, history: chips(seen(chipB), seen(chipA)) }),
    "not in the list": fails(true, { report: onChip, history: chips(seen(chipB)) }),
  };
}

/** The first launch has no chip to be compared with; after it, a masked chip is none that is known, though a masked one was there before. */
function firstLaunchRows(): Fact {
  const { passes, fails } = rowsOf("knownChip");
  const masked = chips(seen(new Uint8Array(64)));
  return {
    holds: passes(true, { report: onMasked, history: noHistory }),
    "does not hold": fails(true, { report: onMasked, history: masked }),
  };
}

function tcbRows(product: "Milan" | "Turin"): Parts {
  const { passes, fails } = rowsOf("tcbHistory");
  const now = (field: "reportedTcb" | "committedTcb"): Tcb => ({ product, fmc: undefined, ...levelsOf(product, field) });
  const chipId = chipOf[product];
  const report = { product, chip: { chipId, reportedTcb: now("reportedTcb"), committedTcb: now("committedTcb") } };
  const same = { reportedTcb: toHex(encodeTcb(now("reportedTcb"))), committedTcb: toHex(encodeTcb(now("committedTcb"))) };
  const parts = (["reportedTcb", "committedTcb"] as const).flatMap((field) =>
    Object.entries(levelsOf(product, field)).map(([component, level]): [string, Ordered] => {
      const before = (change: number): Subject => {
        const tcb = encodeTcb({ ...now(field), [component]: level + change });
        return { report, history: chips(seen(chipB, { reportedTcb: "ff".repeat(8) }), seen(chipId, { ...same, [field]: toHex(tcb) })) };
      };
      const rows = { below: fails(true, before(1)), at: passes(true, before(0)), above: passes(true, before(-1)) };
      return [`${product} ${field} ${component}`, rows];
    }),
  );
  return Object.fromEntries(parts);
}

function tcbChipRows(): Parts {
  const { passes, fails } = rowsOf("tcbHistory");
  const higher = seen(chipB, { reportedTcb: "ff".repeat(8) });
  const masked = (reportedTcb: string): SeenChip => seen(new Uint8Array(64), { reportedTcb });
  return {
    // What another chip had says nothing of this one: whether it may be another is knownChip's question.
    "this chip": {
      holds: passes(true, { report: onChip, history: chips(higher) }),
      "does not hold": fails(true, { report: onChip, history: chips({ ...higher, chipId: toHex(chipA) }) }),
    },
    "a masked chip, masked before": {
      holds: passes(true, { report: onMasked, history: chips(masked(zeros)) }),
      "does not hold": fails(true, { report: onMasked, history: chips(masked("ff0000000000ffff")) }),
    },
    "a masked chip": {
      holds: passes(true, { report: onMasked, history: noHistory }),
      "does not hold": fails(true, { report: onMasked, history: chips(seen(chipA)) }),
    },
    "a value that can be compared": {
      holds: passes(true, { report: onChip, history: chips(seen(chipA)) }),
      "does not hold": fails(true, { report: onChip, history: chips(seen(chipA, { committedTcb: "0000000001000000" })) }),
    },
  };
}

const idA = new Uint8Array(32).fill(0xa1);
const idB = new Uint8Array(32).fill(0xb2);
const asA = { launch: { reportId: idA } };

function given(reportId: Uint8Array, minutesAgo: number): SeenInstance {
  return { reportId: toHex(reportId), chipId: toHex(chipA), launch: `launch ${minutesAgo}`, at: simulatedInstant - minutesAgo * minute };
}

function instances(...before: readonly SeenInstance[]): LaunchHistory {
  return { chips: [], instances: before };
}

/** The list is that of instances that had the keys: in it is what fails. */
function instanceRows(): Listed {
  const { passes, fails } = rowsOf("freshInstance");
  return {
    "in the list": fails(true, { report: asA, history: instances(given(idB, 1), given(idA, 100_000)) }),
    "not in the list": passes(true, { report: asA, history: instances(given(idB, 1)) }),
  };
}

function noInstanceRows(): Fact {
  const { passes, fails } = rowsOf("freshInstance");
  const none = { launch: { reportId: new Uint8Array(32) } };
  return { holds: passes(true, { report: asA, history: noHistory }), "does not hold": fails(true, { report: none, history: noHistory }) };
}

const moment = 1 / minute;

function quietRows(): Ordered {
  const { passes, fails } = rowsOf("otherInstance");
  const ago = (minutes: number): Subject => ({ report: asA, history: instances(given(idB, minutes)) });
  const demand = { minutes: 10 };
  return { below: fails(demand, ago(10 - moment)), at: passes(demand, ago(10)), above: passes(demand, ago(10 + moment)) };
}

/** The same one asking twice is freshInstance's question. */
function otherRows(): Fact {
  const { passes, fails } = rowsOf("otherInstance");
  const demand = { minutes: 525_600 };
  return {
    holds: passes(demand, { report: asA, history: instances(given(idA, 1)) }),
    "does not hold": fails(demand, { report: asA, history: instances(given(idA, 1), given(idB, 2)) }),
  };
}

/** The last of several counts, wherever it stands; one of the future, where the clock went back, is no long time ago. */
function orderRows(): Fact {
  const { passes, fails } = rowsOf("otherInstance");
  const demand = { minutes: 10 };
  return {
    holds: passes(demand, { report: asA, history: instances(given(idB, 20), given(idB, 30)) }),
    "does not hold": fails(demand, { report: asA, history: instances(given(idB, 30), given(idB, -5), given(idB, 20)) }),
  };
}

function atHand(field: "knownChip" | "tcbHistory" | "freshInstance"): Fact {
  const { passes, fails } = rowsOf(field);
  return { holds: passes(true, { report: onChip, history: noHistory }), "does not hold": fails(true, { report: onChip, history: null }) };
}

function otherAtHand(): Fact {
  const { passes, fails } = rowsOf("otherInstance");
  const demand = { minutes: 1 };
  return { holds: passes(demand, { history: noHistory }), "does not hold": fails(demand, { history: null }) };
}

export const timeRows: Rows<"revocation" | "collateralAge" | "knownChip" | "tcbHistory" | "freshInstance" | "otherInstance"> = {
  revocation: {
    "hours of grace": graceRows(12),
    "without grace": graceRows(0),
    "the longest grace": graceRows(720),
    "grace beyond what was verified": lentGraceRows(),
    "a list": listRows(),
    "a list of this time": futureRows(),
  },
  collateralAge: { "days since this update": ageRows(), "a list": noListRows() },
  knownChip: { chip: knownChipRows(), "first launch": firstLaunchRows(), "history at hand": atHand("knownChip") },
  tcbHistory: { ...tcbRows("Milan"), ...tcbRows("Turin"), ...tcbChipRows(), "history at hand": atHand("tcbHistory") },
  freshInstance: { instance: instanceRows(), REPORT_ID: noInstanceRows(), "history at hand": atHand("freshInstance") },
  otherInstance: { minutes: quietRows(), instance: otherRows(), order: orderRows(), "history at hand": otherAtHand() },
};
