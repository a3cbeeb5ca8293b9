// What is fetched ahead: once, at AMD's pace, not again from the cache, and never in the way of a launch; and what becomes of it when the
// service is away. Over real HTTP with AMD's throttle, on a clock that jumps.
import { beforeAll, expect, onTestFinished, test } from "vitest";
import { toHex } from "../../../core/base/bytes.ts";
import { must } from "../../../core/base/result.ts";
import { FetchAhead } from "../../../core/node/collateral/fetch-ahead.ts";
import { defaultKdsTiming } from "../../../core/node/collateral/kds-queue.ts";
import { encodeReport } from "../../../core/snp/report-encode.ts";
import { encodeTcb } from "../../../core/snp/tcb.ts";
import { simulatedHierarchy, simulatedInstant } from "../../kit/simulated.ts";
import { codeOf, hearingLog } from "../kit.ts";
import { fullLaunch, uuid } from "../store/records.ts";
import { kdsWorld } from "./kds-world.ts";
import type { CollateralChip } from "../../../core/api/collateral-schemas.ts";
import type { Instant } from "../../../core/base/clock.ts";
import type { CollateralQuery } from "../../../core/manager/ports.ts";
import type { LaunchRecord } from "../../../core/manager/records.ts";
import type { Hierarchy } from "../../../core/simulator/hierarchy.ts";

const fleet = 12;
const pace = defaultKdsTiming.spacingMs;
const reportedTcb = encodeTcb({ product: "Milan", fmc: undefined, bootloader: 4, tee: 0, snp: 24, microcode: 219 });
let milan: Hierarchy;
beforeAll(async () => {
  milan = await simulatedHierarchy("Milan");
});

test("each chip once and at AMD's pace, issuers and list once; the second time all is known", async () => {
  const { ahead, asked, ended, time } = await world();
  expect(must(ahead.fetch(chips(0, fleet)))).toMatchObject({ state: "running", total: fleet + 1, left: fleet + 1 });
  await ended();
  expect(ahead.run()).toMatchObject({ state: "ended", left: 0, fetched: fleet + 1, known: 0, failed: 0, failures: [] });
  expect(asked.filter(isVcek)).toHaveLength(fleet);
  expect(asked.filter((target) => !isVcek(target)).map((target) => target.split("/").at(-1))).toEqual(["cert_chain", "crl"]);
  expect(time.now() - simulatedInstant).toBe((fleet - 1) * pace);
  must(ahead.fetch(chips(0, fleet)));
  await ended();
  expect(ahead.run()).toMatchObject({ fetched: 0, known: fleet + 1 });
  expect(asked).toHaveLength(fleet + 2);
});

test("a launch in the middle of it is next, whatever is left; afterwards it goes on", async () => {
  const { ahead, asked, ended, time, launch, after } = await world();
  must(ahead.fetch(chips(0, fleet)));
  await after(3 * pace + 1);
  const from = time.now();
  const { code, places, until, done } = await launch(20);
  expect([code, places]).toEqual(["ok", [0]]);
  // No longer than if the last one that was served had been a launch.
  expect(done - from).toBeLessThan(pace);
  expect(until).toBeLessThanOrEqual(from + pace + defaultKdsTiming.patienceMs);
  await ended();
  expect(ahead.run()).toMatchObject({ fetched: fleet + 1 });
  expect(asked.filter(isVcek)).toHaveLength(fleet + 1);
});

test("a fleet that boots meanwhile is served first, as if nothing else were asked for", async () => {
  const { ahead, asked, ended, time, launch, after } = await world();
  must(ahead.fetch(chips(0, fleet)));
  await after(2 * pace + 1);
  const before = asked.filter(isVcek).length;
  const from = time.now();
  const launches = await Promise.all([20, 21, 22, 23, 24].map(launch));
  expect(launches.map(({ code }) => code)).toEqual(["ok", "ok", "ok", "ok", "ok"]);
  expect(asked.filter(isVcek).slice(before, before + 5)).toEqual(
    [20, 21, 22, 23, 24].map((number) => expect.stringContaining(hexOf(number)) as string),
  );
  expect(Math.max(...launches.map(({ done }) => done)) - from).toBeLessThan(5 * pace);
  for (const { done, until } of launches) expect(done).toBeLessThanOrEqual(until);
  await ended();
});

test("what hangs ahead is given up for a launch, and is tried again after it", async () => {
  const { ahead, asked, ended, time, kds, launch, after } = await world();
  must(ahead.fetch(chips(0, 2)));
  await after(pace - 1);
  kds.fault = "hang";
  time.hangs = true;
  time.after(1_001, () => {});
  time.end = simulatedInstant + pace + 1_000;
  const hung = () => asked.filter((target) => target.includes(hexOf(1))).length;
  while (hung() === 0 || time.now() < time.end) await turn();
  kds.fault = undefined;
  time.hangs = false;
  time.end = Number.POSITIVE_INFINITY;
  const { code, done } = await launch(20);
  // At AMD's pace after the request that hung, and not after its time-out.
  expect([code, done - simulatedInstant <= 2 * pace + 1_000]).toEqual(["ok", true]);
  await ended();
  expect(ahead.run()).toMatchObject({ fetched: 3, failed: 0 });
  expect(hung()).toBe(2);
});

test.each([
  ["the one that is asked for", 0],
  ["one that is in the line", 1],
  ["one that is far behind", 9],
])("a launch that wants %s shares its request", async (_which, number) => {
  const { ahead, asked, ended, launch } = await world();
  must(ahead.fetch(chips(0, fleet)));
  const { code } = await launch(number);
  expect(code).toBe("ok");
  expect(asked.filter(isVcek).length).toBeLessThanOrEqual(2);
  await ended();
  expect(asked.filter((target) => target.includes(hexOf(number)))).toHaveLength(1);
  expect(asked.filter(isVcek)).toHaveLength(fleet);
});

test("a chip that AMD does not know is named, and the others are fetched", async () => {
  const { ahead, ended } = await world();
  must(ahead.fetch([...chips(0, 1), ...chips(99, 1), ...chips(1, 1)]));
  await ended();
  const failed = { product: "Milan", chipId: hexOf(99), tcb: toHex(reportedTcb), failure: { code: "kds.not-found" } };
  expect(ahead.run()).toMatchObject({ fetched: 3, failed: 1, failures: [failed], left: 0 });
});

test("a service that is away is waited for some minutes; then it says what was not tried, and a launch is served all the same", async () => {
  const { ahead, ended, kds, time, launch } = await world();
  kds.fault = "error-500";
  must(ahead.fetch(chips(0, 3)));
  await ended();
  expect(ahead.run()).toMatchObject({ state: "ended", total: 4, left: 4, fetched: 0, stopped: { code: "kds.unavailable" } });
  expect(time.now() - simulatedInstant).toBe(20_000 + 40_000 + 80_000);
  kds.fault = undefined;
  expect((await launch(1)).code).toBe("ok");
  must(ahead.fetch(chips(0, 3)));
  await ended();
  expect(ahead.run()).toMatchObject({ fetched: 2, known: 2 });
});

test("known chips: those that launches have shown, and the lists in the cache; asked for twice at once, looked for once", async () => {
  const { ahead, asked, ended, launch, shown } = await world();
  await launch(3);
  const before = asked.length;
  shown(3, 4);
  const [one, other] = await Promise.all([ahead.fetchKnown(), ahead.fetchKnown()]);
  expect([must(one).total, must(other).total]).toEqual([3, 3]);
  await ended();
  expect(ahead.run()).toMatchObject({ fetched: 1, known: 2, failed: 0 });
  expect(asked.slice(before)).toEqual([expect.stringContaining(hexOf(4)) as string]);
});

test("what is asked for meanwhile joins the run, each once", async () => {
  const { ahead, asked, ended } = await world();
  must(ahead.fetch(chips(0, 2)));
  expect(must(ahead.fetch(chips(1, 2)))).toMatchObject({ total: 4 });
  await ended();
  expect(ahead.run()).toMatchObject({ total: 4, fetched: 4 });
  expect(asked.filter(isVcek)).toHaveLength(3);
});

test("a TCB with reserved bytes is refused, and not asked about", async () => {
  const { ahead, asked, ended } = await world();
  must(ahead.fetch([{ product: "Milan", chipId: hexOf(0), tcb: "04000100000018db" }]));
  await ended();
  expect(ahead.run()?.failures.map(({ failure }) => failure.code)).toEqual(["snp.tcb-reserved"]);
  expect(asked.filter(isVcek)).toEqual([]);
});

test("a run is bounded: one more is refused whole", async () => {
  const { ahead } = await world();
  const many = Array.from(
    { length: 10_000 },
    (_, number): CollateralChip => ({
      product: "Turin",
      chipId: number.toString(16).padStart(16, "0"),
      tcb: "ff".repeat(8),
    }),
  );
  // Their issuers and list are one more.
  expect(codeOf(ahead.fetch(many))).toBe("kds.ahead-full");
  expect(ahead.run()).toBeUndefined();
  expect(must(ahead.fetch(many.slice(1))).total).toBe(10_000);
  expect(codeOf(ahead.fetch(many))).toBe("kds.ahead-full");
  ahead.close();
});

test("switched off: nothing is tried", async () => {
  const { ahead, asked } = await world({ off: true });
  expect(codeOf(ahead.fetch(chips(0, 1)))).toBe("kds.off");
  expect(codeOf(await ahead.fetchKnown())).toBe("kds.off");
  expect([ahead.run(), asked]).toEqual([undefined, []]);
});

test("closed in the middle: it ends at once", async () => {
  const { ahead, asked, ended, after, source } = await world();
  must(ahead.fetch(chips(0, fleet)));
  await after(pace + 1);
  ahead.close();
  source.close();
  await ended();
  expect(asked.filter(isVcek).length).toBeLessThan(4);
});

function chips(first: number, count: number): CollateralChip[] {
  return Array.from({ length: count }, (_, index) => ({ product: "Milan", chipId: hexOf(first + index), tcb: toHex(reportedTcb) }));
}

function hexOf(number: number): string {
  return toHex(milan.chipId(number));
}

function isVcek(target: string): boolean {
  return target.includes("?");
}

function turn(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, 1);
  });
}

async function world(more: { readonly off?: boolean } = {}) {
  const sold = Array.from({ length: 30 }, (_, number) => milan.chipId(number));
  const { time, kds, asked, open } = await kdsWorld(milan, sold, more);
  const { source } = open();
  const launches: LaunchRecord[] = [];
  const shown = (...numbers: readonly number[]): void => {
    for (const number of numbers) {
      const cpuid = { family: 25, model: 1, stepping: 1 };
      const report = encodeReport({ version: 3, signingKey: "vcek", cpuid, chipId: milan.chipId(number), reportedTcb });
      launches.push({ ...fullLaunch, id: uuid(number), simulated: false, report });
    }
  };
  const ahead = new FetchAhead({
    source,
    store: { launches: () => launches },
    clock: time,
    timers: time,
    log: hearingLog().log,
    onChange: () => {},
  });
  onTestFinished(() => ahead.close());
  const launch = async (number: number) => {
    const query: CollateralQuery = {
      product: "Milan",
      signer: "vcek",
      chipId: milan.chipId(number),
      reportedTcb,
      vekKnown: false,
      issuersKnown: false,
      crlWanted: true,
    };
    const places: number[] = [];
    let until = 0;
    const answer = await source.fetch(query, (told: Instant, place?: number) => {
      until = Math.max(until, told);
      if (place !== undefined) places.push(place);
    });
    return { code: codeOf(answer), places, until, done: time.now() };
  };
  const ended = async (): Promise<void> => {
    while (ahead.run()?.state === "running") await turn();
  };
  /** Time goes on to then, and no further than what follows at once. */
  const after = async (ms: number): Promise<void> => {
    time.after(ms, () => {});
    time.end = simulatedInstant + ms;
    while (time.now() < simulatedInstant + ms) await turn();
    time.end = Number.POSITIVE_INFINITY;
  };
  return { time, kds, asked, ahead, launch, ended, after, source, shown };
}
