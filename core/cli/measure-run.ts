// What `portcullis measure` and `ovmf inspect` answer: files in, a measurement or a description out. Exit 2 where a file cannot be read or is none.
import { toHex } from "../base/bytes.ts";
import type { BootFile, DirectBoot } from "../measure/boot-set.ts";
import { describeFirmware } from "../measure/describe.ts";
import { maximumFirmware, parseFirmware } from "../measure/firmware.ts";
import { commandLineHash } from "../measure/kernel-hashes.ts";
import { signatureText } from "../measure/vcpu.ts";
import { nodePrimitives } from "../node/primitives.ts";
import type { BootOptions } from "./boot-options.ts";
import { readBootSet } from "./boot-set-files.ts";
import { oddCommandLine } from "./boot-text.ts";
import type { CommonOptions } from "./command.ts";
import type { ExitCode, Output } from "./output.ts";
import { refuseInput } from "./policy-file.ts";
import { readFile } from "./report-run.ts";

export type MeasureOptions = BootOptions & CommonOptions;

export function measure(options: MeasureOptions, output: Output): ExitCode {
  const set = readBootSet(options, output);
  if (!set.ok) return refuseInput(output, set.failure);
  const { measurement, vmm, vcpus, vcpuSignature, guestFeatures, firmware, direct } = set.value;
  const answer = {
    measurement,
    vmm,
    vcpus,
    vcpuSignature: signatureText(vcpuSignature),
    guestFeatures,
    firmware: fileAnswer(firmware),
    ...(direct === undefined ? {} : directAnswer(direct)),
  };
  const odd = oddCommandLine(set.value);
  if (odd !== undefined) output.note(odd);
  if (direct === undefined) output.note("No kernel: whatever the firmware starts is not measured beyond the firmware file itself.");
  output.answer(answer, () => answer.measurement);
  return 0;
}

export function inspect(file: string, output: Output): ExitCode {
  const bytes = readFile(file, maximumFirmware);
  if (!bytes.ok) return refuseInput(output, bytes.failure);
  const firmware = parseFirmware(bytes.value);
  if (!firmware.ok) return refuseInput(output, firmware.failure);
  const description = describeFirmware(firmware.value);
  const { size, resetEip, hashTable, sections } = firmware.value;
  const answer = {
    size,
    ...description,
    resetEip: resetEip === undefined ? null : hexOf(resetEip),
    hashTable: hashTable === undefined ? null : { base: hexOf(hashTable.base), size: hashTable.size },
    sections: sections.map(({ gpa, size: length, kind }) => ({ kind, gpa: hexOf(gpa), size: length })),
  };
  output.answer(answer, () =>
    [
      ...description.sentences,
      "",
      `${size} bytes, sections in the order in which they are measured:`,
      ...answer.sections.map(({ kind, gpa, size: length }) => `  ${gpa}  ${String(length).padStart(7)}  ${kind}`),
    ].join("\n"),
  );
  return 0;
}

function directAnswer({ kernel, initrd, commandLine }: DirectBoot): object {
  return {
    kernel: fileAnswer(kernel),
    initrd: initrd === undefined ? null : fileAnswer(initrd),
    commandLine: { text: commandLine, sha256: toHex(commandLineHash(commandLine, nodePrimitives)) },
  };
}

function fileAnswer({ bytes, sha256 }: BootFile): Pick<BootFile, "bytes" | "sha256"> {
  return { bytes, sha256 };
}

function hexOf(number: number): string {
  return `0x${number.toString(16)}`;
}
