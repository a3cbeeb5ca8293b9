// With which registers does each vCPU start? AMD 24593, VMCB save area, as the VMM sets it: one page for each vCPU, measured as it is. Every value is the
// VMM's, not the guest's; two VMMs that differ in one make two measurements.
import { viewOf } from "../base/bytes.ts";
import { failure } from "../base/failure.ts";
import { fail, ok, type Result } from "../base/result.ts";

export const vmms = ["qemu", "gce"] as const;
export type Vmm = (typeof vmms)[number];

/** `measure.vmm-uncertain`; undefined for a name that nobody has. */
export function vmmNamed(name: string): Result<Vmm> | undefined {
  // EC2's first registers: sev-snp-measure and virtee/sev disagree on RDX, and there is nothing to try it on.
  if (name === "ec2") return fail(failure("measure.vmm-uncertain", name));
  const known = vmms.find((one) => one === name);
  return known === undefined ? undefined : ok(known);
}

export interface VmsaChoices {
  readonly vmm: Vmm;
  /** Where this vCPU starts. */
  readonly eip: number;
  readonly vcpuSignature: number;
  /** SEV_FEATURES. */
  readonly guestFeatures: bigint;
}

/** Where the first vCPU of every x86 machine starts. */
export const bootEip = 0xffff_fff0;

/** @returns 4096 bytes. */
export function vmsaPage({ vmm, eip, vcpuSignature, guestFeatures }: VmsaChoices): Uint8Array {
  const page = new Uint8Array(4096);
  const view = viewOf(page);
  const segment = (offset: number, selector: number, attributes: number, base: number): void => {
    view.setUint16(offset, selector, true);
    view.setUint16(offset + 2, attributes, true);
    view.setUint32(offset + 4, segmentLimit, true);
    view.setBigUint64(offset + 8, BigInt(base), true);
  };
  for (const offset of [0x00, 0x20, 0x30, 0x40, 0x50]) segment(offset, 0, 0x93, 0);
  // `>>> 0`: the mask of a 32-bit address is not negative.
  segment(0x10, 0xf000, 0x9b, (eip & 0xffff_0000) >>> 0);
  segment(0x60, 0, 0, 0);
  segment(0x70, 0, 0x82, 0);
  segment(0x80, 0, 0, 0);
  segment(0x90, 0, 0x8b, 0);
  const { gPat, rdx, mxcsr, x87Fcw } = vmm === "qemu" ? { ...qemu, rdx: vcpuSignature } : gce;
  const u64: readonly (readonly [offset: number, value: bigint])[] = [
    [0xd0, 0x1000n],
    [0x148, 0x40n],
    [0x158, 0x10n],
    [0x160, 0x400n],
    [0x168, 0xffff_0ff0n],
    [0x170, 2n],
    [0x178, BigInt(eip & 0xffff)],
    [0x268, gPat],
    [0x310, BigInt(rdx)],
    [0x3b0, guestFeatures],
    [0x3e8, 1n],
  ];
  for (const [offset, value] of u64) view.setBigUint64(offset, value, true);
  view.setUint32(0x408, mxcsr, true);
  view.setUint16(0x410, x87Fcw, true);
  return page;
}

const segmentLimit = 0xffff;
const qemu = { gPat: 0x0007_0406_0007_0406n, mxcsr: 0x1f80, x87Fcw: 0x37f };
/** RDX is fixed, so that the vCPU model does not enter. */
const gce = { gPat: 0x0007_0106n, rdx: 0x600, mxcsr: 0, x87Fcw: 0 };
