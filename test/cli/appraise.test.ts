// Does `portcullis report appraise` judge as a manager would, and accept nothing that it was not told to expect? Over AMD's own reports, and a
// simulated one in which each expectation in turn is missing or wrong.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { standardPreset, simulatedPreset } from "../../core/appraise/presets.ts";
import type { AppraisalPolicy, PolicyChecks } from "../../core/appraise/policy.ts";
import type { CheckResult } from "../../core/appraise/result.ts";
import { rfc3339 } from "../../core/base/clock.ts";
import { toHex } from "../../core/base/bytes.ts";
import { configurationDigest, makeConfiguration } from "../../core/launch/agent-configuration.ts";
import { nodePrimitives } from "../../core/node/primitives.ts";
import { must } from "../../core/base/result.ts";
import { revocationList } from "../../core/simulator/revocation-list.ts";
import { simulatedHierarchy, simulatedInstant, simulatedProcessor } from "../kit/simulated.ts";
import { needsVectors, vector, vectors } from "../kit/vectors.ts";

interface Answer {
  readonly verdict?: string;
  readonly checks?: readonly CheckResult[];
  readonly failures?: readonly { readonly code: string; readonly message: string }[];
  readonly failure?: { readonly code: string };
  readonly simulated?: boolean;
}

let folder = "";
const file = (name: string): string => join(folder, name);
const write = (name: string, content: string | Uint8Array): string => {
  writeFileSync(file(name), content);
  return file(name);
};
const main = join(resolve(import.meta.dirname, "../.."), "core/cli/main.ts");
const configuration = must(
  makeConfiguration({
    vm: "0b5e2f9c-7a61-4d0e-9a43-2c1f6f0a7d11",
    manager: { endpoints: ["manager.example:7443"], anchor: "ab".repeat(32) },
    disks: [{ id: "root", device: "/dev/vda3", name: "root" }],
    retry: { firstDelaySeconds: 1, maximumDelaySeconds: 60, giveUpAfterSeconds: 0 },
  }),
);
const hostData = configurationDigest(configuration.bytes, nodePrimitives);
const reportData = new Uint8Array(64).fill(0x5a);

function appraise(...args: readonly string[]): {
  readonly code: number | null;
  readonly answer: Answer;
  readonly codes: readonly string[];
} {
  const { status, stdout } = spawnSync(process.execPath, [main, "report", "appraise", ...args], { encoding: "utf8" });
  const answer = JSON.parse(stdout) as Answer;
  return { code: status, answer, codes: (answer.failures ?? []).map(({ code }) => code) };
}

function policyFile(policy: AppraisalPolicy, checks: Partial<PolicyChecks> = {}): string {
  return write("policy.json", JSON.stringify({ ...policy, checks: { ...policy.checks, ...checks } }));
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "portcullis-appraise-"));
  const hierarchy = await simulatedHierarchy();
  const processor = await simulatedProcessor();
  write("report.bin", processor.launch({ hostData }).report({ reportData }));
  write("vek.der", processor.vek("vcek"));
  write("ark.der", hierarchy.authorities.ark.certificate);
  write("ask.der", hierarchy.authorities.ask.certificate);
  write("crl.der", revocationList(hierarchy, simulatedInstant));
  write("configuration.json", configuration.bytes);
});

afterAll(() => rmSync(folder, { recursive: true }));

describe("a simulated report", () => {
  const whole = {
    "--policy": () => [policyFile(simulatedPreset())],
    "--vek": () => [file("vek.der")],
    "--chain": () => [file("ask.der"), file("ark.der")],
    "--crl": () => [file("crl.der")],
    "--at": () => [rfc3339(simulatedInstant)],
    "--configuration": () => [file("configuration.json")],
    "--report-data": () => [toHex(reportData)],
    "--simulated-ark": () => [file("ark.der")],
  } as const;
  type Option = keyof typeof whole;

  function run(changed: { readonly [option in Option]?: readonly string[] | undefined } = {}) {
    const args = (Object.keys(whole) as Option[]).flatMap((option) => {
      const values = option in changed ? changed[option] : whole[option]();
      return values === undefined ? [] : [option, ...values];
    });
    return appraise(file("report.bin"), ...args);
  }

  test("is accepted, with every check, and marked as simulated", () => {
    const { code, answer, codes } = run();
    expect(codes).toEqual([]);
    expect(answer).toMatchObject({ verdict: "accepted", simulated: true, product: "Milan", signer: "vcek" });
    expect(answer.checks?.length).toBe(30);
    expect(code).toBe(0);
  });

  test("a configuration may be given as its digest", () => {
    expect(run({ "--configuration": [toHex(hostData)] }).code).toBe(0);
  });

  test.each<[Option, readonly string[]]>([
    ["--report-data", ["cli.not-compared"]],
    ["--configuration", ["cli.not-compared"]],
    ["--crl", ["endorse.revocation-unavailable"]],
    ["--simulated-ark", ["endorse.root-not-pinned"]],
  ])("without %s it is refused", (option, expected) => {
    const { code, answer, codes } = run({ [option]: undefined });
    expect(codes).toEqual(expected);
    expect(answer.verdict).toBe("refused");
    expect(code).toBe(1);
  });

  test("without --report-data, every other check is shown and the binding says why it was not made", () => {
    const { answer } = run({ "--report-data": undefined });
    expect(answer.checks?.length).toBe(30);
    const binding = answer.checks?.find(({ id }) => id === "report-data");
    expect(binding).toMatchObject({ expected: "not checked: no --report-data was given", verdict: "fail", actual: toHex(reportData) });
  });

  test.each<[Option, string, string]>([
    ["--report-data", "5b".repeat(64), "appraise.report-data"],
    ["--configuration", "11".repeat(32), "appraise.configuration"],
    ["--at", "2060-01-01T00:00:00Z", "endorse.certificate-expired"],
  ])("with another %s it is refused", (option, value, expected) => {
    const { code, codes } = run({ [option]: [value] });
    expect(codes).toContain(expected);
    expect(code).toBe(1);
  });

  test("every demand that fails is named, with what was expected and found", () => {
    const policy = policyFile(simulatedPreset(), { products: { require: ["Turin"] }, guestSvn: { require: { minimum: 9 } } });
    const { code, answer, codes } = run({ "--policy": [policy] });
    expect(codes).toEqual(["appraise.product", "appraise.guest-svn"]);
    expect(answer.checks?.find(({ id }) => id === "product")).toMatchObject({ expected: "Turin", actual: "Milan", verdict: "fail" });
    expect(code).toBe(1);
  });

  test.each<[Option, string, string]>([
    ["--report-data", "00".repeat(64), "cli.usage"],
    ["--report-data", "5a".repeat(63), "cli.usage"],
    ["--at", "yesterday", "cli.usage"],
    ["--policy", "/nowhere", "cli.unreadable"],
    ["--configuration", "/nowhere", "cli.unreadable"],
    ["--simulated-ark", "/nowhere", "cli.unreadable"],
  ])("%s %s cannot be used", (option, value, expected) => {
    const { code, answer } = run({ [option]: [value] });
    expect(answer.failure?.code).toBe(expected);
    expect(code).toBe(2);
  });

  test("a policy that is none, and a certificate that is none, are unreadable", () => {
    const none = run({ "--policy": [write("none.json", '{"version":1}')] });
    expect([none.code, none.answer.failure?.code]).toEqual([2, "appraise.policy-malformed"]);
    expect(run({ "--vek": [file("report.bin")] }).code).toBe(2);
  });
});

describe("AMD's own reports", needsVectors(), () => {
  /** The second carries no REPORT_DATA, so that nothing can be bound to it. */
  test.each([
    { name: "milan-v2", bindable: true, expected: ["appraise.provisional-firmware", "appraise.platform", "appraise.report-version"] },
    { name: "milan-v3", bindable: false, expected: ["cli.not-compared"] },
  ])("$name is judged by its own claims", ({ name, bindable, expected }) => {
    const bytes = vector("reports", `${name}.report.bin`);
    const policy = policyFile(standardPreset(), { products: { require: ["Milan"] }, revocation: { waived: "no list at hand" } });
    const [issuer, root] = [vectors("amd-roots", "SEV-Milan.der"), vectors("amd-roots", "ARK-Milan.der")];
    const { code, answer, codes } = appraise(
      vectors("reports", `${name}.report.bin`),
      "--policy",
      policy,
      "--vek",
      vectors("reports", `${name}.vek.der`),
      "--at",
      "2026-11-24T00:00:00Z",
      "--configuration",
      toHex(bytes.slice(0xc0, 0xe0)),
      ...(bindable ? ["--report-data", toHex(bytes.slice(0x50, 0x90))] : []),
      "--chain",
      issuer,
      root,
    );
    expect(answer.simulated).toBe(false);
    expect(codes).toEqual(expected);
    expect(answer.checks?.find(({ id }) => id === "configuration")?.verdict).toBe("pass");
    expect(code).toBe(1);
  });
});
