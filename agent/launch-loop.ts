// Which endpoint next, and how long until then? Tries the manager's addresses in order, again and again with backoff, within the bounds
// that the configuration sets (docs/protocol.md, invariant 7). Never tries again once a key was released.
import type { Clock } from "../core/base/clock.ts";
import { failure } from "../core/base/failure.ts";
import type { Failure } from "../core/base/failure.ts";
import type { AgentEnding } from "../core/launch/agent-machine.ts";
import type { RetryPlan } from "../core/launch/agent-configuration.ts";
import type { RefusedCode } from "../core/launch/messages.ts";
import { type Connection, dial } from "./dial.ts";
import { type ExitCode, exitCodes, finalFailures } from "./exit-codes.ts";
import { type SessionParts, runSession } from "./session.ts";

export interface LoopParts extends SessionParts {
  readonly clock: Clock;
}

export interface LoopEnd {
  readonly exit: ExitCode;
  readonly failure?: Failure;
  /** Its id, where every disk is open and the manager has recorded that. */
  readonly launch?: string;
}

export async function launch(parts: LoopParts): Promise<LoopEnd> {
  const { clock, configuration, log, signal, random } = parts;
  const { retry } = configuration.configuration;
  const began = clock.monotonic();
  for (let attempt = 1; ; attempt++) {
    const round = await tryEndpoints(parts);
    if ("exit" in round) return round;
    const wait = Math.max(backoffMs(retry, attempt, random.bytes(1)), (round.retryAfterSeconds ?? 0) * 1000);
    const spent = clock.monotonic() - began;
    if (retry.giveUpAfterSeconds > 0 && spent + wait > retry.giveUpAfterSeconds * 1000) {
      return { exit: exitCodes.gaveUp, failure: failure("agent.gave-up", round.failure.code) };
    }
    log.write("warn", "agent.retry", { attempt, durationMs: Math.round(wait), code: round.failure.code });
    await pause(wait, signal);
    if (signal.aborted) return { exit: exitCodes.stopped, failure: failure("agent.stopped") };
  }
}

interface Again {
  readonly failure: Failure;
  readonly retryAfterSeconds?: number;
}

/** One round: the first endpoint that answers decides how it ends. */
async function tryEndpoints(parts: LoopParts): Promise<LoopEnd | Again> {
  const { manager } = parts.configuration.configuration;
  let last: Failure = failure("agent.unreachable");
  for (const endpoint of manager.endpoints) {
    const connection = await dial({ endpoint, anchor: manager.anchor, signal: parts.signal });
    if (connection.ok) return tryLaunch(connection.value, endpoint, parts);
    last = connection.failure;
    parts.log.write("warn", "agent.not-connected", { address: endpoint, code: last.code });
    if (last.code === "agent.stopped") return { exit: exitCodes.stopped, failure: last };
  }
  return { failure: last };
}

async function tryLaunch(connection: Connection, endpoint: string, parts: LoopParts): Promise<LoopEnd | Again> {
  parts.log.write("info", "agent.connected", { address: endpoint });
  const { ending, launch: id } = await runSession(connection, parts);
  parts.log.write(ending.end === "opened" ? "info" : "warn", "agent.launch-ended", fieldsOf(ending));
  return afterEnding(ending, id);
}

/** What an ending means for the next step. @param id of the launch, where a challenge named one. */
export function afterEnding(ending: AgentEnding, id: string | undefined): LoopEnd | Again {
  switch (ending.end) {
    case "opened":
      return { exit: exitCodes.opened, ...(ending.recorded && id !== undefined ? { launch: id } : {}) };
    case "refused": {
      if (!patient.includes(ending.code)) return { exit: exitCodes.refused, failure: failure("agent.refused", ending.code) };
      const { retryAfterSeconds } = ending;
      return { failure: failure("agent.try-later", ending.code), ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }) };
    }
    case "failed": {
      const final = finalFailures[ending.failure.code] ?? (ending.released ? exitCodes.disks : undefined);
      return final === undefined ? { failure: ending.failure } : { exit: final, failure: ending.failure };
    }
  }
}

/** Doubles with each attempt, up to the plan's maximum; then half of it is chance, so that VMs of one host do not knock together. */
export function backoffMs(plan: RetryPlan, attempt: number, chance: Uint8Array): number {
  const doubled = plan.firstDelaySeconds * 2 ** Math.min(attempt - 1, maximumDoublings);
  const whole = Math.min(doubled, plan.maximumDelaySeconds) * 1000;
  return whole / 2 + ((chance[0] ?? 0) / 255) * (whole / 2);
}

function fieldsOf(ending: AgentEnding): { readonly state: string; readonly code?: string; readonly detail?: string } {
  if (ending.end === "opened") return { state: ending.recorded ? "opened" : "opened-unrecorded" };
  if (ending.end === "refused") return { state: "refused", code: ending.code };
  const { code, detail } = ending.failure;
  return { state: "failed", code, ...(detail === undefined ? {} : { detail }) };
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener("abort", end);
    if (signal.aborted) end();
  });
}

/** Refusals that time may mend. */
const patient: readonly RefusedCode[] = ["try-later", "busy"];
const maximumDoublings = 12;
