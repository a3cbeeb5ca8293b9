// What must be true of a world after every step, whatever happened before. Each is named; a broken one throws with its name.
// docs/protocol.md, "What must always hold".
import { toHex } from "../../core/base/bytes.ts";
import { diskAccount } from "../../core/manager/keys.ts";
import { openStates } from "../../core/manager/unsettled.ts";
import { nodePrimitives } from "../../core/node/primitives.ts";
import { verifyChain } from "../../core/audit/chain.ts";
import { emptyTip } from "../../core/audit/entry.ts";
import { evidenceDigest } from "../../core/appraise/evidence.ts";
import { broken } from "./broken.ts";
import { replay } from "./release-rules.ts";
import { disksIn, saidOn, sent, type Connection, type World } from "../kit/world.ts";
import type { AuditEntry } from "../../core/audit/entry.ts";
import type { LaunchRecord, VmRecord } from "../../core/manager/records.ts";

/** Kept over the life of a world: what was true once. */
export class Watch {
  readonly #world: World;
  #entries: readonly AuditEntry[] = [];
  readonly #keys = new Map<string, string>();

  constructor(world: World) {
    this.#world = world;
  }

  check(): void {
    const entries = this.#world.audit();
    this.#appendOnly(entries);
    const releases = entries.filter(({ kind }) => kind === "launch-released");
    this.#oneReleaseALaunch(releases);
    this.#oneOutcomeALaunch(entries);
    this.#oneLiveLaunch();
    for (const connection of this.#world.connections) {
      const record = this.#recordOf(connection);
      this.#noKeyWithoutItsEntry(connection, record, releases);
      this.#refusalsAreRecorded(connection, record, entries);
      this.#keysAreTheVmsOwn(connection, releases);
      this.#successIsTrue(connection, record);
    }
    this.#vmsAreAsTheLogSays(entries);
  }

  /** After a start on what the disk holds: nothing is left open, and nothing was sent again. */
  checkRestart(): void {
    if (!this.#world.recovered.ok) broken("the next start is clean", this.#world.recovered.failure.code);
    for (const { id, state } of this.#world.disk.launches.values()) {
      if (openStates.includes(state)) broken("a restart leaves no launch open", `${id} ${state}`);
    }
    const chain = verifyChain(this.#world.disk.entries, emptyTip, nodePrimitives);
    if (!chain.ok) broken("the audit chain verifies", chain.failure.detail);
    this.check();
  }

  /** When everybody has gone: nothing is held, nothing is live. */
  checkEnd(): void {
    if (this.#world.manager.pending().length > 0) broken("nobody waits when everybody has gone");
    if (this.#world.keychain.lent.some(({ wiped }) => !wiped)) broken("every key that was read is wiped");
  }

  /** Once the store writes again and somebody has knocked, no launch is left half way. */
  checkSettled(): void {
    for (const connection of this.#world.connections) {
      const record = this.#recordOf(connection);
      const open = record !== undefined && openStates.includes(record.state);
      if (connection.link.closed && open) broken("what ended is closed before the next launch", `${record.id} ${record.state}`);
    }
  }

  #appendOnly(entries: readonly AuditEntry[]): void {
    if (entries.length < this.#entries.length) broken("the log only grows");
    this.#entries = entries;
  }

  #oneReleaseALaunch(releases: readonly AuditEntry[]): void {
    const launches = releases.map(({ facts }) => facts["launch"]);
    if (new Set(launches).size !== launches.length) broken("one release for one launch");
  }

  #oneOutcomeALaunch(entries: readonly AuditEntry[]): void {
    const ends = entries.filter(({ kind }) => kind === "launch-opened" || kind === "launch-failed" || kind === "delivery-unknown");
    const launches = ends.map(({ facts }) => facts["launch"]);
    if (new Set(launches).size !== launches.length) broken("one outcome for one launch");
  }

  /** Sessions of one VM that could still be released. */
  #oneLiveLaunch(): void {
    const live = [...this.#world.disk.launches.values()].filter(({ state }) => openStates.includes(state));
    const open = this.#world.connections.filter(({ link }) => !link.closed).map((connection) => this.#recordOf(connection)?.id);
    const vms = live.filter(({ id, decision }) => open.includes(id) && decision?.verdict !== "refuse").map(({ vm }) => vm);
    if (new Set(vms).size !== vms.length) broken("at most one live launch of a VM");
  }

  #noKeyWithoutItsEntry({ link }: Connection, record: LaunchRecord | undefined, releases: readonly AuditEntry[]): void {
    const released = saidOn(link).filter(({ type }) => type === "release").length;
    if (released > 1) broken("one release on a connection");
    if (released === 0) return;
    const entry = releases.find(({ facts }) => facts["launch"] === record?.id);
    if (entry === undefined || record?.report === undefined) broken("no key byte leaves before its decision is durable");
    const named = toHex(evidenceDigest({ reportBytes: record.report, certificateTable: record.certificates }, nodePrimitives));
    if (entry.facts["evidence"] !== named) broken("the entry names the exact evidence");
    if (record.decision?.entry !== entry.sequence) broken("the record names its entry");
    this.#personSaidYes(entry, record);
  }

  /** What a person let go was seen by them, in this or in other evidence of the same claims; for what went by policy see release-rules.ts. */
  #personSaidYes({ facts }: AuditEntry, { decision }: LaunchRecord): void {
    if (facts["by"] === "policy") return;
    const approval = facts["approval"];
    const named = approval !== null && typeof approval === "object" && "evidence" in approval ? approval : undefined;
    if (facts["by"] !== "person" || named === undefined) broken("a release is by a person or by policy");
    if (decision?.approvedEvidence !== named["evidence"]) broken("the record names what the person saw");
    if (!this.#world.approved.has(decision?.approvedEvidence ?? "")) broken("an approval is of the evidence that the person saw");
    if (named["claims"] !== facts["claims"]) broken("other claims need another approval");
  }

  /** A word about trust or a decision is only ever said after its entry; only a store or a peer that fails is told without one. */
  #refusalsAreRecorded({ link }: Connection, record: LaunchRecord | undefined, entries: readonly AuditEntry[]): void {
    const refused = saidOn(link).find((message) => message.type === "refused");
    if (refused?.type !== "refused" || refused.code !== "not-accepted") return;
    const entry = entries.find(({ kind, facts }) => kind === "launch-refused" && facts["launch"] === record?.id);
    if (record !== undefined && entry === undefined) broken("a refusal is durable before the peer hears of it");
  }

  #keysAreTheVmsOwn({ agent }: Connection, releases: readonly AuditEntry[]): void {
    for (const [disk, key] of agent.keys) {
      const kept = this.#world.keychain.kept.get(diskAccount(agent.parts.vm, disk));
      if (kept === undefined || toHex(kept) !== key) broken("a VM gets its own keys only");
      if (!agent.parts.disks.includes(disk)) broken("an agent gets the keys of its own configuration's disks only");
      if (!releases.some(({ facts }) => facts["vm"] === agent.parts.vm)) broken("an agent holds a key only after a recorded decision");
    }
  }

  #successIsTrue({ agent, link }: Connection, record: LaunchRecord | undefined): void {
    if (sent(link, "recorded") && record?.state !== "opened" && record?.state !== "open-failed") broken("recorded means recorded");
    if (record?.state === "opened" && agent.keys.size === 0) broken("opened means that the agent had the keys");
  }

  #vmsAreAsTheLogSays(entries: readonly AuditEntry[]): void {
    for (const vm of this.#world.disk.vms.values()) {
      const told = replay(vm.id, entries, this.#world.disk);
      if (vm.enabled && told.failedOpens !== vm.failedOpens)
        broken("an unknown delivery counts as a release", `${vm.failedOpens}, log says ${told.failedOpens}`);
      const [pins, approved] = [vm.pins.map(({ launch }) => launch), told.approved.map(({ launch }) => launch)];
      if (pins.join() !== approved.join())
        broken("what a person approved is pinned, and nothing else", `${pins.join()}, not ${approved.join()}`);
      if (vm.policyVersions[0]?.digest !== told.policy) broken("the log names the policy that the VM has");
      const accepted = vm.configurations.filter(({ retiredAt }) => retiredAt === undefined);
      if (accepted.length === 0) broken("the last configuration is never retired");
      if (accepted.map(({ digest }) => digest).join() !== told.accepted.join()) broken("the log names the accepted configurations");
      this.#everyDiskHasItsKey(vm);
    }
  }

  /** Retired configurations count, too: a disk that was dropped may come back. */
  #everyDiskHasItsKey({ id, configurations }: VmRecord): void {
    for (const disk of configurations.flatMap(({ text }) => disksIn(text))) {
      const key = this.#world.keychain.kept.get(diskAccount(id, disk));
      if (key === undefined) broken("no record names a key that is not there", disk);
      const name = `${id} ${disk}`;
      const before = this.#keys.get(name) ?? toHex(key);
      if (before !== toHex(key)) broken("a key that a record names is never another one", disk);
      this.#keys.set(name, before);
    }
  }

  #recordOf({ link }: Connection): LaunchRecord | undefined {
    const challenge = saidOn(link).find((message) => message.type === "challenge");
    return challenge?.type === "challenge" ? this.#world.disk.launches.get(challenge.launch) : undefined;
  }
}
