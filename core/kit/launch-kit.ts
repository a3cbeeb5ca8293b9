// What does a host need to start this VM so that it can be attested? The facts that every host's kit is written from, and what a kit is.
// Public by design: nothing here is a secret, and nothing here is believed by anybody before the CPU attested it.
import type { BootSet } from "../measure/boot-set.ts";

export const hosts = ["qemu", "libvirt", "proxmox"] as const;
export type Host = (typeof hosts)[number];

/** How the agent gets its configuration: a fw_cfg file, a small labelled disk, or a piece of the initrd. */
export const deliveries = ["fw-cfg", "config-disk", "initramfs"] as const;
export type Delivery = (typeof deliveries)[number];

/** What the owner says about the host; digests and names come from the VM's own record. */
export type HostPlan = {
  readonly host: Host;
  readonly memoryMib: number;
  /** POLICY of the guest, "0x30000". */
  readonly guestPolicy: string;
  readonly delivery: Delivery;
  /** Where the files of the kit and the boot set lie on the host, an absolute path. */
  readonly folder: string;
  /** The VM's disks on the host: absolute paths, in the order of the devices. */
  readonly disks: readonly { readonly path: string; readonly format: "raw" | "qcow2" }[];
  /** Where the encryption bit is; 51 on every EPYC that has SNP. */
  readonly cbitpos: number;
  /** 1 on every EPYC that has SNP. */
  readonly reducedPhysBits: number;
  /** Proxmox VE: the VM's number there. */
  readonly proxmoxId?: number;
};

export type KitInput = {
  readonly vm: { readonly id: string; readonly name: string };
  readonly plan: HostPlan;
  /** Names of its files are as the owner calls them; on the host they lie in the plan's folder under their last path segment. */
  readonly set: BootSet;
  /** Canonical JSON of the agent's configuration: its SHA-256 is HOST_DATA. */
  readonly configuration: string;
  /** 32 bytes. */
  readonly hostData: Uint8Array;
  /** What the VM's appraisal policy lets the guest policy permit; absent: nothing. For laboratories. */
  readonly allowed?: readonly ("debug" | "migrateMa")[];
  readonly idBlock?: { readonly block: Uint8Array; readonly auth: Uint8Array; readonly authorKey: boolean };
};

export type KitFile = {
  /** File name in the plan's folder, or where {@link where} says. */
  readonly name: string;
  readonly text: string;
  /** Where it goes and what for, one sentence. */
  readonly where: string;
};

export type Kit = {
  readonly host: Host;
  /** To paste or to save; the first is the launch itself. */
  readonly files: readonly KitFile[];
  /** What to do, in order, one sentence each. */
  readonly steps: readonly string[];
  /** What this host cannot say or does otherwise than one would think. */
  readonly traps: readonly string[];
};
