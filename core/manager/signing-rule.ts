// What may the owner's keys sign for an approved boot set without a person who may approve? Only what a person has said already: the names that follow from
// the VM and its files, or that its policy demands, and keys that no other VM's policy relies on alone. SECURITY: a plan is set by whoever may operate.
import { toHex } from "../base/bytes.ts";
import type { Primitives } from "../base/crypto.ts";
import { failure, type Failure } from "../base/failure.ts";
import type { Demand } from "../appraise/policy-reader.ts";
import { familyOf, imageOf } from "../kit/id-block.ts";
import { parseIdBlock } from "../snp/id-block.ts";
import { digestOf, type BlockSigned } from "./id-key-facts.ts";
import type { VmRecord } from "./records.ts";

/** @returns `id-block.not-demanded`, naming the first part that needs a person. */
export function unaskedFault(signed: BlockSigned, vms: readonly VmRecord[], primitives: Primitives): Failure | undefined {
  const { vm, bootSet, block, idKey, authorKey } = signed;
  const { checks } = vm.policy;
  const fault = (part: string): Failure => failure("id-block.not-demanded", part);
  const read = parseIdBlock(block);
  if (!read.ok) return read.failure;
  const { familyId, imageId, guestSvn } = read.value;
  if (!isSaid(toHex(familyId), familyOf(vm.id), checks.familyId)) return fault("FAMILY_ID");
  if (!isSaid(toHex(imageId), imageOf(bootSet.set, primitives), checks.imageId)) return fault("IMAGE_ID");
  // A higher one would outlive the day on which the owner raises what the policy demands.
  if (guestSvn > ("require" in checks.guestSvn ? checks.guestSvn.require.minimum : 0)) return fault(`GUEST_SVN ${guestSvn}`);
  const others = vms.filter(({ id }) => id !== vm.id);
  const isOthers = (key: string, check: "idKeyDigest" | "authorKeyDigest"): boolean =>
    !isDemanded(key, checks[check]) && others.some(({ policy }) => isDemanded(key, policy.checks[check]));
  if (isOthers(digestOf(idKey, primitives), "idKeyDigest")) return fault(`ID key ${idKey.name}`);
  if (authorKey !== undefined && isOthers(digestOf(authorKey, primitives), "authorKeyDigest")) return fault(`author key ${authorKey.name}`);
  return undefined;
}

function isSaid(hex: string, own: Uint8Array | undefined, demand: Demand<readonly string[]>): boolean {
  return (own !== undefined && toHex(own) === hex) || isDemanded(hex, demand);
}

function isDemanded(hex: string, demand: Demand<readonly string[]>): boolean {
  return "require" in demand && demand.require.includes(hex);
}
