// One VM with all that a kit is made from, the boot files of its set lying in a real folder, and any part of it as a test wants it.
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { fromHex } from "../../core/base/bytes.ts";
import { must } from "../../core/base/result.ts";
import type { HostPlan, KitInput } from "../../core/kit/launch-kit.ts";
import { makeConfiguration } from "../../core/launch/agent-configuration.ts";
import { measureBootSet, measureFirmwareFile, type BootSet } from "../../core/measure/boot-set.ts";
import { nodePrimitives } from "../../core/node/primitives.ts";
import { encodeIdAuth, encodeIdBlock } from "../../core/snp/id-block.ts";
import { makeFirmware } from "../measure/kit.ts";

export const vmId = "0b5f5a38-3c53-4a57-9f0e-6c5b8f2f3a11";

export interface InputChoices {
  readonly name?: string;
  readonly plan?: Partial<HostPlan>;
  readonly set?: Partial<BootSet>;
  readonly commandLine?: string;
  /** Without kernel, initrd and command line. */
  readonly firmwareOnly?: boolean;
  readonly withoutIdBlock?: boolean;
  readonly withoutAuthor?: boolean;
}

export function kitInput(folder = "/srv/vms/db", choices: InputChoices = {}): KitInput {
  const plan: HostPlan = {
    host: "qemu",
    memoryMib: 512,
    guestPolicy: "0x30000",
    delivery: "fw-cfg",
    folder,
    disks: [
      { path: `${folder}/root.raw`, format: "raw" },
      { path: `${folder}/data.raw`, format: "raw" },
    ],
    cbitpos: 51,
    reducedPhysBits: 1,
    proxmoxId: 101,
    ...choices.plan,
  };
  const set: BootSet = { ...measured(choices), ...choices.set };
  const block = encodeIdBlock({
    launchDigest: fromHex(set.measurement) ?? new Uint8Array(48),
    familyId: new Uint8Array(16).fill(1),
    imageId: new Uint8Array(16).fill(2),
    guestSvn: 3,
    policy: /^0x[0-9a-f]+$/.test(plan.guestPolicy) ? BigInt(plan.guestPolicy) : 0n,
  });
  const author = choices.withoutAuthor === true ? undefined : { key: new Uint8Array(96).fill(6), signature: new Uint8Array(96).fill(7) };
  const auth = encodeIdAuth({ idKey: new Uint8Array(96).fill(4), idBlockSignature: new Uint8Array(96).fill(5), author });
  return {
    vm: { id: vmId, name: choices.name ?? "db-1" },
    plan,
    set,
    configuration: configuration.text,
    hostData: new Uint8Array(createHash("sha256").update(configuration.bytes).digest()),
    ...(choices.withoutIdBlock === true ? {} : { idBlock: { block, auth, authorKey: author !== undefined } }),
  };
}

/** A new folder with everything that the launch of {@link kitInput} opens, gone after the file's tests. The firmware may be a real one. */
export function hostFolder(name = "host", firmware: Uint8Array = madeFirmware): string {
  const root = mkdtempSync(join(tmpdir(), "portcullis-kit-"));
  roots.push(root);
  const folder = join(root, name);
  writeInto(folder, firmware);
  return folder;
}

const roots: string[] = [];
afterAll(() => {
  for (const root of roots.splice(0)) rmSync(root, { recursive: true });
});

function writeInto(folder: string, firmware: Uint8Array): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "OVMF.amdsev.fd"), firmware);
  writeFileSync(join(folder, "vmlinuz"), madeKernel);
  writeFileSync(join(folder, "initrd.img"), madeInitrd);
  writeFileSync(join(folder, "agent.json"), configuration.bytes);
  for (const disk of ["root.raw", "data.raw", "agent-configuration.img"]) writeFileSync(join(folder, disk), new Uint8Array(65_536));
}

function measured({ commandLine = "console=ttyS0 root=/dev/mapper/root ro", firmwareOnly = false }: InputChoices): BootSet {
  return must(
    measureBootSet(
      {
        firmware: must(measureFirmwareFile("boot/OVMF.amdsev.fd", madeFirmware, nodePrimitives)),
        ...(firmwareOnly
          ? {}
          : {
              direct: {
                kernel: { name: "/boot/vmlinuz", sha256: digest(madeKernel), bytes: madeKernel.length },
                initrd: { name: "initrd.img", sha256: digest(madeInitrd), bytes: madeInitrd.length },
                commandLine,
              },
            }),
        vcpus: 4,
        vcpuModel: "EPYC-Milan-v2",
        vcpuSignature: 0x00a0_0f11,
        guestFeatures: "0x1",
        vmm: "qemu",
      },
      nodePrimitives,
    ),
  );
}

/** What QEMU takes for a Linux kernel: the setup header of the boot protocol, version 2.15. */
function kernelImage(): Uint8Array {
  const image = new Uint8Array(8192);
  const view = new DataView(image.buffer);
  view.setUint8(0x1f1, 1);
  view.setUint16(0x1fe, 0xaa55, true);
  image.set(new TextEncoder().encode("HdrS"), 0x202);
  view.setUint16(0x206, 0x20f, true);
  view.setUint8(0x211, 1);
  view.setUint32(0x22c, 0x7fff_ffff, true);
  view.setUint32(0x238, 2047, true);
  return image;
}

function digest(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

export const madeFirmware = makeFirmware({ size: 131_072 });
const madeKernel = kernelImage();
const madeInitrd = new Uint8Array(4096).fill(9);
const configuration = must(
  makeConfiguration({
    vm: vmId,
    manager: { endpoints: ["10.0.2.2:7443"], anchor: "ab".repeat(32) },
    disks: [{ id: "root", device: "/dev/vda", name: "root" }],
    retry: { firstDelaySeconds: 5, maximumDelaySeconds: 60, giveUpAfterSeconds: 0 },
  }),
);
