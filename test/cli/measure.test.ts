// Does `portcullis measure` say what the published digests say, and does `ovmf inspect` name what a firmware file can measure? Real processes, files of any
// size, and Debian's own firmware.
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { toHex } from "../../core/base/bytes.ts";
import { must } from "../../core/base/result.ts";
import { commandLineHash } from "../../core/measure/kernel-hashes.ts";
import { measureLaunch } from "../../core/measure/measure.ts";
import { nodePrimitives } from "../../core/node/primitives.ts";
import { makeFirmware } from "../measure/kit.ts";
import { needsFile } from "../kit/needs.ts";
import { needsVectors, vectors } from "../kit/vectors.ts";
import { portcullis } from "./kit.ts";

let folder = "";
const file = (name: string): string => join(folder, name);
const kernel = new Uint8Array(9 * 2 ** 20).fill(0x4b);
const initrd = new Uint8Array(2 ** 20).fill(0x1d);

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "portcullis-measure-"));
  writeFileSync(file("ovmf.fd"), makeFirmware());
  writeFileSync(file("plain.fd"), makeFirmware({ hashTable: false }));
  writeFileSync(file("vmlinuz"), kernel);
  writeFileSync(file("initrd"), initrd);
  writeFileSync(file("empty"), "");
});
afterAll(() => rmSync(folder, { recursive: true }));

const usual = ["--vcpus", "2", "--vcpu-type", "EPYC-Genoa-v1"];

test("a launch with kernel, initrd and command line, and every file that went in by its digest", async () => {
  const boot = ["--kernel", file("vmlinuz"), "--initrd", file("initrd"), "--append", "console=ttyS0"];
  const { code, json } = await portcullis("measure", "--ovmf", file("ovmf.fd"), ...usual, ...boot);
  const hashes = {
    kernel: nodePrimitives.digest("sha256", kernel),
    initrd: nodePrimitives.digest("sha256", initrd),
    commandLine: commandLineHash("console=ttyS0", nodePrimitives),
  };
  const expected = { vcpus: 2, vcpuSignature: 0x00a10f10, guestFeatures: 1n, vmm: "qemu", primitives: nodePrimitives } as const;
  const measurement = toHex(must(measureLaunch({ firmware: makeFirmware(), boot: hashes, ...expected })));
  expect([code, json()]).toMatchObject([
    0,
    {
      measurement,
      vcpuSignature: "0x00a10f10",
      kernel: { bytes: kernel.length, sha256: toHex(hashes.kernel) },
      initrd: { bytes: initrd.length, sha256: toHex(hashes.initrd) },
      commandLine: { text: "console=ttyS0" },
    },
  ]);
});

test("the signature of -cpu host can be given instead of a model's name", async () => {
  const byName = await portcullis("measure", "--ovmf", file("ovmf.fd"), ...usual);
  const bySignature = await portcullis("measure", "--ovmf", file("ovmf.fd"), "--vcpus", "2", "--vcpu-sig", "0xA10F10");
  expect([bySignature.code, bySignature.json()]).toEqual([0, byName.json()]);
  expect(byName.stderr).toContain("No kernel");
});

test.each<[string, readonly string[], string]>([
  ["a firmware that is not there", ["--ovmf", "/nowhere", ...usual], "cli.unreadable"],
  ["a firmware that is none", ["--ovmf", "vmlinuz", ...usual], "measure.firmware-no-table"],
  ["a kernel where nothing measures it", ["--ovmf", "plain.fd", ...usual, "--kernel", "vmlinuz"], "measure.firmware-no-hashes"],
  ["an empty kernel", ["--ovmf", "ovmf.fd", ...usual, "--kernel", "empty"], "measure.kernel-empty"],
  ["a kernel that is not there", ["--ovmf", "ovmf.fd", ...usual, "--kernel", "/nowhere"], "measure.unreadable"],
  ["an initrd without a kernel", ["--ovmf", "ovmf.fd", ...usual, "--initrd", "initrd"], "cli.usage"],
  ["no vCPU", ["--ovmf", "ovmf.fd", "--vcpus", "0", "--vcpu-type", "EPYC"], "measure.vcpus"],
  ["an unknown vCPU model", ["--ovmf", "ovmf.fd", "--vcpus", "1", "--vcpu-type", "host"], "cli.usage"],
  ["a model and a signature", ["--ovmf", "ovmf.fd", ...usual, "--vcpu-sig", "0x1"], "cli.usage"],
  ["features that are no hex", ["--ovmf", "ovmf.fd", ...usual, "--guest-features", "one"], "cli.usage"],
  ["a VMM whose facts are not sure", ["--ovmf", "ovmf.fd", ...usual, "--vmm", "ec2"], "measure.vmm-uncertain"],
  ["a VMM that there is not", ["--ovmf", "ovmf.fd", ...usual, "--vmm", "xen"], "cli.usage"],
])("%s is refused", async (_, args, code) => {
  const inFolder = args.map((word) => (existsSync(file(word)) ? file(word) : word));
  const answer = await portcullis("measure", ...inFolder);
  expect([answer.code, answer.json()]).toMatchObject([2, { failure: { code } }]);
});

test("a published digest", needsVectors(), async () => {
  const args = ["--ovmf", vectors("measurement", "ovmf_AmdSev_suffix.bin"), "--vcpus", "1", "--vcpu-type", "EPYC-v4"];
  const { json } = await portcullis("measure", ...args, "--guest-features", "0x21");
  const digest = "e1e1ca029dd7973ab9513295be68198472dcd4fc834bd9af9b63f6e8a1674dbf281a9278a4a2ebe0eed9f22adbcd0e2b";
  expect(json()).toMatchObject({ measurement: digest });
});

describe("Debian's firmware", needsFile("/usr/share/ovmf/OVMF.fd", "ovmf"), () => {
  test("the combined image starts SNP guests, and measures no kernel", async () => {
    const { code, json } = await portcullis("ovmf", "inspect", "/usr/share/ovmf/OVMF.fd");
    expect([code, json()]).toMatchObject([0, { measuresKernel: false, measuresVcpus: true, hashTable: null }]);
    expect(JSON.stringify(json())).toContain("take an AmdSev build");
  });

  test.each([
    ["/usr/share/OVMF/OVMF_CODE_4M.fd", "measure.firmware-not-snp"],
    ["/usr/share/OVMF/OVMF_VARS_4M.fd", "measure.firmware-no-table"],
  ])("%s: %s", async (path, code) => {
    const answer = await portcullis("ovmf", "inspect", path);
    expect([answer.code, answer.json()]).toMatchObject([2, { failure: { code } }]);
  });
});
