// A manager with one VM whose boot files come and go, and whole launches with them.
import type { ReleaseRule } from "../../core/appraise/policy-demands.ts";
import type { AppraisalPolicy } from "../../core/appraise/policy.ts";
import { must, type Result } from "../../core/base/result.ts";
import type { KeptBootSet, LaunchRecord, VmRecord } from "../../core/manager/records.ts";
import type { BootSet } from "../../core/measure/boot-set.ts";
import type { SimulatedGuest } from "../../core/simulator/processor.ts";
import { digestOf, makeWorld, type World } from "../kit/world.ts";
import { measurementOf, next, old, shown } from "./boot-kit.ts";

type Measurement = AppraisalPolicy["checks"]["measurement"];

export function requiring(...sets: readonly Omit<BootSet, "measurement">[]): Measurement {
  return { require: sets.map((set) => ({ digest: measurementOf(set), label: "known" })) };
}

/** One VM of one manager, which asks once and accepts {@link old}, unless a test has enrolled another. */
export class BootBench {
  readonly world: World;
  vm: VmRecord;

  constructor(world: World, vm: VmRecord) {
    this.world = world;
    this.vm = vm;
  }

  static async make(): Promise<BootBench> {
    const world = await makeWorld({ limits: { launchesPerMinute: 100 } });
    return new BootBench(world, await enrol(world, "first-launch-manual", requiring(old)));
  }

  enrolled(release: ReleaseRule, measurement: Measurement): Promise<VmRecord> {
    return enrol(this.world, release, measurement);
  }

  now(): VmRecord {
    return this.world.manager.vm(this.vm.id) ?? this.vm;
  }

  /** Digest of the policy as it is. */
  before(): string {
    return this.now().policyVersions[0]?.digest ?? "";
  }

  /** The measurements that the policy accepts; undefined where it compares none. */
  references(): readonly string[] | undefined {
    const { measurement } = this.now().policy.checks;
    return "require" in measurement ? measurement.require.map(({ digest }) => digest) : undefined;
  }

  add(set: Omit<BootSet, "measurement"> = next, label = "6.12.2"): KeptBootSet {
    const [added] = must(this.world.manager.addBootSet({ vm: this.vm.id, label, set })).bootSets;
    if (added === undefined) throw new Error("nothing was added");
    return added;
  }

  approve({ id }: KeptBootSet): VmRecord {
    const question = { vm: this.vm.id, id, before: this.before(), reason: " tested on db-2 " };
    return must(this.world.manager.approveBootSet(question));
  }

  retire({ id }: KeptBootSet): Result<VmRecord> {
    return this.world.manager.retireBootSet({ vm: this.vm.id, id, reason: "of the past" });
  }

  async launch(
    set: Omit<BootSet, "measurement">,
    verdict?: "approve" | "deny",
    guest: SimulatedGuest = this.world.processor.launch({ hostData: digestOf(this.vm), measurement: shown(set) }),
  ): Promise<LaunchRecord> {
    const connection = this.world.connect(this.vm, { guest });
    await this.world.run();
    if (verdict !== undefined) await this.world.answer(connection, verdict);
    await this.world.run();
    const record = this.world.launchOf(connection);
    connection.link.drop();
    await this.world.quiet();
    return record;
  }
}

function enrol(world: World, release: ReleaseRule, measurement: Measurement): Promise<VmRecord> {
  return world.enrol({}, (record) => {
    const { policy } = record;
    return { ...record, policy: { ...policy, release, checks: { ...policy.checks, measurement } } };
  });
}
