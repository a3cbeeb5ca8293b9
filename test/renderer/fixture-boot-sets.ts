// What does a VM with boot files and a launch kit look like? A made firmware file and made-up kernels, measured by the real code.
import type { KeptBootSetView } from "../../core/api/boot-schemas.ts";
import type { IdKeyView } from "../../core/api/id-key-schemas.ts";
import type { HostPlanView, KitView } from "../../core/api/kit-schemas.ts";
import { must } from "../../core/base/result.ts";
import { type BootSet, measureBootSet, measureFirmwareFile } from "../../core/measure/boot-set.ts";
import { nodePrimitives } from "../../core/node/primitives.ts";
import { makeFirmware } from "../measure/kit.ts";
import { before, digestOf, idOf } from "./fixture-values.ts";

export function bootSetOf(kernel: string, part: Partial<BootSet> = {}): BootSet {
  return must(
    measureBootSet(
      {
        firmware: must(measureFirmwareFile("OVMF.amdsev.fd", makeFirmware(), nodePrimitives)),
        direct: {
          kernel: { name: `vmlinuz-${kernel}`, sha256: digestOf(`kernel ${kernel}`, 32), bytes: 11_534_336 },
          initrd: { name: `initrd.img-${kernel}`, sha256: digestOf(`initrd ${kernel}`, 32), bytes: 47_185_920 },
          commandLine: "console=ttyS0 quiet panic=-1",
        },
        vcpus: 4,
        vcpuModel: "EPYC-Genoa",
        vcpuSignature: 0x00a1_0f10,
        guestFeatures: "0x1",
        vmm: "qemu",
        ...part,
      },
      nodePrimitives,
    ),
  );
}

/** A candidate, the one in use, and one of the past; newest first. */
export function bootSets(): readonly [KeptBootSetView, KeptBootSetView, KeptBootSetView] {
  const kept = (kernel: string, days: number): KeptBootSetView => ({
    id: idOf(`boot set ${kernel}`),
    label: `Debian ${kernel}`,
    set: bootSetOf(kernel),
    addedAt: before(days * 86_400),
  });
  return [
    kept("6.12.90", 0.1),
    { ...kept("6.12.85", 30), approvedAt: before(29.9 * 86_400), approvalReason: "change 4711" },
    { ...kept("6.12.74", 200), approvedAt: before(199 * 86_400), retiredAt: before(25 * 86_400) },
  ];
}

export const hostPlan: HostPlanView = {
  host: "qemu",
  memoryMib: 4096,
  guestPolicy: "0x30000",
  delivery: "config-disk",
  folder: "/srv/vm/shop",
  disks: [{ path: "/srv/vm/shop/root.img", format: "raw" }],
  cbitpos: 51,
  reducedPhysBits: 1,
  idKey: "images",
};

export const exampleKit: Pick<KitView, "files" | "steps" | "traps"> = {
  files: [
    {
      name: "launch.sh",
      text: "#!/bin/sh\nexec qemu-system-x86_64 -object sev-snp-guest,id=sev0,policy=0x30000,kernel-hashes=on\n",
      where: "Into /srv/vm/shop; run it to start the VM.",
    },
    { name: "configuration.json", text: '{"version":1}', where: "Into /srv/vm/shop; its SHA-256 is HOST_DATA." },
  ],
  steps: ["Put the boot files into /srv/vm/shop.", "Put the files of the kit beside them.", "Run launch.sh."],
  traps: ["QEMU leaves kernel-hashes off unless told: without it the host can change the kernel."],
};

export const idKey: IdKeyView = {
  name: "images",
  purpose: "id",
  createdAt: before(500_000),
  imported: false,
  keyDigest: digestOf("id key", 48),
  keyId: digestOf("id key id", 32),
  publicKey: "-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----\n",
  usedBy: ["shop"],
};
