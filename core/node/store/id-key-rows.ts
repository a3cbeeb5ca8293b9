// How does what is known of a signing key become a row, and a row that again? As record-rows.ts: what is not exactly what we write is
// damage.
import { z } from "zod";
import { canonicalJson, parseJson } from "../../base/json.ts";
import { idKeyPurposes, type IdKeyRecord } from "../../manager/id-key-records.ts";

export interface IdKeyRow {
  readonly name: string;
  readonly created_at: number;
  readonly record: string;
}

export function idKeyRow({ name, purpose, createdAt, imported, publicKey }: IdKeyRecord): IdKeyRow {
  return { name, created_at: createdAt, record: canonicalJson({ name, purpose, createdAt, imported, publicKey }) };
}

/** @returns undefined where the row is damaged. */
export function idKeyFrom(row: IdKeyRow): IdKeyRecord | undefined {
  const read = shape.safeParse(jsonFrom(row.record));
  return read.success && read.data.name === row.name && read.data.createdAt === row.created_at ? read.data : undefined;
}

function jsonFrom(text: string): unknown {
  try {
    const json = parseJson(text);
    return canonicalJson(json) === text ? json : undefined;
  } catch {
    return undefined;
  }
}

const shape = z.strictObject({
  name: z.string(),
  purpose: z.enum(idKeyPurposes),
  createdAt: z.int(),
  imported: z.boolean(),
  publicKey: z.string().regex(/^[0-9a-f]{192}$/),
});
