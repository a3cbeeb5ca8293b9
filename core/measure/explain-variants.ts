// What might have been launched instead? The believed launch with one input different, or two: every choice that is worth trying, the fewest differences
// first. For explain.ts; it measures nothing.
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
}

/** `measure.boot-set` where a digest is none, `measure.command-line`. */
export function choicesOf(input: ExplainInput): Result<readonly Choice[]> {
  const { kernels, initrds, commandLines, firmware, sets } = input.known;
  const digests = [...kernels, ...initrds].map(({ sha256 }) => fromHex(sha256)?.length === 32);
  const measured = firmware.map(({ launchDigest }) => fromHex(launchDigest)?.length === 48);
  if ([...digests, ...measured].includes(false)) return fail(failure("measure.boot-set"));
  if (commandLines.some((line) => line.includes("\0"))) return fail(failure("measure.command-line"));
  const base = variantOf(input.believed, input);
  if (!base.ok) return base;
  const slips: Slip[] = [];
  for (const { label, set } of sets) {
    const change = variantOf(set, input);
    if (!change.ok) return change;
    slips.push({ about: "set", says: `boot set = ${JSON.stringify(label)}`, change: change.value });
  }
  slips.push(...machineSlips(input), ...bootSlips(input), ...rareSlips(input));
  const combinations = [[], ...slips.map((slip) => [slip]), ...pairsOf(slips)];
  return ok(
    combinations.flatMap((chosen) => {
      const variant = chosen.reduce<Variant>((all, { change }) => ({ ...all, ...change }), base.value);
      // Files that are not measured cannot make a difference.
      if (!variant.hashes && chosen.some(({ about }) => bootFiles.includes(about))) return [];
      return [{ says: chosen.map(({ says }) => says), variant }];
    }),
  );
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

/** Two about one input would be one. A whole set comes before what differs from it. */
function pairsOf(slips: readonly Slip[]): readonly (readonly Slip[])[] {
  const paired = slips.filter(({ alone }) => alone !== true);
  return paired.flatMap((one, index) => paired.slice(index + 1).flatMap((other) => (other.about === one.about ? [] : [[one, other]])));
}

const bootFiles: readonly Slip["about"][] = ["kernel", "initrd", "commandLine"];
