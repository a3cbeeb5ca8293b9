// What do the consoles see of a launch kit: the plan of a VM's host, the finished kit, and what a checker finds in a host's own configuration?
// Meaning is judged elsewhere (core/manager/host-plans.ts, core/kit/check); these are forms and bounds. No shape here can hold key material.
import { z } from "zod";
import { hex, uuid } from "./shapes.ts";

export const host = z.enum(["qemu", "libvirt", "proxmox"]);
export const delivery = z.enum(["fw-cfg", "config-disk", "initramfs"]);

/** As in core/kit/launch-kit.ts, with the names of the keys that sign the VM's ID block. */
export const hostPlan = z.strictObject({
  host,
  memoryMib: z.int(),
  /** "0x30000". */
  guestPolicy: z.string().max(18),
  delivery,
  /** Absolute, on the host. */
  folder: z.string().max(256),
  disks: z.array(z.strictObject({ path: z.string().max(256), format: z.enum(["raw", "qcow2"]) })).max(16),
  cbitpos: z.int(),
  reducedPhysBits: z.int(),
  proxmoxId: z.int().exactOptional(),
  /** A key of purpose "id": its owner signs the ID block of every kit. */
  idKey: z.string().max(64).exactOptional(),
  /** A key of purpose "author", which signs the ID key. */
  authorKey: z.string().max(64).exactOptional(),
  familyId: hex(16).exactOptional(),
  imageId: hex(16).exactOptional(),
  guestSvn: z.int().exactOptional(),
});

export const kitFile = z.strictObject({ name: z.string(), text: z.string(), where: z.string() });

export const kitView = z.strictObject({
  host,
  /** The first is the launch itself. */
  files: z.array(kitFile),
  steps: z.array(z.string()),
  traps: z.array(z.string()),
  /** What it was made from. */
  bootSet: z.strictObject({ id: uuid, label: z.string(), measurement: hex(48), approved: z.boolean() }),
  /** HOST_DATA: the digest of the configuration that it hands over. */
  hostData: hex(32),
  guestPolicy: z.string(),
  idBlock: z.boolean(),
});

export const severity = z.enum(["unsafe", "missing", "different", "note"]);

export const finding = z.strictObject({
  /** Stable, such as "policy-debug". */
  id: z.string(),
  severity,
  /** As that host spells it. */
  option: z.string(),
  sentence: z.string(),
  /** The exact text to put there; empty where there is nothing to put. */
  fix: z.string(),
});

/** A command line, a domain XML or a VM configuration, whole. */
export const hostText = z.string().max(131_072);

export const hostCheck = z.strictObject({
  host,
  findings: z.array(finding),
  /** The kit that it was compared with, where a VM was named. */
  comparedWith: z.strictObject({ vm: uuid, bootSet: uuid, label: z.string() }).optional(),
});

export const kitQuestion = z.strictObject({ vm: uuid, bootSet: uuid });

export const checkQuestion = z.strictObject({
  text: hostText,
  /** What it is, where the one who asks knows. */
  host: host.optional(),
  vm: uuid.optional(),
  /** The newest approved one, or else the newest, where none is named. */
  bootSet: uuid.optional(),
});

export type HostPlanView = z.infer<typeof hostPlan>;
export type KitView = z.infer<typeof kitView>;
export type FindingView = z.infer<typeof finding>;
export type HostCheckView = z.infer<typeof hostCheck>;
