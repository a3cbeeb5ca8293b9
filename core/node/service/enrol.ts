// Enrols a VM with disk keys that exist already, read from files on this machine. Only for callers with the approve role: a page must not name files.
// Every copy of a key is wiped here, whatever the manager answers.
import type { Enrolment } from "../../api/schemas.ts";
import { failure } from "../../base/failure.ts";
import { fail, type Result } from "../../base/result.ts";
import { Secret } from "../../base/secret.ts";
import type { Manager } from "../../manager/manager.ts";
import type { VmRecord } from "../../manager/records.ts";
import { readBounded } from "../files.ts";
import type { KeyFile } from "./router-parts.ts";

export async function enrolWithKeys(manager: Manager, enrolment: Enrolment, keyFiles: readonly KeyFile[]): Promise<Result<VmRecord>> {
  const keys = new Map<string, Secret>();
  try {
    for (const { disk, path } of keyFiles) {
      if (keys.has(disk)) return fail(failure("enrolment.malformed", `two key files for ${disk}`));
      const bytes = readBounded(path, maximumKeyFile);
      if (!bytes.ok) return bytes;
      if (bytes.value === undefined) return fail(failure("files.unreadable", path));
      keys.set(disk, new Secret(bytes.value));
    }
    const { policy, ...rest } = enrolment;
    return await manager.enrol({ ...rest, ...(policy === undefined ? {} : { policy }), keys });
  } finally {
    for (const key of keys.values()) key.wipe();
  }
}

/** The manager has its own, lower bound; this one is for whoever names the wrong file. */
const maximumKeyFile = 8_192;
