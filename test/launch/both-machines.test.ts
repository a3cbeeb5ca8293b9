// Do the two machines, with real frames and real sealing between them, get from hello to recorded, and does every way that it can go wrong
// end on both sides without a key where none belongs? Only the report's signature is left out: the judge here is the test.
import { describe, expect, test } from "vitest";
import { failure } from "../../core/base/failure.ts";
import type { Failure } from "../../core/base/failure.ts";
import { type SealingKey, makeSealingKey, openWith, sealTo } from "../../core/base/hpke.ts";
import { must } from "../../core/base/result.ts";
import { Secret } from "../../core/base/secret.ts";
import { type AgentEnding, type AgentEvent, type AgentStep, openAgentSession, stepAgent } from "../../core/launch/agent-machine.ts";
import { FrameReader } from "../../core/launch/codec.ts";
import { decodeAgentMessage, decodeManagerMessage } from "../../core/launch/decode.ts";
import { type Judgement, type ManagerEvent, type ManagerStep, openManagerSession, stepManager } from "../../core/launch/manager-machine.ts";
import type { Evidence, SealedDisk } from "../../core/launch/messages.ts";
import { diskAad } from "../../core/launch/transcript.ts";
import { nodePrimitives } from "../../core/node/primitives.ts";
import { systemRandom } from "../../core/node/random.ts";
import { bytes, launchId, until, vm } from "./kit.ts";

interface Script {
  /** What the judge says each time; the last one again and again. */
  readonly judgements: readonly Judgement[];
  /** The freshness window runs out while a person thinks. */
  readonly stale?: boolean;
  readonly denied?: Failure;
  readonly commitFails?: boolean;
  readonly sealFails?: boolean;
  readonly wrongKey?: boolean;
  /** The relay sits between two TLS connections, so their exporter values differ. */
  readonly relayed?: boolean;
  readonly changeRelease?: (disks: readonly SealedDisk[]) => readonly SealedDisk[];
}

interface Told {
  readonly ending: AgentEnding | undefined;
  readonly manager: readonly string[];
  /** What the disks would have been opened with. */
  readonly keys: readonly Uint8Array[];
  readonly bound: readonly boolean[];
}

const diskKey = bytes(32);
const configurationDigest = bytes(32);
const person: Judgement = { verdict: "person", until, waitMs: 60_000, freshMs: 1000 };

describe("hello to recorded", () => {
  test("by policy", async () => {
    const told = await launch({ judgements: [{ verdict: "release" }] });
    expect(told.ending).toEqual({ end: "opened", recorded: true });
    expect(told.manager).toEqual(["admit", "judge", "commit-release", "seal", "commit-outcome:true", "close"]);
    expect(told.keys).toEqual([diskKey]);
    expect(told.bound).toEqual([true]);
  });

  test("after a person approved in time", async () => {
    const told = await launch({ judgements: [person] });
    expect(told.ending).toEqual({ end: "opened", recorded: true });
  });

  test("after a person approved late: a new challenge, new evidence, and only then the key", async () => {
    const told = await launch({ judgements: [person, { verdict: "release" }], stale: true });
    expect(told.ending).toEqual({ end: "opened", recorded: true });
    expect(told.manager).toEqual(["admit", "judge", "judge renewed", "commit-release", "seal", "commit-outcome:true", "close"]);
    expect(told.bound).toEqual([true, true]);
  });

  test("after endorsements took longer than the evidence stays fresh", async () => {
    const told = await launch({ judgements: [{ verdict: "renew", nonce: bytes(32) }, { verdict: "release" }] });
    expect(told.ending).toEqual({ end: "opened", recorded: true });
    expect(told.manager).toContain("judge");
    expect(told.manager).not.toContain("judge renewed");
  });
});

describe("no key", () => {
  test("when the judge refuses, and not before the refusal is durable", async () => {
    const told = await launch({ judgements: [{ verdict: "refuse", failure: failure("agent.host-data") }] });
    expect(told.ending).toEqual({ end: "refused", code: "not-accepted" });
    expect(told.manager).toEqual(["admit", "judge", "commit-refusal", "close"]);
    expect(told.keys).toEqual([]);
  });

  test("when a person denies", async () => {
    const told = await launch({ judgements: [person], denied: failure("agent.refused") });
    expect(told.ending).toEqual({ end: "refused", code: "not-accepted" });
  });

  test("when the renewed evidence does not pass", async () => {
    const told = await launch({ judgements: [person, { verdict: "refuse", failure: failure("agent.refused") }], stale: true });
    expect(told.ending).toEqual({ end: "refused", code: "not-accepted" });
    expect(told.manager).not.toContain("seal");
  });

  test("when the decision cannot be made durable", async () => {
    const told = await launch({ judgements: [{ verdict: "release" }], commitFails: true });
    expect(told.ending).toEqual({ end: "refused", code: "try-later" });
    expect(told.manager).toEqual(["admit", "judge", "commit-release", "close"]);
  });

  test("when the keychain is locked after the decision: the outcome says so", async () => {
    const told = await launch({ judgements: [{ verdict: "release" }], sealFails: true });
    expect(told.ending).toEqual({ end: "refused", code: "try-later" });
    expect(told.manager).toEqual(["admit", "judge", "commit-release", "seal", "commit-outcome:", "close"]);
  });

  test("through a relay with TLS of its own: the report is not bound to the manager's channel", async () => {
    const told = await launch({ judgements: [{ verdict: "release" }], relayed: true });
    expect(told.bound).toEqual([false]);
    // Even if the judge were blind, the sealed key would not open in the VM.
    expect(told.keys).toEqual([]);
    expect(told.manager).toContain("commit-outcome:launch.sealed-key");
  });

  test("when the release was changed on its way", async () => {
    const flip = (disks: readonly SealedDisk[]): readonly SealedDisk[] =>
      disks.map((disk) => ({ ...disk, ciphertext: disk.ciphertext.map((byte) => byte ^ 1) }));
    const told = await launch({ judgements: [{ verdict: "release" }], changeRelease: flip });
    expect(told.keys).toEqual([]);
    expect(told.ending).toMatchObject({ end: "failed", failure: { code: "launch.sealed-key" }, released: true });
  });

  test("for another disk: a sealed key does not open under another name", async () => {
    const told = await launch({
      judgements: [{ verdict: "release" }],
      changeRelease: (disks) => disks.map((disk) => ({ ...disk, disk: "data" })),
    });
    expect(told.keys).toEqual([]);
    expect(told.ending).toMatchObject({ end: "failed", failure: { code: "agent.release-disks" } });
  });
});

test("a wrong key is reported and recorded", async () => {
  const told = await launch({ judgements: [{ verdict: "release" }], wrongKey: true });
  expect(told.ending).toMatchObject({ end: "failed", failure: { code: "agent.disk-key" }, released: true });
  expect(told.manager).toContain("commit-outcome:agent.disk-key");
});

async function launch(script: Script): Promise<Told> {
  const managerExporter = bytes(32);
  const exporter = script.relayed === true ? bytes(32) : managerExporter;
  const terms = { disks: ["root"], configurationDigest };
  let manager: ManagerStep = openManagerSession(managerExporter, nodePrimitives);
  let agent: AgentStep = openAgentSession({ exporter, vm, agent: "test/1", nonce: bytes(32), terms }, nodePrimitives);
  const [toManager, toAgent] = [new FrameReader(), new FrameReader()];
  const managerEvents: ManagerEvent[] = [];
  const agentEvents: AgentEvent[] = [];
  const [told, keys, bound]: [string[], Uint8Array[], boolean[]] = [[], [], []];
  const judgements = [...script.judgements];
  let evidence: { message: Evidence; info: Uint8Array } | undefined;
  let sealingKey: SealingKey | undefined;
  let held: Secret | undefined;
  let reported: Uint8Array | undefined;
  let ending: AgentEnding | undefined;

  const managerDoes = async (): Promise<void> => {
    for (const effect of manager.effects) {
      if (effect.do === "send") {
        for (const body of must(toAgent.push(effect.frame))) {
          const message = must(decodeManagerMessage(body));
          const { changeRelease } = script;
          const changed =
            message.type === "release" && changeRelease !== undefined ? { ...message, disks: changeRelease(message.disks) } : message;
          agentEvents.push({ on: "frame", message: changed, body });
        }
      }
      if (effect.do === "admit") managerEvents.push({ on: "admitted", launch: launchId, nonce: bytes(32), heartbeatSeconds: 15 });
      if (effect.do === "judge") {
        evidence = { message: effect.evidence, info: effect.hpkeInfo };
        bound.push(Buffer.from(effect.reportData).equals(effect.evidence.report.subarray(0x50, 0x90)));
        const judgement = (judgements.length > 1 ? judgements.shift() : judgements[0]) ?? person;
        managerEvents.push({ on: "judged", judgement });
        if (judgement.verdict === "person") {
          if (script.stale === true) managerEvents.push({ on: "deadline", name: "freshness" });
          managerEvents.push(script.denied === undefined ? { on: "approved", nonce: bytes(32) } : { on: "denied", failure: script.denied });
        }
      }
      if (effect.do === "commit-release" || effect.do === "commit-refusal" || effect.do === "commit-outcome") {
        managerEvents.push(
          script.commitFails === true ? { on: "commit-failed", failure: failure("launch.commit-late") } : { on: "committed" },
        );
      }
      if (effect.do === "seal" && script.sealFails === true)
        managerEvents.push({ on: "seal-failed", failure: failure("launch.seal-late") });
      else if (effect.do === "seal" && evidence !== undefined) {
        const target = { publicKey: evidence.message.sealingKey.key, info: evidence.info, aad: diskAad("root"), random: systemRandom };
        const sealed = must(await sealTo(target, new Secret((script.wrongKey === true ? bytes(32) : diskKey).slice())));
        managerEvents.push({ on: "sealed", disks: [{ disk: "root", ...sealed }] });
      }
      if (effect.do === "judge") told.push(effect.renewed ? "judge renewed" : "judge");
      else if (effect.do === "commit-outcome")
        told.push(`commit-outcome:${effect.disks.map(({ opened, code }) => code ?? String(opened)).join()}`);
      else if (effect.do !== "send" && !effect.do.endsWith("deadline")) told.push(effect.do);
    }
  };

  const agentDoes = async (): Promise<void> => {
    for (const effect of agent.effects) {
      if (effect.do === "send") {
        for (const body of must(toManager.push(effect.frame)))
          managerEvents.push({ on: "frame", message: must(decodeAgentMessage(body)), body });
      }
      if (effect.do === "make-sealing-key") {
        sealingKey = await makeSealingKey(systemRandom);
        agentEvents.push({ on: "sealing-key-made", publicKey: sealingKey.publicKey });
      }
      if (effect.do === "fetch-report") {
        reported = new Uint8Array(1184);
        reported.set(effect.reportData, 0x50);
        reported.set(configurationDigest, 0xc0);
        agentEvents.push({ on: "reported", report: reported, certificates: new Uint8Array(0) });
      }
      if (effect.do === "open-release" && sealingKey !== undefined) {
        const [disk] = effect.disks;
        const opened =
          disk === undefined
            ? undefined
            : await openWith(sealingKey.privateKey, { ...disk, info: effect.hpkeInfo, aad: diskAad(disk.disk) });
        if (opened?.ok === true) held = opened.value;
        agentEvents.push(opened?.ok === false ? { on: "release-unreadable", failure: opened.failure } : { on: "release-opened" });
      }
      if (effect.do === "unlock") {
        const key = held?.use((secret) => secret.slice()) ?? new Uint8Array(0);
        const right = Buffer.from(key).equals(diskKey);
        if (right) keys.push(key);
        agentEvents.push({
          on: "unlocked",
          disks: [right ? { disk: "root", opened: true } : { disk: "root", opened: false, code: "agent.disk-key" }],
        });
      }
      if (effect.do === "wipe") {
        held?.wipe();
        sealingKey?.privateKey.wipe();
      }
      if (effect.do === "finish") ending = effect.ending;
    }
  };

  await managerDoes();
  await agentDoes();
  for (let rounds = 0; rounds < 100 && managerEvents.length + agentEvents.length > 0; rounds++) {
    const toStep = managerEvents.shift();
    if (toStep !== undefined) {
      manager = stepManager(manager.state, toStep, nodePrimitives);
      await managerDoes();
    }
    const next = agentEvents.shift();
    if (next !== undefined) {
      agent = stepAgent(agent.state, next, nodePrimitives);
      await agentDoes();
    }
  }
  expect(manager.state).toEqual({ waitsFor: "nothing" });
  expect(agent.state).toEqual({ waitsFor: "nothing" });
  expect(held?.wiped ?? true).toBe(true);
  expect(sealingKey?.privateKey.wiped ?? true).toBe(true);
  return { ending, manager: told, keys, bound };
}
