// Are words what they are to those who split them in the end: a real shell for scripts, Perl's own shellwords (which Proxmox VE calls) for `args`?
import { spawnSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { perlWords } from "../../core/kit/check/perl-words.ts";
import { shellCommands } from "../../core/kit/check/shell-words.ts";
import { needs } from "../kit/needs.ts";

/** Nothing that runs, looks up or redirects: only what makes words. */
const pieces = fc.constantFrom(
  "a",
  "B",
  "=",
  ",",
  " ",
  "  ",
  "\t",
  "'",
  '"',
  "\\",
  "\\\n",
  "#",
  " #",
  "\n",
  "-x",
  "é",
  "/",
  ".",
  ":",
  "''",
  '""',
  "\\'",
  '\\"',
  "\\\\",
);
const texts = fc.sample(
  fc.array(pieces, { minLength: 1, maxLength: 14 }).map((parts) => parts.join("")),
  { numRuns: 600, seed: 20_261_124 },
);

/** Runs a program on texts of one list and gives the words of each, or undefined where it refuses. */
function splitBy(program: string, args: readonly string[], text: string): readonly string[] | undefined {
  const { status, stdout } = spawnSync(program, [...args, text], { encoding: "buffer" });
  if (status !== 0) return undefined;
  const words = stdout.toString("utf8").split("\0");
  return words.slice(0, -1);
}

describe("a shell", () => {
  // The first word is ours, so that a text without any has words, too; only the first line is the command.
  const ours = (text: string): readonly string[] | undefined => {
    const read = shellCommands(`W ${text}`);
    return "fault" in read ? undefined : read.commands[0]?.words.slice(1);
  };

  test("has the same words, or refuses the same", () => {
    // What a backslash at the very end means is not said anywhere; and a shell would run what is on the next line.
    const lines = texts
      .filter((text) => !/(?:^|[^\\])(?:\\\\)*\\$/.test(text) && !text.replaceAll(/\\\\|\\\n/g, "").includes("\n"))
      // A comment ends with its line, whatever is before the end.
      .filter((text) => !(text.includes("#") && text.includes("\\\n")));
    expect(lines.length).toBeGreaterThan(300);
    const different = lines.filter((text) => {
      const theirs = splitBy("/bin/sh", ["-c", 'W() { for w; do printf "%s\\0" "$w"; done; exit 0; }; eval "W $1"', "sh"], text);
      return JSON.stringify(ours(text)) !== JSON.stringify(theirs);
    });
    expect(different).toEqual([]);
  });
});

describe("Perl", needs("perl"), () => {
  test("has the same words, or none", () => {
    const program = 'use Text::ParseWords; my @w = shellwords($ARGV[0]); exit 1 if !@w; print map { "$_\\0" } @w;';
    const different = texts
      .filter((text) => !text.includes("\n"))
      .filter((text) => {
        const theirs = splitBy("perl", ["-e", program, "--"], text) ?? [];
        return JSON.stringify(perlWords(text) ?? []) !== JSON.stringify(theirs);
      });
    expect(different).toEqual([]);
  });
});
