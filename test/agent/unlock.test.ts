// Do real LUKS2 images open with their keys and with no other, is everything closed where one does not, and is no key left behind?
// By --test-passphrase: the machines that build have no device-mapper. What maps and closes is seen in the words that cryptsetup was given.
import { chmodSync, existsSync, readFileSync, readdirSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { findCryptsetup, runCommand } from "../../agent/cryptsetup.ts";
import { lendKeys } from "../../agent/lent-key.ts";
import { type LockedDisk, Unlocker } from "../../agent/unlock.ts";
import { Secret } from "../../core/base/secret.ts";
import { utf8 } from "../../core/base/utf8.ts";
import { missing, pathOf } from "../kit/needs.ts";
import { bytes } from "../launch/kit.ts";
import { luksImage, scratchFolder } from "./kit.ts";

const never = new AbortController().signal;
const locked = (id: string, device: string, key: Uint8Array): LockedDisk => ({
  disk: { id, device, name: `test-${id}` },
  key: new Secret(key.slice()),
});

describe.skipIf(missing("cryptsetup"))("LUKS2 images", () => {
  const unlocker = (scratch: string): Unlocker => new Unlocker({ program: pathOf("cryptsetup"), mode: "test", scratch });

  test("open with their keys, and nothing stays in the scratch folder", async () => {
    const folder = scratchFolder();
    const scratch = scratchFolder();
    const [rootKey, dataKey] = [bytes(32), bytes(64)];
    const disks = [
      locked("root", luksImage(folder, "root", rootKey), rootKey),
      locked("data", luksImage(folder, "data", dataKey), dataKey),
    ];
    const outcomes = await unlocker(scratch).unlock(disks, never);
    expect(outcomes).toEqual([
      { disk: "root", opened: true },
      { disk: "data", opened: true },
    ]);
    expect(disks.every(({ key }) => key.wiped)).toBe(true);
    expect(readdirSync(scratch)).toEqual([]);
  });

  test("a key with line feeds and zeros is taken whole", async () => {
    const key = Uint8Array.of(10, 0, 13, 10, 0, 255, 10);
    const image = luksImage(scratchFolder(), "root", key);
    expect(await unlocker(scratchFolder()).unlock([locked("root", image, key)], never)).toEqual([{ disk: "root", opened: true }]);
    expect(await unlocker(scratchFolder()).unlock([locked("root", image, key.subarray(0, -1))], never)).toEqual([
      { disk: "root", opened: false, code: "agent.disk-key" },
    ]);
  });

  test("a wrong key for one is a failure of all", async () => {
    const folder = scratchFolder();
    const key = bytes(32);
    const disks = ["a", "b", "c"].map((id) => locked(id, luksImage(folder, id, key), id === "b" ? bytes(32) : key));
    expect(await unlocker(scratchFolder()).unlock(disks, never)).toEqual([
      { disk: "a", opened: false, code: "agent.disk-closed" },
      { disk: "b", opened: false, code: "agent.disk-key" },
      { disk: "c", opened: false, code: "agent.disk-closed" },
    ]);
    expect(disks.every((disk) => disk.key.wiped)).toBe(true);
  });

  test("a missing device, and one without a LUKS2 header", async () => {
    const folder = scratchFolder();
    const plain = join(folder, "plain");
    writeFileSync(plain, "");
    truncateSync(plain, 2 ** 20);
    const codeOf = async (device: string): Promise<string | undefined> =>
      (await unlocker(scratchFolder()).unlock([locked("root", device, bytes(32))], never))[0]?.code;
    expect(await codeOf(join(folder, "absent"))).toBe("agent.disk-missing");
    expect(await codeOf(plain)).toBe("agent.disk-missing");
  });

  test("a LUKS1 header, and one with another cipher, are the host's and are not opened", async () => {
    const folder = scratchFolder();
    const key = bytes(32);
    const cbc = luksImage(folder, "cbc", key, ["--cipher", "aes-cbc-essiv:sha256", "--key-size", "256"]);
    const [outcome] = await unlocker(scratchFolder()).unlock([locked("root", cbc, key)], never);
    expect(outcome?.code).toBe("agent.disk-header");
    const luks1 = luksImage(folder, "luks1", key, ["--type", "luks1"]);
    expect((await unlocker(scratchFolder()).unlock([locked("root", luks1, key)], never))[0]?.code).toBe("agent.disk-header");
  });

  test("the header that is opened is the copy that was checked, and a disk that changes between the two is told of and closed", async () => {
    const folder = scratchFolder();
    const key = bytes(32);
    const image = luksImage(folder, "root", key);
    // A cryptsetup that lets the host swap the disk's header after it was copied.
    const swapped = luksImage(folder, "swapped", bytes(32));
    const seen = join(folder, "seen");
    const program = script(
      folder,
      `${pathOf("cryptsetup")} "$@"; code=$?; echo "$1 $code" >> ${seen}; [ "$1" = luksHeaderBackup ] && cp ${swapped} ${image}; exit $code`,
    );
    const scratch = scratchFolder();
    const outcomes = await new Unlocker({ program, mode: "test", scratch }).unlock([locked("root", image, key)], never);
    expect(outcomes).toEqual([{ disk: "root", opened: false, code: "agent.disk-changed" }]);
    expect(readFileSync(seen, "utf8")).toBe("luksHeaderBackup 0\nluksDump 0\nopen 0\nluksHeaderBackup 0\n");
    expect(readdirSync(scratch)).toEqual([]);
  });

  describe("whose header the host writes to while it is opened", () => {
    const length = 16 * 2 ** 20;
    const attempt = async (change: string, mode: "open" | "test" = "test"): Promise<readonly unknown[]> => {
      const folder = scratchFolder();
      const key = bytes(32);
      const images = ["root", "data"].map((id) => luksImage(folder, id, key));
      const image = images[1] ?? "";
      const words = join(folder, "words");
      // Where nothing can be mapped, what would be mapped is only noted.
      const open = mode === "open" ? "true" : `${pathOf("cryptsetup")} "$@"`;
      const program = script(
        folder,
        `echo "$@" >> ${words}; case "$1 $*" in open*/data*) image=${image}; ${open} && { ${change}; };; open*) ${open};; close*) ;; *) exec ${pathOf("cryptsetup")} "$@";; esac`,
      );
      const scratch = scratchFolder();
      const disks = images.map((device, at) => locked(at === 0 ? "root" : "data", device, key));
      const outcomes = await new Unlocker({ program, mode, scratch, timeoutMs: 10_000 }).unlock(disks, never);
      expect(readdirSync(scratch)).toEqual([]);
      const closed = [...readFileSync(words, "utf8").matchAll(/^close -- test-(.*)$/gm)].map(([, name]) => name);
      return [...outcomes.map(({ code }) => code), ...closed];
    };
    const write = (at: number): string => `printf X | dd of=$image bs=1 seek=${at} conv=notrunc status=none`;

    test.each([
      ["in the first binary header", write(100)],
      ["in the first copy's JSON, which leaves the second whole", write(5000)],
      ["in the second copy's salt", write(16_384 + 104)],
      ["in a key slot", write(40_000)],
      ["in its last byte", write(length - 1)],
      ["so that no copy is whole", `${write(5000)}; ${write(16_384 + 5000)}`],
      ["so that no header is there", "head -c 1048576 /dev/zero > $image"],
      ["so that it is gone", "rm $image"],
    ])("%s", async (_name, change) => {
      expect(await attempt(change)).toEqual(["agent.disk-closed", "agent.disk-changed"]);
    });

    test("everything that was opened is closed", async () => {
      expect(await attempt(write(40_000), "open")).toEqual(["agent.disk-closed", "agent.disk-changed", "data", "root"]);
    });

    test("what comes behind the header is not looked at", async () => {
      expect(await attempt(write(length))).toEqual([undefined, undefined]);
    });
  });

  test("one whose first copy is damaged, but does not change, opens", async () => {
    const folder = scratchFolder();
    const key = bytes(32);
    const image = luksImage(folder, "root", key);
    const file = readFileSync(image);
    file.writeUInt8(88, 5000);
    writeFileSync(image, file);
    expect(await unlocker(scratchFolder()).unlock([locked("root", image, key)], never)).toEqual([{ disk: "root", opened: true }]);
  });

  test("a second look that is stopped, or takes too long, is given up", async () => {
    const folder = scratchFolder();
    const key = bytes(32);
    const image = luksImage(folder, "root", key);
    const looked = join(folder, "looked");
    const hang = `if [ "$1" = luksHeaderBackup ]; then [ -e ${looked} ] && exec sleep 60; : > ${looked}; fi`;
    const program = script(folder, `${hang}; exec ${pathOf("cryptsetup")} "$@"`);
    const scratch = scratchFolder();
    const slow = new Unlocker({ program, mode: "test", scratch, timeoutMs: 1000 });
    expect((await slow.unlock([locked("root", image, key)], never))[0]?.code).toBe("agent.disk-late");
    expect(readdirSync(scratch)).toEqual([]);
  });

  test("an unlock that is stopped, or takes too long, is given up and its cryptsetup killed", async () => {
    const folder = scratchFolder();
    const key = bytes(32);
    const image = luksImage(folder, "root", key);
    const real = pathOf("cryptsetup");
    const program = script(folder, `if [ "$1" = open ]; then echo $$ > ${folder}/pid; exec sleep 60; fi; exec ${real} "$@"`);
    const stop = new AbortController();
    const disk = locked("root", image, key);
    const unlocking = new Unlocker({ program, mode: "test", scratch: scratchFolder() }).unlock([disk], stop.signal);
    await expect
      .poll(() => existsSync(join(folder, "pid")) && readFileSync(join(folder, "pid"), "utf8").trim(), { timeout: 10_000 })
      .toBeTruthy();
    stop.abort();
    expect(await unlocking).toEqual([{ disk: "root", opened: false, code: "agent.disk-late" }]);
    const pid = Number(readFileSync(join(folder, "pid"), "utf8"));
    expect(() => process.kill(pid, 0)).toThrow("ESRCH");
    expect(disk.key.wiped).toBe(true);
    const slow = new Unlocker({ program, mode: "test", scratch: scratchFolder(), timeoutMs: 300 });
    expect((await slow.unlock([locked("root", image, key)], never))[0]?.code).toBe("agent.disk-late");
  });

  test("a cryptsetup that is killed by somebody else is a failure, not a success", async () => {
    const folder = scratchFolder();
    const key = bytes(32);
    const image = luksImage(folder, "root", key);
    const program = script(folder, `[ "$1" = open ] && kill -9 $$; exec ${pathOf("cryptsetup")} "$@"`);
    const outcomes = await new Unlocker({ program, mode: "test", scratch: scratchFolder() }).unlock([locked("root", image, key)], never);
    expect(outcomes[0]?.code).toBe("agent.disk-failed");
  });

  test("maps under the configured name, closes what it mapped where a later disk fails, and shows the key to nobody", async () => {
    const folder = scratchFolder();
    const key = utf8("a key that would be seen");
    const images = ["root", "data"].map((id) => luksImage(folder, id, key));
    // Stands in for device-mapper: maps the first disk, and fails on the second as cryptsetup does for a wrong key.
    const words = join(folder, "words");
    const program = script(
      folder,
      `(echo "$@"; env) >> ${words}; case "$*" in *test-root) exit 0;; *test-data) exit 2;; esac; exec ${pathOf("cryptsetup")} "$@"`,
    );
    const disks = [locked("root", images[0] ?? "", key), locked("data", images[1] ?? "", key)];
    const outcomes = await new Unlocker({ program, mode: "open", scratch: scratchFolder() }).unlock(disks, never);
    expect(outcomes.map(({ code }) => code)).toEqual(["agent.disk-closed", "agent.disk-key"]);
    const seen = readFileSync(words, "utf8");
    expect(seen).toMatch(/^open .* -- .*\/root test-root$/m);
    expect(seen).toMatch(/^close -- test-root$/m);
    expect(seen).not.toContain("a key");
    expect(seen).not.toContain(process.env["PATH"]);
  });
});

test("a mapping that was made just before its cryptsetup was killed is closed; one that was refused is not ours to close", async () => {
  const folder = scratchFolder();
  const words = join(folder, "words");
  const metadata = JSON.stringify({
    segments: { "0": { type: "crypt", encryption: "aes-xts-plain64", offset: "16777216" } },
    config: { json_size: "12288", keyslots_size: "16744448" },
    tokens: {},
    digests: { "0": { type: "pbkdf2", hash: "sha256", iterations: 1000 } },
    keyslots: {
      "0": {
        type: "luks2",
        key_size: 64,
        area: { type: "raw", encryption: "aes-xts-plain64", key_size: 64, offset: "32768", size: "258048" },
        kdf: { type: "pbkdf2", hash: "sha256", iterations: 1000 },
      },
    },
  });
  const program = (open: string): string =>
    script(folder, `echo "$@" >> ${words}; case "$1" in open) ${open};; luksDump) echo '${metadata}';; luksHeaderBackup) : > "$4";; esac`);
  const attempt = (open: string, timeoutMs: number): Promise<unknown> => {
    const unlocker = new Unlocker({ program: program(open), mode: "open", scratch: folder, timeoutMs });
    return unlocker.unlock([locked("root", "/dev/null", bytes(32))], never);
  };
  expect(await attempt("exit 5", 10_000)).toEqual([{ disk: "root", opened: false, code: "agent.disk-missing" }]);
  expect(readFileSync(words, "utf8")).not.toMatch(/^close/m);
  expect(await attempt("exec sleep 60", 1000)).toEqual([{ disk: "root", opened: false, code: "agent.disk-late" }]);
  expect(readFileSync(words, "utf8")).toMatch(/^close -- test-root$/m);
});

describe("a command", () => {
  test("that is not there, or cannot be run, is an answer", async () => {
    const folder = scratchFolder();
    writeFileSync(join(folder, "plain"), "no program", { mode: 0o600 });
    for (const program of ["/nowhere/cryptsetup", join(folder, "plain")]) {
      expect(await runCommand({ program, arguments: [], signal: never, timeoutMs: 1000 })).toMatchObject({ exit: undefined });
    }
  });

  test("that does not read its key, or writes without end, hurts nobody", async () => {
    const folder = scratchFolder();
    const [key] = lendKeys([new Secret(new Uint8Array(1_000_000).fill(7))]) ?? [];
    if (key === undefined) throw new Error("no memory for a key");
    expect(await runCommand({ program: script(folder, "exit 3"), arguments: [], key, signal: never, timeoutMs: 5000 })).toMatchObject({
      exit: 3,
    });
    key.takeBack();
    const flood = script(folder, "head -c 2000000 /dev/zero");
    expect(await runCommand({ program: flood, arguments: [], signal: never, timeoutMs: 5000 })).toEqual({
      exit: 0,
      cut: false,
      output: undefined,
    });
  });

  test("the search for cryptsetup asks absolute paths only", () => {
    expect(findCryptsetup() ?? "/").toMatch(/^\//);
  });
});

function script(folder: string, text: string): string {
  const path = join(folder, `program-${Math.trunc(performance.now() * 1000)}`);
  writeFileSync(path, `#!/bin/sh\nPATH=/usr/sbin:/usr/bin:/sbin:/bin\n${text}\n`);
  chmodSync(path, 0o700);
  return path;
}
