// Is every field of two reports compared once, and said in words that are true? Bits by name, TCB by component, and nothing that differs always.
import { describe, expect, test } from "vitest";
import { must } from "../../core/base/result.ts";
import { compareReports, type ReportDifference } from "../../core/appraise/report-difference.ts";
import { reportFields } from "../../core/appraise/report-fields.ts";
import { fieldViews } from "../../core/node/service/field-views.ts";
import { parseReport, type Report } from "../../core/snp/report.ts";
import { encodeReport, type ReportFields } from "../../core/snp/report-encode.ts";
import { needsVectors, vector } from "../kit/vectors.ts";

const containing = (text: string): string => expect.stringContaining(text) as string;
const some = (length: number, value: number): Uint8Array => new Uint8Array(length).fill(value);
const usual: Partial<ReportFields> = {
  version: 5,
  cpuid: { family: 0x19, model: 0x11, stepping: 1 },
  policy: 0x3_0000n,
  platformInfo: 0x25n,
  chipId: some(64, 0xc1),
  measurement: some(48, 0x11),
  hostData: some(32, 0x22),
  reportId: some(32, 0x33),
  reportData: some(64, 0x44),
  reportedTcb: Uint8Array.of(10, 0, 0, 0, 0, 0, 0x1b, 0x54),
  currentVersion: { major: 1, minor: 55, build: 29 },
  launchMitVector: 0b0110n,
};
const report = (change: Partial<ReportFields> = {}): Report => must(parseReport(encodeReport({ ...usual, ...change })));
const differences = (before: Partial<ReportFields>, after: Partial<ReportFields>): readonly ReportDifference[] =>
  compareReports(report(before), report(after)).differences;

describe("one field at a time", () => {
  test.each<[string, Partial<ReportFields>, Partial<ReportFields>, Partial<ReportDifference>]>([
    ["another measurement", {}, { measurement: some(48, 9) }, { name: "MEASUREMENT", before: "11".repeat(48), after: "09".repeat(48) }],
    [
      "another configuration",
      {},
      { hostData: some(32, 9) },
      { name: "HOST_DATA", sentence: "The host gave it another agent configuration." },
    ],
    ["no configuration", {}, { hostData: some(32, 0) }, { sentence: "The host gave it no agent configuration any more." }],
    ["another chip", {}, { chipId: some(64, 9) }, { name: "CHIP_ID", sentence: "It ran on another chip." }],
    ["a chip that is hidden", {}, { chipId: some(64, 0) }, { sentence: containing("No chip is named any more") }],
    ["a chip that was hidden", { chipId: some(64, 0) }, {}, { sentence: "A chip is named; before, none was." }],
    ["an ID block", {}, { idKeyDigest: some(48, 1) }, { name: "ID_KEY_DIGEST", sentence: containing("before, there was none") }],
    ["another image", { imageId: some(16, 1) }, { imageId: some(16, 2) }, { sentence: "Its ID block names another image." }],
    ["a migration agent", {}, { reportIdMa: some(32, 1) }, { sentence: "It has a migration agent; before, there was none." }],
    [
      "SMT that is not allowed any more",
      {},
      { policy: 0x2_0000n },
      {
        group: "guest-policy",
        name: "POLICY.SMT",
        before: "allowed",
        after: "not allowed",
        sentence: "SMT allowed → not allowed, which is stricter. Permission: the VM may run where hyper-threading is on.",
      },
    ],
    ["DEBUG", {}, { policy: 0xb_0000n }, { name: "POLICY.DEBUG", sentence: containing("not allowed → allowed, which is weaker") }],
    [
      "a demand",
      {},
      { policy: 0x43_0000n },
      { name: "POLICY.MEM_AES_256_XTS", sentence: containing("not demanded → demanded, which is stricter") },
    ],
    ["a demand less", { policy: 0x43_0000n }, {}, { sentence: containing("demanded → not demanded, which is weaker") }],
    ["the ABI", {}, { policy: 0x3_011fn }, { name: "POLICY.ABI", sentence: containing("went up from 0.0 to 1.31") }],
    [
      "a state of the machine",
      {},
      { platformInfo: 0x24n },
      { name: "PLATFORM_INFO.SMT_EN", before: "on", after: "off", sentence: "SMT_EN on → off. On: hyper-threading is on." },
    ],
    [
      "microcode that went down",
      {},
      { reportedTcb: Uint8Array.of(10, 0, 0, 0, 0, 0, 0x1b, 0x53) },
      {
        group: "tcb",
        name: "REPORTED_TCB.microcode",
        before: "84",
        after: "83",
        sentence: containing("went down from 84 to 83"),
      },
    ],
    [
      "a version",
      {},
      { currentVersion: { major: 1, minor: 55, build: 100 } },
      { name: "CURRENT_VERSION", sentence: containing("went up from 1.55.29 to 1.55.100") },
    ],
    [
      "a version of fewer parts than it seems",
      { currentVersion: { major: 1, minor: 9, build: 0 } },
      {},
      { sentence: containing("went up from 1.9.0") },
    ],
    ["the image's version", { guestSvn: 4 }, { guestSvn: 3 }, { name: "GUEST_SVN", sentence: containing("went down from 4 to 3") }],
    [
      "mitigations",
      {},
      { launchMitVector: 0b1010n },
      { name: "LAUNCH_MIT_VECTOR", sentence: "LAUNCH_MIT_VECTOR, mitigations set now: bit 3; no longer set: bit 2." },
    ],
    ["the kind of key", {}, { signingKey: "vlek" }, { name: "SIGNING_KEY", sentence: containing("SIGNING_KEY vcek → vlek. ") }],
    [
      "a bit that nobody knows",
      {},
      { platformInfo: 0x225n },
      { name: "PLATFORM_INFO.unknown", before: "not in the report", after: "0x200" },
    ],
    ["the privilege level", {}, { vmpl: 1 }, { name: "VMPL", before: "0", after: "1" }],
  ])("%s", (_, before, after, expected) => {
    const found = differences(before, after);
    expect(found).toMatchObject([expected]);
    expect(JSON.stringify(found)).not.toContain("undefined");
  });
});

test("several parts of one TCB are several differences, each with its direction", () => {
  const now = Uint8Array.of(11, 0, 0, 0, 0, 0, 0x1a, 0x54);
  expect(differences({}, { reportedTcb: now }).map(({ name, before, after }) => [name, before, after])).toEqual([
    ["REPORTED_TCB.bootloader", "10", "11"],
    ["REPORTED_TCB.snp", "27", "26"],
  ]);
});

test("TCBs of two products are not compared part by part", () => {
  const turin = { cpuid: { family: 0x1a, model: 2, stepping: 1 }, reportedTcb: Uint8Array.of(1, 1, 1, 4, 0, 0, 0, 0x51) };
  const named = differences({}, turin).map(({ name }) => name);
  expect(named).toEqual(expect.arrayContaining(["REPORTED_TCB", "PRODUCT", "CPUID"]));
  expect(named.some((name) => name.startsWith("REPORTED_TCB."))).toBe(false);
});

test("a version 2 report is read with the product that is named", () => {
  const two = { version: 2, cpuid: undefined, launchMitVector: 0n };
  const now = { ...two, reportedTcb: Uint8Array.of(10, 0, 0, 0, 0, 0, 0x1b, 0x55) };
  const compared = (product?: "Milan"): readonly string[] =>
    compareReports(report(two), report(now), product).differences.map(({ name }) => name);
  expect(compared("Milan")).toEqual(["REPORTED_TCB.microcode"]);
  expect(compared()).toEqual(["REPORTED_TCB"]);
});

test("what differs always is no finding, and is said once", () => {
  const other = { reportId: some(32, 7), reportData: some(64, 8) };
  const compared = compareReports(report(), report(other));
  expect(compared.differences).toEqual([]);
  expect(compared.always).toContain("differ between any two launches");
  expect(compareReports(report(), report()).always).toBe("It is one and the same report.");
  expect(compareReports(report(), report({ reportData: some(64, 8) })).always).toContain("one run of the VM");
});

test("every field but those is compared: no change of a field's bytes goes unsaid", () => {
  for (let at = 0; at < 0x208; at++) {
    const bytes = encodeReport(usual);
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    const changed = parseReport(bytes);
    if (!changed.ok) continue;
    const always = (at >= 0x50 && at < 0x90) || (at >= 0x140 && at < 0x160);
    const found = compareReports(report(), changed.value).differences;
    expect([at, found.length > 0]).toEqual([at, !always]);
  }
});

test("the console's fields are these fields, in its own shape", () => {
  const raw = encodeReport(usual);
  expect(fieldViews(raw)).toEqual(reportFields(report()).map(({ group, name, value, meaning }) => ({ group, name, value, meaning })));
  expect(fieldViews(raw.slice(1))).toEqual([]);
});

describe("real reports", needsVectors(), () => {
  const real = (name: string): Report => must(parseReport(vector("reports", `${name}.report.bin`)));

  test("of two chips of one kind", () => {
    const { differences: found } = compareReports(real("milan-v3"), real("vlek-milan-v3-vmpl1"));
    expect(found.map(({ name }) => name)).toEqual(expect.arrayContaining(["SIGNING_KEY", "VMPL"]));
    for (const { sentence, before, after } of found) expect([sentence === "", before === after]).toEqual([false, false]);
  });

  test("of one product and another", () => {
    const { differences: found } = compareReports(real("genoa-v3"), real("turin-v5"));
    expect(found.find(({ name }) => name === "PRODUCT")).toMatchObject({ before: "Genoa", after: "Turin" });
    expect(found.find(({ name }) => name === "LAUNCH_MIT_VECTOR")).toMatchObject({ before: "not in the report" });
  });
});
