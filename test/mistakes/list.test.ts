// Has each of the nineteen mistakes that real verifiers made its own tests in this folder, once?
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

test("mistakes 1 to 19 each have one block", () => {
  const files = readdirSync(import.meta.dirname).filter((name) => name.endsWith(".test.ts"));
  const titles = files.flatMap((name) => [
    ...readFileSync(join(import.meta.dirname, name), "utf8").matchAll(/^describe\("mistake (\d+): /gm),
  ]);
  const numbers = titles.map(([, number]) => Number(number)).toSorted((a, b) => a - b);
  expect(numbers).toEqual(Array.from({ length: 19 }, (_, index) => index + 1));
});
