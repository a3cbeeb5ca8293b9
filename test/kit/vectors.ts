// Where are the published test vectors? Beside the repository in ../shared/vectors, or where PORTCULLIS_VECTORS says.
// Without them the tests that need them are skipped with one line; with CI=true that is an error. Never writes there.
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { tell } from "./needs.ts";

/** Absolute path of the vectors' folder, or of a file in it: `vectors("reports", "milan-v2.report.bin")`. */
export function vectors(...path: readonly string[]): string {
  return join(folder, ...path);
}

/** Test options: `describe("real reports", needsVectors(), () => …)`. @throws with CI=true where there are none. */
export function needsVectors(): { readonly skip: boolean } {
  return { skip: missingVectors() };
}

/** For `describe.skipIf(missingVectors())`. Same rules as {@link needsVectors}. */
export function missingVectors(): boolean {
  const absent = !existsSync(folder);
  if (absent) tell(`test vectors are not at ${folder}: set PORTCULLIS_VECTORS to their folder`);
  return absent;
}

/** The bytes of one vector, as `Uint8Array` and not as `Buffer`, which is what the parsers are given in production. */
export function vector(...path: readonly string[]): Uint8Array {
  return new Uint8Array(readFileSync(vectors(...path)));
}

const folder = resolve(process.env["PORTCULLIS_VECTORS"] ?? join(import.meta.dirname, "../../../shared/vectors"));
