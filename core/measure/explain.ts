// Which input differs? A measurement that does not match is compared with what it would be if one of the usual suspects were another, then two of them.
// Bounded in time by the host's clock, and says how far it came. It explains a report; it never accepts one.
import type { Primitives } from "../base/crypto.ts";
import { equalBytes } from "../base/bytes.ts";
import { ok, type Result } from "../base/result.ts";
import { parseFirmware, type Firmware } from "./firmware.ts";
import { commandLineHash, type BootHashes } from "./kernel-hashes.ts";
import type { LaunchDigest } from "./launch-digest.ts";
import { measureFirmware, measureRest } from "./measure.ts";
import { commandLineSlips } from "./slips.ts";
import { vcpuModels, vcpuSignature } from "./vcpu.ts";
import type { Vmm } from "./vmsa.ts";

/** A file that this VM might have been started with. */
export interface Candidate<T> {
  /** For the person: a path, a version. */
  readonly name: string;
  readonly value: T;
}

/** What is believed to have been launched, the first of each list; the others are what it might have been instead. */
export interface ExplainInput {
  readonly measurement: Uint8Array;
  readonly firmware: readonly [Candidate<Uint8Array>, ...Candidate<Uint8Array>[]];
  /** SHA-256 of each; undefined: started without a kernel, or without kernel-hashes. */
  readonly boot:
    | {
        readonly kernels: readonly [Candidate<Uint8Array>, ...Candidate<Uint8Array>[]];
        readonly initrds: readonly [Candidate<Uint8Array>, ...Candidate<Uint8Array>[]];
        readonly commandLines: readonly [string, ...string[]];
      }
    | undefined;
  readonly vcpus: number;
  readonly vcpuSignature: number;
  readonly guestFeatures: bigint;
  readonly vmm: Vmm;
  readonly primitives: Primitives;
  /** Whether there is time for more; asked every few variants. */
  readonly more: () => boolean;
  readonly progress?: (tried: number) => void;
}

export type Explanation =
  /** `differences` is empty where the known inputs match as they are. */
  | { readonly found: true; readonly differences: readonly string[]; readonly tried: number }
  /** `complete`: every variant was tried. */
  | { readonly found: false; readonly tried: number; readonly complete: boolean };

/** One way in which one input may differ: a word for the person, and what to change. */
interface Slip {
  readonly dimension: keyof Variant;
  readonly says: string;
  readonly change: Partial<Variant>;
}

interface Variant {
  readonly firmware: number;
  readonly kernel: number;
  readonly initrd: number;
  readonly commandLine: string;
  readonly hashes: boolean;
  readonly vcpus: number;
  readonly vcpuSignature: number;
  readonly guestFeatures: bigint;
}

export function explainMeasurement(input: ExplainInput): Result<Explanation> {
  const search = new Search(input);
  const slips = slipsOf(input);
  let tried = 0;
  for (const some of [[[]], slips.map((slip) => [slip]), pairsOf(slips)] as readonly Iterable<readonly Slip[]>[]) {
    for (const chosen of some) {
      if (tried % batch === 0) {
        input.progress?.(tried);
        if (tried > 0 && !input.more()) return ok({ found: false, tried, complete: false });
      }
      tried++;
      const variant = chosen.reduce<Variant>((all, { change }) => ({ ...all, ...change }), known(input));
      const measured = search.measure(variant);
      if (!measured.ok) return measured;
      if (measured.value !== undefined && equalBytes(measured.value, input.measurement))
        return ok({ found: true, differences: chosen.map(({ says }) => says), tried });
    }
  }
  return ok({ found: false, tried, complete: true });
}

function known({ boot, vcpus, vcpuSignature: signature, guestFeatures }: ExplainInput): Variant {
  const commandLine = boot?.commandLines[0] ?? "";
  return { firmware: 0, kernel: 0, initrd: 0, commandLine, hashes: boot !== undefined, vcpus, vcpuSignature: signature, guestFeatures };
}

function slipsOf({ firmware, boot, vcpus, vcpuSignature: signature, guestFeatures }: ExplainInput): readonly Slip[] {
  const others = <T>(list: readonly Candidate<T>[]): readonly (readonly [index: number, name: string])[] =>
    list.flatMap(({ name }, index) => (index === 0 ? [] : [[index, name] as const]));
  const models = vcpuModels.flatMap((name) => {
    const value = vcpuSignature(name);
    return value === undefined || value === signature ? [] : [{ name, value }];
  });
  return [
    ...usualVcpus
      .filter((count) => count !== vcpus)
      .map((count): Slip => ({ dimension: "vcpus", says: `vCPUs = ${count}`, change: { vcpus: count } })),
    ...models.map(
      ({ name, value }): Slip => ({ dimension: "vcpuSignature", says: `vCPU model = ${name}`, change: { vcpuSignature: value } }),
    ),
    ...usualFeatures
      .filter((features) => features !== guestFeatures)
      .map(
        (features): Slip => ({
          dimension: "guestFeatures",
          says: `guest features = 0x${features.toString(16)}`,
          change: { guestFeatures: features },
        }),
      ),
    ...others(firmware).map(([index, name]): Slip => ({ dimension: "firmware", says: `firmware = ${name}`, change: { firmware: index } })),
    ...(boot === undefined
      ? []
      : [
          { dimension: "hashes", says: "kernel-hashes = off", change: { hashes: false } } satisfies Slip,
          ...others(boot.kernels).map(
            ([index, name]): Slip => ({ dimension: "kernel", says: `kernel = ${name}`, change: { kernel: index } }),
          ),
          ...others(boot.initrds).map(
            ([index, name]): Slip => ({ dimension: "initrd", says: `initrd = ${name}`, change: { initrd: index } }),
          ),
          ...commandLineSlips(boot.commandLines).map(
            ({ text, says }): Slip => ({ dimension: "commandLine", says, change: { commandLine: text } }),
          ),
        ]),
  ];
}

/** Two of one dimension would be one. */
function* pairsOf(slips: readonly Slip[]): Iterable<readonly Slip[]> {
  for (const [index, one] of slips.entries())
    for (const other of slips.slice(index + 1)) if (other.dimension !== one.dimension) yield [one, other];
}

class Search {
  readonly #input: ExplainInput;
  /** The dear part of each firmware file, measured once. */
  readonly #firmware = new Map<number, { readonly digest: LaunchDigest; readonly parsed: Firmware }>();

  constructor(input: ExplainInput) {
    this.#input = input;
  }

  /** @returns undefined where such a launch cannot be. */
  measure({ firmware, hashes, ...variant }: Variant): Result<Uint8Array | undefined> {
    const { vmm, primitives } = this.#input;
    const measured = this.#measured(firmware);
    if (!measured.ok) return measured;
    const { digest, parsed } = measured.value;
    const boot = hashes ? this.#bootOf(variant) : undefined;
    const rest = measureRest(digest.copy(), parsed, { ...variant, boot, vmm, primitives });
    return ok(rest.ok ? rest.value : undefined);
  }

  #bootOf({ kernel, initrd, commandLine }: Pick<Variant, "kernel" | "initrd" | "commandLine">): BootHashes | undefined {
    const { boot, primitives } = this.#input;
    const [image, ramdisk] = [boot?.kernels[kernel]?.value, boot?.initrds[initrd]?.value];
    if (image === undefined || ramdisk === undefined) return undefined;
    return { kernel: image, initrd: ramdisk, commandLine: commandLineHash(commandLine, primitives) };
  }

  #measured(index: number): Result<{ readonly digest: LaunchDigest; readonly parsed: Firmware }> {
    const before = this.#firmware.get(index);
    if (before !== undefined) return ok(before);
    const bytes = this.#input.firmware[index]?.value ?? new Uint8Array(0);
    const parsed = parseFirmware(bytes);
    if (!parsed.ok) return parsed;
    const made = { digest: measureFirmware(bytes, this.#input), parsed: parsed.value };
    this.#firmware.set(index, made);
    return ok(made);
  }
}

const usualVcpus = [...Array.from({ length: 32 }, (_, index) => index + 1), 40, 48, 56, 64, 80, 96, 112, 128, 192, 256];
/** SNPActive alone, and with what kernels and VMMs have set beside it: DebugSwap, SecureTSC, VMSA register protection. */
const usualFeatures = [0x1n, 0x21n, 0x201n, 0x221n, 0x4001n, 0x4021n];
const batch = 32;
