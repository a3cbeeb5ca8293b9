// Can a secret be seen, by any of the ways in which a value usually is? And is it gone once it was wiped?
import { inspect } from "node:util";
import { expect, test } from "vitest";
import { Secret } from "../../core/base/secret.ts";
import { utf8 } from "../../core/base/utf8.ts";

test("no way of showing a secret shows it", () => {
  const secret = new Secret(utf8("hunter2"));
  const shown = [
    String(secret),
    [secret].join(),
    inspect(secret),
    inspect({ secret }, { showHidden: true }),
    Object.keys(secret).join(),
    inspect({ ...secret }),
  ];
  for (const text of shown) expect(text).not.toMatch(/hunter2|104/);
  expect(() => JSON.stringify({ secret })).toThrow("must not be serialised");
  expect(Object.keys(structuredClone({ ...secret }))).toEqual([]);
});

test("wiping overwrites the bytes themselves, and what is wiped cannot be used", () => {
  const bytes = utf8("hunter2");
  const secret = new Secret(bytes);
  expect(secret.use((lent) => lent.length)).toBe(7);
  secret.wipe();
  secret.wipe();
  expect(bytes.every((byte) => byte === 0)).toBe(true);
  expect(secret.wiped).toBe(true);
  expect(() => secret.use(() => 0)).toThrow("wiped");
});
