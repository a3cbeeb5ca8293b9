// May an owner use these reference values? A file of either form, and the one key that its owner named: read, verified, and still valid.
// Only what was verified can go into a policy. Never a key from the file, and nothing of a file that nobody signed.
import type { Brand } from "../../base/brand.ts";
import type { Instant } from "../../base/clock.ts";
import type { Primitives } from "../../base/crypto.ts";
import { failure } from "../../base/failure.ts";
import { fail, ok, type Result } from "../../base/result.ts";
import { spkiOf, type P384Point } from "../../snp/id-block.ts";
import type { AppraisalPolicy } from "../policy.ts";
import type { ReferenceValue } from "../policy-demands.ts";
import { parseCorim, type Corim } from "./corim.ts";
import { parseEnvelope, verifyEnvelope, type Envelope } from "./envelope.ts";
import { parseStatement, type ReferenceStatement } from "./statement.ts";

export type References = {
  readonly values: readonly ReferenceValue[];
  readonly notTaken: readonly string[];
} & (
  | { readonly form: "dsse"; readonly envelope: Envelope; readonly statement: ReferenceStatement }
  | { readonly form: "corim"; readonly corim: Corim }
);

export type VerifiedReferences = Brand<References, "VerifiedReferences">;

/** To be shown: whether anybody signed them is not known yet. */
export function readReferences(bytes: Uint8Array): Result<References> {
  // A JSON object, with or without white space before it; no CBOR of a CoRIM begins like that.
  return /^[\t\n\r ]*\{/.test(String.fromCharCode(...bytes.subarray(0, 64))) ? readStatement(bytes) : readCorim(bytes);
}

/** @param at when they are to be used. `reference.signature`, `reference.unsigned`, `reference.not-valid-now`. */
export function verifyReferences(read: References, key: P384Point, at: Instant, primitives: Primitives): Result<VerifiedReferences> {
  const verified = read.form === "dsse" ? verifyEnvelope(read.envelope, key, primitives) : verifyCorim(read.corim, key, at, primitives);
  return verified.ok ? ok(read as VerifiedReferences) : verified;
}

/** The same policy, accepting these measurements too. One that was waived is required from now on. `reference.nothing`. */
export function withReferences(policy: AppraisalPolicy, { values }: VerifiedReferences): Result<AppraisalPolicy> {
  const { measurement } = policy.checks;
  const known = "require" in measurement ? measurement.require : [];
  const more = values.filter(({ digest }) => known.every((one) => one.digest !== digest));
  if (more.length === 0)
    return fail(failure("reference.nothing", values.length === 0 ? undefined : "the policy accepts all of them already"));
  return ok({ ...policy, checks: { ...policy.checks, measurement: { require: [...known, ...more] } } });
}

function readStatement(bytes: Uint8Array): Result<References> {
  const envelope = parseEnvelope(bytes);
  if (!envelope.ok) return envelope;
  const statement = parseStatement(envelope.value.payload);
  if (!statement.ok) return statement;
  const values = statement.value.values.map(({ measurement, label }) => ({ digest: measurement, label: labelOf(label) }));
  return ok({ form: "dsse", envelope: envelope.value, statement: statement.value, values, notTaken: [] });
}

function readCorim(bytes: Uint8Array): Result<References> {
  const corim = parseCorim(bytes);
  if (!corim.ok) return corim;
  const { values, notTaken } = corim.value;
  return ok({ form: "corim", corim: corim.value, values, notTaken });
}

function verifyCorim({ signed, validity }: Corim, key: P384Point, at: Instant, primitives: Primitives): Result<true> {
  if (signed === undefined) return fail(failure("reference.unsigned"));
  if (!primitives.verifyP384(spkiOf(key), signed.covered, signed.signature)) return fail(failure("reference.signature"));
  const seconds = at / 1_000;
  const outside = validity.some(({ from, until }) => (from !== undefined && seconds < from) || (until !== undefined && seconds > until));
  return outside ? fail(failure("reference.not-valid-now")) : ok(true);
}

/** As a policy takes it: one line, no longer than it may be. */
function labelOf(label: string): string {
  return (
    label
      .slice(0, maximumLabel)
      .replaceAll(/\p{Surrogate}/gu, "?")
      .trim() || "signed reference value"
  );
}

const maximumLabel = 100;
