// What might have been launched instead? The believed launch and each other whole launch of this VM, each with one input different, then the believed one with
// two: every choice that is worth trying, the likeliest first. Made one by one, for explain.ts; it measures nothing.
import { fromHex } from "../base/bytes.ts";
import { failure } from "../base/failure.ts";
import { fail, ok, type Result } from "../base/result.ts";
import type { ExplainInput, Launched, Variant } from "./explain-input.ts";
import { bootSlips, machineSlips, rareSlips, type Slip } from "./explain-slips.ts";
import { commandLineHash } from "./kernel-hashes.ts";

export interface Choice {
  /** In words; empty for what is believed. */
  readonly says: readonly string[];
  readonly variant: Variant;
  /** Of all choices, those up to this one; 0 to 1. */
  readonly share: number;
}

/** A launch that is known as a whole. */
interface Start {
  readonly says: readonly string[];
  readonly variant: Variant;
  /** In which ways each of its inputs may differ. Made when it is its turn: there may be very many. */
  slips(): readonly Slip[];
}

/** `measure.boot-set` where a digest is none, `measure.command-line`. */
export function choicesOf(input: ExplainInput): Result<Iterable<Choice>> {
  const { kernels, initrds, commandLines, firmware, sets } = input.known;
  const digests = [...kernels, ...initrds].map(({ sha256 }) => fromHex(sha256)?.length === 32);
  const measured = firmware.map(({ launchDigest }) => fromHex(launchDigest)?.length === 48);
  if ([...digests, ...measured].includes(false)) return fail(failure("measure.boot-set"));
  if (commandLines.some((line) => line.includes("\0"))) return fail(failure("measure.command-line"));
  const starts: Start[] = [];
  const known = [
    { says: [], set: input.believed },
    ...sets.map(({ label, set }) => ({ says: [`boot set = ${JSON.stringify(label)}`], set })),
  ];
  for (const { says, set } of known) {
    const variant = variantOf(set, input);
    if (!variant.ok) return variant;
    const asBelieved = { ...input, believed: set };
    starts.push({ says, variant: variant.value, slips: () => [...machineSlips(asBelieved), ...bootSlips(asBelieved)] });
  }
  return ok(choices(starts, rareSlips(input)));
}

function* choices(starts: readonly Start[], rare: readonly Slip[]): Iterable<Choice> {
  const [believed, ...sets] = starts;
  if (believed === undefined) return;
  const slips = believed.slips();
  // Each set has about as many.
  const all = rare.length + starts.length * (1 + slips.length) + (slips.length * slips.length) / 2;
  let made = 0;
  const choose = function* (start: Start, chosen: readonly Slip[]): Iterable<Choice> {
    made++;
    const variant = chosen.reduce<Variant>((changed, { change }) => ({ ...changed, ...change }), start.variant);
    // Files that are not measured cannot make a difference.
    if (!variant.hashes && chosen.some(({ about }) => bootFiles.includes(about))) return;
    yield { says: [...start.says, ...chosen.map((slip) => slip.says)], variant, share: Math.min(1, made / all) };
  };
  for (const start of starts) yield* choose(start, []);
  for (const slip of [...slips, ...rare]) yield* choose(believed, [slip]);
  for (const set of sets) for (const slip of set.slips()) yield* choose(set, [slip]);
  // Two about one input would be one.
  for (const [index, one] of slips.entries())
    for (const other of slips.slice(index + 1)) if (other.about !== one.about) yield* choose(believed, [one, other]);
}

function variantOf({ direct, ...launched }: Launched, { known, primitives }: ExplainInput): Result<Variant> {
  const nothing = primitives.digest("sha256");
  // Where hashes are believed to be off, the first known files are what they would be of.
  const files = direct ?? { kernel: known.kernels[0], initrd: known.initrds[0], commandLine: known.commandLines[0] ?? "" };
  const kernel = files.kernel === undefined ? nothing : fromHex(files.kernel.sha256);
  const initrd = files.initrd === undefined ? nothing : fromHex(files.initrd.sha256);
  if (kernel?.length !== 32 || initrd?.length !== 32 || fromHex(launched.firmware.launchDigest)?.length !== 48)
    return fail(failure("measure.boot-set"));
  if (!/^0x[0-9a-f]{1,16}$/.test(launched.guestFeatures)) return fail(failure("measure.boot-set"));
  if (files.commandLine.includes("\0")) return fail(failure("measure.command-line"));
  return ok({
    ...launched,
    hashes: direct !== undefined,
    kernel,
    initrd,
    commandLine: commandLineHash(files.commandLine, primitives),
    guestFeatures: BigInt(launched.guestFeatures),
  });
}

const bootFiles: readonly Slip["about"][] = ["kernel", "initrd", "commandLine"];
