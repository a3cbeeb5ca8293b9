// `portcullis vm kit`: everything that the VM's host needs, to paste or as files. Readable for all, because a host's VMM may run as somebody else and there
// is no secret in them; nothing is written over without --force.
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Command } from "commander";
import type { KeptBootSetView } from "../api/boot-schemas.ts";
import type { KitView } from "../api/kit-schemas.ts";
import type { VmDetail } from "../api/schemas.ts";
import { fromBase64 } from "../base/bytes.ts";
import { failure } from "../base/failure.ts";
import { fail, ok, type Result } from "../base/result.ts";
import { isSystemError } from "../node/files.ts";
import { askManager, findVm, makeManagerCommand, type ManagerOptions } from "./command.ts";
import type { ManagerClient } from "./control-client.ts";
import { kitText, stepLines } from "./kit-text.ts";
import { printable } from "./output.ts";

interface KitOptions extends ManagerOptions {
  readonly boot?: string;
  readonly out?: string;
  readonly force?: boolean;
}

export function kitCommand(): Command {
  return makeManagerCommand("kit", "everything that a VM's host needs to start it, with the steps and the traps", [
    "vm kit db-1",
    'vm kit db-1 --boot "6.12.9" --out kit-db-1',
    "vm kit db-1 --out kit-db-1 --force --json",
  ])
    .argument("<vm>", "its name or id")
    .option("--boot <set>", "id or label of the boot set (default: the newest approved one, or else the newest)")
    .option("--out <folder>", "write the files there instead")
    .option("--force", "write over files of the same names")
    .action((name: string, options: KitOptions) =>
      askManager(options, async (api, output) => {
        if (options.force === true && options.out === undefined) return output.refuse(failure("cli.usage", "--force belongs to --out"));
        const id = await findVm(api, name);
        if (!id.ok) return output.refuse(id.failure);
        const vm = await api.vms.get({ id: id.value });
        const kept = chooseBootSet(vm, options.boot);
        if (!kept.ok) return output.refuse(kept.failure);
        const kit = await api.kit.make({ vm: vm.id, bootSet: kept.value.id });
        if (!kit.bootSet.approved) output.note(`“${kit.bootSet.label}” is not approved: no launch with it gets a key yet.`);
        if (options.out === undefined) {
          output.answer(kit, () => kitText(kit));
          return 0;
        }
        const files = await filesOf(api, vm, kit);
        if (!files.ok) return output.refuse(files.failure);
        const written = writeKit(resolve(options.out), files.value, options.force === true);
        if (!written.ok) return output.refuse(written.failure);
        const { files: _texts, ...rest } = kit;
        output.answer({ ...rest, files: written.value }, () => [...written.value.map(printable), ...stepLines(kit)].join("\n"));
        return 0;
      }),
    );
}

/** By its id or label; of those that are in use where none is named. */
export function chooseBootSet({ bootSets }: VmDetail, which: string | undefined): Result<KeptBootSetView> {
  const inUse = bootSets.filter(({ retiredAt }) => retiredAt === undefined);
  const found =
    which === undefined
      ? (inUse.find(({ approvedAt }) => approvedAt !== undefined) ?? inUse[0])
      : (bootSets.find(({ id }) => id === which) ??
        inUse.find(({ label }) => label === which) ??
        bootSets.find(({ label }) => label === which));
  return found === undefined ? fail(failure("kit.no-boot-set", which)) : ok(found);
}

interface NamedFile {
  readonly name: string;
  readonly content: string | Uint8Array;
}

/** The kit's texts, and the configuration disk where the plan wants one: of the very configuration whose digest the kit has. */
async function filesOf(api: ManagerClient, vm: VmDetail, kit: KitView): Promise<Result<readonly NamedFile[]>> {
  const texts = kit.files.map(({ name, text }) => ({ name, content: text }));
  if (vm.hostPlan?.delivery !== "config-disk") return ok(texts);
  const { name, base64 } = await api.configurations.image({ vm: vm.id, digest: kit.hostData, form: "config-disk" });
  const content = fromBase64(base64);
  return content === undefined ? fail(failure("cli.connection-lost")) : ok([...texts, { name, content }]);
}

/** All of them or none are begun; a file is there whole or not at all. @returns the files' paths. */
function writeKit(folder: string, files: readonly NamedFile[], force: boolean): Result<readonly string[]> {
  const targets = files.map((file) => ({ ...file, path: join(folder, file.name) }));
  for (const { name, path } of targets) {
    // SECURITY: the names are ours, but this writes where they say.
    if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/.test(name)) return fail(failure("files.unwritable", name));
    if (!force && existsSync(path)) return fail(failure("kit.file-exists", `${path}; --force writes over it`));
  }
  try {
    mkdirSync(folder, { recursive: true, mode: 0o755 });
    for (const { name, content, path } of targets) {
      const mode = name.endsWith(".sh") ? 0o755 : 0o644;
      if (!force) {
        writeFileSync(path, content, { flag: "wx", mode });
        continue;
      }
      // CRASH: a leftover .new file is taken away by the next --force; the old file is whole until the rename.
      rmSync(`${path}.new`, { force: true });
      writeFileSync(`${path}.new`, content, { flag: "wx", mode });
      renameSync(`${path}.new`, path);
    }
    return ok(targets.map(({ path }) => path));
  } catch (cause) {
    return fail(failure(isSystemError(cause, "EEXIST") ? "kit.file-exists" : "files.unwritable", folder, cause));
  }
}
