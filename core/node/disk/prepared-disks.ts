// Which disk is being made now, and how far is it? One at a time; what ended stays to be asked for until the manager ends.
// Never gives a key away, and starts nothing twice.
import { failure } from "../../base/failure.ts";
import { fail, type Result } from "../../base/result.ts";
import type { DiskQuestion, DiskRun } from "../../api/disk-schemas.ts";

export class PreparedDisks {
  prepare(_question: DiskQuestion): Promise<Result<DiskRun>> {
    return Promise.resolve(fail(failure("disk.no-cryptsetup")));
  }

  /** The newest, where no id is given. */
  run(_id: string | undefined): DiskRun | undefined {
    return undefined;
  }

  cancel(id: string): Result<DiskRun> {
    return fail(failure("disk.unknown-run", id));
  }

  /** Resolves when what is under way stands at a point from which it can go on. */
  close(): Promise<void> {
    return Promise.resolve();
  }
}
