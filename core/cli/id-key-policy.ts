// `portcullis id-key policy`: what must a VM's policy say so that only launches with the owner's ID block get keys? Prints the policy that
// the VM has with these demands in place; it changes nothing: `vm set-policy` does, and shows the difference first.
import type { Command } from "commander";
import { policyFromText } from "../appraise/policy-text.ts";
import { policyYaml } from "../appraise/policy-yaml.ts";
import { withIdentity } from "../appraise/identity-demands.ts";
import { toHex } from "../base/bytes.ts";
import { failure } from "../base/failure.ts";
import { fail, ok, type Result } from "../base/result.ts";
import { familyOf } from "../kit/id-block.ts";
import { askManager, findVm, makeManagerCommand, type ManagerOptions } from "./command.ts";
import type { ManagerClient } from "./control-client.ts";
import type { ExitCode, Output } from "./output.ts";

interface PolicyOptions extends ManagerOptions {
  readonly vm: string;
  readonly authorKey?: string;
  readonly guestSvn?: string;
  readonly yaml?: boolean;
}

export function policyForKeyCommand(): Command {
  return makeManagerCommand("policy", "print the policy of a VM with the demand that this key signed its ID block", [
    "id-key policy image-2026 --vm db-1 > db-1.json",
    "id-key policy image-2026 --vm db-1 --author-key owner --guest-svn 3 --yaml",
  ])
    .argument("<name>", "a key of purpose id")
    .requiredOption("--vm <vm>", "its name or id")
    .option("--author-key <name>", "demand this author key too (default: the plan's)")
    .option("--guest-svn <number>", "demand a GUEST_SVN of at least this (default: the plan's)")
    .option("--yaml", "as YAML, with a comment on each field")
    .action((name: string, options: PolicyOptions) => askManager(options, (api, output) => policyFor(api, output, name, options)));
}

async function policyFor(api: ManagerClient, output: Output, name: string, options: PolicyOptions): Promise<ExitCode> {
  const id = await findVm(api, options.vm);
  if (!id.ok) return output.refuse(id.failure);
  const svn = svnOf(options.guestSvn);
  if (!svn.ok) return output.refuse(svn.failure);
  const vm = await api.vms.get({ id: id.value });
  const policy = policyFromText(vm.policy);
  if (!policy.ok) return output.refuse(policy.failure);
  const key = await api.idKeys.publicKey({ name });
  if (key.purpose !== "id") return output.refuse(failure("id-key.purpose", `${name}: ${key.purpose}`));
  const authorName = options.authorKey ?? vm.hostPlan?.authorKey;
  const author = authorName === undefined ? undefined : await api.idKeys.publicKey({ name: authorName });
  if (author !== undefined && author.purpose !== "author")
    return output.refuse(failure("id-key.purpose", `${author.name}: ${author.purpose}`));
  const family = familyOf(vm.id);
  const demanding = withIdentity(policy.value, {
    idKeyDigest: key.keyDigest,
    authorKeyDigest: author?.keyDigest,
    familyId: vm.hostPlan?.familyId ?? (family === undefined ? undefined : toHex(family)),
    // One that follows the boot files says nothing that the measurement does not say: it would only refuse the next kernel.
    imageId: vm.hostPlan?.imageId,
    guestSvn: svn.value ?? vm.hostPlan?.guestSvn,
  });
  output.answer(demanding, () => (options.yaml === true ? policyYaml(demanding) : JSON.stringify(demanding, undefined, 2)));
  return 0;
}

/** A whole number of 32 bits. */
export function svnOf(text: string | undefined): Result<number | undefined> {
  if (text === undefined) return ok(undefined);
  const number = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  return number <= 0xffff_ffff ? ok(number) : fail(failure("cli.usage", "--guest-svn is a whole number from 0 to 4294967295"));
}
