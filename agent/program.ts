// What does the agent do from start to exit code? Everything that the release program and the simulated one share.
// Never powers the VM off: the initramfs integration does that by the exit code (exit-codes.ts). Never exits before it has wiped.
import { accessSync, constants } from "node:fs";
import { rfc3339 } from "../core/base/clock.ts";
import { failure, sentenceOf } from "../core/base/failure.ts";
import type { Failure } from "../core/base/failure.ts";
import type { Log } from "../core/base/log.ts";
import { toHex } from "../core/base/bytes.ts";
import { configurationDigest } from "../core/launch/agent-configuration.ts";
import { systemClock } from "../core/node/clock.ts";
import { createLog, streamSink } from "../core/node/log.ts";
import { nodePrimitives } from "../core/node/primitives.ts";
import { systemRandom } from "../core/node/random.ts";
import { type AgentArguments, helpText, parseArguments } from "./arguments.ts";
import { loadConfiguration } from "./configuration.ts";
import { type ExitCode, exitCodes } from "./exit-codes.ts";
import { launch } from "./launch-loop.ts";
import { memoryFolder } from "./lent-key.ts";
import type { ReportSource } from "./report-source.ts";
import { writeStatus } from "./status.ts";
import { Unlocker } from "./unlock.ts";

export interface Program {
  readonly name: string;
  readonly simulated: boolean;
  source(words: AgentArguments): ReportSource;
}

/** Runs to the end of the process. */
export function runProgram(program: Program, words: readonly string[]): void {
  const log = createLog({ sink: streamSink(process.stdout), clock: systemClock });
  const stop = new AbortController();
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
    process.on(signal, () => {
      log.write("warn", "agent.signal", { signal });
      stop.abort();
    });
  }
  // A console that is gone must not end a launch; the log's last line is then lost, and the exit code says the rest.
  process.stdout.on("error", () => {});
  // A bug ends the process, and with it all memory; its text could quote anything, so only its name is told.
  process.on("uncaughtException", (cause) => {
    log.write("error", "agent.bug", { reason: cause.name });
    exit(exitCodes.bug);
  });
  void run(program, words, log, stop.signal).then(exit);
}

async function run(program: Program, words: readonly string[], log: Log, signal: AbortSignal): Promise<ExitCode> {
  const parsed = parseArguments(words, program.simulated);
  if (!parsed.ok) return end(log, exitCodes.usage, parsed.failure);
  if (parsed.value.help) {
    process.stdout.write(helpText(program.name, program.simulated));
    return exitCodes.opened;
  }
  const { diskMode, cryptsetup, scratch, status, configuration: named } = parsed.value;
  // Before anything is asked for: a released key that cannot be used counts against the VM.
  const lacking = firstUnusable(cryptsetup, scratch);
  if (lacking !== undefined) return end(log, exitCodes.notEquipped, failure("agent.not-equipped", lacking));
  const configuration = await loadConfiguration(named);
  if (!configuration.ok) return end(log, exitCodes.configuration, configuration.failure);
  const source = program.source(parsed.value);
  log.write("info", "agent.started", {
    vm: configuration.value.configuration.vm,
    configuration: toHex(configurationDigest(configuration.value.bytes, nodePrimitives)),
    method: source.name,
    simulated: program.simulated,
  });
  const unlocker = new Unlocker({ program: cryptsetup, mode: diskMode, scratch });
  const parts = { agent: agentName, configuration: configuration.value, source, unlocker, random: systemRandom };
  const ended = await launch({ ...parts, primitives: nodePrimitives, clock: systemClock, log, signal });
  if (status !== undefined && ended.launch !== undefined) {
    const { vm } = configuration.value.configuration;
    const written = writeStatus(status, { launch: ended.launch, vm, time: rfc3339(systemClock.now()) });
    // The disks are open and the manager knows: a file that cannot be written is no reason to power off.
    if (!written) log.write("warn", "agent.status-unwritten", { path: status });
  }
  return end(log, ended.exit, ended.failure);
}

function firstUnusable(cryptsetup: string, scratch: string): string | undefined {
  const wanted = [
    [cryptsetup, constants.X_OK],
    [scratch, constants.W_OK],
  ] as const;
  const unusable = wanted.find(([path, right]) => {
    try {
      accessSync(path, right);
      return false;
    } catch {
      return true;
    }
  });
  return unusable?.[0] ?? (memoryFolder() === undefined ? "no tmpfs for keys" : undefined);
}

function end(log: Log, exitCode: ExitCode, why?: Failure): ExitCode {
  const fields = why === undefined ? {} : { code: why.code, detail: sentenceOf(why) };
  log.write(why === undefined ? "info" : "error", "agent.ended", { exitCode, ...fields });
  return exitCode;
}

/** After the last line is out; a read of the kernel that still hangs must not keep the process. */
function exit(code: ExitCode): void {
  process.stdout.write("", () => process.exit(code));
}

const agentName = "portcullis-agent/0.1.0";
