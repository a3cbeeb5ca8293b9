// `portcullis id-key`: the owner's P-384 keys that sign ID blocks, ID keys and reference values. Private keys stay in the manager's
// keychain; what is printed or written here is public.
import { resolve } from "node:path";
import type { Command } from "commander";
import { idKeyPurpose, type IdKeyPurpose, type IdKeyView } from "../api/id-key-schemas.ts";
import { failure } from "../base/failure.ts";
import { fail, ok, type Result } from "../base/result.ts";
import { utf8 } from "../base/utf8.ts";
import { writeAtomically } from "../node/files.ts";
import { askManager, makeGroup, makeManagerCommand, type ManagerOptions } from "./command.ts";
import { askAtTerminal, noTerminal } from "./at-terminal.ts";
import { policyForKeyCommand } from "./id-key-policy.ts";
import { type ExitCode, type Output, printable } from "./output.ts";

interface PurposeOptions extends ManagerOptions {
  readonly purpose: string;
}

interface ExportOptions extends ManagerOptions {
  readonly out?: string;
}

interface DeleteOptions extends ManagerOptions {
  readonly reason: string;
  readonly confirm?: string;
}

export function idKeyCommand(): Command {
  const command = makeGroup("id-key", "keys that sign ID blocks and reference values", [
    "id-key create image-2026 --purpose id",
    "id-key list",
    "id-key policy image-2026 --vm db-1 > db-1.json",
  ]);
  for (const one of [
    createCommand(),
    listCommand(),
    showCommand(),
    exportCommand(),
    importCommand(),
    deleteCommand(),
    policyForKeyCommand(),
  ])
    command.addCommand(one);
  return command;
}

function createCommand(): Command {
  return makeManagerCommand("create", "make a fresh key in the keychain", [
    "id-key create image-2026 --purpose id",
    "id-key create owner --purpose author",
    "id-key create releases --purpose reference",
  ])
    .argument("<name>", "what you call it: small letters, digits, hyphens")
    .requiredOption("--purpose <purpose>", purposeText)
    .action((name: string, options: PurposeOptions) =>
      askManager(options, async (api, output) => {
        const purpose = purposeOf(options.purpose);
        if (!purpose.ok) return output.refuse(purpose.failure);
        return answer(output, await api.idKeys.create({ name, purpose: purpose.value }));
      }),
    );
}

function importCommand(): Command {
  return makeManagerCommand("import", "take a P-384 private key that exists; the file stays where it is", [
    "id-key import image-2026 id-key.pem --purpose id",
  ])
    .argument("<name>", "what you call it: small letters, digits, hyphens")
    .argument("<file>", "PEM without a passphrase, on the manager's machine")
    .requiredOption("--purpose <purpose>", purposeText)
    .action((name: string, file: string, options: PurposeOptions) =>
      askManager(options, async (api, output) => {
        const purpose = purposeOf(options.purpose);
        if (!purpose.ok) return output.refuse(purpose.failure);
        return answer(output, await api.idKeys.import({ name, purpose: purpose.value, path: resolve(file) }));
      }),
    );
}

function listCommand(): Command {
  return makeManagerCommand("list", "list the keys, newest first", ["id-key list", "id-key list --json"]).action(
    (options: ManagerOptions) =>
      askManager(options, async (api, output) => {
        const keys = await api.idKeys.list({});
        output.answer(keys, () => (keys.length === 0 ? "There is no key yet." : keys.map(keyLine).join("\n")));
        return 0;
      }),
  );
}

function showCommand(): Command {
  return makeManagerCommand("show", "show a key: its digests, and which VMs name it", ["id-key show image-2026"])
    .argument("<name>", "the key")
    .action((name: string, options: ManagerOptions) =>
      askManager(options, async (api, output) => answer(output, await api.idKeys.publicKey({ name }))),
    );
}

function exportCommand(): Command {
  return makeManagerCommand("export", "print the public key as PEM; a private key is never exported", [
    "id-key export releases > releases.pub.pem",
    "id-key export releases --out releases.pub.pem",
  ])
    .argument("<name>", "the key")
    .option("--out <file>", "write it there instead")
    .action((name: string, { out, ...options }: ExportOptions) =>
      askManager(options, async (api, output) => {
        const key = await api.idKeys.publicKey({ name });
        if (out !== undefined) {
          const written = writeAtomically(out, utf8(key.publicKey), { replace: true });
          if (!written.ok) return output.refuse(written.failure);
        }
        output.answer(key, () => (out === undefined ? key.publicKey.trimEnd() : printable(`Written to ${out}.`)));
        return 0;
      }),
    );
}

function deleteCommand(): Command {
  return makeManagerCommand("delete", "delete a key for ever; refused while a VM's plan or policy names it", [
    'id-key delete image-2025 --reason "replaced by image-2026"',
    'id-key delete image-2025 --reason "replaced" --confirm image-2025',
  ])
    .argument("<name>", "the key")
    .requiredOption("--reason <text>", "why; it goes into the audit log")
    .option("--confirm <name>", "the name again, where nobody can be asked")
    .action((name: string, { reason, confirm, ...options }: DeleteOptions) =>
      askManager(options, async (api, output) => {
        const typed = confirm === undefined ? await askForName(name, output) : ok(confirm);
        if (!typed.ok) return output.refuse(typed.failure);
        await api.idKeys.remove({ name, confirm: typed.value, reason });
        output.answer({ name, deleted: true }, () => printable(`The key ${name} is gone. Blocks that it signed stay valid.`));
        return 0;
      }),
    );
}

async function askForName(name: string, output: Output): Promise<Result<string>> {
  const nobody = noTerminal(output, "--confirm NAME");
  if (nobody !== undefined) return fail(nobody);
  return ok(await askAtTerminal(`To delete it for ever, type the name of the key (${printable(name)}): `));
}

function purposeOf(text: string): Result<IdKeyPurpose> {
  const purpose = idKeyPurpose.safeParse(text);
  return purpose.success ? ok(purpose.data) : fail(failure("cli.usage", `--purpose is ${idKeyPurpose.options.join(", ")}`));
}

function answer(output: Output, key: IdKeyView): ExitCode {
  output.answer(key, () =>
    [
      keyLine(key),
      `  digest in reports  ${key.keyDigest}`,
      `  key id             ${key.keyId}`,
      ...(key.imported ? ["  It was imported: whoever made it may have it too."] : []),
    ].join("\n"),
  );
  return 0;
}

function keyLine({ name, purpose, createdAt, usedBy }: IdKeyView): string {
  return printable(`${name}  ${purpose}  ${createdAt}  ${usedBy.length === 0 ? "not used" : `used by ${usedBy.join(", ")}`}`);
}

const purposeText = "id (signs ID blocks), author (signs ID keys) or reference (signs reference values)";
