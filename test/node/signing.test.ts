// Are the owner's signatures what two other implementations take, and is a scalar that is no private key refused, at both ends of the
// range?
import { p384 } from "@noble/curves/nist.js";
import { describe, expect, test } from "vitest";
import { fromHex, toHex } from "../../core/base/bytes.ts";
import { utf8 } from "../../core/base/utf8.ts";
import { nodePrimitives } from "../../core/node/primitives.ts";
import { nodeSigning } from "../../core/node/signing.ts";
import { spkiOf } from "../../core/snp/id-block.ts";

/** RFC 6979, A.2.6. */
const known = {
  scalar: bytes("6b9d3dad2e1b8c1c05b19875b6659f4de23c3b667bf297ba9aa47740787137d896d5724e4c70a825f872c9ea60d2edf5"),
  x: "ec3a4e415b4e19a4568618029f427fa5da9a8bc4ae92e02e06aae5286b300c64def8f0ea9055866064a254515480bc13",
  y: "8015d9b72d7d57244ea8ef9ac0c621896708a59367f9dfb9f54ca84b3f1c9db1288b231c3ae0d4fe7344fd2533264720",
  /** SHA-384 over "sample", with the nonce of that RFC. */
  r: "94edbb92a5ecb8aad4736e56c691916b3f88140666ce9fa73d64c4ea95ad133c81a648152e44acf96e36dd1e80fabe46",
  s: "99ef4aeb15f178cea1fe40db2603138f130e740a19624526203b6351d0a3a94fa329c145786e679e7b82c71a38628ac8",
};

const order = "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973";

describe("a private key", () => {
  test("has the public key that is published for it, and the one that noble has", () => {
    const point = nodeSigning.publicKeyP384(known.scalar);
    expect(toHex(point ?? new Uint8Array(0))).toBe(known.x + known.y);
    expect(p384.getPublicKey(known.scalar, false).slice(1)).toEqual(point);
  });

  test.each([
    ["zero", "00".repeat(48)],
    ["the order", order],
    ["above the order", "ff".repeat(48)],
    ["too short", "01".repeat(47)],
    ["too long", `${"00".repeat(48)}01`],
    ["nothing", ""],
  ])("is not %s", (_, scalar) => {
    expect(nodeSigning.publicKeyP384(bytes(scalar))).toBeUndefined();
    expect(() => nodeSigning.signP384(bytes(scalar), utf8("sample"))).toThrow("private key");
  });

  test.each([
    ["1", `${"00".repeat(47)}01`],
    ["the order less 1", `${order.slice(0, -2)}72`],
    ["one with zeros in front", `${"00".repeat(24)}${"5a".repeat(24)}`],
  ])("is %s", (_, scalar) => {
    const point = nodeSigning.publicKeyP384(bytes(scalar)) ?? new Uint8Array(0);
    expect(point).toEqual(p384.getPublicKey(bytes(scalar), false).slice(1));
    const signature = nodeSigning.signP384(bytes(scalar), utf8("sample"));
    expect(nodePrimitives.verifyP384(spkiOf(point), utf8("sample"), signature)).toBe(true);
  });
});

describe("a signature", () => {
  test("is taken by node:crypto and by noble, differs each time, and covers the message", () => {
    const message = utf8("sample");
    const [first, second] = [nodeSigning.signP384(known.scalar, message), nodeSigning.signP384(known.scalar, message)];
    expect(first).toHaveLength(96);
    expect(first).not.toEqual(second);
    const point = nodeSigning.publicKeyP384(known.scalar) ?? new Uint8Array(0);
    for (const signature of [first, second, bytes(known.r + known.s)]) {
      expect(nodePrimitives.verifyP384(spkiOf(point), message, signature)).toBe(true);
      expect(p384.verify(signature, message, Uint8Array.of(4, ...point), { lowS: false })).toBe(true);
      expect(nodePrimitives.verifyP384(spkiOf(point), utf8("other"), signature)).toBe(false);
    }
  });

  test("does not change or keep the scalar", () => {
    const scalar = known.scalar.slice();
    nodeSigning.signP384(scalar, utf8("sample"));
    expect(scalar).toEqual(known.scalar);
  });
});

function bytes(hex: string): Uint8Array {
  const read = fromHex(hex);
  if (read === undefined) throw new Error("not hex");
  return read;
}
