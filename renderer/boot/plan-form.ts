// What did the person say about the host, and is it a plan? The form's own state, turned into the contract's shape; each fault belongs to one field.
// Debug and migration can never be allowed here: the host could then read the VM's memory.
import type { HostPlanView } from "../../core/api/kit-schemas.ts";
import type { Delivery, Host } from "../../core/kit/launch-kit.ts";
import { parseGuestPolicy } from "../../core/snp/guest-policy.ts";
import type { Faults } from "./boot-form.ts";

/** Bits of the guest policy that the form has a switch for. */
export const policyBits = {
  smt: 16n,
  singleSocket: 20n,
  memAes256Xts: 22n,
  raplDis: 23n,
  ciphertextHidingDram: 24n,
  pageSwapDisable: 25n,
} as const;
export type PolicyBit = keyof typeof policyBits;

export interface DiskPlan {
  readonly path: string;
  readonly format: "raw" | "qcow2";
}

export interface PlanForm {
  readonly host: Host;
  readonly memoryMib: string;
  readonly bits: Readonly<Record<PolicyBit, boolean>>;
  readonly delivery: Delivery;
  readonly folder: string;
  readonly disks: readonly DiskPlan[];
  readonly proxmoxId: string;
  /** A name, or "": no ID block. */
  readonly idKey: string;
  /** What the form has no field for: kept as it is. */
  readonly rest: Partial<HostPlanView>;
}

export type ReadPlan = { readonly plan: HostPlanView } | { readonly faults: Faults };

/** @param name of the VM. @param disks their ids, in the order of the devices. */
export function planFormFor(name: string, disks: readonly string[], plan?: HostPlanView): PlanForm {
  if (plan !== undefined) return planFormFrom(plan, disks);
  const folder = `/srv/vm/${slug(name)}`;
  return {
    host: "qemu",
    memoryMib: "4096",
    bits: { smt: true, singleSocket: false, memAes256Xts: false, raplDis: false, ciphertextHidingDram: false, pageSwapDisable: false },
    delivery: "fw-cfg",
    folder,
    disks: disks.map((disk) => ({ path: `${folder}/${slug(disk)}.img`, format: "raw" })),
    proxmoxId: "100",
    idKey: "",
    rest: {},
  };
}

/** Paths that are in the folder follow it. */
export function withFolder(form: PlanForm, folder: string): PlanForm {
  const inside = `${form.folder}/`;
  return {
    ...form,
    folder,
    disks: form.disks.map((disk) =>
      form.folder !== "" && disk.path.startsWith(inside) ? { ...disk, path: `${folder}/${disk.path.slice(inside.length)}` } : disk,
    ),
  };
}

/** The disks of the VM changed after the plan was begun. @param disks their ids. */
export function withDisks({ folder, disks: before }: Pick<PlanForm, "folder" | "disks">, disks: readonly string[]): readonly DiskPlan[] {
  return disks.map((disk, index) => before[index] ?? { path: `${folder}/${slug(disk)}.img`, format: "raw" });
}

/** Bits above 19 have no word in Proxmox VE's configuration. */
export function sayable(bit: PolicyBit, host: Host): boolean {
  return bit === "smt" || host !== "proxmox";
}

export function readPlan(form: PlanForm): ReadPlan {
  const faults = new Map<string, string>();
  const memoryMib = wholeNumber(form.memoryMib);
  if (memoryMib === undefined || memoryMib < 128 || memoryMib > 16_777_216)
    faults.set("plan-memory", "Memory in whole MiB, 128 to 16,777,216.");
  const folder = form.folder.trim().replace(/\/+$/, "");
  if (!isPath(folder)) faults.set("plan-folder", `Folder: ${pathSentence}`);
  form.disks.forEach(({ path }, index) => {
    if (!isPath(path.trim())) faults.set(`plan-disks-${index}`, `Disk ${index + 1}: ${pathSentence}`);
    else if (form.disks.slice(0, index).some((other) => other.path.trim() === path.trim()))
      faults.set(`plan-disks-${index}`, `Disk ${index + 1}: another disk has the same path.`);
  });
  const number = wholeNumber(form.proxmoxId);
  if (form.host === "proxmox" && (number === undefined || number < 100))
    faults.set("plan-proxmox", "The VM's number in Proxmox VE, at least 100.");
  if (faults.size > 0 || memoryMib === undefined) return { faults };
  const { idKey: _key, proxmoxId: _id, authorKey, familyId, imageId, guestSvn, ...rest } = form.rest;
  const signed = { ...optional("authorKey", authorKey), ...optional("familyId", familyId), ...optional("imageId", imageId) };
  return {
    plan: {
      cbitpos: 51,
      reducedPhysBits: 1,
      ...rest,
      host: form.host,
      memoryMib,
      guestPolicy: guestPolicyOf(form),
      delivery: form.delivery,
      folder,
      disks: form.disks.map(({ path, format }) => ({ path: path.trim(), format })),
      ...(form.host === "proxmox" && number !== undefined ? { proxmoxId: number } : {}),
      // Without an ID key there is no block that could carry the rest.
      ...(form.idKey === "" ? {} : { idKey: form.idKey, ...signed, ...(guestSvn === undefined ? {} : { guestSvn }) }),
    },
  };
}

export function guestPolicyOf({ bits, host, rest }: Pick<PlanForm, "bits" | "host" | "rest">): string {
  // The least version of AMD's firmware interface that a plan named before stays.
  const least = BigInt(rest.guestPolicy ?? "0x0") & 0xffffn;
  const chosen = Object.entries(policyBits).filter(([name]) => isBit(name) && bits[name] && sayable(name, host));
  return `0x${chosen.reduce((all, [, bit]) => all | (1n << bit), least | mustBeOne).toString(16)}`;
}

function planFormFrom(plan: HostPlanView, disks: readonly string[]): PlanForm {
  const parsed = parseGuestPolicy(BigInt(plan.guestPolicy));
  const bits = parsed.ok ? parsed.value : undefined;
  return {
    host: plan.host,
    memoryMib: String(plan.memoryMib),
    bits: {
      smt: bits?.smt ?? false,
      singleSocket: bits?.singleSocket ?? false,
      memAes256Xts: bits?.memAes256Xts ?? false,
      raplDis: bits?.raplDis ?? false,
      ciphertextHidingDram: bits?.ciphertextHidingDram ?? false,
      pageSwapDisable: bits?.pageSwapDisable ?? false,
    },
    delivery: plan.delivery,
    folder: plan.folder,
    disks: withDisks({ folder: plan.folder, disks: plan.disks }, disks),
    proxmoxId: String(plan.proxmoxId ?? 100),
    idKey: plan.idKey ?? "",
    rest: plan,
  };
}

function isBit(name: string): name is PolicyBit {
  return Object.hasOwn(policyBits, name);
}

function optional<Name extends string>(name: Name, value: string | undefined): { readonly [name in Name]?: string } {
  return value === undefined ? {} : ({ [name]: value } as { readonly [name in Name]: string });
}

function wholeNumber(text: string): number | undefined {
  return /^\d{1,9}$/.test(text.trim()) ? Number(text) : undefined;
}

function slug(text: string): string {
  return (
    text
      .toLowerCase()
      .replaceAll(/[^a-z0-9-]+/g, "-")
      .replaceAll(/^-+|-+$/g, "") || "vm"
  );
}

const mustBeOne = 1n << 17n;
/** Narrower than core/manager/host-plans.ts: no comma, quote or space, because every host would need another way to escape it. */
function isPath(text: string): boolean {
  return /^\/[A-Za-z0-9._:@+=/-]{1,254}$/.test(text) && !/(^|\/)\.\.(\/|$)|\/\/|\/$/.test(text);
}

const pathSentence = "an absolute path of letters, digits and . _ - : @ + = only.";
