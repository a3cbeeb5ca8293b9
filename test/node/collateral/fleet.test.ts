// A fleet boots at once: 200 VMs on 40 chips, against the simulated key service with AMD's own throttle, over real HTTP and with the real
// store and the timing of the product. Only time is not real: it stands still while a request is under way, and otherwise jumps.
import { beforeAll, expect, test } from "vitest";
import { must } from "../../../core/base/result.ts";
import { defaultKdsTiming } from "../../../core/node/collateral/kds-queue.ts";
import { encodeTcb } from "../../../core/snp/tcb.ts";
import { simulatedHierarchy, simulatedInstant } from "../../kit/simulated.ts";
import { codeOf } from "../kit.ts";
import { kdsWorld } from "./kds-world.ts";
import type { Instant } from "../../../core/base/clock.ts";
import type { CollateralQuery } from "../../../core/manager/ports.ts";
import type { NodeCollateralSource } from "../../../core/node/collateral/collateral-source.ts";
import type { Hierarchy } from "../../../core/simulator/hierarchy.ts";
import type { KdsTime } from "./kds-world.ts";

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
  const { time, asked, open } = await kdsWorld(milan, sold());
  const { source } = open();
  const launches = await launchAll(source, time);
  expect(new Set(launches.map(({ code }) => code))).toEqual(new Set(["ok"]));
  expect(asked.filter(isVcek)).toHaveLength(chips);
  expect(asked.filter((target) => !isVcek(target)).map((target) => target.split("/").at(-1))).toEqual(["cert_chain", "crl"]);
  for (const { until, from, done } of launches) {
    expect(until).toBeGreaterThan(from);
    expect(done).toBeLessThanOrEqual(until);
  }
  // Each sees the queue before it grow shorter, one by one.
  for (const [vm, { places }] of launches.entries()) {
    const first = vm % chips;
    expect(places).toEqual(Array.from({ length: first + 1 }, (_, index) => first - index));
  }
  // At AMD's pace, and not slower.
  const last = Math.max(...launches.map(({ done }) => done)) - simulatedInstant;
  expect(last).toBe((chips - 1) * defaultKdsTiming.spacingMs);
});

test("a restart loses no cached certificate: the whole fleet launches again, and none is asked for", async () => {
  const { time, asked, open } = await kdsWorld(milan, sold());
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
  const { time, asked, open } = await kdsWorld(milan, sold());
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
  const { time, kds, open } = await kdsWorld(milan, sold());
  const { source } = open();
  kds.fault = "error-500";
  const launches = await launchAll(source, time);
  expect(new Set(launches.map(({ code }) => code))).toEqual(new Set(["kds.unavailable"]));
  for (const { until, done } of launches) expect(done).toBeLessThanOrEqual(until);
  kds.fault = undefined;
  expect(new Set((await launchAll(source, time)).map(({ code }) => code))).toEqual(new Set(["ok"]));
});

function sold(): readonly Uint8Array[] {
  return queries.slice(0, chips).map(({ chipId }) => chipId);
}

function launchAll(source: NodeCollateralSource, time: KdsTime) {
  return Promise.all(
    queries.map(async (query) => {
      const from = time.now();
      let until = from;
      const places: number[] = [];
      const answer = await source.fetch(query, (told: Instant, ahead?: number) => {
        until = Math.max(until, told);
        if (ahead !== undefined) places.push(ahead);
      });
      return { code: codeOf(answer), from, until, done: time.now(), places };
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
