// Are the pages that are made from tables what the tables say, and does the policy's table say what the checks do?
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { generatedPages } from "../../build/docs.ts";
import { checkReference } from "../../core/appraise/check-reference.ts";
import { rulingReference } from "../../core/appraise/ruling-reference.ts";
import type { AppraisalPolicy, PolicyChecks } from "../../core/appraise/policy.ts";
import { standardPreset } from "../../core/appraise/presets.ts";
import { failureTable } from "../../core/base/failure.ts";
import { appraiseWith, boundReport } from "../appraise/kit.ts";

const root = resolve(import.meta.dirname, "../..");
const pages = new Map(generatedPages);

test.each(generatedPages)("%s is current (if not: node build/docs.ts)", (path, make) => {
  expect(readFileSync(join(root, path), "utf8")).toBe(make());
});

test("every code has a heading, once, and every link to one leads there", () => {
  const [refusals = "", policy = ""] = [pages.get("docs/refusals.md")?.(), pages.get("docs/policy.md")?.()];
  const headings = [...refusals.matchAll(/^### `([^`]+)`$/gm)].map(([, name]) => name ?? "");
  expect(headings.toSorted()).toEqual(Object.keys(failureTable).toSorted());
  const anchors = new Set(headings.map((name) => name.replaceAll(".", "")));
  const links = [...policy.matchAll(/refusals\.md#([\w-]+)/g)].map(([, anchor]) => anchor ?? "");
  expect(links.length).toBeGreaterThan(20);
  expect(links.filter((anchor) => !anchors.has(anchor))).toEqual([]);
});

test("every field of a policy is described, and no other", () => {
  const { checks, ...rulings } = standardPreset();
  expect(Object.keys(checkReference).toSorted()).toEqual(Object.keys(checks).toSorted());
  expect(Object.keys(rulingReference).toSorted()).toEqual(Object.keys(rulings).toSorted());
});

describe("a check that fails", () => {
  const digest = ["ee".repeat(48)];
  const highest = { Milan: { bootloader: 255, tee: 255, snp: 255, microcode: 255 } };
  /** Each field demands what the report does not have, or what nobody has at hand. */
  const impossible: Omit<PolicyChecks, "configuration"> = {
    products: { require: ["Turin"] },
    signers: { require: ["vlek"] },
    reportVersion: { require: { minimum: 5 } },
    vmpl: { require: { maximum: 0 } },
    measurement: { require: digest.map((one) => ({ digest: one, label: "none" })) },
    idKeyDigest: { require: digest },
    authorKeyDigest: { require: digest },
    familyId: { require: ["ee".repeat(16)] },
    imageId: { require: ["ee".repeat(16)] },
    guestSvn: { require: { minimum: 4_294_967_295 } },
    guestPolicy: { require: { allowed: [], demanded: ["pageSwapDisable"], abiMinimum: "255.255" } },
    platform: { require: { required: ["tioEn"], forbidden: [], unknownAllowed: [] } },
    reportedTcb: { require: highest },
    committedTcb: { require: highest },
    currentTcb: { require: highest },
    launchTcb: { require: highest },
    firmware: { require: { Milan: { current: "255.255.255", committed: "255.255.255" } } },
    mitigations: { require: { Milan: { launch: "0xffffffffffffffff", current: "0x0" } } },
    chipId: { require: ["ee".repeat(64)] },
    provisionalFirmware: { require: true },
    // No list was looked at, and none is young enough.
    revocation: { require: { graceHours: 720 } },
    collateralAge: { require: { maximumDays: 1 } },
    knownChip: { require: true },
    tcbHistory: { require: true },
    freshInstance: { require: true },
    otherInstance: { require: { minutes: 1 } },
  };

  test.each(Object.keys(impossible))("%s has the ids and a code that the table names", async (name) => {
    const older = { committedVersion: { major: 1, minor: 0, build: 0 } };
    const report = await boundReport({ chip: older, request: { vmpl: 1 } }, { revocation: { waived: "for this test" } });
    const policy: AppraisalPolicy = { ...standardPreset(), checks: waivedBut(name, impossible) };
    const failed = appraiseWith(report, { policy, history: null }).checks.filter(({ verdict }) => verdict === "fail");
    const { checks, codes } = new Map(Object.entries(checkReference)).get(name) ?? { checks: [], codes: [] };
    expect(failed.map(({ id }) => id)).toEqual(checks);
    expect(codes).toContain(failed[0]?.code);
  });
});

/** Everything waived but this field, and the configuration, which nobody can waive. */
function waivedBut(name: string, demands: Partial<PolicyChecks>): PolicyChecks {
  const { checks } = standardPreset();
  const waived = Object.fromEntries(Object.keys(checks).map((field) => [field, { waived: "for this test" }]));
  const one = Object.fromEntries(Object.entries(demands).filter(([field]) => field === name));
  return { ...checks, ...waived, configuration: checks.configuration, ...one };
}
