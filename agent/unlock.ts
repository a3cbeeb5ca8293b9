// Do all disks open with their keys? LUKS2 through cryptsetup: every disk, or none (docs/protocol.md, step 3).
// The key goes through memory without a name (lent-key.ts): never to a disk, an argument or the environment. Every key is wiped, whatever happens.
import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { equalBytes } from "../core/base/bytes.ts";
import type { FailureCode } from "../core/base/failure.ts";
import type { Secret } from "../core/base/secret.ts";
import { fromUtf8 } from "../core/base/utf8.ts";
import type { ConfiguredDisk } from "../core/launch/agent-configuration.ts";
import type { DiskOutcome } from "../core/launch/messages.ts";
import { checkHeader, longestHeader } from "../core/luks/header.ts";
import { type CommandAnswer, runCommand } from "./cryptsetup.ts";
import { type LentKey, lendKeys } from "./lent-key.ts";
import { fingerprintOf } from "./fingerprint.ts";

export interface LockedDisk {
  readonly disk: ConfiguredDisk;
  readonly key: Secret;
}

/** test: only tries the key, for machines without device-mapper. */
export type DiskMode = "open" | "test";

export interface UnlockerOptions {
  /** Absolute path of cryptsetup. */
  readonly program: string;
  readonly mode: DiskMode;
  /** A folder in memory (an initramfs's /run), for a copy of each disk's header. */
  readonly scratch: string;
  /** For one run of cryptsetup. */
  readonly timeoutMs?: number;
}

export class Unlocker {
  readonly #options: UnlockerOptions;
  readonly #open: string[] = [];

  constructor(options: UnlockerOptions) {
    this.#options = options;
  }

  /** One outcome for each disk. Where one does not open, what had opened is closed again. Wipes every key. Aborting kills cryptsetup. */
  async unlock(disks: readonly LockedDisk[], signal: AbortSignal): Promise<readonly DiskOutcome[]> {
    // SECURITY: all of them before the first program is started (lent-key.ts).
    const lent = lendKeys(disks.map(({ key }) => key));
    if (lent === undefined) return this.#none(disks, disks[0]?.disk.id ?? "", "agent.disk-memory");
    try {
      const outcomes: DiskOutcome[] = [];
      for (const [index, key] of lent.entries()) {
        const disk = disks[index]?.disk;
        if (disk === undefined) throw new Error("a key without its disk");
        const code = await this.#unlockOne(disk, key, signal);
        if (code !== undefined) return await this.#none(disks, disk.id, code);
        outcomes.push({ disk: disk.id, opened: true });
      }
      return outcomes;
    } finally {
      for (const key of lent) key.takeBack();
    }
  }

  /** Closes what {@link unlock} opened. Safe to call at any time after it answered. */
  async closeAll(): Promise<void> {
    for (let name = this.#open.pop(); name !== undefined; name = this.#open.pop()) {
      await this.#run(["close", "--", name], AbortSignal.timeout(closeMs));
    }
  }

  async #none(disks: readonly LockedDisk[], culprit: string, code: FailureCode): Promise<readonly DiskOutcome[]> {
    await this.closeAll();
    return disks.map(({ disk: { id } }) => ({ disk: id, opened: false, code: id === culprit ? code : "agent.disk-closed" }));
  }

  /** @returns why it did not open. */
  async #unlockOne(disk: ConfiguredDisk, key: LentKey, signal: AbortSignal): Promise<FailureCode | undefined> {
    const folder = await mkdtemp(join(this.#options.scratch, "portcullis-header-")).catch(() => undefined);
    if (folder === undefined) return "agent.disk-failed";
    try {
      // SECURITY: checked and opened is one and the same copy, because the host can write to the disk between the two.
      const header = join(folder, "header");
      const copied = await this.#copyHeader(disk.device, header, signal);
      if (typeof copied === "string") return copied;
      const fault = await this.#checkCopy(disk, header, signal);
      if (fault !== undefined) return fault;
      const opened = await this.#run([...this.#openWords(disk, header)], signal, key);
      key.takeBack();
      // Killed is not "not opened": the mapping may have been made just before, so that it is closed with the rest.
      const mayBeOpen = opened.exit === 0 || opened.exit === undefined;
      if (this.#options.mode === "open" && mayBeOpen) this.#open.push(disk.name);
      if (opened.exit !== 0) return codeOf(opened);
      return await this.#compareAgain(disk.device, header, copied, signal);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  /** @returns the copy's fingerprint, taken before cryptsetup sees the copy again: it may mend what is damaged in there. */
  async #copyHeader(device: string, header: string, signal: AbortSignal): Promise<Uint8Array | FailureCode> {
    const copied = await this.#backUp(device, header, signal);
    // Exit 1 here means that there is no LUKS header.
    if (copied.exit !== 0) return copied.exit === 1 ? "agent.disk-missing" : codeOf(copied);
    const fingerprint = await fingerprintOf(header, longestHeader, signal);
    return typeof fingerprint === "string" ? unread[fingerprint] : fingerprint;
  }

  /**
   * Is the header on the disk still the one that was copied? What was opened is the copy either way: this makes it seen that the host wrote in between. By
   * cryptsetup again, because it reads the disk itself and not what the kernel remembers of it, and can be killed while a host does not answer.
   */
  async #compareAgain(device: string, header: string, before: Uint8Array, signal: AbortSignal): Promise<FailureCode | undefined> {
    // Makes room for the second copy: what fitted once fits again, unless it grew.
    await rm(header, { force: true });
    const copied = await this.#backUp(device, header, signal);
    if (copied.exit === undefined || copied.exit === outOfMemory) return codeOf(copied);
    if (copied.exit !== 0) return "agent.disk-changed";
    const now = await fingerprintOf(header, longestHeader, signal);
    if (now === "unreadable" || now === "cut") return unread[now];
    return now !== "long" && equalBytes(now, before) ? undefined : "agent.disk-changed";
  }

  #backUp(device: string, header: string, signal: AbortSignal): Promise<CommandAnswer> {
    return this.#run(["luksHeaderBackup", "--batch-mode", "--header-backup-file", header, "--", device], signal);
  }

  async #checkCopy({ uuid }: ConfiguredDisk, header: string, signal: AbortSignal): Promise<FailureCode | undefined> {
    const dumped = await this.#run(["luksDump", "--dump-json-metadata", "--", header], signal);
    if (dumped.exit === undefined) return codeOf(dumped);
    // A LUKS1 header has no such metadata, and is refused with the rest.
    if (dumped.exit !== 0 || dumped.output === undefined) return "agent.disk-header";
    const checked = checkHeader(dumped.output);
    if (!checked.ok) return checked.failure.code;
    return uuid === undefined ? undefined : this.#checkUuid(uuid, header, signal);
  }

  /** By cryptsetup, so that of the header's two copies the one counts that will be opened. It proves nothing, but tells swapped disks apart. */
  async #checkUuid(uuid: string, header: string, signal: AbortSignal): Promise<FailureCode | undefined> {
    const said = await this.#run(["luksUUID", "--", header], signal);
    if (said.exit === undefined) return codeOf(said);
    if (said.exit !== 0 || said.output === undefined) return "agent.disk-header";
    return fromUtf8(said.output) === `${uuid}\n` ? undefined : "agent.disk-other";
  }

  #openWords({ device, name }: ConfiguredDisk, header: string): readonly string[] {
    const common = ["open", "--batch-mode", "--type", "luks2", "--key-file=-", "--header", header];
    return this.#options.mode === "test" ? [...common, "--test-passphrase", "--", device] : [...common, "--", device, name];
  }

  #run(words: readonly string[], signal: AbortSignal, key?: LentKey): Promise<CommandAnswer> {
    const { program, mode, timeoutMs = commandMs } = this.#options;
    // A test may run without the right to make cryptsetup's lock folder, and nobody else opens its image.
    const [command = "", ...rest] = words;
    const locks = mode === "test" ? ["--disable-locks"] : [];
    return runCommand({ program, arguments: [command, ...locks, ...rest], signal, timeoutMs, ...(key === undefined ? {} : { key }) });
  }
}

/** cryptsetup(8), "RETURN CODES". */
function codeOf({ exit, cut }: CommandAnswer): FailureCode {
  if (cut) return "agent.disk-late";
  return exit === undefined ? "agent.disk-failed" : (codes[exit] ?? "agent.disk-failed");
}

const outOfMemory = 3;
const codes: Readonly<Partial<Record<number, FailureCode>>> = {
  2: "agent.disk-key",
  [outOfMemory]: "agent.disk-memory",
  4: "agent.disk-missing",
  5: "agent.disk-missing",
};
const unread = { long: "agent.disk-header", unreadable: "agent.disk-failed", cut: "agent.disk-late" } as const;
/** A memory-hard key derivation takes tens of seconds under emulation; the machine's own deadline is above this. */
const commandMs = 60_000;
const closeMs = 10_000;
