// What do the consoles say and see of boot sets: the files and vCPUs behind a measurement, and whether a person approved them ahead?
// Shapes and bounds only: core/manager/boot-sets.ts measures each set again and says no with a code.
import { z } from "zod";
import { hex, time, uuid } from "./shapes.ts";

export const bootLabel = z.string().trim().min(1).max(100);

const bootFile = z.strictObject({ name: z.string().min(1).max(200), sha256: hex(32), bytes: z.int().min(0) });

const firmwareSection = z.strictObject({
  gpa: z.int().min(0),
  size: z.int().min(0),
  kind: z.enum(["sec-mem", "secrets", "cpuid", "svsm-caa", "kernel-hashes"]),
});

const measuredFirmware = bootFile.extend({
  launchDigest: hex(48),
  resetEip: z.int().min(0).exactOptional(),
  hashTable: z.strictObject({ base: z.int().min(0), size: z.int().min(0) }).exactOptional(),
  sections: z.array(firmwareSection).min(1).max(64).readonly(),
});

const directBoot = z.strictObject({ kernel: bootFile, initrd: bootFile.exactOptional(), commandLine: z.string().max(4096) });

/** Without its measurement: the service works that out by itself. */
export const bootSetQuestion = z.strictObject({
  firmware: measuredFirmware,
  direct: directBoot.exactOptional(),
  vcpus: z.int().min(1).max(4096),
  vcpuModel: z.string().min(1).max(200),
  vcpuSignature: z.int().min(0).max(0xffff_ffff),
  guestFeatures: z.string().regex(/^0x[0-9a-f]{1,16}$/),
  vmm: z.enum(["qemu", "gce"]),
});

export const bootSet = bootSetQuestion.extend({ measurement: hex(48) });

/** A candidate until it is approved, and of the past once it is retired. */
export const keptBootSet = z.strictObject({
  id: uuid,
  label: z.string(),
  set: bootSet,
  addedAt: time,
  approvedAt: time.optional(),
  /** Why, in the owner's words. */
  approvalReason: z.string().optional(),
  retiredAt: time.optional(),
});

/** What approving it would do, in the service's own sentences, and the digest of the policy that they speak of. */
export const bootSetPreview = z.strictObject({ summary: z.array(z.string()), before: hex(48) });

/** Which boot set's approval ahead let a launch go. */
export const aheadBootSet = z.strictObject({ id: uuid, label: z.string() });

export type BootSetQuestion = z.infer<typeof bootSetQuestion>;
export type KeptBootSetView = z.infer<typeof keptBootSet>;
