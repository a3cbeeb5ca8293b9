// Valid signatures are remembered, and nothing else: what is asked of the port below, how often, and what no memory may change.
import { beforeAll, expect, test } from "vitest";
import { verifyReport } from "../../core/appraise/verify.ts";
import { rememberingPrimitives } from "../../core/endorse/remembered.ts";
import { nodePrimitives } from "../../core/node/primitives.ts";
import { verifyInput } from "../appraise/kit.ts";
import type { VerifyInput } from "../../core/appraise/verify.ts";
import type { Primitives } from "../../core/base/crypto.ts";

type Signed = readonly [spki: Uint8Array, message: Uint8Array, signature: Uint8Array];
let input: VerifyInput;
let signed: Signed;

beforeAll(async () => {
  input = await verifyInput();
  const { vek, issuers } = input.endorsements;
  const ask = issuers.find(({ subjectName }) => subjectName === vek.issuerName);
  signed = [ask?.spki ?? new Uint8Array(), vek.tbs, vek.signature];
});

test("a second use is not asked for", () => {
  const { primitives, asked } = counted();
  const remembering = rememberingPrimitives(primitives);
  for (let round = 0; round < 3; round++) expect(remembering.verifyPss384(...signed)).toBe(true);
  expect(asked.pss).toBe(1);
});

test("a flipped bit anywhere misses, and is found invalid", () => {
  const { primitives, asked } = counted();
  const remembering = rememberingPrimitives(primitives);
  remembering.verifyPss384(...signed);
  let flips = 0;
  for (const [part, bytes] of signed.entries()) {
    // Every bit of every 37th byte, the first and the last among them.
    for (const at of [...Array(bytes.length).keys()].filter((byte) => byte % 37 === 0 || byte === bytes.length - 1)) {
      for (let bit = 0; bit < 8; bit++) {
        const [spki, message, signature] = signed.map((other, index) => (index === part ? flipped(other, at, bit) : other));
        // A flip in the key's algorithm may leave the key as it is: then OpenSSL says so, and not the memory.
        const fresh = nodePrimitives.verifyPss384(spki ?? bytes, message ?? bytes, signature ?? bytes);
        expect(remembering.verifyPss384(spki ?? bytes, message ?? bytes, signature ?? bytes)).toBe(fresh);
        flips++;
      }
    }
  }
  expect(asked.pss).toBe(1 + flips);
});

test("the same bytes, split elsewhere, are another question", () => {
  const { primitives, asked } = counted();
  const remembering = rememberingPrimitives(primitives);
  const [spki, message, signature] = signed;
  remembering.verifyPss384(...signed);
  const whole = Uint8Array.of(...spki, ...message, ...signature);
  const cut = spki.length + message.length;
  expect(remembering.verifyPss384(spki, whole.subarray(spki.length, cut - 1), whole.subarray(cut - 1))).toBe(false);
  expect(remembering.verifyPss384(whole.subarray(0, spki.length + 1), whole.subarray(spki.length + 1, cut), signature)).toBe(false);
  expect(asked.pss).toBe(3);
});

test("a question longer than any before it, and a short one after it, are each their own", () => {
  let asked = 0;
  const remembering = rememberingPrimitives({ ...nodePrimitives, verifyPss384: () => ++asked > 0 });
  const [spki, message, signature] = signed;
  const long = new Uint8Array(10_000).fill(7);
  const questions = [long, long.subarray(0, 4_000), message, message.subarray(0, 40), new Uint8Array(), long.with(9_999, 8)];
  for (let round = 0; round < 2; round++) for (const one of questions) remembering.verifyPss384(spki, one, signature);
  expect(asked).toBe(questions.length);
});

test("what does not hold is asked every time, and pushes nothing out", () => {
  const { primitives, asked } = counted();
  const remembering = rememberingPrimitives(primitives, 1);
  const [spki, message, signature] = signed;
  remembering.verifyPss384(...signed);
  for (let round = 0; round < 5; round++) expect(remembering.verifyPss384(spki, message, flipped(signature, round, 0))).toBe(false);
  expect(asked.pss).toBe(6);
  expect(remembering.verifyPss384(...signed)).toBe(true);
  expect(asked.pss).toBe(6);
});

test("a port that says no today is believed tomorrow: no negative answer stays", () => {
  let says = false;
  const remembering = rememberingPrimitives({ ...nodePrimitives, verifyPss384: () => says });
  expect(remembering.verifyPss384(...signed)).toBe(false);
  says = true;
  expect(remembering.verifyPss384(...signed)).toBe(true);
});

test("bytes that change after they were asked about do not change what is remembered", () => {
  const remembering = rememberingPrimitives(nodePrimitives);
  const [spki, message, signature] = signed;
  const changing = message.slice();
  expect(remembering.verifyPss384(spki, changing, signature)).toBe(true);
  changing[9] = (changing[9] ?? 0) ^ 1;
  expect(remembering.verifyPss384(spki, changing, signature)).toBe(false);
});

test("bounded: at the limit the one that was not used for the longest is asked again", async () => {
  const { primitives, asked } = counted();
  const remembering = rememberingPrimitives(primitives, 2);
  const [ark] = (await verifyInput()).endorsements.issuers.filter(({ subject, issuer }) => Buffer.compare(subject, issuer) === 0);
  const [crl] = input.endorsements.crls;
  if (ark === undefined || crl === undefined) throw new Error("no root or no list");
  const three: readonly Signed[] = [signed, [ark.spki, ark.tbs, ark.signature], [ark.spki, crl.tbs, crl.signature]];
  for (const one of three) expect(remembering.verifyPss384(...one)).toBe(true);
  expect(asked.pss).toBe(3);
  for (const one of three.slice(1)) remembering.verifyPss384(...one);
  expect(asked.pss).toBe(3);
  remembering.verifyPss384(...signed);
  expect(asked.pss).toBe(4);
});

test("a report's own signature is asked about every time; dates, pins and revocation are judged anew", async () => {
  const { primitives, asked } = counted();
  const remembering = { ...input, primitives: rememberingPrimitives(primitives) };
  expect(verifyReport(remembering).genuine).toBe(true);
  expect(verifyReport(remembering).genuine).toBe(true);
  expect(asked).toEqual({ p384: 2, pss: 4 });
  expect(codesOf({ ...remembering, at: Date.UTC(2080, 0) })).toContain("endorse.certificate-expired");
  expect(codesOf({ ...remembering, anchors: { kind: "simulated", ark: {} } })).toEqual(["endorse.product-not-anchored"]);
  const { endorsements } = await verifyInput({ crl: "ask-revoked" });
  const revoked = { ...remembering, endorsements: { ...input.endorsements, crls: endorsements.crls } };
  expect(codesOf(revoked)).toEqual(["endorse.issuer-revoked"]);
});

function codesOf(asked: VerifyInput): string[] {
  const verification = verifyReport(asked);
  return verification.genuine ? [] : verification.failures.map(({ code }) => code);
}

function flipped(bytes: Uint8Array, at: number, bit: number): Uint8Array {
  const other = bytes.slice();
  other[at] = (other[at] ?? 0) ^ (1 << bit);
  return other;
}

function counted() {
  const asked = { p384: 0, pss: 0 };
  const primitives: Primitives = {
    ...nodePrimitives,
    verifyP384(...question) {
      asked.p384++;
      return nodePrimitives.verifyP384(...question);
    },
    verifyPss384(...question) {
      asked.pss++;
      return nodePrimitives.verifyPss384(...question);
    },
  };
  return { asked, primitives };
}
