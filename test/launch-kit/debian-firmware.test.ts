// What can Debian's own firmware files measure, of three releases? The files themselves, from their packages, named as `portcullis ovmf inspect` names them.
// Which builds have SNP metadata and which a place for kernel hashes is told by Debian's packages; it changes only with them.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { debianFolder } from "../../build/debian-packages.mjs";
import { describeFirmware } from "../../core/measure/describe.ts";
import { parseFirmware } from "../../core/measure/firmware.ts";
import { needs } from "../kit/needs.ts";

describe("Debian's firmware", needs("debian"), () => {
  test("bookworm's has SNP metadata in its 2 MiB builds only, and no place for kernel hashes", () => {
    expect(named("bookworm")).toEqual({
      "OVMF/OVMF_CODE.fd": "SNP, no kernel",
      "OVMF/OVMF_CODE.ms.fd": "SNP, no kernel",
      "OVMF/OVMF_CODE.secboot.fd": "SNP, no kernel",
      "OVMF/OVMF_CODE_4M.fd": "measure.firmware-not-snp",
      "OVMF/OVMF_CODE_4M.ms.fd": "measure.firmware-not-snp",
      "OVMF/OVMF_CODE_4M.secboot.fd": "measure.firmware-not-snp",
      "OVMF/OVMF_CODE_4M.snakeoil.fd": "measure.firmware-not-snp",
      "OVMF/OVMF_VARS.fd": "measure.firmware-no-table",
      "OVMF/OVMF_VARS.ms.fd": "measure.firmware-no-table",
      "OVMF/OVMF_VARS_4M.fd": "measure.firmware-no-table",
      "OVMF/OVMF_VARS_4M.ms.fd": "measure.firmware-no-table",
      "OVMF/OVMF_VARS_4M.snakeoil.fd": "measure.firmware-no-table",
      "ovmf/OVMF.fd": "SNP, no kernel",
    });
  });

  test("trixie's has SNP metadata in all of its builds, and no place for kernel hashes", () => {
    const { "ovmf/OVMF.fd": whole, ...others } = named("trixie");
    const builds = Object.entries(others).filter(([name]) => !name.includes("VARS"));
    expect([whole, builds.length > 0, new Set(builds.map(([, what]) => what))]).toEqual([
      "SNP, no kernel",
      true,
      new Set(["SNP, no kernel"]),
    ]);
  });

  test("the AmdSev build measures kernel, initrd and command line: seven sections, and the hashes at 0x810c00", () => {
    expect(named("forky")).toEqual({ "ovmf/OVMF.amdsev.fd": "SNP and kernel" });
    const parsed = parseFirmware(bytesOf("forky", "ovmf/OVMF.amdsev.fd"));
    expect(parsed).toMatchObject({
      ok: true,
      value: { size: 4_194_304, resetEip: 0x80_b004, hashTable: { base: 0x81_0c00, size: 0x400 } },
    });
    const kinds = parsed.ok ? parsed.value.sections.map(({ kind }) => kind) : [];
    expect(kinds.toSorted()).toEqual(["cpuid", "kernel-hashes", "sec-mem", "sec-mem", "sec-mem", "secrets", "svsm-caa"]);
  });
});

/** Every firmware file of a release: what it can measure, or the code with which it is refused. */
function named(release: string): Readonly<Record<string, string>> {
  const names = ["OVMF", "ovmf"].flatMap((folder) => filesIn(release, folder).map((name) => `${folder}/${name}`));
  return Object.fromEntries(names.map((name) => [name, says(bytesOf(release, name))]));
}

function says(bytes: Uint8Array): string {
  const parsed = parseFirmware(bytes);
  if (!parsed.ok) return parsed.failure.code;
  return describeFirmware(parsed.value).measuresKernel ? "SNP and kernel" : "SNP, no kernel";
}

function filesIn(release: string, folder: string): readonly string[] {
  try {
    return readdirSync(join(debianFolder, release, "usr/share", folder)).filter((name) => name.endsWith(".fd"));
  } catch {
    return [];
  }
}

function bytesOf(release: string, name: string): Uint8Array {
  return new Uint8Array(readFileSync(join(debianFolder, release, "usr/share", name)));
}
