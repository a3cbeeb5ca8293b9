// A whole manager on memory ports, with simulated processors and real agent machines around it. One world is one manager's disk, keychain
// and time; the manager in it can be killed and started again.
import { must, type Result } from "../../core/base/result.ts";
import { fromHex, toHex } from "../../core/base/bytes.ts";
import { amdAnchors, type TrustAnchors } from "../../core/endorse/roots.ts";
import { createManager, type Enrolment, type Manager, type RecoveryReport } from "../../core/manager/manager.ts";
import { diskAccount } from "../../core/manager/keys.ts";
import { ParsedEndorsements } from "../../core/manager/parsed.ts";
import { nodePrimitives } from "../../core/node/primitives.ts";
import { nodeSigning } from "../../core/node/signing.ts";
import { trustAnchorsOf } from "../../core/simulator/hierarchy.ts";
import { revocationList } from "../../core/simulator/revocation-list.ts";
import { parseEntry, type AuditEntry } from "../../core/audit/entry.ts";
import { FaultyStore, type StoreFault } from "./faulty-store.ts";
import { MemoryDisk, MemoryStore } from "./memory-store.ts";
import { KeychainDoor, MemoryKeychain, ScriptedCollateral, seededRandom, TestTime } from "./memory-ports.ts";
import { MemoryLink } from "./memory-link.ts";
import { simulatedHierarchy, simulatedInstant, simulatedProcessor } from "./simulated.ts";
import { TestAgent, type AgentParts } from "./test-agent.ts";
import type { Log, LogFields } from "../../core/base/log.ts";
import type { Random } from "../../core/base/random.ts";
import type { ManagerMessage } from "../../core/launch/messages.ts";
import type { ManagerLimits } from "../../core/manager/limits.ts";
import type { ManagerPorts } from "../../core/manager/ports.ts";
import type { LaunchRecord, VmRecord } from "../../core/manager/records.ts";
import type { ReportRequest, SimulatedGuest, SimulatedProcessor } from "../../core/simulator/processor.ts";

export interface WorldChoices {
  readonly seed?: string;
  readonly limits?: Partial<ManagerLimits>;
  readonly processor?: SimulatedProcessor;
  /** Roots for VMs that are not enrolled as simulated; AMD's own unless a test plays AMD with the simulated hierarchy. */
  readonly trustAnchors?: TrustAnchors;
}

export interface ConnectChoices extends Partial<Pick<AgentParts, "opens" | "claimedConfiguration" | "vm">> {
  /** Hex digest of the configuration that the VM is started with; its first one where it is not given. */
  readonly configuration?: string;
  /** What its agent knows of; all of the record's where it is not given. */
  readonly disks?: readonly string[];
  readonly guest?: SimulatedGuest;
  readonly request?: Partial<ReportRequest>;
  /** What the agent hands over instead of what its processor made. */
  readonly evidence?: (report: Uint8Array, certificates: Uint8Array) => { readonly report: Uint8Array; readonly certificates: Uint8Array };
  /** The exporter that the manager sees, where a relay sits between. */
  readonly managerExporter?: Uint8Array;
}

export interface Connection {
  readonly link: MemoryLink;
  readonly agent: TestAgent;
  readonly served: Promise<void>;
}

export class World {
  readonly time = new TestTime(simulatedInstant);
  readonly disk = new MemoryDisk();
  readonly keychain = new MemoryKeychain();
  readonly collateral = new ScriptedCollateral();
  readonly simulatedCollateral: ScriptedCollateral;
  readonly random: Random;
  readonly logged: { readonly event: string; readonly fields: LogFields | undefined }[] = [];
  readonly connections: Connection[] = [];
  /** Hex digests of all evidence that a person ever said yes to. */
  readonly approved = new Set<string>();
  /** Answers that nobody awaits, for {@link settle}. */
  readonly answers: Promise<Result<LaunchRecord | VmRecord>>[] = [];
  readonly processor: SimulatedProcessor;
  store: FaultyStore;
  manager: Manager;
  recovered: Result<RecoveryReport>;
  readonly #choices: WorldChoices;
  readonly #simulatedAnchors: TrustAnchors;
  #exporters = 0;
  readonly #parsed: AuditEntry[] = [];
  #keychainDoor: KeychainDoor;

  constructor(processor: SimulatedProcessor, simulatedAnchors: TrustAnchors, crl: Uint8Array, choices: WorldChoices) {
    this.#choices = choices;
    this.#simulatedAnchors = simulatedAnchors;
    this.processor = processor;
    this.random = seededRandom(choices.seed ?? "world");
    this.simulatedCollateral = new ScriptedCollateral({ certificates: [], crls: [crl] });
    this.collateral.collateral = this.simulatedCollateral.collateral;
    this.store = new FaultyStore(new MemoryStore(this.disk));
    this.#keychainDoor = new KeychainDoor(this.keychain);
    this.manager = this.#start();
    this.recovered = this.manager.recover();
  }

  get ports(): ManagerPorts {
    const log: Log = { write: (_level, event, fields) => void this.logged.push({ event, fields }) };
    const { time, store, collateral, simulatedCollateral, random } = this;
    const world = { store, keychain: this.#keychainDoor, collateral, simulatedCollateral, clock: time, timers: time, random, log };
    return { ...world, primitives: nodePrimitives, signing: nodeSigning };
  }

  #start(): Manager {
    const { limits, trustAnchors = amdAnchors } = this.#choices;
    return createManager(this.ports, {
      managerAnchor: new Uint8Array(32).fill(7),
      trustAnchors,
      simulatedAnchors: this.#simulatedAnchors,
      parsed,
      ...(limits === undefined ? {} : { limits }),
    });
  }

  /** The manager's process dies, with every connection, and starts again on what the disk holds. */
  crash({
    losingUnsynced = false,
    faults = [],
  }: {
    readonly losingUnsynced?: boolean;
    readonly faults?: readonly StoreFault[];
  } = {}): void {
    // A dead process writes nothing more: what is left of it gets a store that goes nowhere.
    this.store.detach();
    this.#keychainDoor.shut();
    this.#keychainDoor = new KeychainDoor(this.keychain);
    // What it had promised never comes.
    this.answers.length = 0;
    for (const { link } of this.connections) link.drop();
    if (losingUnsynced) this.disk.loseUnsynced();
    this.store = new FaultyStore(new MemoryStore(this.disk));
    this.store.failNext(...faults);
    this.manager = this.#start();
    this.recovered = this.manager.recover();
  }

  async enrol(choices: Partial<Enrolment> = {}, change: (vm: VmRecord) => VmRecord = (vm) => vm): Promise<VmRecord> {
    const enrolled = await this.manager.enrol({
      name: `vm-${this.disk.vms.size + 1}`,
      simulated: true,
      disks: [{ id: "root", device: "/dev/vda", name: "root" }],
      endpoints: ["manager.test:7443"],
      measurements: [],
      ...choices,
    });
    const given = must(enrolled);
    const { policy, ...others } = change(given);
    // By the manager's own way, so that the log says it.
    const before = given.policyVersions[0]?.digest ?? "";
    const changed = must(this.manager.changePolicy({ vm: given.id, policy, before, reason: "for this test" }));
    const vm = { ...others, policy, policyVersions: changed.policyVersions };
    this.disk.vms.set(vm.id, vm);
    return vm;
  }

  guest(vm: VmRecord, processor: SimulatedProcessor = this.processor): SimulatedGuest {
    return processor.launch({ hostData: digestOf(vm) });
  }

  connect(vm: VmRecord, choices: ConnectChoices = {}): Connection {
    const exporter = seededRandom(`exporter ${this.#exporters++}`).bytes(32);
    const link = new MemoryLink(`192.0.2.1:${40_000 + this.#exporters}`, exporter, choices.managerExporter);
    const started = choices.configuration === undefined ? digestOf(vm) : (fromHex(choices.configuration) ?? new Uint8Array(0));
    const guest = choices.guest ?? this.processor.launch({ hostData: started });
    const served = this.manager.accept(link.channel);
    const agent = new TestAgent({
      vm: choices.vm ?? vm.id,
      disks: choices.disks ?? vm.disks.map(({ id }) => id),
      configurationDigest: started,
      ...(choices.claimedConfiguration === undefined ? {} : { claimedConfiguration: choices.claimedConfiguration }),
      link,
      report: (reportData) => {
        const report = guest.report({ reportData, ...choices.request });
        const certificates = guest.certTable(choices.request?.signer);
        return choices.evidence?.(report, certificates) ?? { report, certificates };
      },
      opens: choices.opens ?? ((disk, key) => key === toHex(this.keychain.kept.get(diskAccount(vm.id, disk)) ?? new Uint8Array(0))),
      random: this.random,
      timers: this.time,
      primitives: nodePrimitives,
    });
    const connection = { link, agent, served };
    this.connections.push(connection);
    return connection;
  }

  /** Delivers everything on every connection until nobody has anything more to say. */
  async run(): Promise<void> {
    for (;;) {
      await this.quiet();
      const moved = this.connections.map(({ link }) => [link.deliverToManager(), link.deliverToAgent()].includes(true));
      if (!moved.includes(true)) return;
    }
  }

  /** Until nobody works: the agents' own promises are counted, the manager's sealing shows in what it has not sent yet. */
  async quiet(): Promise<void> {
    const begun = performance.now();
    for (let turns = 0; ; turns++) {
      await turn();
      if (turns >= 2 && !this.connections.some((connection) => this.#works(connection))) return;
      if (performance.now() - begun > patience) throw new Error("somebody works for ever");
    }
  }

  /** Until every sealing that nobody waits for any more has ended, too, and every person has had an answer. */
  async settle(): Promise<void> {
    await this.quiet();
    await Promise.all(this.answers);
    const begun = performance.now();
    while (this.keychain.lent.some(({ wiped }) => !wiped) && performance.now() - begun < patience) await turn();
  }

  #works({ link, agent }: Connection): boolean {
    if (agent.working > 0) return true;
    if (link.closed) return false;
    const launch = launchOf(link);
    return launch !== undefined && this.disk.launches.get(launch)?.state === "released" && !sent(link, "release");
  }

  launchOf(connection: Connection): LaunchRecord {
    const record = this.disk.launches.get(launchOf(connection.link) ?? "");
    if (record === undefined) throw new Error("this connection has no recorded launch");
    return record;
  }

  /** What the audit log says, in order. */
  audit(): readonly AuditEntry[] {
    for (const { bytes } of this.disk.entries.slice(this.#parsed.length)) this.#parsed.push(must(parseEntry(bytes)));
    return [...this.#parsed];
  }

  /** A person answers to the evidence that is in hand; nothing is delivered meanwhile. */
  async decide(connection: Connection, verdict: "approve" | "deny" = "approve"): Promise<Result<LaunchRecord>> {
    const { id, evidenceDigest = "" } = this.launchOf(connection);
    if (verdict === "approve") this.approved.add(evidenceDigest);
    return this.manager.decide({ launch: id, evidence: evidenceDigest, verdict, reason: "it is mine" });
  }

  /** The same, and everything is delivered until the answer has come to something. */
  async answer(connection: Connection, verdict: "approve" | "deny" = "approve"): Promise<Result<LaunchRecord>> {
    const decided = this.decide(connection, verdict);
    let settled = false;
    void decided.finally(() => {
      settled = true;
    });
    for (let round = 0; !settled && round < 50; round++) await this.run();
    return decided;
  }
}

export async function makeWorld(choices: WorldChoices = {}): Promise<World> {
  const processor = choices.processor ?? (await sharedProcessor());
  const hierarchy = await simulatedHierarchy();
  crl ??= revocationList(hierarchy, simulatedInstant);
  return new World(processor, trustAnchorsOf([hierarchy]), crl, choices);
}

/** Messages that the manager ever sent on this link. */
export function saidOn(link: MemoryLink): readonly ManagerMessage[] {
  return link.said;
}

export function sent(link: MemoryLink, type: ManagerMessage["type"]): boolean {
  return saidOn(link).some((message) => message.type === type);
}

/** The ids of a configuration's disks, by its own text. */
export function disksIn(text: string): readonly string[] {
  const read = JSON.parse(text) as { readonly disks: readonly { readonly id: string }[] };
  return read.disks.map(({ id }) => id);
}

export function digestOf({ configurations: [configuration] }: VmRecord): Uint8Array {
  return fromHex(configuration?.digest ?? "") ?? new Uint8Array(0);
}

function launchOf(link: MemoryLink): string | undefined {
  for (const message of saidOn(link)) if (message.type === "challenge") return message.launch;
  return undefined;
}

function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

async function sharedProcessor(): Promise<SimulatedProcessor> {
  processor ??= await simulatedProcessor();
  return processor;
}

/** Real milliseconds: the threads that encrypt share their cores with whatever else runs. */
const patience = 30_000;
/** Thousands of worlds show the same certificates; what is read once is verified in each. */
const parsed = new ParsedEndorsements(nodePrimitives);
let processor: SimulatedProcessor | undefined;
let crl: Uint8Array | undefined;
