// What does it cost to know that a report is genuine, beside the one signature check that nobody can save, and what does a policy add? By the
// manager's own path: what was read and what was found valid before is remembered; everything else is judged in every round.
import { createPublicKey, verify } from "node:crypto";
import type { PerLine, TcbFloor } from "../../core/appraise/policy-demands.ts";
import type { PolicyChecks } from "../../core/appraise/policy.ts";
import type { CheckResult } from "../../core/appraise/result.ts";
import { bindReport, type BoundReport, verifyReport, type VerifyInput } from "../../core/appraise/verify.ts";
import { toHex } from "../../core/base/bytes.ts";
import type { Primitives } from "../../core/base/crypto.ts";
import { must } from "../../core/base/result.ts";
import { rememberingPrimitives } from "../../core/endorse/remembered.ts";
import type { RawEndorsements } from "../../core/endorse/endorsements.ts";
import { ParsedEndorsements } from "../../core/manager/parsed.ts";
import { nodePrimitives } from "../../core/node/primitives.ts";
import { signedLength } from "../../core/snp/report.ts";
import type { Tcb } from "../../core/snp/tcb.ts";
import { appraiseWith, reportData, verifyInput } from "../appraise/kit.ts";
import { figure, ratio, type Report, timed } from "./figures.ts";

export async function benchVerify(rounds: number): Promise<Report> {
  const input = await verifyInput();
  const raw = rawOf(input);
  const appraised = appraisals(input, rounds);
  const few = new WarmManager(input, raw, fewChips);
  const many = new WarmManager(input, raw, manyChips);
  const key = createPublicKey({ key: Buffer.from(input.endorsements.vek.spki), format: "der", type: "spki" });
  const message = input.reportBytes.subarray(0, signedLength);
  const signature = p1363(input.reportBytes);
  const times = { bare: [] as number[], few: [] as number[], many: [] as number[], signatures: [] as number[] };
  for (let round = -warmUp; round < rounds; round++) {
    let holds = false;
    const bare = timed(() => (holds = verify("sha384", message, { key, dsaEncoding: "ieee-p1363" }, signature)));
    const atFew = timed(() => few.verify((round + warmUp) * stride));
    const atMany = timed(() => many.verify((round + warmUp) * stride));
    const signatures = timed(() => verifyReport(input));
    if (!holds) throw new Error("the bench's report is not genuine");
    if (round < 0) continue;
    times.bare.push(bare);
    times.few.push(atFew);
    times.many.push(atMany);
    times.signatures.push(signatures);
  }
  return {
    title: `Verify a report (${rounds} rounds, one after the other)`,
    ratios: [
      ratio("warm verification / bare P-384 verify (at most 1.20)", times.few, times.bare),
      ratio(`${manyChips} chips cached / ${fewChips} (at most about 1)`, times.many, times.few),
      ratio("all signatures anew / bare P-384 verify", times.signatures, times.bare),
    ],
    figures: [
      figure(`warm verification, ${fewChips} chips cached`, times.few),
      figure(`warm verification, ${manyChips} chips cached`, times.many),
      figure("all signatures anew, certificates parsed before", times.signatures),
      figure("bare P-384 verify", times.bare),
      figure("appraisal with a full policy (at most 0.100)", appraised),
    ],
    notes: [
      "warm: chain and list from bytes through what the manager remembers; the report's P-384, dates, pins, names, revocation, all fields.",
      "The cached chips are one chip's certificate with as many different signatures, put into the memory as if they had been valid.",
    ],
  };
}

function appraisals(input: VerifyInput, rounds: number): number[] {
  const verification = verifyReport(input);
  if (!verification.genuine) throw new Error("the bench's report is not genuine");
  const bound = must(bindReport(verification.report, reportData));
  const checks = everything(bound);
  const times: number[] = [];
  for (let round = -warmUp; round < rounds; round++) {
    let failed: readonly CheckResult[] = [];
    const took = timed(() => (failed = appraiseWith(bound, { checks }).checks));
    failed = failed.filter(({ verdict }) => verdict === "fail");
    if (failed.length > 0) throw new Error(failed.map(({ id, verdict, actual }) => `${id} ${verdict} ${actual}`).join(", "));
    if (round >= 0) times.push(took);
  }
  return times;
}

/** Every check requires something that this report has; only an author key, which it has not, stays waived. */
function everything({ report, product, tcb }: BoundReport): Partial<PolicyChecks> {
  const floor = (of: Tcb): { require: PerLine<TcbFloor> } => {
    const { bootloader, tee, snp, microcode } = of;
    return { require: { [product]: { bootloader, tee, snp, microcode } } };
  };
  return {
    measurement: { require: [{ digest: toHex(report.measurement), label: "this one" }] },
    chipId: { require: [toHex(report.chipId)] },
    idKeyDigest: { require: [toHex(report.idKeyDigest)] },
    familyId: { require: [toHex(report.familyId)] },
    imageId: { require: [toHex(report.imageId)] },
    guestSvn: { require: { minimum: 0 } },
    reportedTcb: floor(tcb.reported),
    committedTcb: floor(tcb.committed),
    currentTcb: floor(tcb.current),
    launchTcb: floor(tcb.launch),
    firmware: { require: { [product]: { current: "0.0.0", committed: "0.0.0" } } },
    mitigations: { require: { [product]: { launch: "0x0", current: "0x0" } } },
  };
}

/** What a manager has in memory after so many chips have launched once. */
class WarmManager {
  readonly #input: VerifyInput;
  readonly #raw: RawEndorsements;
  readonly #veks: readonly Uint8Array[];
  readonly #parsed = new ParsedEndorsements(nodePrimitives);
  readonly #primitives: Primitives;

  constructor(input: VerifyInput, raw: RawEndorsements, chips: number) {
    let filling = true;
    this.#input = input;
    this.#raw = raw;
    this.#veks = Array.from({ length: chips }, (_, chip) => variant(raw.vek, chip));
    // Once filled, anything that was not remembered is asked for real, and is not genuine.
    const filled: Primitives = { ...nodePrimitives, verifyPss384: (...asked) => filling || nodePrimitives.verifyPss384(...asked) };
    this.#primitives = rememberingPrimitives(filled);
    for (let chip = 0; chip < chips; chip++) this.verify(chip);
    filling = false;
  }

  verify(round: number) {
    const vek = this.#veks[round % this.#veks.length] ?? this.#raw.vek;
    const endorsements = must(this.#parsed.endorsements({ ...this.#raw, vek }));
    const verification = verifyReport({ ...this.#input, endorsements, primitives: this.#primitives });
    if (!verification.genuine) throw new Error(verification.failures.map(({ code }) => code).join(" "));
    return verification.report;
  }
}

function rawOf({ endorsements: { vek, issuers, crls } }: VerifyInput): RawEndorsements {
  return { vek: vek.der, issuers: issuers.map(({ der }) => der), crls: crls.map(({ der }) => der) };
}

/** The same certificate with another signature: the last bytes of its DER. */
function variant(der: Uint8Array, chip: number): Uint8Array {
  const other = der.slice();
  new DataView(other.buffer).setUint32(other.length - 4, chip);
  return other;
}

/** r and s lie in the report little endian, 72 bytes each. AMD 56860, signature format. */
function p1363(report: Uint8Array): Uint8Array {
  const half = (at: number): Uint8Array => report.slice(at, at + 48).reverse();
  return Uint8Array.of(...half(signedLength), ...half(signedLength + 72));
}

const warmUp = 50;
const fewChips = 10;
const manyChips = 10_000;
/** So that one round's chip is not beside the last one's. */
const stride = 7_919;
