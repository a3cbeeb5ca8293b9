// Which ID block admits a launch of this VM with this boot set, and did the right keys sign it? AMD 56860, SNP_LAUNCH_FINISH. LD and POLICY
// must be the launch's own, or the firmware refuses it; FAMILY_ID and IMAGE_ID are what the owner says. Holds no private key: signatures
// come from outside, and are verified.
import { concat, fromHex, isZero } from "../base/bytes.ts";
import type { Primitives } from "../base/crypto.ts";
import { failure } from "../base/failure.ts";
import { canonicalBytes } from "../base/json.ts";
import { fail, ok, type Result } from "../base/result.ts";
import { utf8 } from "../base/utf8.ts";
import type { BootSet } from "../measure/boot-set.ts";
import { parseGuestPolicy } from "../snp/guest-policy.ts";
import { encodeIdAuth, encodeIdBlock, keyStructure, parseIdAuth, verifyIdAuth, type IdAuth, type P384Point } from "../snp/id-block.ts";

export interface BlockChoices {
  /** Hex, 16 bytes; {@link familyOf} the VM where it is not given. */
  readonly familyId?: string | undefined;
  /** Hex, 16 bytes; {@link imageOf} the set where it is not given. */
  readonly imageId?: string | undefined;
  /** 0 where it is not given. */
  readonly guestSvn?: number | undefined;
  /** POLICY, "0x30000". */
  readonly guestPolicy: string;
}

/** The 96 bytes that are to be signed. `id-block.guest-policy`, `id-block.identity`, `measure.boot-set`. */
export function makeIdBlock(vm: string, set: BootSet, choices: BlockChoices, primitives: Primitives): Result<Uint8Array> {
  const launchDigest = fromHex(set.measurement);
  if (launchDigest?.length !== 48) return fail(failure("measure.boot-set"));
  const policy = /^0x[0-9a-f]{1,16}$/.test(choices.guestPolicy) ? BigInt(choices.guestPolicy) : 0n;
  if (!parseGuestPolicy(policy).ok) return fail(failure("id-block.guest-policy", choices.guestPolicy));
  const familyId = choices.familyId === undefined ? familyOf(vm) : fromHex(choices.familyId);
  if (familyId?.length !== 16 || isZero(familyId)) return fail(failure("id-block.identity", "FAMILY_ID"));
  const imageId = choices.imageId === undefined ? imageOf(set, primitives) : fromHex(choices.imageId);
  if (imageId?.length !== 16 || isZero(imageId)) return fail(failure("id-block.identity", "IMAGE_ID"));
  const guestSvn = choices.guestSvn ?? 0;
  if (!Number.isInteger(guestSvn) || guestSvn < 0 || guestSvn > 0xffff_ffff) return fail(failure("id-block.identity", "GUEST_SVN"));
  return ok(encodeIdBlock({ launchDigest, familyId, imageId, guestSvn, policy }));
}

/** ID_AUTH, 4096 bytes, verified before it leaves: a signature that is not its key's is found here, and not by a host's firmware. */
export function sealIdAuth(block: Uint8Array, signed: IdAuth, primitives: Primitives): Result<Uint8Array> {
  const auth = encodeIdAuth(signed);
  const read = parseIdAuth(auth);
  if (!read.ok) return read;
  const verified = verifyIdAuth(read.value, block, primitives);
  return verified.ok ? ok(auth) : verified;
}

/** FAMILY_ID of a VM that was given no other: its UUID, 16 bytes. @param vm the UUID in text. */
export function familyOf(vm: string): Uint8Array | undefined {
  return fromHex(vm.replaceAll("-", ""));
}

/**
 * IMAGE_ID of boot files that were given no other: the first 16 bytes of SHA-256 over "portcullis image v1" and the canonical JSON of the
 * SHA-256 of firmware, kernel and initrd and of the command line's text. The same files have the same one in every VM, whatever its vCPUs.
 */
export function imageOf({ firmware, direct }: BootSet, primitives: Primitives): Uint8Array {
  const files = {
    firmware: firmware.sha256,
    ...(direct === undefined ? {} : { kernel: direct.kernel.sha256, commandLine: direct.commandLine }),
    ...(direct?.initrd === undefined ? {} : { initrd: direct.initrd.sha256 }),
  };
  return primitives.digest("sha256", imageDomain, canonicalBytes(files)).slice(0, 16);
}

/** Names a block together with the keys that sign it: SHA-384, 48 bytes. */
export function signedBlockDigest(
  block: Uint8Array,
  idKey: P384Point,
  authorKey: P384Point | undefined,
  primitives: Primitives,
): Uint8Array {
  const author = authorKey === undefined ? new Uint8Array(0) : keyStructure(authorKey);
  return primitives.digest("sha384", concat(block, keyStructure(idKey), author));
}

const imageDomain = utf8("portcullis image v1");
