// What does the audit log say that a VM's record must hold? Entries are read again from the first, with rules of our own: who may have let each
// key go, what is approved in advance, and how many opens failed. It shares no code with core/release.
import { toHex } from "../../core/base/bytes.ts";
import { must } from "../../core/base/result.ts";
import { policyFromText } from "../../core/appraise/policy-text.ts";
import { parseReport } from "../../core/snp/report.ts";
import { broken } from "./broken.ts";
import { disksIn } from "../kit/world.ts";
import type { AuditEntry } from "../../core/audit/entry.ts";
import type { ReleaseRule } from "../../core/appraise/policy-demands.ts";
import type { MemoryDisk } from "../kit/memory-store.ts";

interface Approved {
  readonly launch: string;
  readonly seen: Seen;
}

/** All that the person saw of who it is; the rest of a report may change from launch to launch. */
interface Seen {
  readonly measurement: string;
  readonly others: string;
}

export interface Told {
  readonly failedOpens: number;
  /** Newest first. */
  readonly approved: readonly Approved[];
  /** Digest of the current policy, hex. */
  readonly policy: string;
  /** Measurements that a person approved before a launch showed them, by boot set. */
  readonly ahead: ReadonlyMap<string, string>;
  /** Digests of the configurations that are accepted, newest first. */
  readonly accepted: readonly string[];
}

export function replay(vm: string, entries: readonly AuditEntry[], disk: MemoryDisk): Told {
  let told: Told = { failedOpens: 0, approved: [], policy: "", ahead: new Map(), accepted: [] };
  for (const entry of entries) if (entry.facts["vm"] === vm) told = after(told, entry, disk);
  return told;
}

function after(told: Told, { kind, facts }: AuditEntry, disk: MemoryDisk): Told {
  switch (kind) {
    case "vm-enrolled":
      return { ...told, policy: textOf(facts["policy"]), accepted: acceptedIn(facts) };
    case "vm-changed":
      return afterChange(told, facts);
    case "launch-released":
      ofItsConfiguration(told, facts, disk);
      return { ...told, approved: afterRelease(told, facts, disk) };
    case "launch-opened":
      return { ...told, failedOpens: 0 };
    case "launch-failed":
      // With a code, nothing left the house.
      return facts["code"] === undefined ? { ...told, failedOpens: told.failedOpens + 1 } : told;
    case "delivery-unknown":
      return { ...told, failedOpens: told.failedOpens + 1 };
    default:
      return told;
  }
}

/** One thing changes at a time: the policy, the approvals, boot files, or whether it is enabled, which sets the count back. */
function afterChange(told: Told, facts: AuditEntry["facts"]): Told {
  const next = afterOneChange(told, facts);
  if (aheadIn(facts).toSorted().join() !== [...next.ahead.keys()].toSorted().join()) broken("the log says what is approved ahead");
  if (facts["approvals"] !== next.approved.length) broken("the log says how many approvals there are");
  return next;
}

function afterOneChange(told: Told, facts: AuditEntry["facts"]): Told {
  if (configurationChanges.has(facts["change"])) return { ...told, accepted: afterConfiguration(told.accepted, facts) };
  if (acceptedIn(facts).join() !== told.accepted.join()) broken("configurations change one at a time, and the log says which");
  const policy = textOf(facts["policy"]);
  const change = facts["change"];
  if (change === "boot-set-approved" || change === "boot-set-retired") return { ...told, policy, ...afterBootSet(told, facts) };
  if (policy !== told.policy) return { ...told, policy };
  if (change === "boot-set-added") return told;
  if (facts["approvals"] !== told.approved.length || aheadIn(facts).length !== told.ahead.size) {
    if (facts["approvals"] !== 0) broken("approvals are forgotten all together");
    return { ...told, approved: [], ahead: new Map() };
  }
  return facts["enabled"] === true ? { ...told, failedOpens: 0 } : told;
}

/** Where an image is retired, what was approved beside it stands for the newest that is approved ahead. */
function afterBootSet({ approved, ahead }: Told, facts: AuditEntry["facts"]): Pick<Told, "approved" | "ahead"> {
  const [bootSet, measurement] = [textOf(facts["bootSet"]), textOf(facts["measurement"])];
  if (facts["change"] === "boot-set-approved") return { approved, ahead: new Map([...ahead, [bootSet, measurement]]) };
  const left = new Map([...ahead].filter(([id]) => id !== bootSet));
  const successor = left.get(aheadIn(facts)[0] ?? "");
  const standing: Approved[] = [];
  for (const { launch, seen } of approved) {
    const now = seen.measurement === measurement ? successor : seen.measurement;
    if (now === undefined || standing.some((one) => one.seen.measurement === now && one.seen.others === seen.others)) continue;
    standing.push({ launch, seen: { ...seen, measurement: now } });
  }
  return { approved: standing, ahead: left };
}

/** Ids of boot sets, newest first. */
function aheadIn(facts: AuditEntry["facts"]): readonly string[] {
  return (facts["approvedAhead"] as readonly string[] | undefined) ?? [];
}

function afterConfiguration(accepted: readonly string[], facts: AuditEntry["facts"]): readonly string[] {
  const [changed, others] = [textOf(facts["changed"]), accepted.filter((digest) => digest !== facts["changed"])];
  const expected = facts["change"] === "configuration-issued" ? [changed, ...others] : others;
  if (acceptedIn(facts).join() !== expected.join()) broken("the log says which configurations are accepted");
  return expected;
}

/** Exactly the disks of the configuration that the report shows as HOST_DATA, and only while that one is accepted. */
function ofItsConfiguration({ accepted }: Told, facts: AuditEntry["facts"], disk: MemoryDisk): void {
  const launch = disk.launches.get(textOf(facts["launch"]));
  if (launch?.report === undefined) broken("the record of a release keeps its report");
  const hostData = toHex(must(parseReport(launch.report)).hostData);
  if (!accepted.includes(hostData)) broken("a key goes to an accepted configuration only", launch.id);
  const issued = disk.vms.get(launch.vm)?.configurations.find(({ digest }) => digest === hostData);
  if (issued === undefined || disksIn(issued.text).join() !== (facts["disks"] as readonly string[]).join())
    broken("the keys that go are those of the attested configuration", launch.id);
}

function acceptedIn(facts: AuditEntry["facts"]): readonly string[] {
  return (facts["configurations"] as readonly string[] | undefined) ?? [textOf(facts["configuration"])];
}

function afterRelease({ approved, policy, ahead }: Told, facts: AuditEntry["facts"], disk: MemoryDisk): readonly Approved[] {
  if (facts["policy"] !== policy) broken("a key goes under the policy that the VM has then");
  const launch = textOf(facts["launch"]);
  const rule = ruleOf(policy, disk);
  const seen = seenIn(launch, disk);
  if (facts["by"] === "person") {
    if (facts["pinnedBy"] !== undefined) broken("what a person let go stands for itself");
    if (rule !== "first-launch-manual") return approved;
    return [{ launch, seen }, ...approved.filter((one) => !isSame(one.seen, seen))];
  }
  if (rule !== "first-launch-manual") broken("nothing is released without a person");
  const pin = approved.find((one) => one.launch === facts["pinnedBy"]);
  const named = aheadOf(facts);
  const word = named === undefined ? undefined : ahead.get(named.bootSet);
  if (named !== undefined && word === undefined) broken("what is approved ahead is in the log before it, and not retired", launch);
  const known = pin !== undefined && isSame({ ...pin.seen, measurement: word ?? pin.seen.measurement }, seen);
  if (!known) broken("what goes by policy shows what a person approved in a release that is in the log before it", launch);
  const { pinnedBy, bootSet } = disk.launches.get(launch)?.decision ?? {};
  if (pinnedBy !== facts["pinnedBy"]) broken("the record names the approved launch");
  if (bootSet?.id !== named?.bootSet) broken("the record names what was approved ahead");
  return approved;
}

function ruleOf(digest: string, disk: MemoryDisk): ReleaseRule {
  const text = disk.policies.get(digest);
  if (text === undefined) broken("every policy that judged is kept", digest);
  return must(policyFromText(text)).release;
}

function isSame(a: Seen, b: Seen): boolean {
  return a.measurement === b.measurement && a.others === b.others;
}

function aheadOf(facts: AuditEntry["facts"]): { readonly bootSet: string } | undefined {
  return facts["approvedAhead"] as { readonly bootSet: string } | undefined;
}

function seenIn(launch: string, disk: MemoryDisk): Seen {
  const bytes = disk.launches.get(launch)?.report;
  if (bytes === undefined) broken("the record of a release keeps its report", launch);
  const report = must(parseReport(bytes));
  const { measurement, chipId, idKeyDigest, authorKeyDigest, familyId, imageId } = report;
  const others = [report.signingKey, ...[chipId, idKeyDigest, authorKeyDigest, familyId, imageId].map(toHex)].join(" ");
  return { measurement: toHex(measurement), others };
}

function textOf(fact: AuditEntry["facts"][string] | undefined): string {
  if (typeof fact !== "string") broken("the log names its policy and its launch");
  return fact;
}

const configurationChanges: ReadonlySet<unknown> = new Set(["configuration-issued", "configuration-retired"]);
