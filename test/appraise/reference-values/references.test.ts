// Do verified reference values, and only they, go into a policy, as nothing but more measurements?
import { describe, expect, test } from "vitest";
import {
  readReferences,
  verifyReferences,
  withReferences,
  type VerifiedReferences,
} from "../../../core/appraise/reference-values/references.ts";
import { policyDifference } from "../../../core/appraise/policy-difference.ts";
import { parsePolicy } from "../../../core/appraise/policy-parser.ts";
import { standardPreset } from "../../../core/appraise/presets.ts";
import { concat } from "../../../core/base/bytes.ts";
import { must } from "../../../core/base/result.ts";
import { utf8 } from "../../../core/base/utf8.ts";
import { nodePrimitives } from "../../../core/node/primitives.ts";
import { at, envelopeOf, firmwareOnly, owner, payloadOf, reference, signedCorim, stranger } from "./kit.ts";

const verified = (bytes: Uint8Array): VerifiedReferences =>
  must(verifyReferences(must(readReferences(bytes)), owner.key, at, nodePrimitives));
const bytes = envelopeOf(payloadOf(reference, firmwareOnly));
const [first, second] = [
  { digest: reference.measurement, label: reference.label },
  { digest: firmwareOnly.measurement, label: firmwareOnly.label },
];

describe("which form a file has", () => {
  test("JSON, also after white space, is DSSE; anything else is CBOR", () => {
    expect(must(readReferences(bytes)).form).toBe("dsse");
    expect(must(readReferences(concat(utf8("\r\n\t "), bytes))).form).toBe("dsse");
    expect(must(readReferences(signedCorim())).form).toBe("corim");
  });

  test("neither is refused", () => {
    for (const other of ["", "{}", "-----BEGIN CERTIFICATE-----", "\u{feff}{}"])
      expect(readReferences(utf8(other))).toMatchObject({ failure: { code: "reference.malformed" } });
  });
});

describe("into a policy", () => {
  test("beside what it accepts, and nothing else changes", () => {
    const before = standardPreset({ measurements: [{ digest: "11".repeat(48), label: "mine" }] });
    const after = must(withReferences(before, verified(bytes)));
    expect(after.checks.measurement).toEqual({ require: [{ digest: "11".repeat(48), label: "mine" }, first, second] });
    expect(must(parsePolicy(after))).toEqual(after);
    expect(policyDifference(before, after)).toMatchObject([{ field: "measurement", direction: "looser" }]);
  });

  test("what is accepted already keeps its label", () => {
    const before = standardPreset({ measurements: [{ ...first, label: "mine" }] });
    expect(must(withReferences(before, verified(bytes))).checks.measurement).toEqual({ require: [{ ...first, label: "mine" }, second] });
  });

  test("a waived check is required from now on", () => {
    const before = standardPreset();
    expect("waived" in before.checks.measurement).toBe(true);
    const after = must(withReferences(before, verified(bytes)));
    expect(after.checks.measurement).toEqual({ require: [first, second] });
    expect(policyDifference(before, after)).toMatchObject([{ direction: "stricter" }]);
  });

  test("where there is nothing new, nothing changes", () => {
    const before = standardPreset({ measurements: [first, second] });
    expect(withReferences(before, verified(bytes))).toMatchObject({ failure: { code: "reference.nothing" } });
    const empty = verified(signedCorim({ measurements: [] }));
    expect(withReferences(before, empty)).toMatchObject({ failure: { code: "reference.nothing" } });
  });

  test("a label is cut to what a policy takes", () => {
    const long = verified(envelopeOf(payloadOf({ ...reference, label: `${"x".repeat(99)}\u{1f511}${"y".repeat(80)}` })));
    expect(must(parsePolicy(must(withReferences(standardPreset(), long)))).checks.measurement).toMatchObject({
      require: [{ label: `${"x".repeat(99)}?` }],
    });
  });

  test("not what another key signed", () => {
    const theirs = must(readReferences(envelopeOf(payloadOf(reference), stranger)));
    expect(verifyReferences(theirs, owner.key, at, nodePrimitives)).toMatchObject({ failure: { code: "reference.signature" } });
  });
});
