// `portcullis id-block`: a signed ID block for a VM's boot set, and, without any manager, what an ID block says and whether it would be
// taken. Only the options of the check are here; id-block-run.ts answers.
import type { Command } from "commander";
import type { IdBlockQuestion, IdBlockView } from "../api/id-key-schemas.ts";
import type { KeptBootSetView } from "../api/boot-schemas.ts";
import type { VmDetail } from "../api/schemas.ts";
import { failure } from "../base/failure.ts";
import { fail, ok, type Result } from "../base/result.ts";
import { askManager, findVm, makeCommand, makeGroup, makeManagerCommand, type ManagerOptions, offlineOutput } from "./command.ts";
import type { ManagerClient } from "./control-client.ts";
import type { CheckOptions } from "./id-block-run.ts";
import { svnOf } from "./id-key-policy.ts";
import { type ExitCode, type Output, printable } from "./output.ts";

interface MakeOptions extends ManagerOptions {
  readonly vm: string;
  readonly boot: string;
  readonly idKey: string;
  readonly authorKey?: string;
  readonly familyId?: string;
  readonly imageId?: string;
  readonly guestSvn?: string;
  readonly policy?: string;
  readonly out?: string;
}

export function idBlockCommand(): Command {
  const command = makeGroup("id-block", "make and check signed ID blocks", [
    "id-block make --vm db-1 --boot 6.12.9 --id-key image-2026 --out kit",
    "id-block check --block kit/id-block.bin --auth kit/id-auth.bin",
  ]);
  command.addCommand(makeBlockCommand());
  command.addCommand(checkCommand());
  return command;
}

function makeBlockCommand(): Command {
  return makeManagerCommand("make", "sign an ID block: whoever has it may launch this image under your key", [
    "id-block make --vm db-1 --boot 6.12.9 --id-key image-2026 --out kit",
    "id-block make --vm db-1 --boot 6.12.9 --id-key image-2026 --author-key owner --guest-svn 3 --json",
  ])
    .requiredOption("--vm <vm>", "its name or id")
    .requiredOption("--boot <label>", "the label or id of one of its boot sets")
    .requiredOption("--id-key <name>", "the key that signs the block")
    .option("--author-key <name>", "the key that signs the ID key")
    .option("--family-id <hex>", "FAMILY_ID, 16 bytes (default: the VM's UUID)")
    .option("--image-id <hex>", "IMAGE_ID, 16 bytes (default: from the digests of the boot files)")
    .option("--guest-svn <number>", "GUEST_SVN: raise it when older images must not start any more (default 0)")
    .option("--policy <hex>", "the guest policy of the launch (default: the plan's)")
    .option("--out <folder>", "write id-block and id-auth there, as bytes (.bin) and as base64 (.txt)")
    .action((options: MakeOptions) => askManager(options, (api, output) => make(api, output, options)));
}

function checkCommand(): Command {
  return makeCommand("check", "who signed this ID block, and would a host's firmware take it? Exit 1 where not", [
    "id-block check --block id-block.bin --auth id-auth.bin",
    "id-block check --block block.txt --auth auth.txt --measurement HEX --policy 0x30000 --id-key image-2026.pub.pem",
  ])
    .requiredOption("--block <file>", "the ID block: 96 bytes, or their base64")
    .requiredOption("--auth <file>", "its authentication: 4096 bytes, or their base64")
    .option("--measurement <hex>", "the launch measurement that it must be for, 48 bytes")
    .option("--policy <hex>", "the guest policy that it must be for, such as 0x30000")
    .option("--id-key <file>", "the public key, PEM, that must have signed it")
    .action(async (options: CheckOptions) => {
      const { check } = await import("./id-block-run.ts");
      process.exitCode = check(options, offlineOutput(options));
    });
}

async function make(api: ManagerClient, output: Output, options: MakeOptions): Promise<ExitCode> {
  const id = await findVm(api, options.vm);
  if (!id.ok) return output.refuse(id.failure);
  const bootSet = bootSetOf(await api.vms.get({ id: id.value }), options.boot);
  if (!bootSet.ok) return output.refuse(bootSet.failure);
  const svn = svnOf(options.guestSvn);
  if (!svn.ok) return output.refuse(svn.failure);
  const { authorKey, familyId, imageId, policy } = options;
  const question: IdBlockQuestion = {
    vm: id.value,
    bootSet: bootSet.value.id,
    idKey: options.idKey,
    ...(authorKey === undefined ? {} : { authorKey }),
    ...(familyId === undefined ? {} : { familyId: familyId.toLowerCase() }),
    ...(imageId === undefined ? {} : { imageId: imageId.toLowerCase() }),
    ...(svn.value === undefined ? {} : { guestSvn: svn.value }),
    ...(policy === undefined ? {} : { guestPolicy: `0x${policy.toLowerCase().replace(/^0x/, "")}` }),
  };
  const signed = await api.idKeys.signBlock(question);
  if (options.out !== undefined) {
    const { writeBlock } = await import("./id-block-run.ts");
    const written = writeBlock(options.out, signed);
    if (!written.ok) return output.refuse(written.failure);
  }
  output.answer(signed, () => madeText(signed, options.out));
  return 0;
}

/** By its id or its label; among equal labels the one that is not retired. */
function bootSetOf({ bootSets }: VmDetail, name: string): Result<KeptBootSetView> {
  const named = bootSets.filter(({ id, label }) => id === name || label === name);
  const current = named.filter(({ retiredAt }) => retiredAt === undefined);
  const [first, ...others] = current.length > 0 ? current : named;
  if (first === undefined) return fail(failure("kit.no-boot-set", name));
  return others.length === 0 ? ok(first) : fail(failure("cli.usage", `${others.length + 1} boot sets are labelled ${name}: give the id`));
}

function madeText(signed: IdBlockView, folder: string | undefined): string {
  return [
    `Measurement  ${signed.measurement}`,
    `Guest policy ${signed.guestPolicy}, GUEST_SVN ${signed.guestSvn}`,
    `FAMILY_ID    ${signed.familyId}`,
    `IMAGE_ID     ${signed.imageId}`,
    `ID key       ${signed.idKeyDigest}`,
    ...(signed.authorKeyDigest === undefined ? [] : [`Author key   ${signed.authorKeyDigest}`]),
    "",
    ...(folder === undefined
      ? [`id-block=${signed.block}`, `id-auth=${signed.auth}`]
      : [printable(`Written to ${folder}: id-block.bin, id-auth.bin, id-block.txt, id-auth.txt.`)]),
    ...(signed.authorKey ? ["Launch with author-key-enabled=on."] : []),
  ].join("\n");
}
