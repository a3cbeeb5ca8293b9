// Which launch opened this VM's disks, and when? A small file for the running system (docs/agent.md). Holds nothing secret, and proves nothing: root can
// write another. It is there whole, or not at all.
import { chmodSync, renameSync, rmSync, writeFileSync } from "node:fs";

export interface Status {
  /** The manager's id for the launch. */
  readonly launch: string;
  readonly vm: string;
  /** RFC 3339, by the VM's clock. */
  readonly time: string;
}

/** One `name=value` a line, so that a shell can read it; anybody may. @returns false where it could not be written. */
export function writeStatus(path: string, { launch, vm, time }: Status): boolean {
  const fresh = `${path}.new`;
  try {
    // What an agent left that was killed here.
    rmSync(fresh, { force: true });
    writeFileSync(fresh, `launch=${launch}\nvm=${vm}\ntime=${time}\n`, { flag: "wx" });
    // Whatever the umask of the initramfs is.
    chmodSync(fresh, 0o444);
    renameSync(fresh, path);
    return true;
  } catch {
    return false;
  }
}
