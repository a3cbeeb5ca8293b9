// What do an ID block and its authentication say, and would a host's firmware take them for this launch? Everything is looked at, so that
// one fault does not hide the others. It judges signatures and equality only: whether these keys are the owner's, the owner says.
import { equalBytes, fromBase64, toHex } from "../base/bytes.ts";
import type { Primitives } from "../base/crypto.ts";
import { failure, type Failure } from "../base/failure.ts";
import { ok, type Result } from "../base/result.ts";
import { fromUtf8 } from "../base/utf8.ts";
import { idAuthLength, idBlockLength, keyDigest, parseIdAuth, parseIdBlock, verifyIdAuth, type P384Point } from "../snp/id-block.ts";

export interface BlockExpectations {
  /** 48 bytes. */
  readonly measurement?: Uint8Array | undefined;
  readonly guestPolicy?: bigint | undefined;
  readonly idKey?: P384Point | undefined;
}

export interface BlockCheck {
  /** Hex. */
  readonly measurement: string;
  readonly familyId: string;
  readonly imageId: string;
  readonly guestSvn: number;
  readonly guestPolicy: string;
  /** As the report will show them; the author's only where the host launches with `author-key-enabled`. */
  readonly idKeyDigest: string;
  readonly authorKeyDigest?: string;
  /** None: the firmware would take them, and all that was expected holds. */
  readonly failures: readonly Failure[];
}

/** Fails only where the bytes are no ID block or no ID authentication. */
export function checkIdBlock(
  block: Uint8Array,
  auth: Uint8Array,
  { measurement, guestPolicy, idKey }: BlockExpectations,
  primitives: Primitives,
): Result<BlockCheck> {
  const parsed = parseIdBlock(block);
  if (!parsed.ok) return parsed;
  const signed = parseIdAuth(auth);
  if (!signed.ok) return signed;
  const { launchDigest, familyId, imageId, guestSvn, policy } = parsed.value;
  const { idKey: signer, author } = signed.value;
  const verified = verifyIdAuth(signed.value, block, primitives);
  const failures: Failure[] = verified.ok ? [] : [verified.failure];
  if (measurement !== undefined && !equalBytes(measurement, launchDigest))
    failures.push(failure("id-block.other-measurement", toHex(launchDigest)));
  if (guestPolicy !== undefined && guestPolicy !== policy) failures.push(failure("id-block.other-policy", `0x${policy.toString(16)}`));
  if (idKey !== undefined && !equalBytes(idKey, signer)) failures.push(failure("id-block.other-key"));
  return ok({
    measurement: toHex(launchDigest),
    familyId: toHex(familyId),
    imageId: toHex(imageId),
    guestSvn,
    guestPolicy: `0x${policy.toString(16)}`,
    idKeyDigest: toHex(keyDigest(signer, primitives)),
    ...(author === undefined ? {} : { authorKeyDigest: toHex(keyDigest(author.key, primitives)) }),
    failures,
  });
}

/** A file of either: the bytes themselves, or their base64, in lines or not. */
export function blockBytes(bytes: Uint8Array): Uint8Array {
  if (bytes.length === idBlockLength || bytes.length === idAuthLength) return bytes;
  const text = fromUtf8(bytes)?.replaceAll(/[ \t\r\n]/g, "");
  return (text === undefined ? undefined : fromBase64(text)) ?? bytes;
}
