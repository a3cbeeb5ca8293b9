// Is each claim the field that its name says? A report in which no two fields are alike.
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { beforeAll, expect, test } from "vitest";
import { platformBitNames } from "../../../core/appraise/policy-demands.ts";
import { claimForms } from "../../../core/appraise/rules/claim-forms.ts";
import { claimsOf } from "../../../core/appraise/rules/claims.ts";
import type { GenuineReport } from "../../../core/appraise/verify.ts";
import { parseGuestPolicy } from "../../../core/snp/guest-policy.ts";
import { parsePlatformInfo } from "../../../core/snp/platform-info.ts";
import { must } from "../../../core/base/result.ts";
import type { Tcb } from "../../../core/snp/tcb.ts";
import { boundReport } from "../kit.ts";

const filled = (length: number, value: number): Uint8Array => new Uint8Array(length).fill(value);
const tcb = (first: number): Tcb => ({
  product: "Turin",
  fmc: first,
  bootloader: first + 1,
  tee: first + 2,
  snp: first + 3,
  microcode: first + 4,
});

let genuine: GenuineReport;
beforeAll(async () => {
  const { report, ...rest } = await boundReport({ product: "Turin", chip: { reportVersion: 5 } });
  genuine = {
    ...rest,
    vek: { ...rest.vek, cspId: "cloud.example" },
    tcb: { reported: tcb(10), committed: tcb(20), current: tcb(30), launch: tcb(40) },
    report: {
      ...report,
      guestSvn: 4_294_967_295,
      vmpl: 3,
      familyId: filled(16, 0xa1),
      imageId: filled(16, 0xa2),
      measurement: filled(48, 0xa3),
      hostData: filled(32, 0xa4),
      idKeyDigest: filled(48, 0xa5),
      authorKeyDigest: filled(48, 0xa6),
      reportId: filled(32, 0xa7),
      chipId: filled(64, 0xa8),
      cpuid: { family: 0x1a, model: 0x11, stepping: 7 },
      currentVersion: { major: 1, minor: 58, build: 40 },
      committedVersion: { major: 2, minor: 57, build: 39 },
      launchMitVector: 2n ** 63n + 1n,
      currentMitVector: 0n,
    },
  };
});

test("every claim", () => {
  const claims = claimsOf(genuine);
  expect(Object.keys(claims).toSorted()).toEqual([...claimForms.keys()].toSorted());
  expect(claims).toMatchObject({
    product: "Turin",
    line: "Turin-Dense",
    signer: "vcek",
    provider: "cloud.example",
    simulated: true,
    at: timestampFromMs(genuine.at),
    "report.version": 5n,
    "report.guestSvn": 4_294_967_295n,
    "report.vmpl": 3n,
    "report.familyId": "a1".repeat(16),
    "report.imageId": "a2".repeat(16),
    "report.measurement": "a3".repeat(48),
    "report.hostData": "a4".repeat(32),
    "report.idKeyDigest": "a5".repeat(48),
    "report.authorKeyDigest": "a6".repeat(48),
    "report.authorKeyEn": false,
    "report.reportId": "a7".repeat(32),
    "report.chipId": "a8".repeat(64),
    "cpuid.family": 0x1an,
    "cpuid.model": 0x11n,
    "cpuid.stepping": 7n,
    "firmware.current.text": "1.58.40",
    "firmware.current.major": 1n,
    "firmware.current.minor": 58n,
    "firmware.current.build": 40n,
    "firmware.committed.text": "2.57.39",
    "firmware.committed.major": 2n,
    "firmware.committed.minor": 57n,
    "firmware.committed.build": 39n,
    "mitigations.launch": [0n, 63n],
    "mitigations.current": [],
  });
  const levels = { reported: 10n, committed: 20n, current: 30n, launch: 40n };
  const components = ["fmc", "bootloader", "tee", "snp", "microcode"];
  for (const [which, first] of Object.entries(levels))
    for (const [index, component] of components.entries())
      expect(claims[`tcb.${which}.${component}`], `${which} ${component}`).toBe(first + BigInt(index));
});

test("each bit of the guest policy and of the platform alone", () => {
  const bits = { smt: 16, migrateMa: 18, debug: 19, singleSocket: 20, cxlAllow: 21, memAes256Xts: 22, raplDis: 23 };
  const later = { ciphertextHidingDram: 24, pageSwapDisable: 25 };
  for (const [name, number] of Object.entries({ ...bits, ...later })) {
    const policy = must(parseGuestPolicy((1n << 17n) | (1n << BigInt(number)) | 0x0137n));
    const claims = claimsOf({ ...genuine, report: { ...genuine.report, policy } });
    const set = Object.keys(claims).filter((path) => path.startsWith("policy.") && claims[path] === true);
    expect([set, claims["policy.abiMajor"], claims["policy.abiMinor"]]).toEqual([[`policy.${name}`], 1n, 0x37n]);
  }
  for (const [number, name] of platformBitNames.entries()) {
    const platformInfo = parsePlatformInfo((1n << BigInt(number)) | (1n << 40n));
    const claims = claimsOf({ ...genuine, report: { ...genuine.report, platformInfo } });
    const set = Object.keys(claims).filter((path) => path.startsWith("platform.") && claims[path] === true);
    expect([set, claims["platform.unknownBits"]]).toEqual([[`platform.${name}`], [40n]]);
  }
});

test("what an older report, another product or a VCEK lacks is absent", () => {
  const { cpuid, launchMitVector, currentMitVector, ...older } = genuine.report;
  expect([cpuid, launchMitVector, currentMitVector]).not.toContain(undefined);
  const absent = { cpuid: undefined, launchMitVector: undefined, currentMitVector: undefined };
  const milan = { ...tcb(10), fmc: undefined };
  const claims = claimsOf({
    ...genuine,
    vek: { ...genuine.vek, cspId: undefined },
    tcb: { ...genuine.tcb, reported: milan },
    report: { ...older, ...absent },
  });
  const missing = [...claimForms.keys()].filter((path) => !Object.hasOwn(claims, path));
  const asWhole = ["cpuid.family", "cpuid.model", "cpuid.stepping", "mitigations.launch", "mitigations.current"];
  expect(missing.toSorted()).toEqual(["line", "provider", "tcb.reported.fmc", ...asWhole].toSorted());
});
