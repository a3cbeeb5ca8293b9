// What does a console ask and see of the making of disks? One run: an image is made, or encrypted where it is, with a VM's key. As schemas.ts.
// Paths are of the manager's machine. No shape here can hold key material.
import { z } from "zod";
import { failureView } from "./schemas.ts";
import { hex, time, uuid } from "./shapes.ts";

/** No control characters, and nothing that is not text: it stands in the audit log. */
const absolutePath = z.string().regex(/^\/[^\p{Cc}\p{Cs}]{1,4095}$/u);

export const diskMode = z.enum(["format", "convert", "resume"]);

export const diskQuestion = z.strictObject({
  vm: uuid,
  /** Of one of the VM's disks: whose key it gets. */
  disk: z.string().max(32),
  /** A raw image, or for `format` a block device. */
  image: absolutePath,
  /** format: made empty. convert: what is in it is encrypted in place. resume: a conversion that was stopped goes on. */
  mode: diskMode,
  /** Authenticated sectors (HMAC-SHA-256); only with `format`, and only where there is device-mapper. */
  integrity: z.boolean(),
  /** A file that does not exist yet. */
  headerBackup: absolutePath,
  /** Bytes that the opened disk shall hold; for `format` of a file. */
  size: z.number().int().min(1).optional(),
  /** The last part of the image's path again, typed by whoever wants that all that is there now is lost. */
  erase: z.string().max(255).optional(),
});

export const diskPhase = z.enum(["checking", "formatting", "moving", "encrypting", "verifying", "done", "stopped", "failed"]);

export const diskRun = z.strictObject({
  id: uuid,
  vm: uuid,
  disk: z.string(),
  image: z.string(),
  mode: diskMode,
  integrity: z.boolean(),
  headerBackup: z.string(),
  phase: diskPhase,
  /** From 0 to 1, of this phase. */
  share: z.number().min(0).max(1),
  /** Words for the person who waits, or who waited. */
  sentence: z.string(),
  /** A conversion is under way in the image: it goes on with mode `resume`, and the image is of no use until then. */
  resumable: z.boolean(),
  failure: failureView.optional(),
  /** SHA-256 of the header backup. */
  headerDigest: hex(32).optional(),
  /** The LUKS2 header's own, which a configuration may demand. */
  uuid: uuid.optional(),
  /** Of the image before it was converted, in bytes: as much as the opened disk holds. */
  originalSize: z.number().int().optional(),
  startedAt: time,
  endedAt: time.optional(),
});

export type DiskQuestion = z.infer<typeof diskQuestion>;
export type DiskMode = z.infer<typeof diskMode>;
export type DiskPhase = z.infer<typeof diskPhase>;
export type DiskRun = z.infer<typeof diskRun>;
