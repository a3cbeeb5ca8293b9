// What does a manager do for a launch whose certificates and lists it has met before? From bytes, through what it remembers, to a verified report:
// the report's own P-384, dates, pins, names, revocation and all fields are judged each time.
import { verifyReport, type VerifiedReport, type VerifyInput } from "../../core/appraise/verify.ts";
import type { Primitives } from "../../core/base/crypto.ts";
import { must } from "../../core/base/result.ts";
import type { RawEndorsements } from "../../core/endorse/endorsements.ts";
import { rememberingPrimitives } from "../../core/endorse/remembered.ts";
import { ParsedEndorsements } from "../../core/manager/parsed.ts";
import { nodePrimitives } from "../../core/node/primitives.ts";

export class WarmManager {
  readonly #input: VerifyInput;
  readonly #raw: RawEndorsements;
  readonly #parsed = new ParsedEndorsements(nodePrimitives);
  readonly #primitives: Primitives;

  constructor(input: VerifyInput, primitives: Primitives = nodePrimitives) {
    const { vek, issuers, crls } = input.endorsements;
    this.#input = input;
    this.#raw = { vek: vek.der, issuers: issuers.map(({ der }) => der), crls: crls.map(({ der }) => der) };
    this.#primitives = rememberingPrimitives(primitives);
  }

  /** @throws where the report is not genuine: a bench never measures a refusal. */
  verify(vek: Uint8Array = this.#raw.vek): VerifiedReport {
    const endorsements = must(this.#parsed.endorsements({ ...this.#raw, vek }));
    const verification = verifyReport({ ...this.#input, endorsements, primitives: this.#primitives });
    if (!verification.genuine) throw new Error(verification.failures.map(({ code }) => code).join(" "));
    return verification.report;
  }
}

/** A manager that so many chips have launched with once; each call is a launch of the chip that this round falls to. */
export function managerOfChips(input: VerifyInput, chips: number): (round: number) => VerifiedReport {
  const vek = input.endorsements.vek.der;
  const veks = Array.from({ length: chips }, (_, chip) => variant(vek, chip));
  let filling = true;
  // Once filled, anything that was not remembered is asked for real, and is not genuine.
  const manager = new WarmManager(input, {
    ...nodePrimitives,
    verifyPss384: (...asked) => filling || nodePrimitives.verifyPss384(...asked),
  });
  for (const one of veks) manager.verify(one);
  filling = false;
  return (round) => manager.verify(veks[round % chips] ?? vek);
}

/** The same certificate with another signature: the last bytes of its DER. */
function variant(der: Uint8Array, chip: number): Uint8Array {
  const other = der.slice();
  new DataView(other.buffer).setUint32(other.length - 4, chip);
  return other;
}
