// Are ID blocks what published ones are, and does each signature cover what it must?
import { generateKeyPairSync, sign, type KeyObject } from "node:crypto";
import { describe, expect, test } from "vitest";
import { must } from "../../core/base/result.ts";
import { nodePrimitives } from "../../core/node/primitives.ts";
import {
  encodeIdAuth,
  encodeIdBlock,
  idAuthLength,
  keyDigest,
  keyStructure,
  parseIdAuth,
  parseIdBlock,
  spkiOf,
  verifyIdAuth,
} from "../../core/snp/id-block.ts";
import { needsVectors, vector } from "../kit/vectors.ts";

interface Pair {
  readonly point: Uint8Array;
  readonly sign: (message: Uint8Array) => Uint8Array;
}

function makePair(): Pair {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "secp384r1" });
  const point = new Uint8Array(publicKey.export({ format: "der", type: "spki" }).subarray(-96));
  return { point, sign: (message) => signed(privateKey, message) };
}

function signed(key: KeyObject, message: Uint8Array): Uint8Array {
  return new Uint8Array(sign("sha384", message, { key, dsaEncoding: "ieee-p1363" }));
}

const block = encodeIdBlock({
  launchDigest: new Uint8Array(48).fill(0xd1),
  familyId: new Uint8Array(16).fill(0xfa),
  imageId: new Uint8Array(16).fill(0x1d),
  guestSvn: 7,
  policy: 0x3_0000n,
});
const [id, author] = [makePair(), makePair()];
const auth = encodeIdAuth({
  idKey: id.point,
  idBlockSignature: id.sign(block),
  author: { key: author.point, signature: author.sign(keyStructure(id.point)) },
});

describe("a published ID authentication block", needsVectors(), () => {
  test("is read and written byte by byte; its author signed its ID key; its parts are the published signatures", () => {
    const bytes = vector("id-block", "test_auth_block.bin");
    const parsed = must(parseIdAuth(bytes));
    expect(encodeIdAuth(parsed)).toEqual(bytes);
    const { author: by, idKey } = parsed;
    expect(by !== undefined && nodePrimitives.verifyP384(spkiOf(by.key), keyStructure(idKey), by.signature)).toBe(true);
    expect(bytes.slice(0x40, 0x240)).toEqual(vector("id-block", "test_id_sig.bin"));
    expect(bytes.slice(0x680, 0x880)).toEqual(vector("id-block", "test_auth_sig.bin"));
  });
});

test("what is written is read again", () => {
  expect(encodeIdBlock(must(parseIdBlock(block)))).toEqual(block);
  expect(encodeIdAuth(must(parseIdAuth(auth)))).toEqual(auth);
  const alone = encodeIdAuth({ idKey: id.point, idBlockSignature: id.sign(block), author: undefined });
  expect(must(parseIdAuth(alone)).author).toBeUndefined();
  expect(verifyIdAuth(must(parseIdAuth(alone)), block, nodePrimitives)).toEqual({ ok: true, value: true });
});

test("the ID key covers every byte of the block, and the author key the ID key", () => {
  const parsed = must(parseIdAuth(auth));
  expect(verifyIdAuth(parsed, block, nodePrimitives)).toEqual({ ok: true, value: true });
  for (let at = 0; at < block.length; at += 5) {
    const other = block.slice();
    other[at] = (other[at] ?? 0) ^ 1;
    expect(verifyIdAuth(parsed, other, nodePrimitives)).toMatchObject({ ok: false, failure: { code: "snp.id-block-signature" } });
  }
  const stranger = { ...parsed, author: { key: author.point, signature: author.sign(block) } };
  expect(verifyIdAuth(stranger, block, nodePrimitives)).toMatchObject({ ok: false, failure: { code: "snp.id-key-signature" } });
});

test("digests of keys differ, and are over the structure that the report names", () => {
  expect(keyDigest(id.point, nodePrimitives)).toEqual(nodePrimitives.digest("sha384", keyStructure(id.point)));
  expect(keyDigest(id.point, nodePrimitives)).not.toEqual(keyDigest(author.point, nodePrimitives));
  expect(keyStructure(id.point)).toHaveLength(0x404);
});

describe("what is not exactly one is refused", () => {
  test.each<[string, (bytes: Uint8Array) => void]>([
    ["another algorithm", (bytes) => bytes.set([2], 0)],
    ["another author algorithm", (bytes) => bytes.set([2], 4)],
    ["reserved bytes", (bytes) => bytes.set([1], 0x20)],
    ["reserved bytes after the ID key", (bytes) => bytes.set([1], 0x650)],
    ["reserved bytes at the end", (bytes) => bytes.set([1], idAuthLength - 1)],
    ["another curve", (bytes) => bytes.set([1], 0x240)],
    ["a longer coordinate", (bytes) => bytes.set([1], 0x240 + 4 + 50)],
    ["a longer scalar", (bytes) => bytes.set([1], 0x40 + 50)],
    ["bytes after a signature", (bytes) => bytes.set([1], 0x40 + 300)],
    ["an author key that is not announced", (bytes) => bytes.set([0], 4)],
  ])("%s", (_, change) => {
    const bytes = auth.slice();
    change(bytes);
    expect(parseIdAuth(bytes)).toMatchObject({ ok: false, failure: { code: "snp.id-block-malformed" } });
  });

  test("other lengths, and another version", () => {
    for (const bytes of [auth.slice(1), new Uint8Array(0)]) expect(parseIdAuth(bytes).ok).toBe(false);
    const other = block.slice();
    other[0x50] = 2;
    for (const bytes of [block.slice(1), new Uint8Array(97), other])
      expect(parseIdBlock(bytes)).toMatchObject({ ok: false, failure: { code: "snp.id-block-malformed" } });
  });
});
