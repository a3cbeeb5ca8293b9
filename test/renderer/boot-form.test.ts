// Is what the person gave a boot set? Each fault at its field, each measurement as the core works it out, and a set that comes back is the same set.
import { describe, expect, test } from "vitest";
import { bootLabel } from "../../core/api/boot-schemas.ts";
import { sentenceOf } from "../../core/base/failure.ts";
import { must } from "../../core/base/result.ts";
import { measureFirmwareFile } from "../../core/measure/boot-set.ts";
import { nodePrimitives } from "../../core/node/primitives.ts";
import { type BootForm, bootFormFrom, emptyBoot, questionOf, readBoot } from "../../renderer/boot/boot-form.ts";
import { pagePrimitives } from "../../renderer/boot/primitives.ts";
import { makeFirmware } from "../measure/kit.ts";
import { bootSetOf } from "./fixture-boot-sets.ts";

const set = bootSetOf("6.12.85");
const form = bootFormFrom(set);
const ready = (part: Parameters<typeof makeFirmware>[0]): BootForm["firmware"] => ({
  state: "ready",
  file: must(measureFirmwareFile("OVMF.fd", makeFirmware(part), nodePrimitives)),
});

function faults(part: Partial<BootForm>): Record<string, string> {
  const read = readBoot({ ...form, ...part });
  return "faults" in read ? Object.fromEntries(read.faults) : {};
}

test("the page's digests are Node's", () => {
  for (const name of ["sha256", "sha384", "sha512"] as const) {
    const parts = [Uint8Array.of(1, 2, 3), new Uint8Array(0), new Uint8Array(5000).fill(9)];
    expect(pagePrimitives.digest(name, ...parts)).toEqual(nodePrimitives.digest(name, ...parts));
    expect(pagePrimitives.digest(name)).toEqual(nodePrimitives.digest(name));
  }
});

test("a set that comes back measures the same, and goes out without its measurement", () => {
  expect(readBoot(form)).toEqual({ label: "vmlinuz-6.12.85", set });
  expect(questionOf(set)).not.toHaveProperty("measurement");
});

test("a label is one that the service takes: as long as that, and no longer", () => {
  const longest = "x".repeat(100);
  expect(bootLabel.safeParse(longest).success).toBe(true);
  expect(bootLabel.safeParse(`${longest}x`).success).toBe(false);
  expect(readBoot({ ...form, label: longest })).toEqual({ label: longest, set });
  expect(faults({ label: `${longest}x` })).toHaveProperty("boot-label");
});

describe("faults stand at their fields", () => {
  test("an empty form lacks the firmware and the model", () => {
    const read = readBoot(emptyBoot);
    expect("faults" in read && [...read.faults.keys()]).toEqual(["boot-firmware", "boot-model"]);
  });

  test.each<[string, Partial<BootForm>, string, string | undefined]>([
    [
      "plain firmware with a kernel",
      { firmware: ready({ hashTable: false }) },
      "boot-firmware",
      sentenceOf({ code: "measure.firmware-no-hashes" }),
    ],
    ["one vCPU firmware", { firmware: ready({ resetEip: false }) }, "boot-vcpus", sentenceOf({ code: "measure.firmware-one-vcpu" })],
    ["NUL", { commandLine: "a\0b" }, "boot-command-line", sentenceOf({ code: "measure.command-line" })],
    ["a line break", { commandLine: "a\nb" }, "boot-command-line", undefined],
    ["a long command line", { commandLine: "x".repeat(4097) }, "boot-command-line", undefined],
    ["an initrd alone", { kernel: { state: "empty" }, commandLine: "" }, "boot-kernel", undefined],
    ["a command line alone", { kernel: { state: "empty" }, initrd: { state: "empty" } }, "boot-kernel", undefined],
    [
      "a file that is being read",
      { initrd: { state: "reading", name: "initrd", share: 0.5 } },
      "boot-initrd",
      "initrd is still being read.",
    ],
    ["no vCPU", { vcpus: "0" }, "boot-vcpus", undefined],
    ["4097 vCPUs", { vcpus: "4097" }, "boot-vcpus", undefined],
    ["another model without a name", { model: "other" }, "boot-model-name", undefined],
    ["the host's model without a signature", { model: "host", signature: "" }, "boot-signature", undefined],
    ["features that are no hex", { guestFeatures: "1" }, "boot-features", undefined],
  ])("%s", (_, part, field, sentence) => {
    const found = faults(part);
    expect(Object.keys(found)).toEqual([field]);
    if (sentence !== undefined) expect(found[field]).toBe(sentence);
  });

  test("at the bounds there is none", () => {
    expect(faults({ vcpus: "4096" })).toEqual({});
    expect(faults({ commandLine: "x".repeat(4096) })).toEqual({});
    expect(faults({ model: "host", signature: "a10f11" })).toEqual({});
    expect(faults({ model: "other", modelName: "EPYC-Milan-v2", signature: "" })).toEqual({});
    expect(
      faults({ firmware: ready({ hashTable: false }), kernel: { state: "empty" }, initrd: { state: "empty" }, commandLine: "" }),
    ).toEqual({});
  });
});
