// Boot sets for tests: small firmware, real measurements.
import { fromHex } from "../../core/base/bytes.ts";
import { must } from "../../core/base/result.ts";
import { measureBootSet, measureFirmwareFile, type BootSet } from "../../core/measure/boot-set.ts";
import { nodePrimitives } from "../../core/node/primitives.ts";
import { makeFirmware } from "../measure/kit.ts";

const firmware = must(measureFirmwareFile("OVMF.amdsev.fd", makeFirmware(), nodePrimitives));

/** Another kernel for each number. */
export function kernel(number: number, different: Partial<BootSet> = {}): Omit<BootSet, "measurement"> {
  return {
    firmware,
    direct: {
      kernel: { name: `vmlinuz-6.12.${number}`, sha256: number.toString(16).padStart(64, "0"), bytes: 8_000_000 },
      initrd: { name: `initrd.img-6.12.${number}`, sha256: "1d".repeat(32), bytes: 60_000_000 },
      commandLine: "console=ttyS0 ro",
    },
    vcpus: 2,
    vcpuModel: "EPYC-Milan-v2",
    vcpuSignature: 0x00a0_0f11,
    guestFeatures: "0x1",
    vmm: "qemu",
    ...different,
  };
}

export function measurementOf(set: Omit<BootSet, "measurement">): string {
  return must(measureBootSet(set, nodePrimitives)).measurement;
}

/** As a guest shows it that was started with the set. */
export function shown(set: Omit<BootSet, "measurement">): Uint8Array {
  return fromHex(measurementOf(set)) ?? new Uint8Array(0);
}

export const [old, next] = [kernel(1), kernel(2)];
