// Is the table of floors what it says: each line with source and date, readable as an owner's own, and nothing of it a default?
import { describe, expect, test } from "vitest";
import { beyondFloors, knownFloors } from "../../../core/appraise/floors/known-floors.ts";
import { certainties, parseFloorTable, sureEnough } from "../../../core/appraise/floors/floor-table.ts";
import { fillFloors, shortOf } from "../../../core/appraise/floors/fill.ts";
import type { AppraisalPolicy } from "../../../core/appraise/policy.ts";
import { parsePolicy } from "../../../core/appraise/policy-parser.ts";
import { presetNames, presets, standardPreset } from "../../../core/appraise/presets.ts";
import { canonicalJson, parseJson, type Json } from "../../../core/base/json.ts";
import { must } from "../../../core/base/result.ts";
import { parseReport, type Report } from "../../../core/snp/report.ts";
import { siliconLineOf } from "../../../core/snp/silicon.ts";
import type { Chip } from "../../../core/simulator/chip.ts";
import type { Product } from "../../../core/snp/product.ts";
import { boundReport } from "../kit.ts";
import { needsVectors, vector } from "../../kit/vectors.ts";

async function reportOf(product: Product, chip: Partial<Omit<Chip, "product">> = {}): Promise<Report> {
  return (await boundReport({ product, chip })).report;
}

describe("the table", () => {
  test("is read as an owner's own would be", () => {
    expect(parseFloorTable(parseJson(canonicalJson({ version: 1, floors: knownFloors })))).toEqual({ ok: true, value: knownFloors });
    expect(beyondFloors.length).toBeGreaterThan(3);
  });

  test("nothing of it is surer than what was read: AMD's own bulletins were not", () => {
    expect(knownFloors.filter((known) => sureEnough(known, "bulletin"))).toEqual([]);
    const counts = certainties.map((least) => knownFloors.filter((known) => sureEnough(known, least)).length);
    expect(counts).toEqual([0, 22, 25, 26]);
  });

  test.each(presetNames)("no floor of it is in the preset %s", (name) => {
    const { checks } = presets[name].policy({});
    for (const field of ["reportedTcb", "committedTcb", "currentTcb", "launchTcb", "firmware", "mitigations"] as const)
      expect([field, Object.keys(checks[field])]).toEqual([field, ["waived"]]);
  });

  test.each<[string, (line: Record<string, Json>) => Record<string, Json>]>([
    ["no source", ({ source: _source, ...line }) => line],
    ["an empty source", (line) => ({ ...line, source: "" })],
    ["no date", ({ date: _date, ...line }) => line],
    ["a date that is none", (line) => ({ ...line, date: "2026-13" })],
    ["no certainty", ({ certainty: _certainty, ...line }) => line],
    ["an unknown line of silicon", (line) => ({ ...line, line: "Venice" })],
    ["an unknown component", (line) => ({ ...line, demand: { component: "psp", least: 1 } })],
    ["a level of more than a byte", (line) => ({ ...line, demand: { component: "snp", least: 256 } })],
    ["fmc on Milan", (line) => ({ ...line, line: "Milan", demand: { component: "fmc", least: 1 } })],
    ["a mitigation bit beyond 63", (line) => ({ ...line, demand: { mitigationBit: 64 } })],
    ["two demands", (line) => ({ ...line, demand: { component: "snp", least: 1, firmware: "1.0.0" } })],
  ])("a line with %s is refused", (_, change) => {
    const line = parseJson(canonicalJson(knownFloors[0] ?? null)) as Record<string, Json>;
    const table: Json = { version: 1, floors: [change(line)] };
    expect(parseFloorTable(table)).toMatchObject({ ok: false, failure: { code: "appraise.floors-malformed" } });
  });
});

describe("a policy is filled", () => {
  const none = { table: knownFloors, certainty: undefined, reports: [] };

  test("with nothing where the owner named no source", () => {
    expect(fillFloors(standardPreset(), none)).toEqual(standardPreset());
  });

  test("from the table, with what is sure enough and no more", () => {
    const filled = fillFloors(standardPreset(), { ...none, certainty: "two-sources" });
    expect(parsePolicy(filled)).toEqual({ ok: true, value: filled });
    expect(filled.checks.reportedTcb).toMatchObject({
      require: {
        Genoa: { snp: 0x1b, microcode: 0x56 },
        Turin: { fmc: 0, snp: 4, microcode: 0x51 },
        "Bergamo-Siena": { snp: 0, microcode: 0x19 },
      },
    });
    expect(filled.checks.firmware).toMatchObject({
      require: { Genoa: { current: "1.55.49", committed: "1.55.49" }, Turin: { current: "0.0.0" } },
    });
    expect(filled.checks.mitigations).toMatchObject({ require: { Milan: { launch: "0x16", current: "0x16" }, Genoa: { current: "0x0" } } });
    const disputed = fillFloors(standardPreset(), { ...none, certainty: "disputed" });
    expect(disputed.checks.reportedTcb).toMatchObject({ require: { Genoa: { snp: 0x1c } } });
    const bulletin = fillFloors(standardPreset(), { ...none, certainty: "bulletin" });
    expect(bulletin).toEqual(standardPreset());
  });

  test("from the owner's machines: the lowest of them, which then all pass", async () => {
    const older = { product: "Milan", fmc: undefined, bootloader: 4, tee: 0, snp: 22, microcode: 211 } as const;
    const reports = [
      await reportOf("Milan"),
      await reportOf("Milan", { reportedTcb: older, currentTcb: older, committedTcb: older, launchTcb: older }),
    ];
    const { checks } = fillFloors(standardPreset(), { ...none, reports });
    expect(checks.reportedTcb).toEqual({ require: { Milan: { bootloader: 4, tee: 0, snp: 22, microcode: 211 } } });
    expect(checks.mitigations).toEqual(standardPreset().checks.mitigations);
    expect(Object.keys("require" in checks.firmware ? checks.firmware.require : {})).toEqual(["Milan"]);
  });

  test("from both: the higher", async () => {
    const { checks } = fillFloors(standardPreset(), { ...none, certainty: "two-sources", reports: [await reportOf("Turin")] });
    const turin = "require" in checks.reportedTcb ? checks.reportedTcb.require.Turin : undefined;
    expect(turin?.microcode).toBeGreaterThanOrEqual(0x51);
    expect(turin?.fmc).toBeGreaterThan(0);
  });
});

describe("real machines against the table", needsVectors(), () => {
  test("a Turin that real firmware made meets what is sure; an older Genoa is told what it misses", () => {
    const sure = knownFloors.filter((known) => sureEnough(known, "two-sources"));
    expect(shortOf([must(parseReport(vector("reports", "turin-v5.report.bin")))], sure)).toEqual([]);
    const genoa = shortOf([must(parseReport(vector("reports", "genoa-v3.report.bin")))], sure);
    expect(genoa).toContainEqual(expect.objectContaining({ bulletin: "AMD-SB-3020", demanded: "snp 27", found: "23" }));
    expect(genoa.every(({ line }) => line === "Genoa")).toBe(true);
  });

  test.each(["milan-v3", "genoa-v3", "turin-v5"])("floors taken from the machine of %s are met by it", (name) => {
    const report = must(parseReport(vector("reports", `${name}.report.bin`)));
    const filled = fillFloors(standardPreset(), { table: knownFloors, certainty: undefined, reports: [report] });
    expect(fieldsOf(filled)).toEqual(["require", "require", "require", "require", "require"]);
    expect(fillFloors(filled, { table: knownFloors, certainty: undefined, reports: [report] })).toEqual(filled);
    const line = siliconLineOf(report.cpuid ?? { family: 0, model: 0, stepping: 0 });
    const { reportedTcb, committedTcb } = filled.checks;
    expect([reportedTcb, committedTcb].map((demand) => "require" in demand && Object.keys(demand.require))).toEqual([[line], [line]]);
  });
});

function fieldsOf({ checks }: AppraisalPolicy): readonly string[] {
  return [checks.reportedTcb, checks.committedTcb, checks.currentTcb, checks.launchTcb, checks.firmware].flatMap((demand) =>
    Object.keys(demand),
  );
}
