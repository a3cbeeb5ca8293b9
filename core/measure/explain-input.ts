// What does an explainer go by? The launch that is believed, what it may have been instead, and the report's measurement. Digests only, never a file.
import type { Primitives } from "../base/crypto.ts";
import type { BootFile, BootSet, MeasuredFirmware } from "./boot-set.ts";
import type { Vmm } from "./vmsa.ts";

export type Launched = Omit<BootSet, "measurement">;

export interface ExplainInput {
  /** Of the report, 48 bytes. */
  readonly measurement: Uint8Array;
  readonly believed: Launched;
  readonly known: KnownFiles;
  /** What `-cpu host` is on the processor that made the report, where the report says it. */
  readonly reportedSignature?: number;
  readonly primitives: Primitives;
}

/** What this VM might have been started with; what is believed may be among it. Where no kernel is believed, the first of each is what it would be. */
export interface KnownFiles {
  readonly firmware: readonly MeasuredFirmware[];
  readonly kernels: readonly BootFile[];
  readonly initrds: readonly BootFile[];
  readonly commandLines: readonly string[];
  /** Whole launches, which may differ in everything. */
  readonly sets: readonly { readonly label: string; readonly set: Launched }[];
}

/** One launch. Its files count only where `hashes` is true. */
export interface Variant {
  readonly firmware: MeasuredFirmware;
  readonly hashes: boolean;
  /** SHA-256, 32 bytes each. */
  readonly kernel: Uint8Array;
  readonly initrd: Uint8Array;
  readonly commandLine: Uint8Array;
  /** What is believed; the search tries every other number as well. */
  readonly vcpus: number;
  readonly vcpuSignature: number;
  readonly guestFeatures: bigint;
  readonly vmm: Vmm;
}
