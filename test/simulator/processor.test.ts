// Does a simulated processor write reports that parse, verify under its own key, and show every choice?
import { X509Certificate } from "node:crypto";
import { describe, expect, test } from "vitest";
import { isZero } from "../../core/base/bytes.ts";
import { must } from "../../core/base/result.ts";
import { nodePrimitives } from "../../core/node/primitives.ts";
import { parseCertTable } from "../../core/snp/cert-table.ts";
import { productOf } from "../../core/snp/product.ts";
import { parseReport, signedLength } from "../../core/snp/report.ts";
import { parseTcb } from "../../core/snp/tcb.ts";
import { simulatedHierarchy, simulatedProcessor } from "../kit/simulated.ts";
import type { Product } from "../../core/snp/product.ts";
import type { Report } from "../../core/snp/report.ts";
import type { GuestLaunch } from "../../core/simulator/processor.ts";

const reportData = new Uint8Array(64).fill(0x5a);

describe.each([
  ["Milan", 2],
  ["Milan", 3],
  ["Milan", 5],
  ["Genoa", 3],
  ["Turin", 5],
] as const)("%s, version %d", (product, reportVersion) => {
  test.each(["vcek", "vlek"] as const)("a report signed with its %s", async (signer) => {
    const processor = await simulatedProcessor(product, { reportVersion });
    const report = must(parseReport(processor.launch().report({ reportData, signer })));
    expect(verifies(report, processor.vek(signer))).toBe(true);
    expect(verifies(report, processor.vek(signer === "vcek" ? "vlek" : "vcek"))).toBe(false);
    expect(report).toMatchObject({ version: reportVersion, signingKey: signer, reportData, vmpl: 0 });
    expect(parseTcb(product, report.reportedTcb)).toEqual({ ok: true, value: processor.chip.reportedTcb });
    expect(isZero(report.chipId)).toBe(signer === "vlek");
    expect(report.cpuid === undefined ? undefined : productOf(report.cpuid)).toBe(reportVersion === 2 ? undefined : product);
  });
});

describe("a guest", () => {
  test("has a report id of its own in every launch, the same in every report", async () => {
    const processor = await simulatedProcessor();
    const first = processor.launch();
    const ids = [first, first, processor.launch()].map((guest) =>
      Buffer.from(must(parseReport(guest.report({ reportData }))).reportId).toString("hex"),
    );
    expect(ids[0]).toBe(ids[1]);
    expect(ids[0]).not.toBe(ids[2]);
  });

  test("reports what it was launched with", async () => {
    const launch: GuestLaunch = {
      policy: 0x2001fn,
      measurement: new Uint8Array(48).fill(1),
      hostData: new Uint8Array(32).fill(2),
      familyId: new Uint8Array(16).fill(3),
      imageId: new Uint8Array(16).fill(4),
      idKeyDigest: new Uint8Array(48).fill(5),
      authorKeyDigest: new Uint8Array(48).fill(6),
      guestSvn: 7,
      reportId: new Uint8Array(32).fill(8),
    };
    const report = must(parseReport((await simulatedProcessor()).launch(launch).report({ reportData, vmpl: 2 })));
    const { policy, ...rest } = launch;
    expect(report).toMatchObject({ ...rest, authorKeyEn: true, vmpl: 2 });
    expect(report.policy.raw).toBe(policy);
  });

  test("without an author key none is reported", async () => {
    const report = must(parseReport((await simulatedProcessor()).launch().report({ reportData })));
    expect(report.authorKeyEn).toBe(false);
    expect(isZero(report.authorKeyDigest)).toBe(true);
  });

  test("hands over its certificates, the same bytes each time", async () => {
    const { ark, ask, asvk } = (await simulatedHierarchy()).authorities;
    const processor = await simulatedProcessor();
    const guest = processor.launch();
    const table = (signer: "vcek" | "vlek") =>
      must(parseCertTable(guest.certTable(signer))).entries.map(({ role, bytes }) => [role, bytes]);
    expect(table("vcek")).toEqual([
      ["vcek", processor.vek()],
      ["ask", ask.certificate],
      ["ark", ark.certificate],
    ]);
    expect(table("vlek")).toEqual([
      ["vlek", processor.vek("vlek")],
      ["ask", asvk.certificate],
      ["ark", ark.certificate],
    ]);
    expect(processor.launch().certTable()).toEqual(guest.certTable());
  });
});

describe("what can be set otherwise", () => {
  test("TCB versions one by one; the key follows the reported one", async () => {
    const { reportedTcb } = (await simulatedProcessor()).chip;
    const processor = await simulatedProcessor("Milan", {
      currentTcb: { ...reportedTcb, snp: 4 },
      committedTcb: { ...reportedTcb, snp: 3 },
      launchTcb: { ...reportedTcb, snp: 2 },
      reportedTcb: { ...reportedTcb, snp: 1 },
    });
    const report = must(parseReport(processor.launch().report({ reportData })));
    const levels = [report.currentTcb, report.committedTcb, report.launchTcb, report.reportedTcb].map(
      (raw) => must(parseTcb("Milan", raw)).snp,
    );
    expect(levels).toEqual([4, 3, 2, 1]);
    expect(verifies(report, processor.vek())).toBe(true);
    expect(verifies(report, (await simulatedProcessor()).vek())).toBe(false);
  });

  test("the platform", async () => {
    const firmware = { currentVersion: { major: 1, minor: 58, build: 3 }, committedVersion: { major: 1, minor: 55, build: 1 } };
    const chip = { platformInfo: 0x7fn, launchMitVector: 3n, currentMitVector: 7n, ...firmware };
    const report = must(parseReport((await simulatedProcessor("Turin", chip)).launch().report({ reportData })));
    expect(report).toMatchObject({ ...firmware, launchMitVector: 3n, currentMitVector: 7n });
    expect(report.platformInfo.raw).toBe(0x7fn);
  });

  test("a masked chip id is zero and signed all the same", async () => {
    const processor = await simulatedProcessor("Milan", { maskChipId: true });
    const report = must(parseReport(processor.launch().report({ reportData })));
    expect(isZero(report.chipId)).toBe(true);
    expect(verifies(report, processor.vek())).toBe(true);
  });

  test("a masked chip key leaves no signature", async () => {
    const bytes = (await simulatedProcessor("Milan", { maskChipKey: true })).launch().report({ reportData });
    expect(must(parseReport(bytes))).toMatchObject({ maskChipKey: true, signingKey: "none" });
    expect(isZero(bytes.subarray(signedLength))).toBe(true);
  });

  test("any field, and any byte, under a signature that still holds", async () => {
    const processor = await simulatedProcessor();
    const guest = processor.launch();
    const lied = must(parseReport(guest.report({ reportData, overrides: { chipId: new Uint8Array(64).fill(1), vmpl: 0xffff_ffff } })));
    expect(lied).toMatchObject({ chipId: new Uint8Array(64).fill(1), vmpl: 0xffff_ffff });
    expect(verifies(lied, processor.vek())).toBe(true);
    const patched = guest.report({ reportData, patches: [{ offset: 0x1eb, bytes: Uint8Array.of(1) }] });
    expect(parseReport(patched)).toMatchObject({ ok: false, failure: { code: "snp.report-reserved" } });
  });

  test("another chip has another id and another key", async () => {
    const hierarchy = await simulatedHierarchy();
    const other = await simulatedProcessor("Milan", { chipId: hierarchy.chipId(1) });
    const report = must(parseReport(other.launch().report({ reportData })));
    expect(report.chipId).toEqual(hierarchy.chipId(1));
    expect(verifies(report, (await simulatedProcessor()).vek())).toBe(false);
  });
});

test("unless told otherwise all products run production guests: no debug, nothing provisional", async () => {
  for (const product of ["Milan", "Genoa", "Turin"] satisfies Product[]) {
    const report = must(parseReport((await simulatedProcessor(product)).launch().report({ reportData })));
    expect(report.policy.debug).toBe(false);
    expect(report.committedTcb).toEqual(report.currentTcb);
    expect(report.platformInfo).toMatchObject({ aliasCheckComplete: true, unknownBits: 0n });
  }
});

function verifies(report: Report, vek: Uint8Array): boolean {
  const spki = new Uint8Array(new X509Certificate(vek).publicKey.export({ format: "der", type: "spki" }));
  return nodePrimitives.verifyP384(spki, report.raw.subarray(0, signedLength), report.signature);
}
