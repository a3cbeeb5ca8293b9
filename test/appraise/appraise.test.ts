// Does each check pass at its limit and fail beyond it, show when it is waived, and count in the verdict?
import { describe, expect, test } from "vitest";
import { toHex } from "../../core/base/bytes.ts";
import { canonicalJson, parseJson } from "../../core/base/json.ts";
import { appraise } from "../../core/appraise/appraise.ts";
import type { PolicyChecks } from "../../core/appraise/policy.ts";
import { standardPreset, simulatedPreset } from "../../core/appraise/presets.ts";
import type { BoundReport } from "../../core/appraise/verify.ts";
import { nodePrimitives } from "../../core/node/primitives.ts";
import { simulatedInstant } from "../kit/simulated.ts";
import { appraiseWith, boundReport, checkOf, hostData, reportData } from "./kit.ts";
import type { Choices } from "./kit.ts";

test("a simulated VM with its preset is accepted, marked as simulated, with every check kept", async () => {
  const result = appraiseWith(await boundReport());
  expect(result).toMatchObject({ verdict: "accepted", simulated: true, product: "Milan", signer: "vcek", at: "2026-11-24T12:00:00.000Z" });
  expect(result.checks.map(({ id, verdict }) => `${id} ${verdict}`)).toEqual([
    "simulation pass",
    "product pass",
    "signer pass",
    "chip-id waived",
    "measurement waived",
    "id-key waived",
    "author-key waived",
    "family-id waived",
    "image-id waived",
    "guest-svn waived",
    "configuration pass",
    "guest-policy pass",
    "reported-tcb waived",
    "committed-tcb waived",
    "current-tcb waived",
    "launch-tcb waived",
    "firmware waived",
    "provisional-firmware pass",
    "mitigations waived",
    "platform pass",
    "chain pass",
    "revocation pass",
    "collateral-age waived",
    "known-chip waived",
    "tcb-history waived",
    "fresh-instance waived",
    "other-instance waived",
    "report-data pass",
    "vmpl pass",
    "report-version pass",
  ]);
  for (const { expected, actual, sentence, title } of result.checks) {
    for (const text of [expected, actual, sentence, title]) expect(text).not.toBe("");
  }
});

test("the result is plain data: it comes back from JSON as it went in", async () => {
  const result = appraiseWith(await boundReport());
  expect(parseJson(canonicalJson(result))).toEqual(result);
});

test("the same evidence, policy and instant give the same result", async () => {
  const report = await boundReport();
  expect(appraiseWith(report)).toEqual(appraiseWith(report));
});

test("another policy has another digest", async () => {
  const report = await boundReport();
  const digest = (checks: Partial<PolicyChecks>) => appraiseWith(report, { checks }).policyDigest;
  expect(digest({})).not.toBe(digest({ vmpl: { require: { maximum: 1 } } }));
});

test("evidence of another report than the one that was judged is a bug of ours", async () => {
  const [report, other] = [await boundReport(), await boundReport()];
  const evidence = { reportBytes: other.report.raw, certificateTable: undefined };
  const context = { enrolledAsSimulated: true, configurationDigest: hostData, history: undefined };
  expect(() => appraise({ report, evidence, policy: simulatedPreset(), context, primitives: nodePrimitives })).toThrow(
    "not that of the report",
  );
});

test("a failed check refuses, with its code; the others run all the same", async () => {
  const result = appraiseWith(await boundReport(), { checks: { vmpl: { require: { maximum: 0 } }, products: { require: ["Turin"] } } });
  expect(result.verdict).toBe("refused");
  expect(checkOf(result, "product")).toMatchObject({ verdict: "fail", code: "appraise.product", expected: "Turin", actual: "Milan" });
  expect(result.checks.filter(({ verdict }) => verdict === "fail")).toHaveLength(1);
  expect(result.checks).toHaveLength(30);
});

test("a waived check shows its reason and what was found, and refuses nothing", async () => {
  const waived = { waived: "the lab has one machine" };
  const result = appraiseWith(await boundReport(), { checks: { products: waived } });
  expect(checkOf(result, "product")).toMatchObject({ verdict: "waived", waiver: waived.waived, actual: "Milan" });
  expect(checkOf(result, "product").sentence).toContain(waived.waived);
  expect(result.verdict).toBe("accepted");
});

describe("simulated and real", () => {
  test("simulated evidence is refused for a VM that is not enrolled as simulated", async () => {
    const result = appraiseWith(await boundReport(), { enrolledAsSimulated: false });
    expect(checkOf(result, "simulation")).toMatchObject({ verdict: "fail", code: "appraise.simulation" });
    expect(result.verdict).toBe("refused");
  });

  test("it says SIMULATED to the person", async () => {
    expect(checkOf(appraiseWith(await boundReport()), "simulation").sentence).toContain("SIMULATED");
    expect(checkOf(appraiseWith(await boundReport()), "chain").sentence).toContain("SIMULATED");
  });
});

describe("the configuration", () => {
  test("each bit of HOST_DATA counts", async () => {
    const report = await boundReport();
    for (let offset = 0; offset < 32; offset++) {
      const configurationDigest = hostData.slice();
      configurationDigest[offset] = (configurationDigest[offset] ?? 0) ^ 0x80;
      expect(checkOf(appraiseWith(report, { configurationDigest }), "configuration")).toMatchObject({
        verdict: "fail",
        code: "appraise.configuration",
      });
    }
  });

  test("a host that sets no HOST_DATA is refused", async () => {
    const report = await boundReport({ launch: { hostData: new Uint8Array(32) } });
    expect(checkOf(appraiseWith(report), "configuration").verdict).toBe("fail");
  });
});

const day = 86_400_000;
const a = new Uint8Array(48).fill(0xa1);
const b = new Uint8Array(48).fill(0xb2);

describe("revocation", () => {
  const unchecked = (): Promise<BoundReport> => boundReport({}, { revocation: { waived: "air-gapped" } });

  test("required and not checked fails; waived shows; checked passes", async () => {
    expect(checkOf(appraiseWith(await unchecked()), "revocation")).toMatchObject({
      verdict: "fail",
      code: "appraise.revocation-not-checked",
    });
    const waived = { revocation: { waived: "no network here" } };
    expect(checkOf(appraiseWith(await unchecked(), { checks: waived }), "revocation")).toMatchObject({
      verdict: "waived",
      waiver: "no network here",
    });
    expect(checkOf(appraiseWith(await boundReport()), "revocation").verdict).toBe("pass");
  });

  test("a list in its grace passes, and never silently: the sentence and the signal say so, the digest of the policy too", async () => {
    const nextUpdate = simulatedInstant + 45 * day;
    const demand = { revocation: { require: { graceHours: 12 } } };
    const at = (instant: number): Promise<BoundReport> => boundReport({}, { at: instant, ...demand });
    const current = checkOf(appraiseWith(await at(nextUpdate), { checks: demand }), "revocation");
    expect(current).toMatchObject({ verdict: "pass", sentence: expect.not.stringContaining("grace") as string });
    expect(current.signal).toBeUndefined();
    const result = appraiseWith(await at(nextUpdate + 1), { checks: demand });
    const graced = checkOf(result, "revocation");
    expect([result.verdict, graced.verdict, graced.sentence]).toEqual(["accepted", "pass", graced.signal]);
    expect(graced.signal).toBe("The revocation list ran out at 2027-01-08T12:00:00.000Z, and counts only by the policy's time of grace.");
    // Waived, it is shown all the same.
    const shown = checkOf(appraiseWith(await at(nextUpdate + 1), { checks: { revocation: { waived: "no network" } } }), "revocation");
    expect(shown).toMatchObject({ verdict: "waived", signal: graced.signal, sentence: expect.stringContaining("no network") as string });
    // Verified with more grace than the policy gives.
    const stricter = checkOf(
      appraiseWith(await at(nextUpdate + 1), { checks: { revocation: { require: { graceHours: 0 } } } }),
      "revocation",
    );
    expect(stricter).toMatchObject({ verdict: "fail", code: "appraise.revocation-not-checked", signal: graced.signal });
  });

  test("waived, a list of some age may still be demanded, and without any list that fails", async () => {
    const checks = { revocation: { waived: "air-gapped" }, collateralAge: { require: { maximumDays: 366 } } };
    expect(checkOf(appraiseWith(await unchecked(), { checks }), "collateral-age")).toMatchObject({
      verdict: "fail",
      code: "appraise.collateral-old",
      actual: "no list",
    });
    expect(appraiseWith(await boundReport(), { checks }).verdict).toBe("accepted");
  });
});

describe("the standard preset", () => {
  const measurement = toHex(a);
  const standard = { policy: standardPreset({ measurements: [{ digest: measurement, label: "this image" }] }), enrolledAsSimulated: true };

  test("accepts the image that it names", async () => {
    expect(appraiseWith(await boundReport({ launch: { measurement: a } }), standard).verdict).toBe("accepted");
  });

  test.each<[string, Choices, string]>([
    ["a debug-enabled guest, as Proxmox makes by default", { launch: { measurement: a, policy: 0xb0000n } }, "guest-policy"],
    ["a guest that may migrate", { launch: { measurement: a, policy: 0x70000n } }, "guest-policy"],
    ["another image", { launch: { measurement: b } }, "measurement"],
    ["another privilege level", { launch: { measurement: a }, request: { vmpl: 1 } }, "vmpl"],
    ["a VLEK", { launch: { measurement: a }, request: { signer: "vlek" } }, "signer"],
    ["a host without the alias check", { launch: { measurement: a }, chip: { platformInfo: 0x5n } }, "platform"],
  ])("refuses %s", async (_, choices, id) => {
    const result = appraiseWith(await boundReport(choices), standard);
    expect(result.checks.filter(({ verdict }) => verdict === "fail").map((check) => check.id)).toEqual([id]);
  });

  test("refuses a version 2 report", async () => {
    const report = await boundReport({ chip: { reportVersion: 2 }, launch: { measurement: a } }, { product: "Milan" });
    expect(checkOf(appraiseWith(report, standard), "report-version").verdict).toBe("fail");
  });

  test("without a measurement: by hand, and it says to compare", () => {
    const { release, checks } = standardPreset();
    expect(release).toBe("first-launch-manual");
    expect(checks.measurement).toMatchObject({ waived: expect.stringContaining("compare the measurement") as string });
    expect(simulatedPreset().release).toBe("manual");
  });
});

test("what binds the report to the connection is shown", async () => {
  expect(checkOf(appraiseWith(await boundReport()), "report-data")).toMatchObject({ verdict: "pass", actual: toHex(reportData) });
});
