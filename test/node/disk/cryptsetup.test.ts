// Is cryptsetup run so that a key is seen by nobody, is its progress read strictly, and is what is missing said?
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { Secret } from "../../../core/base/secret.ts";
import { utf8 } from "../../../core/base/utf8.ts";
import { canTellProgress, findCryptsetup, runCryptsetup, shareOf } from "../../../core/node/disk/cryptsetup.ts";
import { needs, pathOf } from "../../kit/needs.ts";
import { scratchFolder } from "../kit.ts";

function script(text: string): { readonly program: string; readonly locks: boolean } {
  const program = join(scratchFolder(), "script");
  writeFileSync(program, `#!/bin/sh\n${text}\n`);
  chmodSync(program, 0o755);
  return { program, locks: true };
}

describe("cryptsetup", () => {
  test.each(["darwin", "win32", "freebsd"])("is not looked for on %s", (platform) => {
    expect(findCryptsetup(platform)).toMatchObject({ failure: { code: "disk.platform" } });
  });

  test("that is not installed is said with its package's name", () => {
    expect(findCryptsetup("linux", ["/nowhere/cryptsetup"])).toMatchObject({ failure: { code: "disk.no-cryptsetup" } });
  });

  test("that is too old to tell its progress is refused", async () => {
    expect(await canTellProgress(script("echo --progress-frequency"))).toMatchObject({ failure: { code: "disk.old-cryptsetup" } });
  });

  test("of this machine can tell its progress", needs("cryptsetup"), async () => {
    expect(await canTellProgress({ program: pathOf("cryptsetup"), locks: false })).toMatchObject({ ok: true });
  });

  test("gets the key on its standard input alone, and an empty environment", async () => {
    const folder = scratchFolder();
    const tool = script(`cat > ${folder}/stdin; (echo "$@"; env) > ${folder}/seen`);
    const key = new Secret(utf8("a key that would be seen"));
    expect(await runCryptsetup(tool, { action: "open", words: ["--key-file=-"], key })).toMatchObject({ exit: 0 });
    expect(readFileSync(join(folder, "stdin"), "utf8")).toBe("a key that would be seen");
    const seen = readFileSync(join(folder, "seen"), "utf8");
    expect(seen).not.toContain("a key");
    expect(seen).not.toContain(String(process.env["HOME"]));
    expect(seen).toMatch(/^open --key-file=-$/m);
    expect(key.wiped).toBe(false);
  });

  test("without the right to its locks is told to leave them", async () => {
    const tool = { ...script('echo "$@"'), locks: false };
    const { output } = await runCryptsetup(tool, { action: "luksDump", words: ["x"] });
    expect(Buffer.from(output ?? []).toString()).toBe("luksDump --disable-locks x\n");
  });

  test("that cannot be started, or is killed, is an answer", async () => {
    expect(await runCryptsetup({ program: "/nowhere", locks: true }, { action: "open", words: [] })).toMatchObject({ exit: undefined });
    expect(await runCryptsetup(script("kill -9 $$"), { action: "open", words: [] })).toMatchObject({ exit: undefined });
  });

  test("that writes without end is not kept", async () => {
    const { exit, output } = await runCryptsetup(script("head -c 300000 /dev/zero"), { action: "luksDump", words: [] });
    expect([exit, output]).toEqual([0, undefined]);
  });

  test("tells its share in whole lines, however they are cut", async () => {
    const shares: number[] = [];
    const tool = script(
      `printf '{"device_bytes":"1","devi'; sleep 0.05; printf 'ce_size":"4"}\\n{"device_bytes":"4","device_size":"4"}\\n'`,
    );
    await runCryptsetup(tool, { action: "reencrypt", words: [], onShare: (share) => shares.push(share) });
    expect(shares).toEqual([0.25, 1]);
  });

  test.each([
    "",
    "Progress: 12.0%",
    "[]",
    "null",
    '{"device_bytes":1,"device_size":4}',
    '{"device_bytes":"1"}',
    '{"device_bytes":"5","device_size":"4"}',
    '{"device_bytes":"0","device_size":"0"}',
    '{"device_bytes":"-1","device_size":"4"}',
    '{"device_bytes":"1e3","device_size":"4000"}',
    '{"device_bytes":"1","device_size":"9999999999999999"}',
    `{"device":"${"x".repeat(9_000)}","device_bytes":"1","device_size":"4"}`,
  ])("no share is read from %.60s", (line) => {
    expect(shareOf(line)).toBeUndefined();
  });
});
