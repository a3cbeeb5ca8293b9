// Mistakes 6 and 17 of real verifiers: the wrong TCB is fetched, read or compared; and floors are invented.
import { describe, expect, test } from "vitest";
import { fillFloors, shortOf } from "../../core/appraise/floors/fill.ts";
import { parseFloorTable } from "../../core/appraise/floors/floor-table.ts";
import { knownFloors } from "../../core/appraise/floors/known-floors.ts";
import { presetNames, presets } from "../../core/appraise/presets.ts";
import { must } from "../../core/base/result.ts";
import { vcekUrl } from "../../core/endorse/kds-address.ts";
import { integer } from "../../core/simulator/der.ts";
import { encodeTcb, parseTcb, shortfalls } from "../../core/snp/tcb.ts";
import type { Tcb } from "../../core/snp/tcb.ts";
import { parseReport } from "../../core/snp/report.ts";
import { appraiseWith, boundReport, checkOf, verifyInput } from "../appraise/kit.ts";
import { simulatedHierarchy, simulatedProcessor } from "../kit/simulated.ts";
import { needsVectors, vector } from "../kit/vectors.ts";
import { makeWorld } from "../kit/world.ts";
import { codesOf, codesWith, failedIn, judged, published } from "./kit.ts";

const older: Tcb = { product: "Milan", fmc: undefined, bootloader: 4, tee: 0, snp: 0x17, microcode: 0xd9 };
const newer: Tcb = { ...older, snp: 0x18, microcode: 0xdb };

describe("mistake 6: the current TCB for the reported, one number for five, Milan's layout for Turin, a lax reading", () => {
  test("the manager asks for the certificate of the reported TCB, not of the current one", async () => {
    const chip = { reportedTcb: older, committedTcb: newer, currentTcb: newer, launchTcb: newer };
    const processor = await simulatedProcessor("Milan", chip);
    const world = await makeWorld({ processor });
    const vm = await world.enrol();
    world.connect(vm, { evidence: (report) => ({ report, certificates: new Uint8Array(0) }) });
    await world.run();
    expect(world.simulatedCollateral.asked.map(({ reportedTcb }) => reportedTcb)).toEqual([encodeTcb(older)]);
  });

  test("a certificate for the current TCB is not the one that signed", async () => {
    const hierarchy = await simulatedHierarchy();
    const input = await verifyInput({ chip: { reportedTcb: older, currentTcb: newer } });
    expect(codesOf(input)).toEqual([]);
    const current = await verifyInput({ chip: { reportedTcb: newer, currentTcb: newer } });
    expect(codesOf({ ...input, endorsements: current.endorsements })).toEqual(["appraise.report-signature", "appraise.vek-tcb"]);
    // Even where the key is the right one, the certificate must name the reported levels.
    const key = hierarchy.signingKey(older, { chipId: hierarchy.chipId() });
    const named = { key, overrides: { snpSPL: integer(newer.snp), ucodeSPL: integer(newer.microcode) } };
    expect(await codesWith({ chip: { reportedTcb: older, currentTcb: newer }, leaf: named })).toEqual(["appraise.vek-tcb"]);
  });

  test("the address has AMD's names, the reported levels in decimal, and Turin's own form", () => {
    const chipId = Uint8Array.from({ length: 64 }, (_, index) => (index < 8 ? index + 1 : 0));
    expect(vcekUrl("Genoa", chipId, { ...newer, product: "Genoa" }, "")).toBe(
      `/vcek/v1/Genoa/0102030405060708${"00".repeat(56)}?blSPL=04&teeSPL=00&snpSPL=24&ucodeSPL=219`,
    );
    const turin: Tcb = { product: "Turin", fmc: 1, bootloader: 3, tee: 2, snp: 5, microcode: 0x61 };
    expect(vcekUrl("Turin", chipId, turin, "")).toBe("/vcek/v1/Turin/0102030405060708?fmcSPL=01&blSPL=03&teeSPL=02&snpSPL=05&ucodeSPL=97");
  });

  test("a high microcode makes up for no other component", async () => {
    const floor = { bootloader: 4, tee: 0, snp: 0x18, microcode: 0xd0 };
    const judgedAt = async (tcb: Tcb) => {
      const report = await boundReport({ chip: { reportedTcb: tcb, currentTcb: tcb, committedTcb: tcb, launchTcb: tcb } });
      return checkOf(appraiseWith(report, { checks: { reportedTcb: { require: { Milan: floor } } } }), "reported-tcb");
    };
    expect(await judgedAt({ ...newer, microcode: 0xd0 })).toMatchObject({ verdict: "pass" });
    expect(await judgedAt({ ...newer, snp: 0x17, microcode: 0xff })).toMatchObject({ verdict: "fail", code: "appraise.tcb-floor" });
    expect(shortfalls({ ...newer, bootloader: 3, tee: 0, microcode: 0xff }, newer)).toEqual(["bootloader"]);
  });

  test("each of the four TCB versions has a floor of its own", async () => {
    const floor = { require: { Milan: { bootloader: 4, tee: 0, snp: 0x18, microcode: 0xdb } } };
    const checks = { reportedTcb: floor, committedTcb: floor, currentTcb: floor, launchTcb: floor };
    for (const name of ["reportedTcb", "committedTcb", "currentTcb", "launchTcb"] as const) {
      const tcbs = { reportedTcb: newer, committedTcb: newer, currentTcb: newer, launchTcb: newer, [name]: older };
      const failed = failedIn(appraiseWith(await boundReport({ chip: tcbs }), { checks }).checks);
      expect(failed.filter((id) => id.endsWith("-tcb"))).toEqual([`${name.slice(0, -3)}-tcb`]);
    }
  });

  test("Turin's bytes are not Milan's, nor the other way round", () => {
    const raw = Uint8Array.of(1, 3, 2, 5, 0, 0, 0, 0x61);
    expect(must(parseTcb("Turin", raw))).toEqual({ product: "Turin", fmc: 1, bootloader: 3, tee: 2, snp: 5, microcode: 0x61 });
    for (const product of ["Milan", "Genoa"] as const) {
      expect(parseTcb(product, raw)).toMatchObject({ ok: false, failure: { code: "snp.tcb-reserved" } });
    }
    expect(parseTcb("Turin", encodeTcb(newer))).toMatchObject({ ok: false, failure: { code: "snp.tcb-reserved" } });
  });

  test("the certificate's levels are whole DER INTEGERs of one byte under their exact names", async () => {
    const { snp } = (await simulatedProcessor()).chip.reportedTcb;
    for (const bytes of [[snp], [4, 1, snp], [2, 2, 1, snp], [2, 2, 0, snp], [2, 1, snp, 0], [2, 2, snp], [1, 1, snp]]) {
      expect(await codesWith({ leaf: { overrides: { snpSPL: Uint8Array.from(bytes) } } })).toEqual(["endorse.vek-extension"]);
    }
    // 1.3.6.1.4.1.3704.1.3.3.1 begins like snpSPL, and is not.
    const more = [{ oid: "1.3.6.1.4.1.3704.1.3.3.1", value: integer(snp) }];
    expect(await codesWith({ leaf: { overrides: { snpSPL: null }, more } })).toEqual(["endorse.vek-extension"]);
  });
});

describe("mistake 17: floors are copied from a guess, and no real machine meets them, or every one does", () => {
  const real = ["milan-v3", "genoa-v3", "turin-v5"] as const;
  const tcbChecks = ["reported-tcb", "committed-tcb", "current-tcb", "launch-tcb", "firmware", "mitigations"];

  test.each(real)("no preset has a floor that keeps out the real machine of %s", needsVectors(), (name) => {
    for (const preset of presetNames) {
      const failed = failedIn(judged(published(name), presets[preset].policy({})));
      expect([preset, failed.filter((id) => tcbChecks.includes(id))]).toEqual([preset, []]);
    }
  });

  test("no preset has any: floors come from the owner, and what is not demanded says so", () => {
    for (const preset of presetNames) {
      const { reportedTcb, committedTcb, currentTcb, launchTcb, firmware, mitigations } = presets[preset].policy({}).checks;
      for (const demand of [reportedTcb, committedTcb, currentTcb, launchTcb, firmware, mitigations])
        expect("waived" in demand ? demand.waived : "").toMatch(/\w/);
    }
  });

  test("every line of the table names its issue, its source and its date, and how sure it is", () => {
    expect(parseFloorTable({ version: 1, floors: knownFloors })).toMatchObject({ ok: true });
    for (const known of knownFloors) {
      expect(known.source).toMatch(/\w/);
      expect(known.date).toMatch(/^20\d\d-\d\d/);
      expect(known.bulletin).toMatch(/^AMD-SB-\d{4}$/);
      const { source: _source, ...unsourced } = known;
      const { date: _date, ...undated } = known;
      for (const line of [unsourced, undated])
        expect(parseFloorTable({ version: 1, floors: [line] })).toMatchObject({ failure: { code: "appraise.floors-malformed" } });
    }
  });

  test("what the table asks of Turin, the real Turin meets", needsVectors(), () => {
    const report = must(parseReport(vector("reports", "turin-v5.report.bin")));
    expect(shortOf([report], knownFloors)).toEqual([]);
  });

  test.each(real)("floors taken from the machine of %s keep out what is older, and not the machine itself", needsVectors(), (name) => {
    const input = published(name);
    const report = must(parseReport(input.reportBytes));
    const policy = fillFloors(presets.standard.policy({}), { table: [], certainty: undefined, reports: [report] });
    expect(failedIn(judged(input, policy)).filter((id) => tcbChecks.includes(id))).toEqual([]);
    const raised = JSON.parse(
      JSON.stringify(policy).replaceAll(/"snp":(\d+)/g, (_all, snp) => `"snp":${Number(snp) + 1}`),
    ) as typeof policy;
    expect(failedIn(judged(input, raised)).filter((id) => tcbChecks.includes(id))).toEqual(tcbChecks.slice(0, 4));
  });
});
