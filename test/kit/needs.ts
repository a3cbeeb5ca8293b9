// Can this test run here? A test that needs a system program asks first; where the program is missing the test is skipped and its name is printed.
// With CI=true nothing may be skipped: the question then throws. It never installs anything.
import { existsSync } from "node:fs";
import { debianSentence, hasDebianPackages } from "../../build/debian-packages.mjs";
import { findProgram, missingSentence, type Program } from "../../build/programs.mjs";

/** A system program, the private unlocked keyring that `npm test` (and `npm test -- FILE`) starts, or the packages of build/debian-packages.mjs. */
export type Need = Program | "keyring" | "debian";

/**
 * Test options: `describe("a LUKS2 disk", needs("cryptsetup"), () => …)`; the same for `test` and `it`.
 * @throws with CI=true where something is missing.
 */
export function needs(...needed: readonly Need[]): { readonly skip: boolean; readonly retry: number } {
  // A browser on a busy shared machine now and then misses a deadline of its driver's; a page that is wrong is wrong twice.
  return { skip: missing(...needed), retry: needed.includes("chromium") ? 1 : 0 };
}

/** The same for a file that a Debian package brings. */
export function needsFile(path: string, debianPackage: string): { readonly skip: boolean } {
  const absent = !existsSync(path);
  if (absent) tell(`${path} is not there (Debian: apt-get install ${debianPackage})`);
  return { skip: absent };
}

/** For `describe.skipIf(missing("chromium"))`. Same rules as {@link needs}. */
export function missing(...needed: readonly Need[]): boolean {
  const sentences = needed.flatMap((need) => absence(need) ?? []);
  for (const sentence of sentences) tell(sentence);
  return sentences.length > 0;
}

/** Absolute path of a program, for a test that asked {@link needs} for it. */
export function pathOf(program: Program): string {
  const path = findProgram(program);
  if (path === undefined) throw new Error(missingSentence(program));
  return path;
}

/** Prints a reason for skipping once a file; with CI=true it is an error instead. */
export function tell(reason: string): void {
  if (process.env["CI"] === "true") throw new Error(`CI=true skips nothing: ${reason}`);
  if (!told.has(reason)) process.stderr.write(`skipped: ${reason}\n`);
  told.add(reason);
}

function absence(need: Need): string | undefined {
  if (need === "debian") return hasDebianPackages() ? undefined : debianSentence;
  if (need !== "keyring") return findProgram(need) === undefined ? missingSentence(need) : undefined;
  return process.env["PORTCULLIS_TEST_KEYRING"] === "1" ? undefined : "no private keyring is open here: run it as npm test -- FILE";
}

const told = new Set<string>();
