// Are AMD's extensions read as they are in real leaves, and is every other form refused?
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { toHex } from "../../core/base/bytes.ts";
import { must } from "../../core/base/result.ts";
import { parseCertificate } from "../../core/endorse/certificate.ts";
import { parseVek } from "../../core/endorse/vek.ts";
import { boolean, ia5String, integer, sequence } from "../../core/simulator/der.ts";
import type { LeafChoices } from "../../core/simulator/hierarchy.ts";
import type { VekExtensionName } from "../../core/simulator/vek-extensions.ts";
import type { Product } from "../../core/snp/product.ts";
import type { Signer } from "../../core/snp/report.ts";
import { simulatedHierarchy, simulatedInstant, simulatedProcessor } from "../kit/simulated.ts";
import { missingVectors, needsVectors, vector, vectors } from "../kit/vectors.ts";

interface Expected {
  readonly name: string;
  readonly vekExtensions: Readonly<Record<string, string | number | null>>;
}
const expected: Expected[] = missingVectors() ? [] : (JSON.parse(readFileSync(vectors("reports", "expected.json"), "utf8")) as Expected[]);

describe("real leaves", needsVectors(), () => {
  test.each(expected.filter(({ name }) => !name.startsWith("forged")))("$name", ({ name, vekExtensions }) => {
    const vek = must(parseVek(must(parseCertificate(vector("reports", `${name}.vek.der`)))));
    expect({
      fmc: vek.tcb.fmc ?? null,
      bl: vek.tcb.bootloader,
      tee: vek.tcb.tee,
      snp: vek.tcb.snp,
      ucode: vek.tcb.microcode,
      hwId: vek.hwId === undefined ? null : toHex(vek.hwId),
      productName: vek.productName,
      cspId: vek.cspId ?? null,
      structVersion: vek.structVersion,
    }).toEqual(vekExtensions);
  });

  test("the forged leaf is read, its wrapped hwID too: that it is forged shows in its signature", () => {
    const forged = must(parseVek(must(parseCertificate(vector("reports", "forged-vcek-milan-v2.vek.der")))));
    expect(toHex(forged.hwId ?? new Uint8Array(0))).toBe(toHex(Uint8Array.from({ length: 64 }, (_, index) => index)));
  });

  test.each(["ARK-Milan", "SEV-Milan", "SEV-VLEK-Milan"])("%s is not a leaf", (name) => {
    const authority = must(parseCertificate(vector("amd-roots", `${name}.der`)));
    expect(parseVek(authority)).toMatchObject({ ok: false, failure: { code: "endorse.vek-is-ca" } });
  });
});

const needed: readonly VekExtensionName[] = ["structVersion", "productName", "blSPL", "teeSPL", "snpSPL", "ucodeSPL"];
test.each(needed)("without %s a leaf is refused", async (name) => {
  expect(await codeOf("Milan", "vcek", { overrides: { [name]: null } })).toBe("endorse.vek-extension");
});

const levels: readonly VekExtensionName[] = ["blSPL", "teeSPL", "snpSPL", "ucodeSPL"];
test.each(levels)("%s must be one byte's worth of minimal DER INTEGER", async (name) => {
  for (const bytes of [[2, 1, 0xdb], [2, 2, 0, 1], [2, 2, 1, 0], [2, 0], [1], [], [4, 1, 1], [2, 1, 1, 0]]) {
    expect(await codeOf("Milan", "vcek", { overrides: { [name]: Uint8Array.from(bytes) } })).toBe("endorse.vek-extension");
  }
});

test.each(["spl4", "spl5", "spl6", "spl7"] as const)("%s is reserved", async (name) => {
  expect(await codeOf("Milan", "vcek", { overrides: { [name]: integer(1) } })).toBe("endorse.vek-extension");
});

test("fmcSPL belongs to Turin, and Turin needs it", async () => {
  expect(await codeOf("Milan", "vcek", { overrides: { fmcSPL: integer(1) } })).toBe("endorse.vek-extension");
  expect(await codeOf("Turin", "vcek", { overrides: { fmcSPL: null } })).toBe("endorse.vek-extension");
});

test("structVersion follows the product", async () => {
  expect(await codeOf("Milan", "vcek", { overrides: { structVersion: integer(1) } })).toBe("endorse.vek-extension");
  expect(await codeOf("Turin", "vcek", { overrides: { structVersion: integer(0) } })).toBe("endorse.vek-extension");
});

test("the product is the name up to the stepping, no looser", async () => {
  const named = (name: string) => codeOf("Milan", "vcek", { overrides: { productName: ia5String(name) } });
  expect(await named("Milan")).toBe("read");
  expect(await named("Milan-B1")).toBe("read");
  for (const name of ["Milano", "milan", "Venice", "", "Mil"]) expect(await named(name)).toBe("endorse.vek-extension");
});

test("hwID has its product's length, raw or in an OCTET STRING of exactly that length", async () => {
  for (const length of [0, 8, 63, 65, 66]) {
    expect(await codeOf("Milan", "vcek", { overrides: { hwId: new Uint8Array(length).fill(4) } })).toBe("endorse.vek-extension");
  }
  for (const length of [0, 7, 9, 64]) {
    expect(await codeOf("Turin", "vcek", { overrides: { hwId: new Uint8Array(length).fill(4) } })).toBe("endorse.vek-extension");
  }
  // Bytes that begin like a DER value are still raw bytes.
  for (const first of [0x02, 0x04]) {
    expect(await codeOf("Milan", "vcek", { overrides: { hwId: new Uint8Array(64).fill(first) } })).toBe("read");
  }
  for (const product of ["Milan", "Genoa", "Turin"] as const) expect(await codeOf(product, "vcek", { hwIdForm: "wrapped" })).toBe("read");
  const wrappedIn = (...head: readonly number[]) => ({ overrides: { hwId: Uint8Array.of(...head, ...new Uint8Array(64)) } });
  for (const head of [
    [4, 0x3f],
    [4, 0x41],
    [2, 0x40],
    [0x24, 0x40],
    [4, 0x81, 0x40],
    [4, 8],
  ]) {
    expect(await codeOf("Milan", "vcek", wrappedIn(...head))).toBe("endorse.vek-extension");
  }
});

test("a leaf speaks for a chip or for a provider, as its name says", async () => {
  expect(await codeOf("Milan", "vcek", { overrides: { hwId: null } })).toBe("endorse.vek-kind");
  expect(await codeOf("Milan", "vcek", { overrides: { cspId: ia5String("CN=x") } })).toBe("endorse.vek-kind");
  expect(await codeOf("Milan", "vcek", { subject: "SEV-VLEK" })).toBe("endorse.vek-kind");
  expect(await codeOf("Milan", "vcek", { subject: "SEV-OTHER" })).toBe("endorse.vek-kind");
  expect(await codeOf("Milan", "vlek", { overrides: { cspId: null } })).toBe("endorse.vek-kind");
  expect(await codeOf("Milan", "vlek", { subject: "SEV-VCEK" })).toBe("endorse.vek-kind");
  expect(await codeOf("Milan", "vlek", {})).toBe("read");
});

test("a leaf that may issue certificates is refused", async () => {
  const more = [{ oid: "2.5.29.19", critical: true, value: sequence(boolean(true)) }];
  expect(await codeOf("Milan", "vcek", { more })).toBe("endorse.vek-is-ca");
  // keyUsage: BIT STRING with keyCertSign, and with digitalSignature.
  const usage = (byte: number, unused: number) => ({ oid: "2.5.29.15", critical: true, value: Uint8Array.of(3, 2, unused, byte) });
  expect(await codeOf("Milan", "vcek", { more: [usage(0x04, 2)] })).toBe("endorse.vek-is-ca");
  expect(await codeOf("Milan", "vcek", { more: [usage(0x80, 7)] })).toBe("read");
});

test("a key that is not on P-384 is refused", async () => {
  const { ask } = (await simulatedHierarchy()).authorities;
  expect(await codeOf("Milan", "vcek", { key: ask.key })).toBe("endorse.vek-key");
});

async function codeOf(product: Product, signer: Signer, choices: LeafChoices): Promise<string> {
  const hierarchy = await simulatedHierarchy(product);
  const { chip } = await simulatedProcessor(product);
  const holder = signer === "vcek" ? { chipId: chip.chipId } : { cspId: chip.cspId };
  const vek = parseVek(must(parseCertificate(hierarchy.issue(simulatedInstant, chip.reportedTcb, holder, choices))));
  return vek.ok ? "read" : vek.failure.code;
}
