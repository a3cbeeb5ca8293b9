// What does the audit log say of signing keys? Names, purposes and digests of public keys, and for every signed ID block what it admits and
// why it was signed.
import type { AuditFacts } from "../audit/entry.ts";
import { fromHex, toHex } from "../base/bytes.ts";
import type { Primitives } from "../base/crypto.ts";
import { keyDigest, parseIdBlock, type P384Point } from "../snp/id-block.ts";
import type { IdKeyRecord } from "./id-key-records.ts";
import type { KeptBootSet, VmRecord } from "./records.ts";

export function keyAddedFacts(key: IdKeyRecord, primitives: Primitives, keychain: string): AuditFacts {
  const { name, purpose, imported } = key;
  return { kind: "id-key-added", facts: { key: name, purpose, imported, keyDigest: digestOf(key, primitives), keychain } };
}

export function keyRemovedFacts(key: IdKeyRecord, reason: string, primitives: Primitives): AuditFacts {
  return { kind: "id-key-removed", facts: { key: key.name, purpose: key.purpose, keyDigest: digestOf(key, primitives), reason } };
}

export interface BlockSigned {
  readonly vm: VmRecord;
  readonly bootSet: KeptBootSet;
  /** 96 bytes. */
  readonly block: Uint8Array;
  readonly idKey: IdKeyRecord;
  readonly authorKey: IdKeyRecord | undefined;
  /** approval: the boot set is approved. person: a person of the approve role asked for it. */
  readonly by: "approval" | "person";
}

export function blockSignedFacts({ vm, bootSet, block, idKey, authorKey, by }: BlockSigned, primitives: Primitives): AuditFacts {
  const parsed = parseIdBlock(block);
  if (!parsed.ok) throw new Error("a block of ours that cannot be read");
  const { launchDigest, familyId, imageId, guestSvn, policy } = parsed.value;
  return {
    kind: "id-block-signed",
    facts: {
      vm: vm.id,
      name: vm.name,
      bootSet: bootSet.id,
      label: bootSet.label,
      by,
      measurement: toHex(launchDigest),
      familyId: toHex(familyId),
      imageId: toHex(imageId),
      guestSvn,
      guestPolicy: `0x${policy.toString(16)}`,
      idKey: idKey.name,
      idKeyDigest: digestOf(idKey, primitives),
      ...(authorKey === undefined ? {} : { authorKey: authorKey.name, authorKeyDigest: digestOf(authorKey, primitives) }),
    },
  };
}

export function pointOf({ publicKey }: IdKeyRecord): P384Point {
  const point = fromHex(publicKey);
  if (point?.length !== 96) throw new Error("a recorded key that is no point");
  return point;
}

/** ID_KEY_DIGEST or AUTHOR_KEY_DIGEST of a report, hex. */
export function digestOf(key: IdKeyRecord, primitives: Primitives): string {
  return toHex(keyDigest(pointOf(key), primitives));
}
