// Mistake 18 of real verifiers: AMD's key service stands in the way of every boot, without cache or time-out, so that a 429 keeps disks
// locked. A whole manager with its real collateral source, against the simulated key service over HTTP.
import { describe, expect, onTestFinished, test } from "vitest";
import { must, ok } from "../../core/base/result.ts";
import { openCollateralSource } from "../../core/node/collateral/collateral-source.ts";
import type { KdsTiming } from "../../core/node/collateral/kds-queue.ts";
import { startKdsServer } from "../../core/node/simulator/kds-server.ts";
import { systemTimers } from "../../core/node/timers.ts";
import { trustAnchorsOf } from "../../core/simulator/hierarchy.ts";
import { SimulatedKds } from "../../core/simulator/kds.ts";
import type { KdsFault } from "../../core/simulator/kds.ts";
import type { LaunchRecord, VmRecord } from "../../core/manager/records.ts";
import { simulatedHierarchy, simulatedInstant, simulatedProcessor } from "../kit/simulated.ts";
import { makeWorld, type Connection, type World } from "../kit/world.ts";
import { hearingLog } from "../node/kit.ts";

const timing: KdsTiming = { requestMs: 20_000, patienceMs: 60_000, spacingMs: 0, pauseMs: 20, throttledPauseMs: 20 };
/** Real milliseconds within which a launch that asks nobody is long done. */
const soon = 10_000;

describe("mistake 18: the key service is asked at every boot, without a cache and without an end", () => {
  test.each(["throttled", "hang", "error-500", "slow", "truncated"] satisfies KdsFault[])(
    "once a chip is known, a service that is %s keeps no VM from its disks, not even after a restart",
    async (fault) => {
      const { world, kds, asked } = await bench();
      const vm = await world.enrol();
      expect((await launch(world, vm)).state).toBe("opened");
      const certificates = asked.filter((target) => !target.endsWith("/crl"));
      expect(certificates).toHaveLength(2);
      kds.fault = fault;
      const begun = performance.now();
      expect((await launch(world, vm)).state).toBe("opened");
      world.crash();
      expect((await launch(world, vm)).state).toBe("opened");
      expect(performance.now() - begun).toBeLessThan(soon);
      expect(asked.filter((target) => !target.endsWith("/crl"))).toEqual(certificates);
    },
  );

  test("a chip that is not known waits as long as it was told, and then hears that it may try again", async () => {
    const { world, kds } = await bench({ ...timing, requestMs: 200, patienceMs: 1_000 });
    const vm = await world.enrol();
    kds.fault = "hang";
    const refused = await launch(world, vm);
    expect(refused).toMatchObject({ state: "refused", code: "kds.unavailable" });
    kds.fault = undefined;
    expect((await launch(world, vm)).state).toBe("opened");
  });

  test("a source that never answers ends at the manager's own limit", async () => {
    const world = await makeWorld();
    const vm = await world.enrol();
    world.simulatedCollateral.next = "silent";
    const connection = connect(world, vm);
    await world.run();
    expect(world.launchOf(connection).state).toBe("attesting");
    // The agent's own patience is another limit: it hears that the manager still works.
    for (let waited = 0; waited < 60_000; waited += 10_000) {
      world.time.advance(10_000);
      await world.run();
    }
    expect(world.launchOf(connection)).toMatchObject({ state: "refused", code: "manager.collateral-slow" });
  });
});

/** A host that brings no certificates, so that all of them must come from the service or its cache. */
function connect(world: World, vm: VmRecord): Connection {
  return world.connect(vm, { evidence: (report) => ({ report, certificates: new Uint8Array(0) }) });
}

/** A person approves as soon as they are asked. */
async function launch(world: World, vm: VmRecord): Promise<LaunchRecord> {
  const connection = connect(world, vm);
  for (;;) {
    await world.run();
    const record = world.launchOf(connection);
    if (record.state === "pending") await world.answer(connection);
    else if (record.state !== "attesting" && record.state !== "released") return record;
    // The service answers in real time.
    else await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

async function bench(of: KdsTiming = timing) {
  const hierarchy = await simulatedHierarchy();
  const processor = await simulatedProcessor();
  const clock = { now: () => simulatedInstant, monotonic: () => performance.now() };
  const kds = new SimulatedKds({ hierarchies: [hierarchy], chips: [processor.chip.chipId], clock, throttle: 0 });
  const asked: string[] = [];
  const server = must(await startKdsServer({ kds, onRequest: (target) => asked.push(target) }));
  const cached = new Map<string, Uint8Array>();
  const source = openCollateralSource({
    store: {
      collateral: (name) => cached.get(name),
      saveCollateral: (name, bytes) => (cached.set(name, bytes), ok(undefined)),
    },
    kds: { base: server.origin, timing: of },
    anchors: trustAnchorsOf([hierarchy]),
    clock,
    timers: systemTimers,
    log: hearingLog().log,
  });
  const world = await makeWorld();
  world.simulatedCollateral.fetch = (wanted, progress) => source.fetch(wanted, progress);
  onTestFinished(async () => {
    source.close();
    await server.close();
  });
  return { world, kds, asked };
}
