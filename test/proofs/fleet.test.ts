// 200 VMs of 40 chips boot at once, against one manager: real TLS, real agents' sessions, the real store, and a key service that hands out one certificate at a
// time and sends everybody else away, as AMD's does. Only its pace is faster: a certificate every 300 ms instead of every 10 s.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { dial } from "../../agent/dial.ts";
import { runSession } from "../../agent/session.ts";
import { silentLog } from "../../core/base/log.ts";
import { must } from "../../core/base/result.ts";
import { utf8 } from "../../core/base/utf8.ts";
import { configurationDigest, parseConfiguration } from "../../core/launch/agent-configuration.ts";
import type { AgentEnding } from "../../core/launch/agent-machine.ts";
import { defaultLimits } from "../../core/manager/limits.ts";
import type { VmRecord } from "../../core/manager/records.ts";
import { systemClock } from "../../core/node/clock.ts";
import { openCollateralSource, type NodeCollateralSource } from "../../core/node/collateral/collateral-source.ts";
import { defaultKdsTiming } from "../../core/node/collateral/kds-queue.ts";
import { nodePrimitives } from "../../core/node/primitives.ts";
import { systemRandom } from "../../core/node/random.ts";
import { startKdsServer, type KdsServer } from "../../core/node/simulator/kds-server.ts";
import { SqliteStore } from "../../core/node/store/sqlite-store.ts";
import { systemTimers } from "../../core/node/timers.ts";
import { trustAnchorsOf, type Hierarchy } from "../../core/simulator/hierarchy.ts";
import { SimulatedKds } from "../../core/simulator/kds.ts";
import type { SimulatedProcessor } from "../../core/simulator/processor.ts";
import { MemoryKeychain } from "../kit/memory-ports.ts";
import { simulatedHierarchy, simulatedProcessor } from "../kit/simulated.ts";
import { automaticPolicy, expectedMeasurement, type RealManager, startRealManager } from "./real-manager.ts";

const [vms, chips, paceMs] = [200, 40, 300];
let folder: string;
let hierarchy: Hierarchy;
let processors: readonly SimulatedProcessor[];
let kds: KdsServer;
let source: NodeCollateralSource | undefined;
let asked: string[];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "portcullis-fleet-"));
  hierarchy = await simulatedHierarchy();
  processors = await Promise.all(
    Array.from({ length: chips }, (_, chip) => simulatedProcessor("Milan", { chipId: hierarchy.chipId(chip) }, Date.now())),
  );
  asked = [];
  const service = new SimulatedKds({
    hierarchies: [hierarchy],
    chips: processors.map(({ chip }) => chip.chipId),
    clock: systemClock,
    throttle: paceMs,
  });
  kds = must(await startKdsServer({ kds: service, onRequest: (target) => asked.push(target) }));
});
afterAll(async () => {
  source?.close();
  await kds.close();
  rmSync(folder, { recursive: true, force: true });
});

test("none fails, each chip is asked for once, and everybody who waited was told so; a second start asks for nothing", async () => {
  const keychain = new MemoryKeychain();
  const first = await manager(keychain);
  const port = await listen(first);
  const fleet: VmRecord[] = [];
  for (let number = 0; number < vms; number++) fleet.push(await enrolled(first, number, port));

  const waited = new Map<string, { ahead: number; until: number }>();
  first.manager.subscribe(({ kind, id }) => {
    const record = kind === "launch" ? first.manager.launch(id) : undefined;
    if (record?.waitingFor === undefined) return;
    const told = waited.get(record.vm) ?? { ahead: 0, until: 0 };
    const { ahead = 0, until } = record.waitingFor;
    waited.set(record.vm, { ahead: Math.max(ahead, told.ahead), until: Math.max(until, told.until) });
  });
  const opened = new Map<string, number>();
  const before = process.memoryUsage().rss;
  const endings = await Promise.all(
    fleet.map(async (vm, number) => {
      const ending = await launch(vm, processors[number % chips]);
      opened.set(vm.id, Date.now());
      return ending.end;
    }),
  );
  const perSession = (process.memoryUsage().rss - before) / vms / 1024;
  expect(endings.filter((end) => end !== "opened")).toEqual([]);
  expect(asked.filter(isVcek)).toHaveLength(chips);
  expect(new Set(asked.filter(isVcek)).size).toBe(chips);
  // Whoever came before their chip's certificate was there had to wait and saw it; the handshakes of 200 take their time, so it is not everybody.
  expect(waited.size).toBeGreaterThan(vms / 2);
  expect(Math.max(...[...waited.values()].map(({ ahead }) => ahead))).toBeGreaterThan(chips / 4);
  for (const [vm, { until }] of waited)
    expect(opened.get(vm) ?? Number.POSITIVE_INFINITY).toBeLessThanOrEqual(until + defaultLimits.collateralMs);
  process.stdout.write(
    `fleet: ${vms} VMs, ${asked.filter(isVcek).length} certificates, ${waited.size} waited, ${Math.round(perSession)} KiB each\n`,
  );

  await first.manager.stop();
  source?.close();
  closeStore(first);
  const second = await manager(keychain);
  const again = await listen(second);
  const asBefore = asked.filter(isVcek).length;
  const moved = fleet.slice(0, chips * 2);
  const secondEndings = await Promise.all(moved.map((vm, number) => launch(vm, processors[number % chips], again).then(({ end }) => end)));
  expect(secondEndings.filter((end) => end !== "opened")).toEqual([]);
  expect(asked.filter(isVcek)).toHaveLength(asBefore);
});

test("at AMD's own pace as many chips as are allowed for fit into the wait of a launch", () => {
  const longest = chips * defaultKdsTiming.spacingMs;
  expect(longest).toBeLessThan(defaultLimits.collateralQueueMs);
  expect(vms).toBeLessThanOrEqual(defaultLimits.sessions - defaultLimits.strangerSessions);
});

async function manager(keychain: MemoryKeychain): Promise<RealManager> {
  return startRealManager({
    folder,
    keychain: "sealed-file",
    between: (ports) => {
      source = openCollateralSource({
        store: ports.store,
        kds: { base: kds.origin, timing: { ...defaultKdsTiming, spacingMs: paceMs, throttledPauseMs: paceMs, pauseMs: paceMs } },
        anchors: trustAnchorsOf([hierarchy]),
        clock: systemClock,
        timers: systemTimers,
        log: silentLog,
      });
      return { ...ports, keychain, simulatedCollateral: source };
    },
  });
}

function listen(of: RealManager): Promise<number> {
  return of.listen(0, (channel) => void of.manager.accept(channel));
}

function closeStore({ store, authority }: RealManager): void {
  authority.close();
  if (store instanceof SqliteStore) store.close();
}

async function enrolled(of: RealManager, number: number, port: number): Promise<VmRecord> {
  return must(
    await of.manager.enrol({
      name: `vm-${number}`,
      simulated: true,
      disks: [{ id: "root", device: "/dev/vda", name: "root" }],
      endpoints: [`127.0.0.1:${port}`],
      measurements: [],
      policy: automaticPolicy(),
    }),
  );
}

/** What an agent does in one round: dial the pinned manager, attest, and open what it is given. The host brings no certificates. */
async function launch(vm: VmRecord, processor: SimulatedProcessor | undefined, port?: number): Promise<AgentEnding> {
  const configuration = must(parseConfiguration(utf8(vm.configurations[0]?.text ?? "")));
  const guest = processor?.launch({ hostData: configurationDigest(configuration.bytes, nodePrimitives), measurement: expectedMeasurement });
  if (guest === undefined) throw new Error("no processor");
  const { endpoints, anchor } = configuration.configuration.manager;
  const signal = new AbortController().signal;
  const endpoint = port === undefined ? (endpoints[0] ?? "") : `127.0.0.1:${port}`;
  const connection = must(await dial({ endpoint, anchor, signal, timeoutMs: 60_000 }));
  const { ending } = await runSession(connection, {
    agent: "portcullis-fleet/1",
    configuration,
    source: {
      name: "simulated",
      report: (reportData) =>
        Promise.resolve({ ok: true, value: { report: guest.report({ reportData }), certificates: new Uint8Array(0) } }),
    },
    unlocker: {
      unlock(disks) {
        for (const { key } of disks) key.wipe();
        return Promise.resolve(disks.map(({ disk }) => ({ disk: disk.id, opened: true })));
      },
      closeAll: () => Promise.resolve(),
    },
    random: systemRandom,
    primitives: nodePrimitives,
    log: silentLog,
    signal,
  });
  return ending;
}

function isVcek(target: string): boolean {
  return target.includes("?");
}
