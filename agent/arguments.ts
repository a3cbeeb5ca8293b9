// What was the agent asked to do? Its command line, strictly: an argument that is not known ends it, because a typing error must not
// become a default. Never takes a secret.
import { tmpdir } from "node:os";
import { isAbsolute } from "node:path";
import { parseArgs } from "node:util";
import { failure } from "../core/base/failure.ts";
import { type Result, fail, ok } from "../core/base/result.ts";
import { findCryptsetup } from "./cryptsetup.ts";
import type { DiskMode } from "./unlock.ts";

export interface AgentArguments {
  readonly help: boolean;
  /** Undefined: look in the usual places. */
  readonly configuration: string | undefined;
  readonly diskMode: DiskMode;
  /** Absolute path of cryptsetup; "" where there is none. */
  readonly cryptsetup: string;
  readonly scratch: string;
  /** Absolute path of the status file; undefined: none is written. */
  readonly status: string | undefined;
  /** Socket of a simulated processor; only where `simulated` was asked for. */
  readonly processor: string | undefined;
}

/** @param simulated whether `--processor` is known. Failure: `agent.usage`. */
export function parseArguments(words: readonly string[], simulated: boolean): Result<AgentArguments> {
  const values = known(words, simulated);
  if (!values.ok) return values;
  const { help = false, configuration, "disk-mode": mode = "open", cryptsetup, scratch, status, processor } = values.value;
  if (mode !== "open" && mode !== "test") return fail(failure("agent.usage", "--disk-mode"));
  if (cryptsetup !== undefined && !isAbsolute(cryptsetup)) return fail(failure("agent.usage", "--cryptsetup"));
  // cryptsetup runs in another folder.
  if (scratch !== undefined && !isAbsolute(scratch)) return fail(failure("agent.usage", "--scratch"));
  if (status !== undefined && !isAbsolute(status)) return fail(failure("agent.usage", "--status"));
  if (simulated && processor === undefined && !help) return fail(failure("agent.usage", "--processor"));
  return ok({
    help,
    configuration,
    diskMode: mode,
    cryptsetup: cryptsetup ?? findCryptsetup() ?? "",
    scratch: scratch ?? (mode === "open" ? "/run" : tmpdir()),
    status,
    processor,
  });
}

export function helpText(program: string, simulated: boolean): string {
  return [
    `usage: ${program} [options]`,
    "",
    "Proves to the manager what this VM is, and opens the VM's disks with the keys that it releases.",
    "",
    "  --configuration FILE   the configuration that the manager made for this VM; without it, fw_cfg,",
    "                         /run/portcullis/configuration/agent.json and /etc/portcullis/agent.json are tried",
    "  --disk-mode open|test  open: map the disks (default); test: only try the keys",
    "  --cryptsetup FILE      absolute path of cryptsetup",
    "  --scratch FOLDER       a folder in memory for copies of disk headers (default: /run)",
    "  --status FILE          absolute path: written once all disks are open and the manager has recorded it, with launch, VM and time",
    ...(simulated ? ["  --processor SOCKET     ask a SIMULATED processor for the reports: proves nothing"] : []),
    "  --help                 this text",
    "",
    "Exit codes: 0 all disks open · 2 wrong arguments · 10 no usable configuration · 11 the host changed the configuration",
    "12 no attestation reports or no cryptsetup here · 13 refused · 14 disks did not open · 15 gave up",
    "16 stopped by a signal · 70 a bug.",
    "The agent never powers off: what starts it does, for every code but 0.",
    "",
  ].join("\n");
}

type Values = Readonly<
  Partial<Record<"configuration" | "disk-mode" | "cryptsetup" | "scratch" | "status" | "processor", string>> & { help?: boolean }
>;

function known(words: readonly string[], simulated: boolean): Result<Values> {
  try {
    const { values } = parseArgs({
      args: [...words],
      strict: true,
      allowPositionals: false,
      options: {
        help: { type: "boolean" },
        configuration: { type: "string" },
        "disk-mode": { type: "string" },
        cryptsetup: { type: "string" },
        scratch: { type: "string" },
        status: { type: "string" },
        ...(simulated ? { processor: { type: "string" as const } } : {}),
      },
    });
    return ok(values as Values);
  } catch (cause) {
    return fail(failure("agent.usage", undefined, cause));
  }
}
