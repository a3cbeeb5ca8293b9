// `npm run bench`: how fast is it, beside its own floor in the same run? A slow figure never fails the run; a wrong answer does.
import { parseArgs } from "node:util";
import { type Report, reportText } from "./figures.ts";
import { benchLaunch } from "./launch.ts";
import { benchStartUp } from "./startup.ts";
import { benchVerify } from "./verify.ts";

const benches: Readonly<Record<string, { readonly run: (rounds: number) => Promise<Report>; readonly rounds: number }>> = {
  verify: { run: benchVerify, rounds: 1_000 },
  launch: { run: benchLaunch, rounds: 300 },
  startup: { run: benchStartUp, rounds: 7 },
};

const help = `usage: npm run bench -- [options]

  --only NAME   one of ${Object.keys(benches).join(", ")}; may be repeated
  --rounds N    so many measured rounds, instead of each bench's own number
  --json        one JSON value on stdout instead of the tables
  --help        this text

Compare ratios, not milliseconds: they are measured in one run, so a slow machine slows both sides.
`;

await main();

async function main(): Promise<void> {
  const { values } = readArguments();
  if (values.help === true) return void process.stdout.write(help);
  const names = values.only ?? Object.keys(benches);
  const rounds = values.rounds === undefined ? undefined : Number(values.rounds);
  if (rounds !== undefined && !(Number.isInteger(rounds) && rounds > 0)) return usage("--rounds is a whole number above 0");
  const reports: Record<string, Report> = {};
  for (const name of names) {
    const bench = benches[name];
    if (bench === undefined) return usage(`there is no bench ${name}`);
    const report = await bench.run(rounds ?? bench.rounds);
    reports[name] = report;
    if (values.json !== true) process.stdout.write(`${reportText(report)}\n`);
  }
  if (values.json === true) process.stdout.write(`${JSON.stringify(reports, undefined, 2)}\n`);
}

function readArguments() {
  const options = {
    only: { type: "string", multiple: true },
    rounds: { type: "string" },
    json: { type: "boolean" },
    help: { type: "boolean" },
  } as const;
  try {
    return parseArgs({ options, strict: true });
  } catch (cause) {
    usage(cause instanceof Error ? cause.message : "");
    process.exit();
  }
}

function usage(words: string): void {
  process.stderr.write(`${words}\n\n${help}`);
  process.exitCode = 2;
}
