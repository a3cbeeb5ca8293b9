// What is `npm run bench` asked to measure? Words in, a plan or a sentence out; measures nothing itself.
import { parseArgs } from "node:util";
import { splitCommand } from "./against/command-line.ts";
import { simulatedVector, usualVector } from "./against/vector.ts";

export const benchNames = ["verify", "launch", "startup", "measure"] as const;
export type BenchName = (typeof benchNames)[number];

export interface Plan {
  readonly benches: readonly BenchName[];
  /** Undefined: each bench's own number. */
  readonly rounds: number | undefined;
  readonly json: boolean;
  readonly against: Against | undefined;
}

export interface Against {
  /** Words with placeholders. */
  readonly command: readonly string[] | undefined;
  readonly module: { readonly file: string; readonly exported: string } | undefined;
  readonly vector: string;
  readonly crl: string | undefined;
}

/** @returns a sentence where the words are not a plan. */
export function planOf(words: readonly string[]): Plan | "help" | { readonly wrong: string } {
  const parsed = read(words);
  if (typeof parsed === "string") return { wrong: parsed };
  const { values } = parsed;
  if (values.help === true) return "help";
  const rounds = values.rounds === undefined ? undefined : Number(values.rounds);
  if (rounds !== undefined && !(Number.isInteger(rounds) && rounds > 0)) return { wrong: "--rounds is a whole number above 0" };
  const unknown = values.only?.find((name) => !isBench(name));
  if (unknown !== undefined) return { wrong: `there is no bench ${unknown}` };
  const compared = values["against-command"] !== undefined || values["against-module"] !== undefined;
  if (!compared && (values.vector ?? values.crl) !== undefined)
    return { wrong: "--vector and --crl belong to --against-command or --against-module" };
  if (values.export !== undefined && values["against-module"] === undefined) return { wrong: "--export belongs to --against-module" };
  if (values.vector === simulatedVector && values.crl !== undefined)
    return { wrong: "the simulated vector has a list of its own: leave out --crl" };
  const command = values["against-command"] === undefined ? undefined : splitCommand(values["against-command"]);
  if (typeof command === "string") return { wrong: `--against-command: ${command}` };
  const file = values["against-module"];
  return {
    benches: values.only?.filter(isBench) ?? (compared ? ["verify"] : benchNames),
    rounds,
    json: values.json === true,
    against: compared
      ? {
          command,
          module: file === undefined ? undefined : { file, exported: values.export ?? "verify" },
          vector: values.vector ?? usualVector,
          crl: values.crl,
        }
      : undefined,
  };
}

function read(words: readonly string[]) {
  const options = {
    only: { type: "string", multiple: true },
    rounds: { type: "string" },
    "against-command": { type: "string" },
    "against-module": { type: "string" },
    export: { type: "string" },
    vector: { type: "string" },
    crl: { type: "string" },
    json: { type: "boolean" },
    help: { type: "boolean" },
  } as const;
  try {
    return parseArgs({ args: [...words], options, strict: true });
  } catch (cause) {
    return cause instanceof Error ? cause.message : "these words are not understood";
  }
}

function isBench(name: string): name is BenchName {
  return (benchNames as readonly string[]).includes(name);
}

export const help = `usage: npm run bench -- [options]

  --only NAME              one of ${benchNames.join(", ")}; may be repeated
  --rounds N               so many measured rounds, instead of each bench's own number
  --json                   one JSON value on stdout instead of the tables
  --help                   this text

Beside another verifier, in the same run (with --only verify, unless you say otherwise):

  --against-command "CMD {report} {vek} {ask} {ark} {crl}"
                           its command, started without a shell for each verification; exit 0 is its yes
  --against-module FILE    a module that exports verify({ report, vek, ask, ark, crl, at }): boolean or a promise of one;
                           without an await at its top level
  --export NAME            another name than verify
  --vector NAME            a report of the shared vectors (default ${usualVector}), or ${simulatedVector}
  --crl FILE               AMD's revocation list for it; none is among the vectors, the simulated one has its own

It is measured only if it says yes to the genuine report, and no after one bit of it was changed. Paths are relative to the repository.
Compare ratios, not milliseconds: they are measured in one run, so a slow machine slows both sides.
`;
