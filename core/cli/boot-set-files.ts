// Which boot files and vCPUs does a person mean? The options of `measure` and `vm boot add` to a boot set: each file is read once, the large ones in pieces.
// It keeps nothing and asks no manager.
import { basename } from "node:path";
import { fromHex, toHex } from "../base/bytes.ts";
import { failure } from "../base/failure.ts";
import { fail, ok, type Result } from "../base/result.ts";
import { measureBootSet, measureFirmwareFile } from "../measure/boot-set.ts";
import type { BootFile, BootSet, DirectBoot } from "../measure/boot-set.ts";
import { maximumFirmware } from "../measure/firmware.ts";
import { vcpuModels, vcpuSignature } from "../measure/vcpu.ts";
import { vmmNamed, vmms, type Vmm } from "../measure/vmsa.ts";
import { digestFile } from "../node/boot-files.ts";
import { nodePrimitives } from "../node/primitives.ts";
import type { BootOptions } from "./boot-options.ts";
import type { Output } from "./output.ts";
import { readFile } from "./report-run.ts";

/** Says how far it is where a file takes its time. */
export function readBootSet(options: BootOptions, output: Output): Result<BootSet> {
  const { ovmf, vcpus } = options;
  if (ovmf === undefined || vcpus === undefined) return fail(failure("cli.usage", "give --ovmf and --vcpus"));
  // What is wrong with an option is said before a file of gigabytes is read.
  const [signature, features, vmm] = [signatureFrom(options), featuresFrom(options.guestFeatures), vmmFrom(options.vmm)];
  if (!signature.ok) return signature;
  if (!features.ok) return features;
  if (!vmm.ok) return vmm;
  const bytes = readFile(ovmf, maximumFirmware);
  if (!bytes.ok) return bytes;
  const firmware = measureFirmwareFile(nameOf(ovmf), bytes.value, nodePrimitives);
  if (!firmware.ok) return firmware;
  const direct = directFrom(options, output);
  if (!direct.ok) return direct;
  const set = {
    firmware: firmware.value,
    ...(direct.value === undefined ? {} : { direct: direct.value }),
    vcpus: Number(vcpus),
    vcpuModel: options.vcpuType ?? "host",
    vcpuSignature: signature.value,
    guestFeatures: `0x${features.value.toString(16)}`,
    vmm: vmm.value,
  };
  return measureBootSet(set, nodePrimitives);
}

/** `measure.unreadable`, `measure.kernel-empty`. */
export function readBootFile(path: string, output: Output): Result<BootFile> {
  let told = 0;
  const read = digestFile(path, (share) => {
    const quarter = Math.floor(share * 4);
    if (quarter <= told || share === 1) return;
    told = quarter;
    if (process.stderr.isTTY) output.note(`${path}: ${quarter * 25} %`);
  });
  return read.ok ? ok({ name: nameOf(path), sha256: toHex(read.value.digest), bytes: read.value.bytes }) : read;
}

export function vmmFrom(name: string): Result<Vmm> {
  return vmmNamed(name) ?? fail(failure("cli.usage", `--vmm is ${vmms.join(" or ")}`));
}

/** The vCPU model, by its name or its signature. */
export function signatureFrom({ vcpuType, vcpuSig }: Pick<BootOptions, "vcpuType" | "vcpuSig">): Result<number> {
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

function directFrom({ kernel, initrd, append }: BootOptions, output: Output): Result<DirectBoot | undefined> {
  if (kernel === undefined) {
    if (initrd === undefined && append === undefined) return ok(undefined);
    return fail(failure("cli.usage", "--initrd and --append belong to a --kernel"));
  }
  const commandLine = append ?? "";
  if (commandLine.includes("\0")) return fail(failure("measure.command-line"));
  const image = readBootFile(kernel, output);
  if (!image.ok) return image;
  if (image.value.bytes === 0) return fail(failure("measure.kernel-empty", kernel));
  if (initrd === undefined) return ok({ kernel: image.value, commandLine });
  const ramdisk = readBootFile(initrd, output);
  return ramdisk.ok ? ok({ kernel: image.value, initrd: ramdisk.value, commandLine }) : ramdisk;
}

/** The path as the owner gave it, or its end where that is all that a boot set has room for. */
function nameOf(path: string): string {
  return path.length <= maximumName ? path : basename(path).slice(-maximumName);
}

function hexNumber(text: string, digits: number): bigint | undefined {
  const bare = text.toLowerCase().replace(/^0x/, "");
  return bare.length >= 1 && bare.length <= digits && fromHex(bare.padStart(digits, "0")) !== undefined ? BigInt(`0x${bare}`) : undefined;
}

/** core/measure/boot-set-check.ts */
const maximumName = 200;
