// Does every shared vector give the verdict that is expected of it? Walks over the files, not over a list: a report, a certificate or an
// expectation that has no counterpart fails, and so does a report for which no verdict stands here.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { presets } from "../../core/appraise/presets.ts";
import type { Product } from "../../core/snp/product.ts";
import { missingVectors, needsVectors, vector, vectors } from "../kit/vectors.ts";
import { codesOf, failedIn, judged, published, today, vlekDay } from "../mistakes/kit.ts";

interface Expected {
  readonly name: string;
  readonly signatureValid: boolean;
  readonly reportSha256: string;
  readonly vekSha256: string;
}

interface Verdict {
  /** When its certificate was good. */
  readonly at?: number;
  /** Of a version 2 report, which names none. */
  readonly stated?: Product;
  /** Why it is not genuine; none where it is. */
  readonly codes: readonly string[];
  /** What the standard preset refuses of a genuine one, besides what binds it to an enrolment (its configuration). */
  readonly refused: readonly string[];
}

/** None of them is simulated, so none is refused for that; all carry somebody else's HOST_DATA. */
const verdicts: Readonly<Record<string, Verdict>> = {
  "milan-v2-debug": { stated: "Milan", codes: [], refused: ["guest-policy", "platform", "report-version"] },
  "milan-v2": { stated: "Milan", codes: [], refused: ["provisional-firmware", "platform", "report-version"] },
  "milan-v3": { codes: [], refused: [] },
  "genoa-v3": { codes: [], refused: [] },
  "turin-v5": { codes: [], refused: [] },
  "vlek-milan-v3-vmpl1": { at: vlekDay, codes: [], refused: ["signer", "provisional-firmware", "vmpl"] },
  "wrong-chip-milan-v3": {
    codes: ["appraise.report-signature", "appraise.vek-product", "appraise.chip-id", "endorse.vek-issuer"],
    refused: [],
  },
  "forged-vcek-milan-v2": {
    stated: "Milan",
    codes: ["appraise.report-signature", "appraise.vek-tcb", "appraise.chip-id", "endorse.vek-signature"],
    refused: [],
  },
};

const files = missingVectors() ? [] : readdirSync(vectors("reports"));
const expected = missingVectors() ? [] : (JSON.parse(readFileSync(vectors("reports", "expected.json"), "utf8")) as Expected[]);
const names = files.filter((file) => file.endsWith(".report.bin")).map((file) => file.slice(0, -".report.bin".length));

describe("the published reports", needsVectors(), () => {
  test("each file is a report, its certificate, or the expectations; none is without the others or without a verdict", () => {
    const paired = names.flatMap((name) => [`${name}.report.bin`, `${name}.vek.der`]);
    expect(files.toSorted()).toEqual(["expected.json", ...paired].toSorted());
    expect(expected.map(({ name }) => name).toSorted()).toEqual(names.toSorted());
    expect(Object.keys(verdicts).toSorted()).toEqual(names.toSorted());
  });

  test.each(expected)("$name has the bytes that were published", ({ name, reportSha256, vekSha256 }) => {
    const digest = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
    expect(digest(vector("reports", `${name}.report.bin`))).toBe(reportSha256);
    expect(digest(vector("reports", `${name}.vek.der`))).toBe(vekSha256);
  });

  test.each(names)("%s", (name) => {
    const verdict = verdicts[name];
    if (verdict === undefined) throw new Error(`no verdict for ${name}`);
    const input = published(name, verdict.at ?? today, verdict.stated);
    expect(codesOf(input)).toEqual(verdict.codes);
    expect(verdict.codes.length === 0).toBe(expected.find((one) => one.name === name)?.signatureValid);
    if (verdict.codes.length > 0) return;
    const { checks, ...policy } = presets.standard.policy({});
    // The vectors come without a list; that one is needed is asked elsewhere.
    const waived = { ...policy, checks: { ...checks, revocation: { waived: "no list is published with the vectors" } } };
    expect(failedIn(judged(input, waived)).filter((id) => id !== "configuration")).toEqual(verdict.refused);
  });
});
