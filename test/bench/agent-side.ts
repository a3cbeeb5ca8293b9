// The agent of the bench, in a process of its own: the real dial and session, a simulated processor beside it, and an unlocker that only looks
// whether the key is the right one, because cryptsetup is no part of the floor. Also measures the agent's share of the floor.
import { createHash } from "node:crypto";
import { connect } from "node:tls";
import { dial } from "../../agent/dial.ts";
import { runSession } from "../../agent/session.ts";
import { equalBytes } from "../../core/base/bytes.ts";
import { makeSealingKey, openWith, type SealingKey } from "../../core/base/hpke.ts";
import { must } from "../../core/base/result.ts";
import { utf8 } from "../../core/base/utf8.ts";
import type { Log } from "../../core/base/log.ts";
import { type CanonicalConfiguration, configurationDigest, parseConfiguration } from "../../core/launch/agent-configuration.ts";
import { nodePrimitives } from "../../core/node/primitives.ts";
import { systemRandom } from "../../core/node/random.ts";
import type { SimulatedGuest } from "../../core/simulator/processor.ts";
import { simulatedProcessor } from "../kit/simulated.ts";
import { expectedMeasurement } from "../proofs/real-manager.ts";
import { answerQuestions } from "./child.ts";
import { timedAsync } from "./figures.ts";
import { type AgentAnswers, type AgentQuestion, type AgentTalk, floorContext, type Phases } from "./questions.ts";

let configuration: CanonicalConfiguration;
let guest: SimulatedGuest;
let keyDigest: Uint8Array;
let barePort: number;
let floorKey: SealingKey;

answerQuestions<AgentTalk>(async (question) => {
  switch (question.ask) {
    case "start":
      await start(question);
      return {};
    case "launch":
      return launch();
    case "handshake":
      return handshake();
    case "key-pair": {
      const took = await timedAsync(async () => (floorKey = await makeSealingKey(systemRandom)));
      return { took, publicKey: floorKey.publicKey } satisfies AgentAnswers["key-pair"];
    }
    case "open":
      return timedAsync(async () => must(await openWith(floorKey.privateKey, { ...question.sealed, ...floorContext })).wipe());
  }
});

async function start(told: Extract<AgentQuestion, { ask: "start" }>): Promise<void> {
  configuration = must(parseConfiguration(utf8(told.configuration)));
  ({ keyDigest, barePort } = told);
  const processor = await simulatedProcessor("Milan", {}, Date.now());
  const hostData = configurationDigest(configuration.bytes, nodePrimitives);
  guest = processor.launch({ hostData, measurement: expectedMeasurement });
  guest.certTable();
}

async function launch(): Promise<AgentAnswers["launch"]> {
  const marks = new Marks();
  const { endpoints, anchor } = configuration.configuration.manager;
  const signal = new AbortController().signal;
  const connection = must(await dial({ endpoint: endpoints[0] ?? "", anchor, signal }));
  marks.mark("dial (TLS handshake, pin)");
  const log: Log = {
    write(_level, event) {
      const phase = marked.get(event);
      if (phase !== undefined) marks.mark(phase);
    },
  };
  const { ending } = await runSession(connection, {
    agent: "portcullis-bench/1",
    configuration,
    source: {
      name: "simulated",
      report(reportData) {
        marks.mark("agent: X-Wing key pair");
        const report = { report: guest.report({ reportData }), certificates: guest.certTable() };
        marks.mark("the simulated processor signs");
        return Promise.resolve({ ok: true, value: report });
      },
    },
    unlocker: {
      unlock(disks) {
        marks.mark("agent: open the release");
        const outcomes = disks.map(({ disk, key }) => ({ disk: disk.id, opened: key.use(isRightKey) }));
        for (const { key } of disks) key.wipe();
        return Promise.resolve(outcomes);
      },
      closeAll: () => Promise.resolve(),
    },
    random: systemRandom,
    primitives: nodePrimitives,
    log,
    signal,
  });
  if (ending.end !== "opened" || !ending.recorded) throw new Error(`a launch of the bench ended as ${JSON.stringify(ending)}`);
  return marks.done();
}

function isRightKey(key: Uint8Array): boolean {
  return equalBytes(new Uint8Array(createHash("sha256").update(key).digest()), keyDigest);
}

function handshake(): Promise<number> {
  return new Promise((resolve, reject) => {
    const began = performance.now();
    const socket = connect({
      host: "127.0.0.1",
      port: barePort,
      ALPNProtocols: ["alp/1"],
      minVersion: "TLSv1.3",
      ecdhCurve: "X25519MLKEM768:X25519:P-384",
      rejectUnauthorized: false,
    });
    socket.once("error", reject);
    socket.once("secureConnect", () => {
      resolve(performance.now() - began);
      socket.destroy();
    });
  });
}

class Marks {
  readonly #began = performance.now();
  #last = this.#began;
  readonly #phases: Record<string, number> = {};

  /** What went on since the last mark. */
  mark(name: string): void {
    const now = performance.now();
    this.#phases[name] = (this.#phases[name] ?? 0) + now - this.#last;
    this.#last = now;
  }

  done(): { readonly whole: number; readonly phases: Phases } {
    return { whole: this.#last - this.#began, phases: this.#phases };
  }
}

/** What the agent's own log says when a phase ends. */
const marked: ReadonlyMap<string, string> = new Map([
  ["agent.challenged", "hello until challenged"],
  ["agent.released", "evidence until released"],
  ["agent.recorded", "key in hand until recorded"],
]);
