// What does a whole launch cost, beside the work that any such launch has to do? Both in one run, by turns, over the same two processes, so that
// a noisy machine hits both.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { keychainHere } from "../proofs/real-manager.ts";
import { Side } from "./child.ts";
import { figure, type Figure, ratio, type Report } from "./figures.ts";
import type { AgentTalk, ManagerTalk, Phases } from "./questions.ts";

type ManagerSide = Side<ManagerTalk>;
type AgentSide = Side<AgentTalk>;

export async function benchLaunch(rounds: number): Promise<Report> {
  const folder = mkdtempSync(join(tmpdir(), "portcullis-bench-"));
  const manager: ManagerSide = new Side(join(import.meta.dirname, "manager-side.ts"));
  const agent: AgentSide = new Side(join(import.meta.dirname, "agent-side.ts"));
  const keychain = keychainHere();
  const launches: number[] = [];
  const withoutProcessor: number[] = [];
  const untilOpen: number[] = [];
  const floors: number[] = [];
  const [agentPhases, managerPhases, floorParts] = [new Series(), new Series(), new Series()];
  try {
    const started = await manager.ask({ ask: "start", folder, keychain });
    await agent.ask({ ask: "start", ...started });
    for (let round = -warmUp; round < rounds; round++) {
      const { whole, phases } = await agent.ask({ ask: "launch" });
      const seen = await manager.ask({ ask: "phases" });
      const parts = await floor(manager, agent);
      await manager.ask({ ask: "phases" });
      if (round < 0) continue;
      launches.push(whole);
      withoutProcessor.push(whole - (phases[processorPhase] ?? 0));
      untilOpen.push(whole - (phases[outcomePhase] ?? 0));
      floors.push(Object.values(parts).reduce((sum, part) => sum + part, 0));
      agentPhases.add(phases);
      managerPhases.add(seen);
      floorParts.add(parts);
    }
  } finally {
    await Promise.all([manager.end(), agent.end()]);
    rmSync(folder, { recursive: true, force: true });
  }
  return {
    title: `A whole launch (${rounds} rounds, launch and floor by turns; keychain: ${keychain})`,
    ratios: [ratio("launch / floor", launches, floors), ratio("launch without the simulated processor / floor", withoutProcessor, floors)],
    figures: [
      figure("launch", launches),
      figure("launch without the simulated processor", withoutProcessor),
      figure("launch, until the key is in hand and the VM could go on", untilOpen),
      figure("floor", floors),
      ...floorParts.figures("floor: "),
      ...agentPhases.figures("launch: "),
      ...managerPhases.figures("manager's part: "),
    ],
    notes: [
      "The floor is the sum of its parts, each measured alone and warm, without any message between the processes.",
      "A launch commits twice, release and outcome; the agent waits for both.",
    ],
  };
}

async function floor(manager: ManagerSide, agent: AgentSide): Promise<Phases> {
  const handshake = await agent.ask({ ask: "handshake" });
  const { took, publicKey } = await agent.ask({ ask: "key-pair" });
  const { parts, sealed } = await manager.ask({ ask: "floor", publicKey });
  const open = await agent.ask({ ask: "open", sealed });
  return { "TLS handshake": handshake, "X-Wing key pair": took, ...parts, "X-Wing open": open };
}

class Series {
  readonly #values = new Map<string, number[]>();

  add(phases: Phases): void {
    for (const [name, value] of Object.entries(phases)) {
      const known = this.#values.get(name) ?? [];
      known.push(value);
      this.#values.set(name, known);
    }
  }

  figures(prefix: string): readonly Figure[] {
    return [...this.#values].map(([name, values]) => figure(`${prefix}${name}`, values));
  }
}

/** As agent-side.ts names them. */
const processorPhase = "the simulated processor signs";
const outcomePhase = "key in hand until recorded";
const warmUp = 30;
