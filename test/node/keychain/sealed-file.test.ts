// The sealed key file when it is not as it should be, and that it is an ordinary age file that never shows a key.
import { chmodSync, existsSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Decrypter } from "age-encryption";
import { assert, property, string, uint8Array, uniqueArray, tuple } from "fast-check";
import { expect, test } from "vitest";
import { must } from "../../../core/base/result.ts";
import { Secret } from "../../../core/base/secret.ts";
import { utf8 } from "../../../core/base/utf8.ts";
import { encodeKeyTable, fitsKeyTable, parseKeyTable } from "../../../core/node/keychain/key-table.ts";
import { openSealedFile } from "../../../core/node/keychain/sealed-file-keychain.ts";
import { codeOf, scratchFolder } from "../kit.ts";

const phrase = (text = "correct horse battery"): Secret => new Secret(utf8(text));
const key = Buffer.from("THE-DISK-KEY-ITSELF-32-BYTES-LONG");

test("made only where there is none, opened only where there is one", async () => {
  const path = join(scratchFolder(), "keys.age");
  expect(codeOf(await openSealedFile({ path, passphrase: phrase(), create: false }))).toBe("keychain.absent");
  expect(existsSync(path)).toBe(false);
  must(await openSealedFile({ path, passphrase: phrase(), create: true }));
  const before = readFileSync(path);
  expect(codeOf(await openSealedFile({ path, passphrase: phrase("another"), create: true }))).toBe("keychain.exists");
  expect(readFileSync(path)).toEqual(before);
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

test("a wrong, empty or unreadable passphrase opens nothing and changes nothing", async () => {
  const path = await filled();
  const before = readFileSync(path);
  const open = (passphrase: Secret) => openSealedFile({ path, passphrase, create: false });
  expect(codeOf(await open(phrase("correct horse batterY")))).toBe("keychain.wrong-passphrase");
  expect(codeOf(await open(phrase("")))).toBe("keychain.empty-passphrase");
  expect(codeOf(await open(new Secret(Uint8Array.of(0xff, 0xfe))))).toBe("keychain.empty-passphrase");
  expect(readFileSync(path)).toEqual(before);
});

test("a damaged file is refused and left as it is", async () => {
  const path = await filled();
  const whole = readFileSync(path);
  const flip = (at: number): Buffer => {
    const bytes = Buffer.from(whole);
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    return bytes;
  };
  const header = whole.indexOf("\n--- ") + 50;
  const damaged = [
    Buffer.alloc(0),
    whole.subarray(0, 20),
    whole.subarray(0, header + 3),
    whole.subarray(0, -1),
    Buffer.concat([whole, Buffer.from([0])]),
    flip(3),
    flip(header + 20),
    flip(whole.length - 1),
    Buffer.from(whole.toString("latin1").replace(/scrypt (\S+) 16/, "scrypt $1 21"), "latin1"),
  ];
  for (const bytes of damaged) {
    writeFileSync(path, bytes);
    expect(codeOf(await openSealedFile({ path, passphrase: phrase(), create: false }))).toBe("keychain.damaged");
    expect(readFileSync(path)).toEqual(bytes);
  }
});

test("any age implementation opens it, and no key shows in it", async () => {
  const path = await filled();
  const sealed = readFileSync(path);
  expect(sealed.includes(key)).toBe(false);
  const decrypter = new Decrypter();
  decrypter.addPassphrase("correct horse battery");
  expect(Buffer.from(await decrypter.decrypt(new Uint8Array(sealed))).includes(key)).toBe(true);
});

test("a change that cannot be written leaves the old keys, in the file and in memory", async () => {
  const folder = scratchFolder();
  const path = join(folder, "keys.age");
  const keychain = must(await openSealedFile({ path, passphrase: phrase(), create: true }));
  must(await keychain.setSecret("a", new Secret(Uint8Array.from(key))));
  rmSync(folder, { recursive: true });
  expect(codeOf(await keychain.setSecret("a", new Secret(Uint8Array.of(1))))).toBe("files.unwritable");
  expect(must(await keychain.getSecret("a")).use((bytes) => Buffer.from(bytes))).toEqual(key);
});

test("closed, it answers locked; the caller's passphrase was not taken", async () => {
  const path = join(scratchFolder(), "keys.age");
  const passphrase = phrase();
  const keychain = must(await openSealedFile({ path, passphrase, create: true }));
  expect(passphrase.wiped).toBe(false);
  keychain.close();
  expect(codeOf(await keychain.getSecret("a"))).toBe("keychain.locked");
  expect(codeOf(await keychain.setSecret("a", new Secret(Uint8Array.of(1))))).toBe("keychain.locked");
});

test("others' rights on the file are taken away, and nothing is left beside it", async () => {
  const path = await filled();
  chmodSync(path, 0o644);
  must(await openSealedFile({ path, passphrase: phrase(), create: false }));
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(readdirSync(join(path, ".."))).toEqual(["keys.age"]);
});

test("the table: round trip, truncation and bit flips", () => {
  const entry = tuple(string({ minLength: 1, maxLength: 20, unit: "grapheme" }), uint8Array({ maxLength: 40 }));
  assert(
    property(uniqueArray(entry, { selector: ([name]) => name, maxLength: 8 }), (entries) => {
      const bytes = encodeKeyTable(new Map(entries.map(([name, value]) => [name, new Secret(value.slice())])));
      const table = parseKeyTable(bytes);
      expect(table?.size).toBe(entries.length);
      for (const [name, value] of entries) expect(table?.get(name)?.use((read) => read.slice())).toEqual(value);
      for (let length = 0; length < bytes.length; length++) expect(parseKeyTable(bytes.subarray(0, length))).toBeUndefined();
      expect(parseKeyTable(Uint8Array.of(...bytes, 0))).toBeUndefined();
      for (let at = 0; at < bytes.length; at++) {
        const flipped = bytes.slice();
        flipped[at] = (flipped[at] ?? 0) ^ 0x80;
        const read = parseKeyTable(flipped);
        // A flip in a name or a secret may make another table, but never the same one, and never one that is written otherwise.
        if (read !== undefined) expect(encodeKeyTable(read)).toEqual(flipped);
      }
    }),
    { numRuns: 50 },
  );
});

test("the table: names out of order, and one twice, are another form of a table, and no table", () => {
  const one = (name: string): Uint8Array => encodeKeyTable(new Map([[name, new Secret(Uint8Array.of(1))]])).slice(entriesAt);
  const head = encodeKeyTable(new Map()).slice(0, entriesAt - 1);
  const table = (...names: readonly string[]): Uint8Array =>
    Uint8Array.of(...head, names.length, ...names.flatMap((name) => [...one(name)]));
  expect(parseKeyTable(table("a", "b"))?.size).toBe(2);
  expect(parseKeyTable(table("b", "a"))).toBeUndefined();
  expect(parseKeyTable(table("a", "a"))).toBeUndefined();
});

/** After the magic and the count. */
const entriesAt = 22;

test.each([
  ["", 1, false],
  ["a", 0, true],
  ["a".repeat(512), 65_536, true],
  ["a".repeat(513), 1, false],
  ["a", 65_537, false],
])("what fits: a name of %s", (name, length, fits) => expect(fitsKeyTable(name, length)).toBe(fits));

async function filled(): Promise<string> {
  const path = join(scratchFolder(), "keys.age");
  const keychain = must(await openSealedFile({ path, passphrase: phrase(), create: true }));
  must(await keychain.setSecret("disk/vm/root", new Secret(Uint8Array.from(key))));
  keychain.close();
  return path;
}
