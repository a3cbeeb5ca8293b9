// What does it cost to know that a report is genuine, beside the one signature check that nobody can save? Certificates are parsed before; their
// chain and the revocation list are verified in every call, as the product does.
import { createPublicKey, verify } from "node:crypto";
import { verifyReport } from "../../core/appraise/verify.ts";
import { signedLength } from "../../core/snp/report.ts";
import { verifyInput } from "../appraise/kit.ts";
import { figure, ratio, type Report, timed } from "./figures.ts";

export async function benchVerify(rounds: number): Promise<Report> {
  const input = await verifyInput();
  const { reportBytes, endorsements } = input;
  const key = createPublicKey({ key: Buffer.from(endorsements.vek.spki), format: "der", type: "spki" });
  const message = reportBytes.subarray(0, signedLength);
  const signature = p1363(reportBytes);
  const whole: number[] = [];
  const bare: number[] = [];
  for (let round = -warmUp; round < rounds; round++) {
    let genuine = false;
    const took = timed(() => (genuine = verifyReport(input).genuine));
    let holds = false;
    const floor = timed(() => (holds = verify("sha384", message, { key, dsaEncoding: "ieee-p1363" }, signature)));
    if (!genuine || !holds) throw new Error("the bench's report is not genuine");
    if (round < 0) continue;
    whole.push(took);
    bare.push(floor);
  }
  return {
    title: `Verify a report (${rounds} rounds, one after the other)`,
    ratios: [ratio("verifyReport / bare P-384 verify", whole, bare)],
    figures: [figure("verifyReport", whole), figure("bare P-384 verify", bare)],
    notes: [
      "verifyReport: one P-384, four RSA-4096 signatures (root, issuer, VEK, revocation list), all fields; certificates parsed before.",
    ],
  };
}

/** r and s lie in the report little endian, 72 bytes each. AMD 56860, signature format. */
function p1363(report: Uint8Array): Uint8Array {
  const half = (at: number): Uint8Array => report.slice(at, at + 48).reverse();
  return Uint8Array.of(...half(signedLength), ...half(signedLength + 72));
}

const warmUp = 50;
