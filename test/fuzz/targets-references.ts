// Fuzz targets for what other owners send: signed reference values as DSSE and as CoRIM, and the signatures and statements in them.
import { parseEcdsaDer } from "../../core/appraise/reference-values/ecdsa-der.ts";
import { encodeEcdsaDer } from "../../core/base/ecdsa-der.ts";
import { parseEnvelope, verifyEnvelope } from "../../core/appraise/reference-values/envelope.ts";
import {
  readReferences,
  verifyReferences,
  withReferences,
  type VerifiedReferences,
} from "../../core/appraise/reference-values/references.ts";
import { encodeStatement, parseStatement } from "../../core/appraise/reference-values/statement.ts";
import { parsePolicy } from "../../core/appraise/policy-parser.ts";
import { standardPreset } from "../../core/appraise/presets.ts";
import { must } from "../../core/base/result.ts";
import { nodePrimitives } from "../../core/node/primitives.ts";
import {
  at,
  digest384,
  envelopeOf,
  firmwareOnly,
  measurement,
  owner,
  payloadOf,
  reference,
  signedCorim,
  unsignedCorim,
} from "../appraise/reference-values/kit.ts";
import { mutateBytes, mutateWith } from "./mutate-bytes.ts";
import { mutateDer } from "./mutate-der.ts";
import { mutateJson } from "./mutate-json.ts";
import { pattern } from "./seeds.ts";
import { expectSame, expectThat, isOneOf, outcomeOf, parsed, type Target } from "./target.ts";

const payload = payloadOf(reference, firmwareOnly);
// Signatures differ from run to run, and seeds must not: their bytes are fixed here.
const envelopes = [payload, payloadOf(reference)].map((body) => withFixedSignature(envelopeOf(body)));

const dsse: Target = {
  name: "dsse",
  seeds: envelopes,
  mutate: mutateWith(mutateJson),
  examine: (input) =>
    outcomeOf(parseEnvelope(input), (envelope) => {
      expectThat(envelope.signatures.length > 0, "an envelope without a signature");
      if (isOneOf(16, input)) expectThat(!verifyEnvelope(envelope, owner.key, nodePrimitives).ok, "a signature of nobody's verifies");
    }),
};

const statement: Target = {
  name: "reference-statement",
  seeds: [payload, payloadOf(reference)],
  mutate: mutateWith(mutateJson),
  examine: (input) =>
    outcomeOf(parseStatement(input), (read) => {
      const again = encodeStatement(read);
      expectSame("statement", encodeStatement(must(parseStatement(again))), again);
    }),
};

const ecdsaDer: Target = {
  name: "ecdsa-der",
  seeds: [pattern(96), new Uint8Array(96).fill(0xff), new Uint8Array(96)].map((signature) => encodeEcdsaDer(signature)),
  mutate: mutateWith(mutateDer),
  examine: (input) => {
    const read = parseEcdsaDer(input);
    if (read === undefined) return "refused";
    expectSame("signature", encodeEcdsaDer(read), input);
    return parsed;
  },
};

/** Either form, as `reference show` takes it: never verified, and whatever is taken can stand in a policy. */
const references: Target = {
  name: "references",
  seeds: [
    ...envelopes,
    unsignedCorim({ wrapped: true }),
    unsignedCorim({
      measurements: [measurement(641, [2, [[7, digest384]]], [11, "kernel"]), measurement(0, [1, 2])],
      validity: new Map([[1, at]]),
    }),
    withFixedSignature(signedCorim()),
  ],
  mutate: mutateWith(mutateBytes),
  examine: (input) =>
    outcomeOf(readReferences(input), (read) => {
      expectThat(read.values.length <= 256 && read.notTaken.every((line) => line.length <= 200), "more than can be shown");
      if (isOneOf(8, input)) expectThat(!verifyReferences(read, owner.key, at, nodePrimitives).ok, "what nobody signed is verified");
      // As if it had been verified: the types alone keep it from there.
      const wider = withReferences(standardPreset(), read as VerifiedReferences);
      const zero = read.values.some(({ digest }) => /^0+$/.test(digest));
      if (wider.ok && !zero) expectThat(parsePolicy(wider.value).ok, "a value that no policy takes");
    }),
};

export const referenceTargets: readonly Target[] = [dsse, statement, ecdsaDer, references];

/** The same bytes in every run, and a signature of nobody's. */
function withFixedSignature(bytes: Uint8Array): Uint8Array {
  const text = Buffer.from(bytes).toString("latin1");
  const sig = /"sig":"([^"]*)"/.exec(text)?.[1];
  if (sig === undefined) return new Uint8Array(Buffer.concat([bytes.subarray(0, bytes.length - 96), pattern(96)]));
  return new Uint8Array(Buffer.from(text.replace(sig, Buffer.from(encodeEcdsaDer(pattern(96))).toString("base64")), "latin1"));
}
