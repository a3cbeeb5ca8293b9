// What can happen to a manager: the steps from which action lists are made. Each does one thing to a world, and never waits for another.
import fc from "fast-check";
import { fromHex } from "../../core/base/bytes.ts";
import { rawFrame } from "../kit/test-agent.ts";
import { kernel, shown } from "./boot-kit.ts";
import { disksIn, type Connection, type World } from "../kit/world.ts";
import type { StoreFault } from "../kit/faulty-store.ts";
import type { ReleaseRule } from "../../core/appraise/policy-demands.ts";
import type { VmRecord } from "../../core/manager/records.ts";
import type { SimulatedGuest } from "../../core/simulator/processor.ts";

export type Action =
  /** `changing`: every report of this VM says something else than the one before, as a VM that was started anew does. */
  | { readonly do: "start"; readonly vm: number; readonly changing: boolean; readonly image?: number; readonly configuration?: number }
  /** The person thinks for longer than evidence stays fresh, while everything else goes on. */
  | { readonly do: "think" }
  | { readonly do: "to-manager" | "to-agent" | "drop" | "kill-agent"; readonly on: number }
  /** Delivers everything, as on a good day. */
  | { readonly do: "run" }
  | { readonly do: "edit-to-manager" | "edit-to-agent"; readonly on: number; readonly at: number }
  | { readonly do: "junk"; readonly on: number }
  | { readonly do: "approve" | "deny"; readonly which: number; readonly stale: boolean }
  | { readonly do: "advance"; readonly seconds: number }
  | { readonly do: "lock" | "unlock-keychain" | "hold-keychain" | "let-keychain-go" | "heal" }
  | { readonly do: "store-fails"; readonly how: StoreFault }
  | { readonly do: "progress-fails" }
  | { readonly do: "crash"; readonly losingUnsynced: boolean }
  | { readonly do: "disable" | "enable" | "forget"; readonly vm: number }
  | { readonly do: "change-policy"; readonly vm: number; readonly to: ReleaseRule }
  /** Nobody waits for the keychain: whatever comes next may come first. */
  | { readonly do: "issue"; readonly vm: number; readonly form: number }
  | { readonly do: "retire"; readonly vm: number; readonly configuration: number }
  /** Boot files are measured, kept, and approved before a launch shows them; or they are of the past. */
  | { readonly do: "approve-ahead" | "retire-image"; readonly vm: number; readonly image: number };

/** Disks of the configurations that are issued, beside the root disk of the enrolment. */
const forms: readonly (readonly string[])[] = [["root"], ["root", "store"], ["store", "root"], ["swap"], ["root", "store", "swap"]];

const index = fc.nat({ max: 3 });
/** The first asks a person always, the second lets a launch replace another, the third asks once. */
const vm = fc.constantFrom(0, 0, 0, 1, 2, 2, 2);
/** Another one measures otherwise. */
const image = fc.constantFrom(0, 0, 0, 1);
const images = [kernel(0), kernel(1), kernel(2)];
const changing = fc.constantFrom(false, false, false, true);
/** Which of the VM's configurations the host starts it with: the newest for the most part. */
const configuration = fc.constantFrom(0, 0, 0, 0, 0, 1, 2);

/** Weighted so that about half of the lists come to a decision. */
const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant("start"), vm, changing, image, configuration }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("think") }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constantFrom("to-manager", "to-agent"), on: index }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant("run") }) },
  { weight: 7, arbitrary: fc.record({ do: fc.constant("approve"), which: index, stale: fc.constant(false) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom("approve", "deny"), which: index, stale: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom("drop", "kill-agent"), on: index }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom("edit-to-manager", "edit-to-agent"), on: index, at: fc.nat({ max: 3000 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("junk"), on: index }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("advance"), seconds: fc.constantFrom(1, 10, 30, 60, 121, 901) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom("lock", "unlock-keychain", "hold-keychain", "let-keychain-go", "heal") }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("store-fails"),
      how: fc.constantFrom("not-applied", "applied", "unknown-not-applied", "disk-full"),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("progress-fails") }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("crash"), losingUnsynced: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom("disable", "enable", "forget"), vm }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant("change-policy"), vm, to: fc.constantFrom("manual", "first-launch-manual") }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("issue"), vm, form: fc.nat({ max: forms.length - 1 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("retire"), vm, configuration: fc.nat({ max: 2 }) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("approve-ahead"), vm, image: fc.constantFrom(0, 1, 1, 1, 2) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("retire-image"), vm, image: fc.constantFrom(0, 0, 1, 2) }) },
);

/** Most lists begin as a launch does, so that what follows meets every stage of one. */
export const actionList: fc.Arbitrary<readonly Action[]> = fc
  .record({
    begin: fc.oneof(
      { weight: 1, arbitrary: fc.constant(0) },
      { weight: 2, arbitrary: fc.constant(1) },
      { weight: 3, arbitrary: fc.constant(2) },
      { weight: 4, arbitrary: fc.constant(3) },
      { weight: 2, arbitrary: fc.constant(4) },
      { weight: 2, arbitrary: fc.constant(5) },
    ),
    start: fc.record({ do: fc.constant("start"), vm, changing, image, configuration: fc.constantFrom(0, 0, 0, 1) }),
    /** It has another configuration beside the one of its enrolment. */
    issued: fc.constantFrom(undefined, undefined, undefined, undefined, 1, 2, 3, 4),
    thinks: fc.constantFrom(false, false, false, false, true),
    /** The second launch has the next kernel, which was approved ahead. */
    ahead: fc.constantFrom(false, false, false, true),
    rest: fc.array(action, { minLength: 2, maxLength: 10, size: "max" }),
  })
  .map(({ begin, start, issued, thinks, ahead, rest }) => {
    const think: readonly Action[] = thinks ? [{ do: "think" }] : [];
    const approval = { do: "approve-ahead", vm: start.vm, image: 2 } as const;
    const beginning: readonly (readonly Action[])[] = [
      [...(issued === undefined ? [] : [{ do: "issue", vm: start.vm, form: issued } as const]), start],
      [{ do: "run" }, ...think],
      [{ do: "approve", which: 0, stale: false }],
      [{ do: "run" }, ...(ahead ? [approval] : []), { ...start, changing: false, image: ahead ? approval.image : start.image }],
      [{ do: "run" }],
    ];
    return [...beginning.slice(0, begin).flat(), ...rest];
  });

/** @returns true after a crash. */
export async function perform(world: World, vms: readonly VmRecord[], step: Action): Promise<boolean> {
  switch (step.do) {
    case "start":
      startVm(world, vms[step.vm] ?? fallback(), step);
      break;
    case "think":
      for (let waited = 0; waited < 130; waited += 26) {
        world.time.advance(26_000);
        await world.run();
      }
      break;
    case "to-manager":
      on(world, step.on)?.link.deliverToManager();
      break;
    case "to-agent":
      on(world, step.on)?.link.deliverToAgent();
      break;
    case "run":
      await world.run();
      break;
    case "drop":
      on(world, step.on)?.link.drop();
      break;
    case "kill-agent":
      on(world, step.on)?.agent.kill();
      break;
    case "edit-to-manager":
      on(world, step.on)?.link.deliverToManager((bytes) => flipped(bytes, step.at));
      break;
    case "edit-to-agent":
      on(world, step.on)?.link.deliverToAgent((bytes) => flipped(bytes, step.at));
      break;
    case "junk":
      on(world, step.on)?.link.inject(rawFrame('{"type":"outcome","disks":[{"disk":"other","opened":true}],"wiped":true}'));
      break;
    case "approve":
    case "deny":
      decide(world, step.do, step.which, step.stale);
      break;
    case "advance":
      world.time.advance(step.seconds * 1000);
      break;
    case "lock":
      world.keychain.locked = true;
      break;
    case "unlock-keychain":
      world.keychain.locked = false;
      break;
    case "hold-keychain":
      world.keychain.holding = true;
      break;
    case "let-keychain-go":
      world.keychain.letGo();
      break;
    case "heal":
      world.store.heal();
      break;
    case "store-fails":
      world.store.failNext(step.how);
      break;
    case "progress-fails":
      world.store.failProgress(true);
      break;
    case "crash":
      world.crash({ losingUnsynced: step.losingUnsynced });
      return true;
    case "disable":
    case "enable":
      world.manager.setEnabled((vms[step.vm] ?? fallback()).id, step.do === "enable");
      break;
    case "forget":
      world.manager.forgetApprovals((vms[step.vm] ?? fallback()).id);
      break;
    case "change-policy":
      changeRule(world, (vms[step.vm] ?? fallback()).id, step.to);
      break;
    case "issue":
      issue(world, (vms[step.vm] ?? fallback()).id, forms[step.form] ?? fallback());
      break;
    case "retire":
      retire(world, (vms[step.vm] ?? fallback()).id, step.configuration);
      break;
    case "approve-ahead":
      approveAhead(world, (vms[step.vm] ?? fallback()).id, step.image);
      break;
    case "retire-image":
      retireImage(world, (vms[step.vm] ?? fallback()).id, step.image);
      break;
  }
  await world.quiet();
  return false;
}

type Start = Extract<Action, { readonly do: "start" }>;

function startVm(world: World, { id }: VmRecord, { changing: changes, image: kind = 0, configuration: which = 0 }: Start): void {
  const record = world.disk.vms.get(id) ?? fallback();
  const { digest, text } = record.configurations[which % record.configurations.length] ?? fallback();
  const hostData = fromHex(digest) ?? fallback();
  const measurement = shown(images[kind] ?? fallback());
  const started = (): SimulatedGuest => world.processor.launch({ hostData, measurement });
  const guest = started();
  world.connect(record, {
    configuration: digest,
    disks: disksIn(text),
    guest: changes ? { ...guest, report: (request) => started().report(request) } : guest,
  });
}

function issue(world: World, id: string, disks: readonly string[]): void {
  const named = disks.map((disk) => ({ id: disk, device: `/dev/${disk}`, name: disk }));
  const asked = { vm: id, endpoints: ["manager.test:7443"], disks: named, reason: "other disks" };
  world.answers.push(world.manager.issueConfiguration(asked));
}

function retire(world: World, id: string, which: number): void {
  const { configurations } = world.disk.vms.get(id) ?? fallback();
  const { digest } = configurations[which % configurations.length] ?? fallback();
  world.manager.retireConfiguration({ vm: id, digest, reason: "of the past" });
}

function approveAhead(world: World, id: string, which: number): void {
  const label = `image ${which}`;
  world.manager.addBootSet({ vm: id, label, set: images[which] ?? fallback() });
  const { bootSets, policyVersions } = world.manager.vm(id) ?? fallback();
  const kept = bootSets.find((one) => one.label === label && one.retiredAt === undefined);
  const before = policyVersions[0]?.digest ?? "";
  if (kept !== undefined) world.manager.approveBootSet({ vm: id, id: kept.id, before, reason: "the next one" });
}

function retireImage(world: World, id: string, which: number): void {
  const { bootSets } = world.manager.vm(id) ?? fallback();
  const kept = bootSets.find(({ label, retiredAt }) => label === `image ${which}` && retiredAt === undefined);
  if (kept !== undefined) world.manager.retireBootSet({ vm: id, id: kept.id, reason: "the one before" });
}

/** The newest connections are the interesting ones. */
function on({ connections }: World, back: number): Connection | undefined {
  return connections.at(-1 - back);
}

function decide(world: World, verdict: "approve" | "deny", which: number, stale: boolean): void {
  const waiting = world.manager.pending();
  const launch = waiting[which % Math.max(1, waiting.length)] ?? [...world.disk.launches.values()].at(-1 - which);
  if (launch === undefined) return;
  const evidence = stale ? "00".repeat(48) : (launch.evidenceDigest ?? "00".repeat(48));
  if (verdict === "approve") world.approved.add(evidence);
  world.answers.push(world.manager.decide({ launch: launch.id, evidence, verdict, reason: "a person says so" }));
}

function changeRule(world: World, id: string, release: ReleaseRule): void {
  const {
    policy,
    policyVersions: [version],
  } = world.manager.vm(id) ?? fallback();
  world.manager.changePolicy({ vm: id, policy: { ...policy, release }, before: version?.digest ?? "", reason: "another rule" });
}

function flipped(bytes: Uint8Array, at: number): Uint8Array {
  const edited = bytes.slice();
  const place = at % edited.length;
  edited[place] = (edited[place] ?? 0) ^ (1 << (at % 8));
  return edited;
}

function fallback(): never {
  throw new Error("no such VM");
}
