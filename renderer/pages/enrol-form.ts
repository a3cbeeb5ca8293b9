// What did the person type, and is it an enrolment? The form's own state, turned into the contract's shape; each fault belongs to
// one field.
import type { z } from "zod";
import { type Enrolment, enrolment } from "../../core/api/schemas.ts";

export interface DiskForm {
  readonly key: number;
  readonly id: string;
  readonly device: string;
  readonly name: string;
}

export interface EnrolForm {
  readonly name: string;
  readonly kind: "real" | "simulated";
  readonly disks: readonly DiskForm[];
  /** One a line, like the two after it. */
  readonly endpoints: string;
  readonly measurements: string;
  readonly policy: string;
}

/** Field id -> what is wrong with it, in the order of the form. */
export type Faults = ReadonlyMap<string, string>;

export type Read = { readonly enrolment: Enrolment } | { readonly faults: Faults };

export function readForm(form: EnrolForm): Read {
  const policy = form.policy.trim();
  const read = enrolment.safeParse({
    name: form.name,
    simulated: form.kind === "simulated",
    disks: form.disks.map(({ id, device, name }) => ({ id: id.trim(), device: device.trim(), name: name.trim() })),
    endpoints: linesOf(form.endpoints),
    measurements: linesOf(form.measurements).map((line) => line.toLowerCase()),
    ...(policy === "" ? {} : { policy }),
  });
  const more = read.success ? twins(form) : new Map<string, string>();
  if (!read.success) return { faults: new Map(read.error.issues.map((issue) => [fieldOf(issue), sentenceOf(issue)])) };
  return more.size > 0 ? { faults: more } : { enrolment: read.data };
}

/** Devices that are still the form's own suggestion follow the kind of VM. */
export function withKind(form: EnrolForm, kind: EnrolForm["kind"], diskFolder: string | undefined): EnrolForm {
  const simulated = diskFolder === undefined ? suggestedDevice : `${diskFolder}/root.img`;
  const [from, to] = kind === "simulated" ? [suggestedDevice, simulated] : [simulated, suggestedDevice];
  return { ...form, kind, disks: form.disks.map((disk) => (disk.device === from ? { ...disk, device: to } : disk)) };
}

export function emptyDisk(key: number): DiskForm {
  return key === 0 ? { key, id: "root", device: suggestedDevice, name: "root" } : { key, id: "", device: "", name: "" };
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
function twins({ disks }: EnrolForm): Map<string, string> {
  const faults = new Map<string, string>();
  disks.forEach((disk, index) => {
    for (const part of ["id", "device", "name"] as const)
      if (disks.slice(0, index).some((other) => other[part].trim() === disk[part].trim()))
        faults.set(`disks-${index}-${part}`, `Disk ${index + 1}: another disk has the same ${part}.`);
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
  policy: "At most 65,536 characters of JSON.",
};
const diskSentences: Readonly<Partial<Record<string, string>>> = {
  id: "an id of 1 to 32 lower-case letters, digits or dashes, not beginning with a dash.",
  device: "the device's path in the VM, beginning with a slash.",
  name: "a name of 1 to 64 letters, digits, dots, dashes or underscores, beginning with a letter or digit.",
};
