// What do the consoles see of ID keys, author keys and keys that sign reference values? Names, public keys and digests.
// No shape here can hold a private key: none leaves the keychain but for the length of one signature.
import { z } from "zod";
import { hex, time, uuid } from "./shapes.ts";

/** As in a file name, because it becomes one, and an account of the keychain. */
export const idKeyName = z.string().regex(/^[a-z0-9][a-z0-9-]{0,31}$/);

/** id: signs ID blocks. author: signs ID keys. reference: signs reference values for other owners. */
export const idKeyPurpose = z.enum(["id", "author", "reference"]);

export const idKeyView = z.strictObject({
  name: idKeyName,
  purpose: idKeyPurpose,
  createdAt: time,
  /** Made elsewhere: somebody else may have it too. */
  imported: z.boolean(),
  /** ID_KEY_DIGEST or AUTHOR_KEY_DIGEST of a report: SHA-384 over AMD's form of the key. */
  keyDigest: hex(48),
  /** SHA-256 of its SubjectPublicKeyInfo: the key id in signed reference values. */
  keyId: hex(32),
  /** SubjectPublicKeyInfo, PEM. */
  publicKey: z.string(),
  /** Names of VMs whose plan or policy names it: it is not deleted while there is one. */
  usedBy: z.array(z.string()),
});

export const idKeyQuestion = z.strictObject({ name: idKeyName, purpose: idKeyPurpose });

/** @see core/kit/id-block.ts for what is taken where nothing is given. */
export const idBlockQuestion = z.strictObject({
  vm: uuid,
  /** Id of one of the VM's boot sets. */
  bootSet: uuid,
  idKey: idKeyName,
  authorKey: idKeyName.optional(),
  familyId: hex(16).optional(),
  imageId: hex(16).optional(),
  guestSvn: z.number().int().min(0).max(0xffff_ffff).optional(),
  /** POLICY; the VM's plan says it where it is not given. */
  guestPolicy: z
    .string()
    .regex(/^0x[0-9a-f]{1,16}$/)
    .optional(),
});

export const idBlockView = z.strictObject({
  /** 96 bytes, base64, as QEMU's `id-block` and libvirt's `idBlock` take it. */
  block: z.string(),
  /** 4096 bytes, base64, as `id-auth` and `idAuth`. */
  auth: z.string(),
  /** Whether an author key signed the ID key: `author-key-enabled`. */
  authorKey: z.boolean(),
  measurement: hex(48),
  familyId: hex(16),
  imageId: hex(16),
  guestSvn: z.number().int(),
  guestPolicy: z.string(),
  idKeyDigest: hex(48),
  authorKeyDigest: hex(48).optional(),
});

export const referenceQuestion = z.strictObject({ vm: uuid, key: idKeyName });

export const referenceExportView = z.strictObject({
  /** A DSSE envelope over an in-toto Statement, JSON. */
  envelope: z.string(),
  keyId: hex(32),
  values: z.array(z.strictObject({ label: z.string(), measurement: hex(48) })),
});

export type IdKeyView = z.infer<typeof idKeyView>;
export type IdKeyPurpose = z.infer<typeof idKeyPurpose>;
export type IdBlockQuestion = z.infer<typeof idBlockQuestion>;
export type IdBlockView = z.infer<typeof idBlockView>;
