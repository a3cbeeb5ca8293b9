// A fleet boots at once: 200 VMs on 40 chips, against the simulated key service with AMD's own throttle, over real HTTP and with the real
// store and the timing of the product. Only time is not real: it stands still while a request is under way, and otherwise jumps.
import { beforeAll, expect, onTestFinished, test } from "vitest";
import { must } from "../../../core/base/result.ts";
import { openCollateralSource } from "../../../core/node/collateral/collateral-source.ts";
import { defaultKdsTiming } from "../../../core/node/collateral/kds-queue.ts";
import { startKdsServer } from "../../../core/node/simulator/kds-server.ts";
import { openStore } from "../../../core/node/store/sqlite-store.ts";
import { trustAnchorsOf } from "../../../core/simulator/hierarchy.ts";
import { SimulatedKds } from "../../../core/simulator/kds.ts";
import { encodeTcb } from "../../../core/snp/tcb.ts";
import { simulatedHierarchy, simulatedInstant } from "../../kit/simulated.ts";
import { codeOf, hearingLog, scratchFolder } from "../kit.ts";
import type { Clock, Instant } from "../../../core/base/clock.ts";
import type { CollateralQuery, Timers } from "../../../core/manager/ports.ts";
import type { NodeCollateralSource } from "../../../core/node/collateral/collateral-source.ts";
import type { Hierarchy } from "../../../core/simulator/hierarchy.ts";

const chips = 40;
const vms = 200;
let milan: Hierarchy;
let queries: readonly CollateralQuery[];

beforeAll(async () => {
  milan = await simulatedHierarchy("Milan");
  const reportedTcb = encodeTcb({ product: "Milan", fmc: undefined, bootloader: 4, tee: 0, snp: 24, microcode: 219 });
  const common = { product: "Milan", signer: "vcek", reportedTcb, vekKnown: false, issuersKnown: false, crlWanted: true } as const;
  queries = Array.from({ length: vms }, (_, vm) => ({ ...common, chipId: milan.chipId(vm % chips) }));
});

test("one request for each chip, none fails, everybody who waits is told until when, and it is true", async () => {
  const { time, asked, open } = await world();
  const { source } = open();
  const launches = await launchAll(source, time);
  expect(new Set(launches.map(({ code }) => code))).toEqual(new Set(["ok"]));
  expect(asked.filter(isVcek)).toHaveLength(chips);
  expect(asked.filter((target) => !isVcek(target)).map((target) => target.split("/").at(-1))).toEqual(["cert_chain", "crl"]);
  for (const { until, from, done } of launches) {
    expect(until).toBeGreaterThan(from);
    expect(done).toBeLessThanOrEqual(until);
  }
  // At AMD's pace, and not slower.
  const last = Math.max(...launches.map(({ done }) => done)) - simulatedInstant;
  expect(last).toBe((chips - 1) * defaultKdsTiming.spacingMs);
});

test("a restart loses no cached certificate: the whole fleet launches again, and none is asked for", async () => {
  const { time, asked, open } = await world();
  const before = open();
  await launchAll(before.source, time);
  before.close();
  const certificates = asked.filter(isCertificate);
  const { source } = open();
  const again = await launchAll(source, time);
  expect(new Set(again.map(({ code }) => code))).toEqual(new Set(["ok"]));
  expect(asked.filter(isCertificate)).toEqual(certificates);
});

test("a restart in the middle: only what is missing is asked for", async () => {
  const { time, asked, open } = await world();
  const before = open();
  const launches = queries.map((query) => before.source.fetch(query, () => {}));
  must(await Promise.all(launches.slice(0, 16)).then((answers) => answers[15] ?? Promise.reject(new Error("no launch"))));
  before.close();
  await Promise.all(launches);
  const had = asked.filter(isVcek).length;
  const { source } = open();
  const again = await launchAll(source, time);
  expect(new Set(again.map(({ code }) => code))).toEqual(new Set(["ok"]));
  // One may come too soon after the last one before the restart, and be sent away.
  expect(asked.filter(isVcek).length - had).toBeLessThanOrEqual(chips - 16 + 1);
  expect(asked.filter((target) => target.endsWith("/cert_chain"))).toHaveLength(1);
});

test("the service is down for the whole fleet: everybody hears so, and no later than they were told", async () => {
  const { time, kds, open } = await world();
  const { source } = open();
  kds.fault = "error-500";
  const launches = await launchAll(source, time);
  expect(new Set(launches.map(({ code }) => code))).toEqual(new Set(["kds.unavailable"]));
  for (const { until, done } of launches) expect(done).toBeLessThanOrEqual(until);
  kds.fault = undefined;
  expect(new Set((await launchAll(source, time)).map(({ code }) => code))).toEqual(new Set(["ok"]));
});

function launchAll(source: NodeCollateralSource, time: TestTime) {
  return Promise.all(
    queries.map(async (query) => {
      const from = time.now();
      let until = from;
      const answer = await source.fetch(query, (told: Instant) => (until = Math.max(until, told)));
      return { code: codeOf(answer), from, until, done: time.now() };
    }),
  );
}

function isVcek(target: string): boolean {
  return target.includes("?");
}

/** A list at hand is used at once, and renewed beside it. */
function isCertificate(target: string): boolean {
  return !target.endsWith("/crl");
}

/** Nothing is waited for in real time: once no request is under way, the next timer is due. */
class TestTime implements Clock, Timers {
  #passed = 0;
  readonly #waiting = new Set<{ readonly due: number; readonly ms: number; readonly callback: () => void }>();

  now(): Instant {
    return simulatedInstant + this.#passed;
  }

  monotonic(): number {
    return this.#passed;
  }

  after(ms: number, callback: () => void): () => void {
    const timer = { due: this.#passed + ms, ms, callback };
    this.#waiting.add(timer);
    return () => this.#waiting.delete(timer);
  }

  jump(): void {
    const [next] = [...this.#waiting].toSorted((a, b) => a.due - b.due);
    if (next === undefined || [...this.#waiting].some(({ ms }) => ms === defaultKdsTiming.requestMs)) return;
    this.#waiting.delete(next);
    this.#passed = next.due;
    next.callback();
  }
}

async function world() {
  const time = new TestTime();
  const folder = scratchFolder();
  const { log } = hearingLog();
  // The throttle that is not given is AMD's.
  const kds = new SimulatedKds({ hierarchies: [milan], chips: queries.slice(0, chips).map(({ chipId }) => chipId), clock: time });
  const asked: string[] = [];
  const server = must(await startKdsServer({ kds, onRequest: (target) => asked.push(target) }));
  const pump = setInterval(() => time.jump(), 1);
  const opened = new Set<() => void>();
  const open = () => {
    const store = must(openStore({ folder, log }));
    const source = openCollateralSource({
      store,
      kds: { base: server.origin },
      anchors: trustAnchorsOf([milan]),
      clock: time,
      timers: time,
      log,
    });
    const close = (): void => {
      opened.delete(close);
      source.close();
      store.close();
    };
    opened.add(close);
    return { source, close };
  };
  onTestFinished(async () => {
    clearInterval(pump);
    for (const close of opened) close();
    await server.close();
  });
  return { time, kds, asked, open };
}
