// How does Linux hand over an attestation report? Through one private entry in configfs-tsm (kernel ABI: configfs-tsm-report, Linux 6.7).
// Never shares an entry: two users of one would swap their nonces. Never trusts what it reads.
import { mkdir, open, rmdir } from "node:fs/promises";
import { join } from "node:path";
import { toHex } from "../core/base/bytes.ts";
import { failure } from "../core/base/failure.ts";
import type { Random } from "../core/base/random.ts";
import { type Result, fail, ok } from "../core/base/result.ts";
import { fromUtf8, utf8 } from "../core/base/utf8.ts";
import { maximumCertificates } from "../core/launch/decode.ts";
import { reportLength } from "../core/snp/report.ts";
import type { ReportSource } from "./report-source.ts";

export const configfsRoot = "/sys/kernel/config/tsm/report";

/** The few calls that an entry needs, so that a test can stand in for the kernel. */
export interface EntryFiles {
  makeFolder(path: string): Promise<unknown>;
  removeFolder(path: string): Promise<void>;
  /** In exactly one write call. */
  write(path: string, bytes: Uint8Array): Promise<void>;
  /** At most `most` bytes; rejects for a longer file. */
  read(path: string, most: number): Promise<Uint8Array>;
}

/** Failures: `agent.report-source` (none here, another TEE), `agent.report-source-unavailable`, `agent.report-mixed` (a second writer). */
export function configfsReportSource(random: Random, root: string = configfsRoot, files: EntryFiles = nodeFiles): ReportSource {
  return {
    name: "configfs-tsm",
    async report(reportData) {
      const entry = join(root, `portcullis-${toHex(random.bytes(nameLength))}`);
      try {
        await files.makeFolder(entry);
      } catch (cause) {
        return fail(failure("agent.report-source", root, cause));
      }
      try {
        return await fromEntry(files, entry, reportData);
      } catch (cause) {
        return fail(failure("agent.report-source-unavailable", systemCode(cause), cause));
      } finally {
        // An entry that stays behind costs the kernel a few bytes until the VM stops; it holds nothing secret.
        await files.removeFolder(entry).catch(() => {});
      }
    },
  };
}

async function fromEntry(
  files: EntryFiles,
  entry: string,
  reportData: Uint8Array,
): Promise<Result<{ readonly report: Uint8Array; readonly certificates: Uint8Array }>> {
  const text = async (name: string): Promise<string> => fromUtf8(await files.read(join(entry, name), longestText))?.trim() ?? "";
  const provider = await text("provider");
  if (provider !== sevGuest) return fail(failure("agent.report-source", provider));
  // sev-guest takes 64 bytes in one write, and nothing else. PROTOCOL: the report is for VMPL 0.
  await files.write(join(entry, "inblob"), reportData);
  await files.write(join(entry, "privlevel"), utf8("0"));
  const report = await files.read(join(entry, "outblob"), reportLength);
  const certificates = await files.read(join(entry, "auxblob"), longestCertificates).catch(() => new Uint8Array(0));
  // Each write counts one generation: any other number means that somebody else wrote too.
  if ((await text("generation")) !== String(ourWrites)) return fail(failure("agent.report-mixed", "generation"));
  // Hints only: the manager can fetch what a longer table would have told.
  return ok({ report, certificates: certificates.length > maximumCertificates ? new Uint8Array(0) : certificates });
}

const nodeFiles: EntryFiles = {
  makeFolder: (path) => mkdir(path),
  removeFolder: (path) => rmdir(path),
  async write(path, bytes) {
    await using file = await open(path, "w");
    const { bytesWritten } = await file.write(bytes, 0, bytes.length, null);
    if (bytesWritten !== bytes.length) throw new Error("short write");
  },
  async read(path, most) {
    await using file = await open(path, "r");
    const bytes = new Uint8Array(most + 1);
    let filled = 0;
    for (;;) {
      const { bytesRead } = await file.read(bytes, filled, bytes.length - filled, null);
      filled += bytesRead;
      if (filled > most) throw new Error("longer than expected");
      if (bytesRead === 0) return bytes.slice(0, filled);
    }
  },
};

function systemCode(cause: unknown): string | undefined {
  return cause instanceof Error && "code" in cause && typeof cause.code === "string" ? cause.code : undefined;
}

const sevGuest = "sev_guest";
const nameLength = 8;
const ourWrites = 2;
const longestText = 256;
const longestCertificates = 65_536;
