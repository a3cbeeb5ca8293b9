// The inputs that once broke a promise, as hex in test/fuzz/found/: written when found, tried first in every later run.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fromHex, toHex } from "../../core/base/bytes.ts";
import type { Finding } from "./batch.ts";
import { inputOf } from "./target.ts";
import { targetNamed } from "./targets.ts";
import type { WatchedFuzzer } from "./watched.ts";

export interface FoundInput {
  readonly file: string;
  readonly target: string;
  readonly input: Uint8Array;
}

/** The first line says where it came from and what it broke. @returns the file's name */
export function keepFinding({ target: name, seed, index, what }: Finding, folder = foundFolder): string {
  const target = targetNamed(name);
  if (target === undefined) throw new Error(`there is no target ${name}`);
  const lines = toHex(inputOf(target, seed, index)).replaceAll(/.{128}/g, "$&\n");
  mkdirSync(folder, { recursive: true });
  const file = `${name}.${seed}.${index}.hex`;
  writeFileSync(
    join(folder, file),
    `# ${name}, seed ${seed}, input ${index}: ${what.replaceAll(/[^\x20-\x7e]/g, "?")}\n${lines.trimEnd()}\n`,
  );
  return file;
}

/** Throws for a file that is not one of ours: it would never be tried. */
export function readFound(folder = foundFolder): FoundInput[] {
  const files = existsSync(folder) ? readdirSync(folder).sort() : [];
  return files
    .filter((file) => file.endsWith(".hex"))
    .map((file) => {
      const [target = ""] = file.split(".");
      const lines = readFileSync(join(folder, file), "utf8").split(/\r?\n/);
      const input = fromHex(lines.filter((line) => !line.startsWith("#")).join(""));
      if (input === undefined || targetNamed(target) === undefined) throw new Error(`${file} is no input of a target`);
      return { file, target, input };
    });
}

/** @returns what each of them still breaks. */
export async function stillBroken(found: readonly FoundInput[], fuzzer: WatchedFuzzer): Promise<string[]> {
  const broken: string[] = [];
  for (const { file, target, input } of found) {
    const what = await fuzzer.replay({ target, input });
    if (what !== undefined) broken.push(`${file}: ${what}`);
  }
  return broken;
}

const foundFolder = join(import.meta.dirname, "found");
