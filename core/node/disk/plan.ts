// May this disk be made, and what exactly is to be done? Everything that can be known is asked before anything is touched: what is there, who uses it,
// whether there is room, and whether the question fits together. Changes nothing.
import { accessSync, closeSync, constants, existsSync, openSync, statfsSync } from "node:fs";
import { basename, dirname } from "node:path";
import type { DiskQuestion } from "../../api/disk-schemas.ts";
import { failure } from "../../base/failure.ts";
import { type Fail, fail, ok, type Result } from "../../base/result.ts";
import { type Image, lookAt, realPathOf } from "./image.ts";
import { userOf } from "./in-use.ts";
import { headerRoom } from "./luks.ts";
import { isBegun } from "./work-folder.ts";

export type Plan =
  /** `path` holds nothing, or `replaces`, until the new image is finished. `size`: what the opened disk holds. */
  | { readonly kind: "new-file"; readonly path: string; readonly size: number; readonly replaces?: Image }
  | { readonly kind: "device"; readonly path: string; readonly image: Image }
  | { readonly kind: "convert"; readonly path: string; readonly image: Image }
  | { readonly kind: "resume"; readonly path: string; readonly image: Image };

export function planOf(question: DiskQuestion): Result<Plan> {
  const fits = questionFits(question);
  if (!fits.ok) return fits;
  const backup = backupFits(question);
  if (!backup.ok) return backup;
  const path = realPathOf(question.image);
  if (!path.ok) return path;
  const looked = lookAt(path.value);
  if (!looked.ok) return looked;
  if (question.mode !== "resume" && isBegun(path.value)) return fail(failure("disk.half-done", path.value));
  const user = looked.value === undefined ? undefined : userOf(looked.value);
  if (user !== undefined) return fail(failure("disk.in-use", user));
  const plan =
    question.mode === "format" ? formatPlan(question, path.value, looked.value) : conversionPlan(question, path.value, looked.value);
  if (!plan.ok) return plan;
  const room = hasRoom(plan.value);
  return room.ok ? plan : room;
}

function questionFits({ mode, integrity, size, erase }: DiskQuestion): Result<void> {
  if (integrity && mode !== "format") return fail(failure("disk.integrity-convert"));
  if (mode !== "format" && (size !== undefined || erase !== undefined)) return usage("a size, and leave to erase, are for a new disk");
  return integrity ? hasDeviceMapper() : ok(undefined);
}

/** The kernel makes its node without having the driver; only opening it tells. */
export function hasDeviceMapper(control = "/dev/mapper/control"): Result<void> {
  try {
    closeSync(openSync(control, constants.O_RDWR));
    return ok(undefined);
  } catch (cause) {
    return fail(failure("disk.no-device-mapper", undefined, cause));
  }
}

function backupFits({ mode, headerBackup, image }: DiskQuestion): Result<void> {
  if (headerBackup === image) return usage("the header backup and the image are one file");
  if (mode !== "resume" && existsSync(headerBackup)) return fail(failure("disk.backup-exists", headerBackup));
  return canWriteIn(dirname(headerBackup)) ? ok(undefined) : fail(failure("disk.backup-failed", dirname(headerBackup)));
}

function formatPlan({ size, erase, image: named }: DiskQuestion, path: string, image: Image | undefined): Result<Plan> {
  if (image !== undefined) {
    if (erase === undefined) return fail(failure("disk.exists", `${named}, ${contentText(image)}`));
    if (erase !== basename(path)) return fail(failure("disk.erase-name", basename(path)));
  }
  if (image?.kind === "device") {
    if (size !== undefined) return usage("a block device has a size of its own");
    return image.size < headerRoom + smallest ? fail(failure("disk.too-small", path)) : ok({ kind: "device", path, image });
  }
  if (size === undefined) return usage("a new image needs a size");
  if (size < smallest || size % 512 !== 0) return fail(failure("disk.too-small", `${size} bytes`));
  return ok({ kind: "new-file", path, size, ...(image === undefined ? {} : { replaces: image }) });
}

function conversionPlan({ mode, image: named }: DiskQuestion, path: string, image: Image | undefined): Result<Plan> {
  if (image === undefined) return fail(failure("disk.not-there", named));
  if (mode === "resume") return isBegun(path) ? ok({ kind: "resume", path, image }) : fail(failure("disk.not-started", named));
  if (image.kind === "device") return fail(failure("disk.device-convert", named));
  if (image.content.kind === "luks") return fail(failure("disk.already-luks", named));
  if (image.content.kind === "wrapped") return fail(failure("disk.format", image.content.name));
  if (image.size < smallest || image.size % 512 !== 0) return fail(failure("disk.too-small", `${image.size} bytes`));
  return ok({ kind: "convert", path, image });
}

/** Sparse images fill up: what is encrypted has no holes. */
function hasRoom(plan: Plan): Result<void> {
  if (plan.kind === "device") return ok(undefined);
  if (!canWriteIn(dirname(plan.path))) return fail(failure("disk.unwritable", dirname(plan.path)));
  const needed = plan.kind === "new-file" ? plan.size + headerRoom : plan.image.size + headerRoom - plan.image.allocated;
  const { bavail, bsize } = statfsSync(dirname(plan.path));
  // The copy of the header, and its backup, may be on the same file system.
  const missing = needed + 2 * headerRoom - bavail * bsize;
  return missing > 0 ? fail(failure("disk.no-space", `${Math.ceil(missing / 2 ** 20)} MiB more are needed`)) : ok(undefined);
}

function canWriteIn(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function contentText({ content, size }: Image): string {
  const words =
    content.kind === "filesystem" || content.kind === "wrapped"
      ? content.name
      : content.kind === "unknown"
        ? "unknown content"
        : content.kind;
  return `${words}, ${size} bytes`;
}

function usage(detail: string): Fail {
  return fail(failure("disk.usage", detail));
}

/** Less than the header's own room is no disk, and could not be encrypted in place. */
const smallest = headerRoom;
