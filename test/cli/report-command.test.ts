// Does `portcullis report` answer as a script expects it? The program itself, over every shared vector: JSON through a pipe, several files after one
// option, and the exit code.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { missingVectors, needsVectors, vectors } from "../kit/vectors.ts";

interface Expected {
  readonly name: string;
  readonly product: string;
  readonly signatureValid: boolean;
  readonly fields: Readonly<Record<string, unknown>>;
}

const expected = missingVectors() ? [] : (JSON.parse(readFileSync(vectors("reports", "expected.json"), "utf8")) as Expected[]);

function report(...args: readonly string[]): { readonly code: number | null; readonly answer: Record<string, unknown> } {
  const { status, stdout } = spawnSync(process.execPath, [main, "report", ...args], { encoding: "utf8" });
  return { code: status, answer: JSON.parse(stdout) as Record<string, unknown> };
}

describe("portcullis report", needsVectors(), () => {
  test.each(expected)("verifies $name", ({ name, product, signatureValid }) => {
    const line = product.replace("VLEK-", "");
    const issuer = product === line ? `SEV-${line}` : `SEV-VLEK-${line}`;
    const chain = [issuer, `ARK-${line}`].map((ca) => vectors("amd-roots", `${ca}.der`));
    const at = product === line ? "2026-11-24T00:00:00Z" : "2025-06-01T00:00:00Z";
    const vek = vectors("reports", `${name}.vek.der`);
    const { code, answer } = report("verify", vectors("reports", `${name}.report.bin`), "--vek", vek, "--chain", ...chain, "--at", at);
    expect(answer).toMatchObject({ genuine: signatureValid, product: line, signer: product === line ? "vcek" : "vlek" });
    expect(answer["failures"]).toHaveLength(signatureValid ? 0 : (answer["failures"] as readonly unknown[]).length || 1);
    expect(code).toBe(signatureValid ? 0 : 1);
  });

  test.each(["2026-02-31T00:00:00Z", "2026-02-01T24:00:00Z", "2026-02-01", "now"])("refuses the instant %s", (at) => {
    const [name, ca] = [vectors("reports", "milan-v3.report.bin"), vectors("amd-roots", "ARK-Milan.der")];
    const { code, answer } = report("verify", name, "--vek", ca, "--chain", ca, "--at", at);
    expect(answer).toMatchObject({ failure: { code: "cli.usage" } });
    expect(code).toBe(2);
  });

  test.each(expected)("decodes $name", ({ name, fields }) => {
    const { code, answer } = report("decode", vectors("reports", `${name}.report.bin`));
    const { version, vmpl, guestSvn, measurement, hostData, reportData, chipId, reportId, currentVersion } = fields;
    expect(answer).toMatchObject({ version, vmpl, guestSvn, measurement, hostData, reportData, chipId, reportId, currentVersion });
    expect(code).toBe(0);
  });
});

const main = join(resolve(import.meta.dirname, "../.."), "core/cli/main.ts");
