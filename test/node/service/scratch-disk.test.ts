// Is the scratch disk of a simulated VM a real LUKS2 image under its key, made in its folder only, and gone when it could not be made?
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { Secret } from "../../../core/base/secret.ts";
import { clearScratchDisks, makeScratchDisk } from "../../../core/node/service/simulation/scratch-disk.ts";
import { needs, pathOf } from "../../kit/needs.ts";

const top = mkdtempSync(join(tmpdir(), "portcullis-scratch-"));
chmodSync(top, 0o700);
afterAll(() => rmSync(top, { recursive: true, force: true }));

describe("a scratch disk", needs("cryptsetup"), () => {
  const key = new Uint8Array(32).map((_, index) => (index * 37) & 255);

  test("opens with its key, with no other, and is private", async () => {
    const device = join(top, "disk.img");
    expect((await makeScratchDisk(pathOf("cryptsetup"), top, device, new Secret(key.slice()))).ok).toBe(true);
    expect(statSync(device).mode & 0o777).toBe(0o600);
    expect(tryKey(device, key)).toBe(0);
    expect(tryKey(device, key.slice(1))).toBe(2);
  });

  test("is made anew, with the new key alone", async () => {
    const device = join(top, "disk.img");
    const other = key.slice().reverse();
    expect((await makeScratchDisk(pathOf("cryptsetup"), top, device, new Secret(other.slice()))).ok).toBe(true);
    expect([tryKey(device, other), tryKey(device, key)]).toEqual([0, 2]);
  });

  test("does not follow a link out of its folder", async () => {
    const victim = join(tmpdir(), `portcullis-victim-${process.pid}`);
    writeFileSync(victim, "precious");
    const device = join(top, "link.img");
    symlinkSync(victim, device);
    expect((await makeScratchDisk(pathOf("cryptsetup"), top, device, new Secret(key.slice()))).ok).toBe(true);
    expect(statSync(victim).size).toBe("precious".length);
    rmSync(victim);
  });

  function tryKey(device: string, bytes: Uint8Array): number | null {
    return spawnSync(pathOf("cryptsetup"), ["open", "--test-passphrase", "--disable-locks", "--key-file=-", device], { input: bytes })
      .status;
  }
});

describe("nothing is made", () => {
  test.each([
    "/dev/null",
    "/etc/portcullis.img",
    join(top, "..", "x.img"),
    join(top, "a", "x.img"),
    `${top}/./x.img`,
    `${top}/..`,
    `${top}/`,
  ])("at %s", async (device) => {
    const made = await makeScratchDisk("/bin/false", top, device, new Secret(new Uint8Array(32)));
    expect(made.ok ? "" : made.failure.code).toBe("simulation.disk-elsewhere");
  });

  test("that stays where the program fails, or is not there", async () => {
    for (const program of ["/bin/false", "/nowhere/cryptsetup"]) {
      const device = join(top, "failed.img");
      const made = await makeScratchDisk(program, top, device, new Secret(new Uint8Array(32)));
      expect(made.ok ? "" : made.failure.code).toBe("simulation.disk");
      expect(existsSync(device)).toBe(false);
    }
  });

  test("that outlives the next start", () => {
    const folder = mkdtempSync(join(top, "left-"));
    writeFileSync(join(folder, "old.img"), "");
    clearScratchDisks(folder);
    expect(existsSync(folder) ? readdirSync(folder) : []).toEqual([]);
  });
});
