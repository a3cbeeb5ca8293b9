// `npm run bench`: how fast is it, beside its own floor in the same run? A slow figure never fails the run; a wrong answer does.
import { benchAgainstCommand } from "./against/command.ts";
import { NotComparable } from "./against/not-comparable.ts";
import { benchAgainstModule } from "./against/module.ts";
import { loadVector } from "./against/vector.ts";
import { type Against, type BenchName, help, type Plan, planOf } from "./arguments.ts";
import { type Report, reportText } from "./figures.ts";
import { benchLaunch } from "./launch.ts";
import { benchMeasure } from "./measure.ts";
import { benchStartUp } from "./startup.ts";
import { benchVerify } from "./verify.ts";

interface Bench {
  readonly run: (rounds: number) => Promise<Report>;
  /** Where nobody says how many. */
  readonly rounds: number;
}

const benches: Readonly<Record<BenchName, Bench>> = {
  verify: { run: benchVerify, rounds: 1_000 },
  launch: { run: benchLaunch, rounds: 300 },
  startup: { run: benchStartUp, rounds: 7 },
  measure: { run: benchMeasure, rounds: 60 },
};

const plan = planOf(process.argv.slice(2));
if (plan === "help") process.stdout.write(help);
else if ("wrong" in plan) {
  process.stderr.write(`${plan.wrong}\n\n${help}`);
  process.exitCode = 2;
} else await measure(plan);

async function measure({ benches: names, rounds, json, against }: Plan): Promise<void> {
  const reports: Record<string, Report> = {};
  const add = async (name: string, bench: Bench): Promise<void> => {
    const report = await bench.run(rounds ?? bench.rounds);
    reports[name] = report;
    if (!json) process.stdout.write(`${reportText(report)}\n`);
  };
  try {
    // The others first: whoever waits for a comparison learns at once that there is none.
    if (against !== undefined) for (const [name, bench] of await comparisons(against)) await add(name, bench);
    for (const name of names) await add(name, benches[name]);
  } catch (cause) {
    if (!(cause instanceof NotComparable)) throw cause;
    process.stderr.write(`${cause.message}\n`);
    process.exitCode = 1;
    return;
  }
  if (json) process.stdout.write(`${JSON.stringify(reports, undefined, 2)}\n`);
}

async function comparisons({ command, module, vector: name, crl }: Against): Promise<readonly (readonly [string, Bench])[]> {
  const vector = await loadVector(name, crl);
  const found: [string, Bench][] = [];
  if (module !== undefined)
    found.push(["module", { run: (rounds) => benchAgainstModule(module.file, module.exported, vector, rounds), rounds: 500 }]);
  if (command !== undefined) found.push(["command", { run: (rounds) => benchAgainstCommand(command, vector, rounds), rounds: 20 }]);
  return found;
}
