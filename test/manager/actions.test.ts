// Action lists over the real manager and the real agent machine: whatever happens in whatever order, with a store that fails in both ways,
// a keychain that locks and a manager that dies, the invariants hold after every step. Failing seeds are kept in seeds.ts and replayed
// first.
import fc from "fast-check";
import type { AppraisalPolicy } from "../../core/appraise/policy.ts";
import { simulatedPreset } from "../../core/appraise/presets.ts";
import { canonicalJson } from "../../core/base/json.ts";
import type { VmRecord } from "../../core/manager/records.ts";
import { afterAll, expect, test } from "vitest";
import { makeWorld, saidOn } from "../kit/world.ts";
import { actionList, perform, type Action } from "./actions.ts";
import { Watch } from "./invariants.ts";
import { brokenOnce } from "./seeds.ts";

/** In one `npm test`. PORTCULLIS_ACTION_RUNS asks for another number, for a night of searching or a quick look. */
const runs = Number(process.env["PORTCULLIS_ACTION_RUNS"] ?? 10_000);
const seed = Number(process.env["PORTCULLIS_ACTION_SEED"] ?? 20_261_124);
const tally = {
  runs: 0,
  steps: 0,
  launches: 0,
  releases: 0,
  pinned: 0,
  otherDisks: 0,
  ahead: 0,
  opened: 0,
  renewed: 0,
  faults: 0,
  crashes: 0,
};

async function holds(list: readonly Action[]): Promise<void> {
  const world = await makeWorld({ seed: "actions", limits: { launchesPerMinute: 20 } });
  const enrolled = (different: Partial<AppraisalPolicy>): Promise<VmRecord> =>
    world.enrol({ policy: canonicalJson({ ...simulatedPreset(), failedOpensMaximum: 3, ...different }) });
  const vms = [await enrolled({}), await enrolled({ secondLaunch: "replace" }), await enrolled({ release: "first-launch-manual" })];
  const watch = new Watch(world);
  for (const step of list) {
    const crashed = await perform(world, vms, step);
    if (crashed) watch.checkRestart();
    else watch.check();
    tally.steps++;
    if (crashed) tally.crashes++;
  }
  tally.faults += world.store.met;
  // Everybody goes, everything heals, and the next start finds nothing that it cannot close.
  world.keychain.letGo();
  for (const { link } of world.connections) link.drop();
  await world.settle();
  watch.check();
  watch.checkEnd();
  world.store.heal();
  world.time.advance(60_000);
  for (const vm of vms.slice(0, 1)) world.connect(vm).link.deliverToManager();
  await world.quiet();
  watch.checkSettled();
  world.crash();
  watch.checkRestart();
  tally.runs++;
  tally.launches += world.disk.launches.size;
  tally.releases += world.audit().filter(({ kind }) => kind === "launch-released").length;
  tally.pinned += world.audit().filter(({ facts }) => facts["pinnedBy"] !== undefined).length;
  tally.ahead += world.audit().filter(({ kind, facts }) => kind === "launch-released" && facts["approvedAhead"] !== undefined).length;
  tally.otherDisks += world.audit().filter(({ kind, facts }) => kind === "launch-released" && !isRootAlone(facts["disks"])).length;
  tally.renewed += world.connections.filter(({ link }) => saidOn(link).filter(({ type }) => type === "challenge").length > 1).length;
  tally.opened += world.audit().filter(({ kind }) => kind === "launch-opened").length;
}

function isRootAlone(disks: unknown): boolean {
  return Array.isArray(disks) && disks.join() === "root";
}

test.each(brokenOnce)("once broken: $broke", async ({ list }) => {
  await expect(holds(list)).resolves.toBeUndefined();
});

test(`the invariants hold over ${runs} action lists`, { timeout: 1_200_000 }, async () => {
  await fc.assert(fc.asyncProperty(actionList, holds), { seed, numRuns: runs });
  expect(tally.runs).toBeGreaterThanOrEqual(runs);
  // A generator that never gets anywhere would hold every invariant.
  expect(tally.releases).toBeGreaterThan(runs / 10);
  expect(tally.opened).toBeGreaterThan(runs / 20);
  expect(tally.renewed).toBeGreaterThan(runs / 50);
  expect(tally.pinned).toBeGreaterThan(runs / 100);
  expect(tally.ahead).toBeGreaterThan(runs / 1000);
  expect(tally.otherDisks).toBeGreaterThan(runs / 100);
  expect(tally.faults).toBeGreaterThan(runs / 100);
});

afterAll(() => {
  const words = Object.entries(tally).map(([what, count]) => `${count} ${what}`);
  process.stdout.write(`action lists: ${words.join(", ")}\n`);
});
