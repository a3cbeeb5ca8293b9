// A manager is killed at each step of a launch, 100 times over: is no key ever without its record, is no launch lost, is the next start clean?
// docs/protocol.md, "Attacks that the tests replay", "manager killed at every step". Two rounds at a time, each on its own data folder.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { missing } from "../kit/needs.ts";
import { killRound, Lane } from "./kill-round.ts";
import { killPlans, launchSteps, personSteps } from "./kill-steps.ts";
import { keychainHere } from "./real-manager.ts";

const rounds = Number(process.env["PORTCULLIS_KILL_ROUNDS"] ?? 100);

describe.skipIf(missing("cryptsetup"))("a manager killed with SIGKILL", () => {
  test(`${rounds} rounds, at each step of a launch`, { timeout: 600_000 }, async () => {
    const plans = killPlans(rounds).entries();
    const met = new Map<string, { rounds: number; delivered: number }>();
    await Promise.all(
      ["a", "b"].map(async (name) => {
        const folder = mkdtempSync(join(tmpdir(), `portcullis-lane-${name}-`));
        const lane = await Lane.open(folder, keychainHere());
        try {
          for (const [round, plan] of plans) {
            const delivered = await killRound(lane, round, plan);
            const count = met.get(plan.step) ?? { rounds: 0, delivered: 0 };
            met.set(plan.step, { rounds: count.rounds + 1, delivered: count.delivered + (delivered ? 1 : 0) });
          }
          await lane.end();
        } finally {
          await lane.kill();
          rmSync(folder, { recursive: true, force: true });
        }
      }),
    );
    const table = [...launchSteps, ...personSteps].map((step) => {
      const { rounds: times, delivered } = met.get(step) ?? { rounds: 0, delivered: 0 };
      return `  ${step.padEnd(24)} killed ${String(times).padStart(3)}, of which the key had reached the agent ${delivered}`;
    });
    process.stdout.write(`${table.join("\n")}\n`);
    const total = [...met.values()].reduce((sum, count) => sum + count.rounds, 0);
    expect(total).toBe(rounds);
    if (rounds >= 100) expect(Math.min(...[...launchSteps, ...personSteps].map((step) => met.get(step)?.rounds ?? 0))).toBeGreaterThan(2);
  });
});
