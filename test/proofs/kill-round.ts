// One round: a manager dies at one moment of a launch, another takes its place, and the same agent goes on trying. What must hold is asked of the
// disk as the dead one left it, of what it sent, and of what came to the agent (docs/protocol.md, "What must always hold", 1 and 3).
import { randomBytes, randomInt } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import { evidenceDigest } from "../../core/appraise/evidence.ts";
import { toHex } from "../../core/base/bytes.ts";
import { must } from "../../core/base/result.ts";
import { nodePrimitives } from "../../core/node/primitives.ts";
import { Side } from "../bench/child.ts";
import { AgentProcess, makeImage } from "./agent-process.ts";
import type { KillPlan } from "./kill-steps.ts";
import type { ManagerTalk } from "./killed-talk.ts";
import type { KeychainKind } from "./real-manager.ts";
import { type DiskState, readDisk } from "./store-copy.ts";

/** Rounds one after the other on one data folder: the manager that takes a dead one's place is the next to die. */
export class Lane {
  readonly #folder: string;
  readonly #keychain: KeychainKind;
  readonly #port: number;
  #manager: Side<ManagerTalk> | undefined;

  private constructor(folder: string, keychain: KeychainKind, port: number) {
    this.#folder = folder;
    this.#keychain = keychain;
    this.#port = port;
  }

  static async open(folder: string, keychain: KeychainKind): Promise<Lane> {
    return new Lane(folder, keychain, await steadyPort());
  }

  get disk(): DiskState {
    return readDisk(this.#folder);
  }

  get endpoint(): string {
    return `127.0.0.1:${this.#port}`;
  }

  /** @param trace for what it sends. */
  async start(trace: string): Promise<ManagerTalk["answers"]["start"]["recovered"]> {
    const words = [this.#folder, this.#keychain, String(this.#port), trace];
    this.#manager = new Side(join(import.meta.dirname, "killed-manager.ts"), words);
    return (await this.#manager.ask({ ask: "start" })).recovered;
  }

  async manager(): Promise<Side<ManagerTalk>> {
    if (this.#manager === undefined) must(await this.start("/dev/null"));
    if (this.#manager === undefined) throw new Error("no manager");
    return this.#manager;
  }

  async end(): Promise<void> {
    await this.#manager?.ask({ ask: "stop" });
    await this.#manager?.end();
  }

  async kill(): Promise<void> {
    await this.#manager?.end();
  }
}

/** @returns whether the dead manager's release had reached the agent. */
export async function killRound(lane: Lane, round: number, { step, by }: KillPlan): Promise<boolean> {
  const scratch = mkdtempSync(join(tmpdir(), "portcullis-kill-"));
  const traces = [join(scratch, "first.trace"), join(scratch, "second.trace")] as const;
  let agent: AgentProcess | undefined;
  try {
    const first = await lane.manager();
    const key = new Uint8Array(randomBytes(64));
    const device = await makeImage(scratch, key);
    const wanted = { name: `vm ${round}`, device, keyHex: toHex(key), by, endpoint: lane.endpoint };
    const { vm, configuration } = await first.ask({ ask: "enrol", vm: wanted, step, trace: traces[0] });
    agent = await AgentProcess.start({ folder: scratch, configuration });
    expect(await inTime(first.ended, 60_000, `the manager's death ${step}`)).toBe("SIGKILL");
    const left = lane.disk;
    expect(await lane.start(traces[1])).toEqual({
      ok: true,
      value: {
        auditEntries: left.entries.length,
        deliveryUnknown: inState(left, "released"),
        abandoned: inState(left, "attesting", "pending"),
      },
    });
    expect(await inTime(agent.ended, 120_000, "the agent's end")).toBe(0);
    const [sentFirst, sentSecond] = traces.map(releasesSent);
    const found = { vm, left, end: lane.disk, sentFirst: sentFirst ?? [], sentSecond: sentSecond ?? [], agent };
    checkReleases(found);
    checkPins(vm, left);
    checkPins(vm, found.end);
    checkEnd(found);
    return agent.released().some((launch) => found.sentFirst.includes(launch));
  } catch (cause) {
    throw new Error(`round ${round}, killed ${step}, decided by ${by}\n${agent?.lines.join("\n") ?? ""}`, { cause });
  } finally {
    agent?.kill();
    rmSync(scratch, { recursive: true, force: true });
  }
}

interface Found {
  readonly vm: string;
  /** As the dead manager left it. */
  readonly left: DiskState;
  readonly end: DiskState;
  /** Launch ids, written down before the release left. */
  readonly sentFirst: readonly string[];
  readonly sentSecond: readonly string[];
  readonly agent: AgentProcess;
}

/** No key without its durable record of exactly this evidence, none twice, and none that was not sent by a decision of its own. */
function checkReleases({ vm, left, end, sentFirst, sentSecond, agent }: Found): void {
  for (const launch of sentFirst) expect(releasedEvidence(left, launch), "released before it was durable").toHaveLength(1);
  const sent = [...sentFirst, ...sentSecond];
  expect(new Set(sent).size, "sent again").toBe(sent.length);
  for (const launch of sent) {
    const [evidence, ...others] = releasedEvidence(end, launch);
    expect(others).toEqual([]);
    expect(agent.evidence).toContain(evidence);
    const record = end.launches.find(({ id }) => id === launch);
    const parts = { reportBytes: record?.report ?? new Uint8Array(0), certificateTable: record?.certificates };
    expect(evidence).toBe(toHex(evidenceDigest(parts, nodePrimitives)));
    expect(record?.vm).toBe(vm);
  }
  for (const launch of agent.released()) expect(sent).toContain(launch);
  // What was decided and then met death is never sent by the next one.
  for (const launch of inState(left, "released")) expect(sentSecond).not.toContain(launch);
}

/** An approval holds for later launches exactly when the release that it let go is durable, whenever the manager died. */
function checkPins(vm: string, { entries, vms }: DiskState): void {
  const released = entries.filter(({ kind, facts }) => kind === "launch-released" && facts["vm"] === vm).map(({ facts }) => facts);
  const approved = released.filter(({ by }) => by === "person").map(({ launch }) => launch);
  const pinned = vms.find(({ id }) => id === vm)?.pins.map(({ launch }) => launch);
  expect(pinned, "what is approved in advance").toEqual(approved.slice(-1));
  for (const { by, pinnedBy } of released) if (by === "policy") expect(pinnedBy, "whose approval it was").toBe(approved.at(-1));
}

/** Nothing is left open, what is not known is said to be not known, and the disk was opened. */
function checkEnd({ vm, left, end, agent }: Found): void {
  expect(inState(end, "attesting", "pending", "released")).toEqual([]);
  for (const launch of inState(left, "released")) {
    expect(end.launches.find(({ id }) => id === launch)?.state).toBe("delivery-unknown");
    expect(end.entries.filter((entry) => entry.kind === "delivery-unknown" && entry.facts["launch"] === launch)).toHaveLength(1);
  }
  const own = end.launches.filter((launch) => launch.vm === vm);
  const opened = own.some(({ state }) => state === "opened");
  const unheard = own.some(({ id, state }) => state === "delivery-unknown" && agent.released().includes(id));
  expect(opened || unheard).toBe(true);
  expect(agent.lines.some((line) => line.includes("agent.disk-opened"))).toBe(true);
  const unknown = own.filter(({ state }) => state === "delivery-unknown").length;
  expect(end.vms.find(({ id }) => id === vm)?.failedOpens).toBe(opened ? 0 : unknown);
}

function releasedEvidence({ entries }: DiskState, launch: string): readonly unknown[] {
  return entries
    .filter(({ kind, facts }) => kind === "launch-released" && facts["launch"] === launch)
    .map(({ facts }) => facts["evidence"]);
}

function inState({ launches }: DiskState, ...states: readonly string[]): readonly string[] {
  return launches.filter(({ state }) => states.includes(state)).map(({ id }) => id);
}

function releasesSent(trace: string): readonly string[] {
  const lines = readFileSync(trace, "utf8").split("\n");
  return lines.filter((line) => line.startsWith("sent release ")).map((line) => line.slice("sent release ".length));
}

/** Below the ports that the system gives to outgoing connections: nobody takes it between a manager's death and the next one's start. */
async function steadyPort(): Promise<number> {
  for (;;) {
    const port = randomInt(20_000, 30_000);
    const server = createServer();
    const free = await new Promise<boolean>((resolve) => {
      server.once("error", () => resolve(false));
      server.listen(port, "127.0.0.1", () => resolve(true));
    });
    if (!free) continue;
    await new Promise((resolve) => server.close(resolve));
    return port;
  }
}

async function inTime<T>(work: Promise<T>, ms: number, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} did not come in ${ms} ms`)), ms);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
