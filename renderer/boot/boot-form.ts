// What did the person choose, and is it a boot set? The state of the boot files' form, turned into a measured set; each fault belongs to one field.
import type { BootSetQuestion } from "../../core/api/boot-schemas.ts";
import type { FailureView } from "../../core/api/schemas.ts";
import { failure, type FailureCode, sentenceOf } from "../../core/base/failure.ts";
import { type BootFile, type BootSet, type MeasuredFirmware, measureBootSet } from "../../core/measure/boot-set.ts";
import { vcpuModels, vcpuSignature } from "../../core/measure/vcpu.ts";
import { pagePrimitives } from "./primitives.ts";

export type Slot<T> =
  | { readonly state: "empty" }
  | { readonly state: "reading"; readonly name: string; readonly share: number }
  | { readonly state: "ready"; readonly file: T }
  | { readonly state: "failed"; readonly name: string; readonly failure: FailureView };

export interface BootForm {
  readonly label: string;
  readonly firmware: Slot<MeasuredFirmware>;
  readonly kernel: Slot<BootFile>;
  readonly initrd: Slot<BootFile>;
  readonly commandLine: string;
  readonly vcpus: string;
  /** One of {@link vcpuModels}, {@link hostModel}, {@link otherModel}, or "". */
  readonly model: string;
  /** Where it is another model: as the host spells it. */
  readonly modelName: string;
  /** Where the model does not say it, hex. */
  readonly signature: string;
  readonly guestFeatures: string;
}

export type Slots = "firmware" | "kernel" | "initrd";

/** Field id -> what is wrong with it, in the order of the form. */
export type Faults = ReadonlyMap<string, string>;

export type ReadBoot = { readonly label: string; readonly set: BootSet } | { readonly faults: Faults };

export const hostModel = "host";
export const otherModel = "other";

export const emptyBoot: BootForm = {
  label: "",
  firmware: { state: "empty" },
  kernel: { state: "empty" },
  initrd: { state: "empty" },
  commandLine: "",
  vcpus: "1",
  model: "",
  modelName: "",
  signature: "",
  guestFeatures: "0x1",
};

/** For the next kernel: everything is as it was until another file is given. */
export function bootFormFrom(set: BootSet): BootForm {
  const { firmware, direct, vcpus, vcpuModel, vcpuSignature: signature, guestFeatures } = set;
  const model = vcpuModels.includes(vcpuModel) || vcpuModel === hostModel ? vcpuModel : otherModel;
  return {
    label: "",
    firmware: { state: "ready", file: firmware },
    kernel: direct === undefined ? { state: "empty" } : { state: "ready", file: direct.kernel },
    initrd: direct?.initrd === undefined ? { state: "empty" } : { state: "ready", file: direct.initrd },
    commandLine: direct?.commandLine ?? "",
    vcpus: String(vcpus),
    model,
    modelName: model === otherModel ? vcpuModel : "",
    signature: `0x${signature.toString(16).padStart(8, "0")}`,
    guestFeatures,
  };
}

/** What the set is called where the person calls it nothing. */
export function suggestedLabel({ kernel, firmware }: BootForm): string {
  if (kernel.state === "ready") return kernel.file.name;
  return firmware.state === "ready" ? firmware.file.name : "";
}

export function readBoot(form: BootForm): ReadBoot {
  const faults = new Map<string, string>(slotFaults(form));
  const { firmware, kernel, initrd, commandLine } = form;
  const put = (field: string, code: FailureCode): void => void faults.set(field, sentenceOf(failure(code)));
  if (kernel.state === "empty" && initrd.state !== "empty")
    faults.set("boot-kernel", "An initrd belongs to a kernel. Give the kernel, or take it out.");
  else if (kernel.state === "empty" && commandLine !== "")
    faults.set("boot-kernel", "A command line belongs to a kernel. Give the kernel, or empty it.");
  if (firmware.state === "ready" && firmware.file.hashTable === undefined && kernel.state !== "empty")
    put("boot-firmware", "measure.firmware-no-hashes");
  if (kernel.state === "ready" && kernel.file.bytes === 0) put("boot-kernel", "measure.kernel-empty");
  if (commandLine.includes("\0")) put("boot-command-line", "measure.command-line");
  else if (commandLine.length > longestCommandLine) faults.set("boot-command-line", `At most ${longestCommandLine} characters.`);
  else if (/[\r\n]/.test(commandLine))
    faults.set("boot-command-line", "It has a line break, which would be measured. Write it in one line.");
  const vcpus = /^\d{1,4}$/.test(form.vcpus.trim()) ? Number(form.vcpus) : 0;
  if (vcpus < 1 || vcpus > 4096) faults.set("boot-vcpus", "A whole number from 1 to 4096.");
  if (form.label.trim().length > longestLabel) faults.set("boot-label", `A name of at most ${longestLabel} characters.`);
  const cpu = cpuOf(form);
  if (form.model === "") faults.set("boot-model", "Choose the model that the host gives the VM: it is measured.");
  if (cpu.name === "") faults.set("boot-model-name", "The model's name, as the host spells it.");
  if (cpu.signature === undefined) faults.set("boot-signature", "CPUID signature: up to eight hex digits, such as 0xa10f11.");
  const features = /^0x[0-9a-f]{1,16}$/.exec(form.guestFeatures.trim().toLowerCase())?.[0];
  if (features === undefined) faults.set("boot-features", "Hex of up to 64 bits, such as 0x1.");
  if (faults.size > 0 || firmware.state !== "ready" || cpu.signature === undefined || features === undefined) return { faults };
  const measured = measureBootSet(
    {
      firmware: firmware.file,
      ...(kernel.state === "ready"
        ? { direct: { kernel: kernel.file, ...(initrd.state === "ready" ? { initrd: initrd.file } : {}), commandLine } }
        : {}),
      vcpus,
      vcpuModel: cpu.name,
      vcpuSignature: cpu.signature,
      guestFeatures: features,
      vmm: "qemu",
    },
    pagePrimitives,
  );
  if (!measured.ok)
    return {
      faults: new Map([
        [measured.failure.code === "measure.firmware-one-vcpu" ? "boot-vcpus" : "boot-firmware", sentenceOf(measured.failure)],
      ]),
    };
  return { label: form.label.trim() || suggestedLabel(form).slice(0, longestLabel).trim(), set: measured.value };
}

/** As the service takes it: it works the measurement out by itself. */
export function questionOf(set: BootSet): BootSetQuestion {
  const { measurement: _, ...question } = set;
  return question;
}

function slotFaults(form: BootForm): readonly (readonly [field: string, sentence: string])[] {
  const slots = ["firmware", "kernel", "initrd"] as const;
  return slots.flatMap((name) => {
    const slot = form[name];
    if (slot.state === "reading") return [[`boot-${name}`, `${slot.name} is still being read.`]] as const;
    if (slot.state === "failed") return [[`boot-${name}`, slot.failure.sentence]] as const;
    return slot.state === "empty" && name === "firmware"
      ? ([["boot-firmware", "Give the firmware file that the host starts the VM with."]] as const)
      : [];
  });
}

function cpuOf({ model, modelName, signature }: BootForm): { readonly name: string; readonly signature: number | undefined } {
  const name = model === otherModel ? modelName.trim() : model || "unset";
  const known = model === otherModel ? vcpuSignature(name) : vcpuSignature(model);
  const typed = /^(?:0x)?([0-9a-f]{1,8})$/.exec(signature.trim().toLowerCase())?.[1];
  const own = typed === undefined ? undefined : Number.parseInt(typed, 16);
  return { name, signature: model === "" ? 0 : (known ?? own) };
}

/** The contract's own limits. */
const longestCommandLine = 4096;
const longestLabel = 100;
