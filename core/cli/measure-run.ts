// What `portcullis measure` and `ovmf inspect` answer: files in, a measurement or a description out. Exit 2 where a file cannot be read or is none.
import { fromHex, toHex } from "../base/bytes.ts";
import { failure } from "../base/failure.ts";
import { fail, ok, type Result } from "../base/result.ts";
import { describeFirmware } from "../measure/describe.ts";
import { maximumFirmware, parseFirmware } from "../measure/firmware.ts";
import { commandLineHash, type BootHashes } from "../measure/kernel-hashes.ts";
import { measureLaunch } from "../measure/measure.ts";
import { vcpuModels, vcpuSignature } from "../measure/vcpu.ts";
import { vmmNamed, vmms, type Vmm } from "../measure/vmsa.ts";
import { digestFile, type FileDigest } from "../node/boot-files.ts";
import { nodePrimitives } from "../node/primitives.ts";
import type { CommonOptions } from "./command.ts";
import type { ExitCode, Output } from "./output.ts";
import { refuseInput } from "./policy-file.ts";
import { readFile } from "./report-run.ts";

export interface MeasureOptions extends CommonOptions {
  readonly ovmf?: string;
  readonly kernel?: string;
  readonly initrd?: string;
  readonly append?: string;
  readonly vcpus?: string;
  readonly vcpuType?: string;
  readonly vcpuSig?: string;
  readonly guestFeatures: string;
  readonly vmm: string;
}

export function measure(options: MeasureOptions, output: Output): ExitCode {
  if (options.ovmf === undefined || options.vcpus === undefined)
    return refuseInput(output, failure("cli.usage", "give --ovmf and --vcpus"));
  const firmware = readFile(options.ovmf, maximumFirmware);
  if (!firmware.ok) return refuseInput(output, firmware.failure);
  const signature = signatureFrom(options);
  if (!signature.ok) return refuseInput(output, signature.failure);
  const features = featuresFrom(options.guestFeatures);
  if (!features.ok) return refuseInput(output, features.failure);
  const vmm = vmmFrom(options.vmm);
  if (!vmm.ok) return refuseInput(output, vmm.failure);
  const boot = bootFrom(options, output);
  if (!boot.ok) return refuseInput(output, boot.failure);
  const vcpus = Number(options.vcpus);
  const measurement = measureLaunch({
    firmware: firmware.value,
    boot: boot.value?.hashes,
    vcpus,
    vcpuSignature: signature.value,
    guestFeatures: features.value,
    vmm: vmm.value,
    primitives: nodePrimitives,
  });
  if (!measurement.ok) return refuseInput(output, measurement.failure);
  const answer = {
    measurement: toHex(measurement.value),
    vmm: vmm.value,
    vcpus,
    vcpuSignature: `0x${signature.value.toString(16).padStart(8, "0")}`,
    guestFeatures: `0x${features.value.toString(16)}`,
    firmware: { bytes: firmware.value.length, sha256: toHex(nodePrimitives.digest("sha256", firmware.value)) },
    ...(boot.value === undefined ? {} : boot.value.described),
  };
  if (boot.value === undefined) output.note("No kernel: whatever the firmware starts is not measured beyond the firmware file itself.");
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

interface Boot {
  readonly hashes: BootHashes;
  /** For the answer: which files went in. */
  readonly described: object;
}

function bootFrom({ kernel, initrd, append }: MeasureOptions, output: Output): Result<Boot | undefined> {
  if (kernel === undefined) {
    if (initrd === undefined && append === undefined) return ok(undefined);
    return fail(failure("cli.usage", "--initrd and --append belong to a --kernel"));
  }
  const commandLine = append ?? "";
  if (commandLine.includes("\0")) return fail(failure("measure.command-line"));
  const image = digested(kernel, output);
  if (!image.ok) return image;
  if (image.value.bytes === 0) return fail(failure("measure.kernel-empty", kernel));
  const ramdisk = initrd === undefined ? undefined : digested(initrd, output);
  if (ramdisk?.ok === false) return ramdisk;
  const initrdDigest = ramdisk?.value.digest ?? nodePrimitives.digest("sha256");
  const commandLineDigest = commandLineHash(commandLine, nodePrimitives);
  return ok({
    hashes: { kernel: image.value.digest, initrd: initrdDigest, commandLine: commandLineDigest },
    described: {
      kernel: { bytes: image.value.bytes, sha256: toHex(image.value.digest) },
      initrd: ramdisk === undefined ? null : { bytes: ramdisk.value.bytes, sha256: toHex(initrdDigest) },
      commandLine: { text: commandLine, sha256: toHex(commandLineDigest) },
    },
  });
}

/** A line for each quarter of a file that is worth waiting for. */
export function digested(path: string, output: Output): Result<FileDigest> {
  let told = 0;
  return digestFile(path, (share) => {
    const quarter = Math.floor(share * 4);
    if (quarter <= told || share === 1) return;
    told = quarter;
    if (process.stderr.isTTY) output.note(`${path}: ${quarter * 25} %`);
  });
}

export function vmmFrom(name: string): Result<Vmm> {
  return vmmNamed(name) ?? fail(failure("cli.usage", `--vmm is ${vmms.join(" or ")}`));
}

/** The vCPU model, by its name or its signature. */
export function signatureFrom({ vcpuType, vcpuSig }: Pick<MeasureOptions, "vcpuType" | "vcpuSig">): Result<number> {
  if ((vcpuType === undefined) === (vcpuSig === undefined)) return fail(failure("cli.usage", "give --vcpu-type or --vcpu-sig"));
  if (vcpuSig !== undefined) {
    const signature = hexNumber(vcpuSig, 8);
    return signature === undefined
      ? fail(failure("cli.usage", "--vcpu-sig is up to 32 bits of hex, such as 0xa10f11"))
      : ok(Number(signature));
  }
  const signature = vcpuSignature(vcpuType ?? "");
  return signature === undefined
    ? fail(failure("cli.usage", `--vcpu-type is one of ${vcpuModels.join(", ")}; for -cpu host give --vcpu-sig`))
    : ok(signature);
}

export function featuresFrom(text: string): Result<bigint> {
  const features = hexNumber(text, 16);
  return features === undefined ? fail(failure("cli.usage", "--guest-features is up to 64 bits of hex, such as 0x1")) : ok(features);
}

function hexNumber(text: string, digits: number): bigint | undefined {
  const bare = text.toLowerCase().replace(/^0x/, "");
  return bare.length >= 1 && bare.length <= digits && fromHex(bare.padStart(digits, "0")) !== undefined ? BigInt(`0x${bare}`) : undefined;
}

function hexOf(number: number): string {
  return `0x${number.toString(16)}`;
}
