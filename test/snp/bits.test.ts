// Is each bit of the guest policy and of PLATFORM_INFO read under its own name? And each processor under its line's?
import { expect, test } from "vitest";
import { must } from "../../core/base/result.ts";
import { parseGuestPolicy } from "../../core/snp/guest-policy.ts";
import { parsePlatformInfo } from "../../core/snp/platform-info.ts";
import { productOf } from "../../core/snp/product.ts";

const policyBits = [
  [16, "smt"],
  [18, "migrateMa"],
  [19, "debug"],
  [20, "singleSocket"],
  [21, "cxlAllow"],
  [22, "memAes256Xts"],
  [23, "raplDis"],
  [24, "ciphertextHidingDram"],
  [25, "pageSwapDisable"],
] as const;

test.each(policyBits)("guest policy bit %d is %s and nothing else", (bit, name) => {
  const policy = must(parseGuestPolicy((1n << 17n) | (1n << BigInt(bit))));
  expect(policyBits.map(([, other]) => other).filter((other) => policy[other])).toEqual([name]);
});

test("the ABI minimum is minor in the low byte, major above", () => {
  expect(must(parseGuestPolicy(0x2_01_37n))).toMatchObject({ abiMajor: 1, abiMinor: 0x37 });
});

test("guest policy bit 17 must be one, bits above 25 zero", () => {
  expect(parseGuestPolicy(0n)).toMatchObject({ failure: { code: "snp.guest-policy-reserved" } });
  for (let bit = 26n; bit < 64n; bit++) {
    expect(parseGuestPolicy((1n << 17n) | (1n << bit))).toMatchObject({ failure: { code: "snp.guest-policy-reserved" } });
  }
});

const platformBits = [
  "smtEn",
  "tsmeEn",
  "eccEn",
  "raplDis",
  "ciphertextHidingDramEn",
  "aliasCheckComplete",
  "iommuWriteSafe",
  "tioEn",
] as const;

test.each(platformBits.map((name, bit) => [bit, name] as const))("platform bit %d is %s and nothing else", (bit, name) => {
  const platform = parsePlatformInfo(1n << BigInt(bit));
  expect(platformBits.filter((other) => platform[other])).toEqual([name]);
  expect(platform.unknownBits).toBe(0n);
});

test("platform bits above 7 have no name", () => {
  expect(parsePlatformInfo(0xffff_ffff_ffff_ffffn).unknownBits).toBe(0xffff_ffff_ffff_ff00n);
});

test.each([
  [0x19, 0x00, "Milan"],
  [0x19, 0x0f, "Milan"],
  [0x19, 0x10, "Genoa"],
  [0x19, 0x1f, "Genoa"],
  [0x19, 0x20, undefined],
  [0x19, 0x9f, undefined],
  [0x19, 0xa0, "Genoa"],
  [0x19, 0xaf, "Genoa"],
  [0x19, 0xb0, undefined],
  [0x1a, 0x00, "Turin"],
  [0x1a, 0x11, "Turin"],
  [0x1a, 0x12, undefined],
  [0x1a, 0x50, undefined],
  [0x17, 0x31, undefined],
  [0x00, 0x00, undefined],
] as const)("family %d, model %d is %s", (family, model, product) => {
  expect(productOf({ family, model, stepping: 0 })).toBe(product);
});
