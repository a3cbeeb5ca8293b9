// What did the person type, and is it an enrolment? The guide's own state, turned into the contract's shape; each fault belongs to one field, and each
// field to one step.
import type { z } from "zod";
import { type Enrolment, enrolment } from "../../core/api/schemas.ts";
import type { Host } from "../../core/kit/launch-kit.ts";
import type { Faults } from "../boot/boot-form.ts";

export interface DiskForm {
  readonly key: number;
  readonly id: string;
  readonly device: string;
  readonly name: string;
  /** Empty: none is demanded. */
  readonly uuid: string;
}

export type Platform = Host | "simulated";

export interface EnrolForm {
  readonly name: string;
  readonly platform: Platform;
  /** One a line, like the measurements. */
  readonly endpoints: string;
  readonly disks: readonly DiskForm[];
  readonly bootLater: boolean;
  /** Only where the boot files come later. */
  readonly measurements: string;
  readonly preset: NonNullable<Enrolment["preset"]>;
  /** Instead of the preset. */
  readonly policy: string;
}

export type Step = "machine" | "boot" | "disks" | "policy" | "kit";

export type Read = { readonly enrolment: Enrolment } | { readonly faults: Faults };

/** A simulated VM has no boot files of its own, and no host. */
export function stepsOf(platform: Platform): readonly Step[] {
  return platform === "simulated" ? ["machine", "disks", "policy"] : ["machine", "boot", "disks", "policy", "kit"];
}

/** @param measurement of the boot files, where there are any. */
export function readForm(form: EnrolForm, measurement: string | undefined): Read {
  const simulated = form.platform === "simulated";
  const policy = form.policy.trim();
  const disks = form.disks.map((disk) => diskOf(disk, simulated));
  const typed = form.bootLater && !simulated ? linesOf(form.measurements).map((line) => line.toLowerCase()) : [];
  const read = enrolment.safeParse({
    name: form.name,
    simulated,
    disks,
    endpoints: linesOf(form.endpoints),
    // A policy of the owner's own names its measurements itself.
    measurements: policy !== "" ? [] : measurement === undefined || simulated ? typed : [measurement],
    ...(policy === "" ? (simulated ? {} : { preset: form.preset }) : { policy }),
  });
  const more = twins(disks);
  if (!read.success)
    return { faults: new Map([...read.error.issues.map((issue) => [fieldOf(issue), sentenceOf(issue)] as const), ...more]) };
  return more.size > 0 ? { faults: more } : { enrolment: read.data };
}

export function stepOf(field: string): Step {
  if (field.startsWith("boot-") || field === "measurements") return "boot";
  if (field.startsWith("disks")) return "disks";
  if (field.startsWith("plan-")) return "kit";
  return field === "policy" ? "policy" : "machine";
}

/** Devices that are still the form's own suggestion follow the platform. */
export function withPlatform(form: EnrolForm, platform: Platform, diskFolder: string | undefined): EnrolForm {
  const simulated = diskFolder === undefined ? suggestedDevice : `${diskFolder}/root.img`;
  const [from, to] = platform === "simulated" ? [suggestedDevice, simulated] : [simulated, suggestedDevice];
  return { ...form, platform, disks: form.disks.map((disk) => (disk.device === from ? { ...disk, device: to } : disk)) };
}

export function emptyDisk(key: number): DiskForm {
  return key === 0 ? { key, id: "root", device: suggestedDevice, name: "root", uuid: "" } : { key, id: "", device: "", name: "", uuid: "" };
}

/** The disk of a simulated VM is made after the enrolment: nobody knows its UUID yet. */
function diskOf({ id, device, name, uuid }: DiskForm, simulated: boolean): Enrolment["disks"][number] {
  const demanded = uuid.trim().toLowerCase();
  const common = { id: id.trim(), device: device.trim(), name: name.trim() };
  return demanded === "" || simulated ? common : { ...common, uuid: demanded };
}

/** `disks-2-device` for a disk's field, else the field's own name. */
function fieldOf({ path }: z.core.$ZodIssue): string {
  return path[0] === "disks" ? path.map(String).join("-") : String(path[0]);
}

function sentenceOf({ path }: z.core.$ZodIssue): string {
  const [field, index, part] = path;
  if (field === "disks" && typeof index === "number") return `Disk ${index + 1}: ${diskSentences[String(part)] ?? unknown}`;
  const line = field === "measurements" && typeof index === "number" ? `Line ${index + 1}: ` : "";
  return line + (sentences[String(field)] ?? unknown);
}

/** Two disks with one id or one device cannot both be meant. */
function twins(disks: Enrolment["disks"]): Map<string, string> {
  const faults = new Map<string, string>();
  disks.forEach((disk, index) => {
    for (const part of ["id", "device", "name", "uuid"] as const) {
      const value = disk[part] ?? "";
      if (value !== "" && disks.slice(0, index).some((other) => other[part] === value))
        faults.set(`disks-${index}-${part}`, `Disk ${index + 1}: another disk has the same ${part === "uuid" ? "UUID" : part}.`);
    }
  });
  return faults;
}

function linesOf(text: string): string[] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
}

const suggestedDevice = "/dev/vda";
const unknown = "This cannot be used.";
const sentences: Readonly<Partial<Record<string, string>>> = {
  name: "A name of 1 to 64 characters.",
  disks: "At least one disk, at most 16.",
  endpoints: "1 to 8 addresses, one a line, each host:port.",
  measurements: "A launch digest has 96 hex digits.",
  policy: "At most 131,072 characters of YAML or JSON.",
};
const diskSentences: Readonly<Partial<Record<string, string>>> = {
  id: "an id of 1 to 32 lower-case letters, digits or dashes, not beginning with a dash.",
  device: "the device's path in the VM, beginning with a slash.",
  uuid: "the UUID as `portcullis disk prepare` and `disk check` print it, or nothing.",
  name: "a name of 1 to 64 letters, digits, dots, dashes or underscores, beginning with a letter or digit.",
};
