// How long does another verifier's command take for one report, beside `portcullis report verify` for the same files? From start to exit, as a
// script would use it. Exit 0 is its yes. Started without a shell, and never a part of this project.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "../../../build/runtime.mjs";
import { figure, ratio, type Report } from "../figures.ts";
import { namesList, type PartFiles, withFiles } from "./command-line.ts";
import { type Answer, expectVerifier } from "./fit.ts";
import { inTurn } from "./in-turn.ts";
import { NotComparable } from "./not-comparable.ts";
import { simulatedVector, type Vector, type VectorParts } from "./vector.ts";

type Argv = readonly [program: string, ...args: string[]];

/** @param words of the command, with placeholders. */
export async function benchAgainstCommand(words: readonly string[], vector: Vector, rounds: number): Promise<Report> {
  if (namesList(words) && vector.parts.crl === undefined)
    throw new NotComparable(
      `The command names {crl}, and no list of AMD's is among the vectors: give --crl FILE, or --vector ${simulatedVector}.`,
    );
  const folder = mkdtempSync(join(tmpdir(), "portcullis-bench-"));
  try {
    let written = 0;
    const other = (parts: VectorParts): Argv => withFiles(words, filesOf(join(folder, `${written++}`), parts));
    await expectVerifier("The command", vector.parts, (parts) => run(other(parts)));
    const ours = vector.name.startsWith(simulatedVector) ? [] : ownCommands(filesOf(join(folder, "ours"), vector.parts));
    for (const { name, argv } of ours) expectYes(name, run(argv));
    const theirs = other(vector.parts);
    const jobs = [theirs, ...ours.map(({ argv }) => argv)].map((argv) => () => expectYes(argv.join(" "), run(argv)));
    const [times = [], ...ownTimes] = await inTurn(rounds, 1, jobs);
    return {
      title: `Another verifier's command (${rounds} rounds, by turns, start-up included; ${vector.name})`,
      ratios: ours.map(({ name }, at) => ratio(`the command / ${name}`, times, ownTimes[at] ?? [])),
      figures: [figure("the command", times), ...ours.map(({ name }, at) => figure(name, ownTimes[at] ?? []))],
      notes: [
        words.join(" "),
        "It said yes to the genuine report, and no after one bit of the report or of the certificate's signature was changed.",
        ours.length === 0
          ? "portcullis report verify believes AMD's roots alone: no figure of its own for a simulated report."
          : whatOursDoes(vector),
      ],
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function whatOursDoes({ parts: { crl } }: Vector): string {
  return `portcullis report verify judged the same files, ${crl === undefined ? "without" : "with"} a revocation list.`;
}

function ownCommands({
  report = "",
  vek = "",
  ask = "",
  ark = "",
  crl,
}: PartFiles): readonly { readonly name: string; readonly argv: Argv }[] {
  const words = ["report", "verify", report, "--vek", vek, "--chain", ask, ark, ...(crl === undefined ? [] : ["--crl", crl])];
  const from = (program: string): Argv => [process.execPath, join(root, program), ...words];
  return [
    { name: "portcullis report verify", argv: from("core/cli/main.ts") },
    { name: "the same through its launcher", argv: from("build/portcullis.mjs") },
  ];
}

function filesOf(prefix: string, { report, vek, ask, ark, crl }: VectorParts): PartFiles {
  const write = (name: string, bytes: Uint8Array): string => {
    const file = `${prefix}-${name}`;
    writeFileSync(file, bytes);
    return file;
  };
  return {
    report: write("report.bin", report),
    vek: write("vek.der", vek),
    ask: write("ask.der", ask),
    ark: write("ark.der", ark),
    crl: crl === undefined ? undefined : write("crl.der", crl),
  };
}

/** An answer is an exit code: a program that does not start, is killed or takes too long has none. */
function run([program, ...args]: Argv): Answer {
  const { status, signal, error, stderr } = spawnSync(program, args, {
    stdio: ["ignore", "ignore", "pipe"],
    encoding: "utf8",
    timeout: longest,
    killSignal: "SIGKILL",
  });
  if (error !== undefined) throw new NotComparable(`${program} ${failed(error)}`);
  if (status === null) throw new NotComparable(`${program} was ended by ${signal ?? "nobody knows what"}, which is no answer.`);
  return { yes: status === 0, words: `exit ${status}${stderr === "" ? "" : `, ${stderr.trim().split("\n").at(-1) ?? ""}`}` };
}

function failed(error: NodeJS.ErrnoException): string {
  if (error.code === "ENOENT") return "was not found: is it installed, and is the path right from the repository's folder?";
  if (error.code === "ETIMEDOUT") return `took longer than ${longest / 1000} seconds, and was ended.`;
  return `did not run: ${error.message}.`;
}

function expectYes(name: string, { yes, words }: Answer): void {
  if (!yes) throw new NotComparable(`${name} does not say yes to the genuine report: ${words}.`);
}

const longest = 60_000;
