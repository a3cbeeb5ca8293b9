// `npm run fuzz`: does any input make a parser throw, hang, hoard, or contradict its encoder? Fails where one does, and keeps that input.
import { createHash } from "node:crypto";
import { parseArgs } from "node:util";
import { type BatchResult, maximumRss } from "./batch.ts";
import { keepFinding, readFound, stillBroken } from "./found.ts";
import type { Target } from "./target.ts";
import { targets } from "./targets.ts";
import { WatchedFuzzer } from "./watched.ts";

const help = `usage: npm run fuzz -- [options]

  --target NAME  one of ${targets.map(({ name }) => name).join(", ")};
                 may be repeated; all where none is named
  --count N      so many inputs for each target; 20000 unless --inputs or --minutes is given
  --inputs N     so many inputs for all targets together, shared out evenly
  --minutes M    so long for all targets together
  --seed N       the same inputs as in the run that printed this number
  --json         one JSON value on stdout instead of the table
  --help         this text

Inputs that broke something are kept in test/fuzz/found/ and tried first in every run. Exit code 1 where anything broke:
something was thrown, an answer contradicts an encoder, one input took 10 s, or the process took more than ${maximumRss / 1_048_576} MiB.
`;

interface Choices {
  readonly chosen: readonly Target[];
  /** For each target. */
  readonly count: number;
  readonly milliseconds: number | undefined;
  readonly seed: number;
  readonly json: boolean;
}

/** What fits into the worker's progress. */
const maximumCount = 0x7fff_ffff;

const choices = readChoices();
if (choices !== undefined) await main(choices);

async function main({ chosen, count, milliseconds, seed, json }: Choices): Promise<void> {
  const say = (line: string): void => void (json ? process.stderr : process.stdout).write(`${line}\n`);
  const found = readFound();
  const fuzzer = new WatchedFuzzer();
  const broken = await stillBroken(found, fuzzer);
  say(`seed ${seed}; ${found.length} inputs found earlier tried again${broken.map((line) => `\n  STILL BROKEN ${line}`).join("")}`);
  const results: BatchResult[] = [];
  for (const target of chosen) {
    const result = await fuzzer.run({ target: target.name, seed, count, ...(milliseconds === undefined ? {} : { milliseconds }) });
    results.push(result);
    say(`${lineOf(result)}  ${target.seeds.length} seeds ${corpusOf(target)}`);
    for (const finding of result.findings)
      say(`  FOUND input ${finding.index}: ${finding.what}\n  kept as test/fuzz/found/${keepFinding(finding)}`);
  }
  await fuzzer.close();
  const inputs = results.reduce((sum, result) => sum + result.inputs, 0);
  const findings = results.flatMap((result) => result.findings);
  const peak = Math.max(...results.map(({ rssPeak }) => rssPeak));
  say(`peak of the process ${Math.round(peak / 1_048_576)} MiB of ${maximumRss / 1_048_576} MiB allowed`);
  say(`${inputs.toLocaleString("en")} inputs over ${chosen.length} targets, ${findings.length + broken.length} findings, seed ${seed}`);
  if (json) process.stdout.write(`${JSON.stringify({ seed, inputs, broken, results }, undefined, 2)}\n`);
  process.exitCode = findings.length + broken.length === 0 ? 0 : 1;
}

function lineOf({ target, inputs, milliseconds, outcomes, slowest, rssGrowth, rssPeak, heldGrowth }: BatchResult): string {
  const megabytes = (bytes: number): string => `${Math.round(bytes / 1_048_576)} MiB`;
  const rate = Math.round((inputs / milliseconds) * 1000).toLocaleString("en");
  const taken = (((outcomes["parsed"] ?? 0) / Math.max(1, inputs)) * 100).toFixed(1);
  return [
    `${target.padEnd(15)}${inputs.toLocaleString("en").padStart(12)} inputs ${rate.padStart(9)}/s`,
    `${taken.padStart(5)}% parsed, ${Object.keys(outcomes).length} outcomes`,
    `slowest ${slowest.milliseconds.toFixed(1)} ms, held +${megabytes(heldGrowth)}, rss +${megabytes(rssGrowth)} (peak ${megabytes(rssPeak)})`,
  ].join("  ");
}

/** Two runs with the same seed are the same only where this is the same too. */
function corpusOf({ seeds }: Target): string {
  const hash = createHash("sha256");
  for (const seed of seeds) hash.update(`${seed.length}:`).update(seed);
  return hash.digest("hex").slice(0, 8);
}

function readChoices(): Choices | undefined {
  const options = {
    target: { type: "string", multiple: true },
    count: { type: "string" },
    inputs: { type: "string" },
    minutes: { type: "string" },
    seed: { type: "string" },
    json: { type: "boolean" },
    help: { type: "boolean" },
  } as const;
  try {
    const { values } = parseArgs({ options, strict: true });
    if (values.help === true) return void process.stdout.write(help);
    const chosen = values.target === undefined ? targets : targets.filter(({ name }) => values.target?.includes(name));
    const unknown = values.target?.find((name) => !targets.some((target) => target.name === name));
    if (unknown !== undefined) return usage(`there is no target ${unknown}`);
    const minutes = values.minutes === undefined ? undefined : Number(values.minutes);
    if (values.count !== undefined && values.inputs !== undefined) return usage("either --count or --inputs");
    // Rounded up: at least as many as were asked for.
    const shared = values.inputs === undefined ? undefined : Math.ceil(Number(values.inputs) / chosen.length);
    const count = Number(values.count ?? shared ?? (minutes === undefined ? 20_000 : maximumCount));
    const seed = Number(values.seed ?? Math.floor(Date.now() / 1000));
    if (!isWhole(count, 1, maximumCount) || !isWhole(seed, 0, 0xffff_ffff)) return usage("--count, --inputs and --seed are whole numbers");
    if (minutes !== undefined && !(minutes > 0 && minutes <= 10_000)) return usage("--minutes is a number above 0");
    const milliseconds = minutes === undefined ? undefined : (minutes * 60_000) / chosen.length;
    return { chosen, count, seed, milliseconds, json: values.json === true };
  } catch (cause) {
    return usage(cause instanceof Error ? cause.message : "");
  }
}

function isWhole(number: number, least: number, most: number): boolean {
  return Number.isInteger(number) && number >= least && number <= most;
}

function usage(words: string): undefined {
  process.stderr.write(`${words}\n\n${help}`);
  process.exitCode = 2;
}
