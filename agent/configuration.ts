// Where does the agent's configuration come from? A named file, or the first of the places where a VM may be given one (docs/protocol.md).
// The host can write all of them: nothing read here is trusted before the CPU attested its digest.
import { open } from "node:fs/promises";
import { failure } from "../core/base/failure.ts";
import { type Result, fail } from "../core/base/result.ts";
import { type CanonicalConfiguration, maximumConfigurationBytes, parseConfiguration } from "../core/launch/agent-configuration.ts";

/** Tried in order: QEMU fw_cfg, a configuration disk that the initramfs has mounted, a file in the initramfs. */
export const configurationPlaces: readonly string[] = [
  "/sys/firmware/qemu_fw_cfg/by_name/opt/portcullis/configuration/raw",
  "/run/portcullis/configuration/agent.json",
  "/etc/portcullis/agent.json",
];

/** With `named`, only that file is looked at. A file that is there but wrong ends the search: a later one is no repair. */
export async function loadConfiguration(
  named: string | undefined,
  places: readonly string[] = configurationPlaces,
): Promise<Result<CanonicalConfiguration>> {
  const candidates = named === undefined ? places : [named];
  for (const path of candidates) {
    const bytes = await readAtMost(path, maximumConfigurationBytes + 1);
    if (bytes === "absent") continue;
    return bytes instanceof Uint8Array ? parseConfiguration(bytes) : fail(failure("agent.configuration-unreadable", path, bytes.cause));
  }
  return fail(failure("agent.configuration-unreadable", candidates.join(", ")));
}

/** Reads no more than `most` bytes, whatever the file's size says: sysfs files have none. */
async function readAtMost(path: string, most: number): Promise<Uint8Array | "absent" | { readonly cause: unknown }> {
  try {
    await using file = await open(path, "r");
    const bytes = new Uint8Array(most);
    let filled = 0;
    for (;;) {
      const { bytesRead } = await file.read(bytes, filled, most - filled);
      filled += bytesRead;
      if (bytesRead === 0 || filled === most) return bytes.slice(0, filled);
    }
  } catch (cause) {
    return (cause as NodeJS.ErrnoException).code === "ENOENT" ? "absent" : { cause };
  }
}
