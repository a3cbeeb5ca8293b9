// What would the agent say of this disk before it asks for its key? The same copy of the header and the same check, without a key and without opening.
// Its codes are the agent's own. Reads only.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { failure } from "../../base/failure.ts";
import { fail, type Result } from "../../base/result.ts";
import type { Cryptsetup } from "./cryptsetup.ts";
import { copyHeader, type HeaderCopy } from "./luks.ts";
import { isBegun } from "./work-folder.ts";

/** `agent.disk-missing` where there is no LUKS header, `agent.disk-header`; `disk.half-done` says more than either. */
export async function checkDisk(tool: Cryptsetup, image: string): Promise<Result<HeaderCopy>> {
  if (isBegun(image)) return fail(failure("disk.half-done", image));
  const folder = mkdtempSync(join(tmpdir(), "portcullis-disk-"));
  try {
    const copied = await copyHeader({ tool, folder }, image);
    if (copied.ok) return copied;
    const code = codes.get(copied.failure.code);
    return code === undefined ? copied : fail(failure(code, copied.failure.detail));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const codes = new Map<string, "agent.disk-missing" | "agent.disk-header">([
  ["disk.cryptsetup", "agent.disk-missing"],
  ["disk.not-accepted", "agent.disk-header"],
]);
