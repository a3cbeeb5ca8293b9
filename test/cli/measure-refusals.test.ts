// Does each bad boot file get its own code and a sentence that says what to do? Through the command line: exit 2, the code in --json, the sentence on stderr.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { failureTable, type FailureCode } from "../../core/base/failure.ts";
import { measure } from "../../core/cli/measure-run.ts";
import { createOutput } from "../../core/cli/output.ts";
import { makeFirmware, type FirmwareChoices } from "../measure/kit.ts";
import { portcullis } from "./kit.ts";

let folder = "";
const file = (name: string): string => join(folder, name);
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "portcullis-refusals-"));
  writeFileSync(file("ovmf.fd"), makeFirmware());
  writeFileSync(file("vmlinuz"), "kernel");
  writeFileSync(file("empty"), "");
});
afterAll(() => rmSync(folder, { recursive: true }));

const machine = ["--vcpus", "2", "--vcpu-type", "EPYC-Milan"];
const made = (choices: FirmwareChoices): Uint8Array => makeFirmware(choices);

describe("a bad firmware", () => {
  test.each<[string, Uint8Array, FailureCode, string]>([
    ["a footer that was cut off", made({}).slice(0, -4096), "measure.firmware-no-table", "variable store"],
    ["a footer that was cut in its middle", made({}).slice(0, -48), "measure.firmware-malformed", "no whole number of pages"],
    ["a file that is no whole number of pages", made({}).slice(100), "measure.firmware-malformed", "no whole number of pages"],
    ["overlapping sections", made({ overlap: true }), "measure.firmware-malformed", "overlaps another"],
    ["an absurd count of sections", made({ count: 0xffff_ffff }), "measure.firmware-malformed", "4294967295 sections"],
    ["no section", made({ count: 0 }), "measure.firmware-malformed", "0 sections"],
    ["a table that is longer than the file", made({ tableSize: 0xffff }), "measure.firmware-malformed", "table"],
    ["GUIDs in the order in which they are written", made({ writtenGuids: true }), "measure.firmware-guid-order", "EFI's"],
    ["metadata of another version", made({ version: 2 }), "measure.firmware-metadata-version", "(2)"],
    ["an unknown section", made({ unknownSection: true }), "measure.firmware-section-unknown", "type 0x11"],
    ["no SEV metadata", made({ metadata: false }), "measure.firmware-not-snp", "OVMF.amdsev.fd"],
  ])("%s", async (_, bytes, code, words) => {
    writeFileSync(file("bad.fd"), bytes);
    for (const asked of [
      ["measure", "--ovmf", file("bad.fd"), ...machine],
      ["ovmf", "inspect", file("bad.fd")],
    ]) {
      const answer = await portcullis(...asked, "--json");
      expect([answer.code, answer.json()]).toMatchObject([2, { failure: { code, sentence: expect.stringContaining(words) as string } }]);
      expect(answer.stderr).toContain(failureTable[code].sentence);
    }
  });
});

describe("a bad kernel", () => {
  test.each<[string, readonly string[], FailureCode]>([
    ["of no bytes", ["--ovmf", "ovmf.fd", "--kernel", "empty"], "measure.kernel-empty"],
    ["that is a folder", ["--ovmf", "ovmf.fd", "--kernel", "."], "measure.unreadable"],
    ["whose initrd is not there", ["--ovmf", "ovmf.fd", "--kernel", "vmlinuz", "--initrd", "nowhere"], "measure.unreadable"],
    ["under a firmware without a table of hashes", ["--ovmf", "no-table.fd", "--kernel", "vmlinuz"], "measure.firmware-no-hashes"],
    ["under a firmware without a section for them", ["--ovmf", "no-section.fd", "--kernel", "vmlinuz"], "measure.firmware-no-hashes"],
  ])("%s", async (_, words, code) => {
    writeFileSync(file("no-table.fd"), made({ hashTable: false }));
    writeFileSync(file("no-section.fd"), made({ hashSection: false }));
    const inFolder = words.map((word) => (word.startsWith("--") ? word : file(word)));
    const answer = await portcullis("measure", ...inFolder, ...machine, "--json");
    expect([answer.code, answer.json()]).toMatchObject([2, { failure: { code } }]);
    expect(answer.stderr).toContain(failureTable[code].sentence);
  });

  test("with a NUL in its command line, which no operating system would pass on", async () => {
    const written = vi.spyOn(process.stdout, "write").mockReturnValue(true);
    const complained = vi.spyOn(process.stderr, "write").mockReturnValue(true);
    try {
      const options = { guestFeatures: "0x1", vmm: "qemu", vcpus: "2", vcpuType: "EPYC", ovmf: file("ovmf.fd"), kernel: file("vmlinuz") };
      expect(measure({ ...options, append: "quiet\0init=/bin/sh" }, createOutput(true))).toBe(2);
      expect(JSON.parse(String(written.mock.calls[0]?.[0]))).toMatchObject({ failure: { code: "measure.command-line" } });
      expect(String(complained.mock.calls[0]?.[0])).toContain("NUL");
    } finally {
      written.mockRestore();
      complained.mockRestore();
    }
  });
});
