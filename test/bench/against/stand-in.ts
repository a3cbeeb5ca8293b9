// Another verifier, for the tests of the comparison: node:crypto alone, no code of ours. A module with verify(), and a command with four files.
// It pins no root and knows no list: good for nothing but being compared with.
import { verify as verifySignature, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";

interface Inputs {
  readonly report: Uint8Array;
  readonly vek: Uint8Array;
  readonly ask: Uint8Array;
  readonly ark: Uint8Array;
}

export function verify({ report, vek, ask, ark }: Inputs): boolean {
  const [leaf, issuer, top] = [vek, ask, ark].map((der) => new X509Certificate(der));
  if (leaf === undefined || issuer === undefined || top === undefined) return false;
  if (!leaf.verify(issuer.publicKey) || !issuer.verify(top.publicKey) || !top.verify(top.publicKey)) return false;
  const half = (at: number): Uint8Array => report.slice(at, at + 48).reverse();
  const signature = Buffer.concat([half(0x2a0), half(0x2e8)]);
  return verifySignature("sha384", report.subarray(0, 0x2a0), { key: leaf.publicKey, dsaEncoding: "ieee-p1363" }, signature);
}

export function later(inputs: Inputs): Promise<boolean> {
  return Promise.resolve(verify(inputs));
}

export function throwing(inputs: Inputs): boolean {
  if (!verify(inputs)) throw new Error("not genuine");
  return true;
}

export const yesToAll = (): boolean => true;
export const noToAll = (): boolean => false;
export const noAnswer = (): string => "yes";
/** The chain is never looked at. */
export function reportAlone({ report, vek }: Inputs): boolean {
  const half = (at: number): Uint8Array => report.slice(at, at + 48).reverse();
  const key = { key: new X509Certificate(vek).publicKey, dsaEncoding: "ieee-p1363" } as const;
  return verifySignature("sha384", report.subarray(0, 0x2a0), key, Buffer.concat([half(0x2a0), half(0x2e8)]));
}

if (import.meta.main) {
  const [report, vek, ask, ark] = process.argv.slice(2).map((file) => new Uint8Array(readFileSync(file)));
  const given = report !== undefined && vek !== undefined && ask !== undefined && ark !== undefined;
  process.exitCode = given && verify({ report, vek, ask, ark }) ? 0 : 1;
}
