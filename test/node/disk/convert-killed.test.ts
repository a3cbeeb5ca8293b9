// Whatever kills a conversion, and whenever: does it go on, and is the content the same at the end? Real programs, really killed at random moments.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { closeSync, existsSync, openSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import type { DiskRun } from "../../../core/api/disk-schemas.ts";
import { conversionOf } from "../../../core/luks/conversion.ts";
import { must } from "../../../core/base/result.ts";
import { missing, pathOf } from "../../kit/needs.ts";
import { ext4Image, type House, makeHouse, mebibyte, plaintextOf } from "./kit.ts";

/** Notes each program that it becomes, by its number. */
const noting = 'case "$1" in reencrypt|repair) echo $$ >> $folder/pids;; esac; exec $real "$@"';

/** How many programs there have been, and the last one's number. */
function noted(house: House): { readonly count: number; readonly last: number } {
  const pids = existsSync(house.path("pids")) ? readFileSync(house.path("pids"), "utf8").trim().split("\n") : [];
  return { count: pids.length, last: Number(pids.at(-1)) };
}

/** Kills the next program that works on the image, some time after it began. @returns whether there was one that was not done before. */
async function killNext(house: House, run: DiskRun, before: number, delay: number): Promise<boolean> {
  for (let seen = before; ; seen = noted(house).count) {
    while (noted(house).count <= seen) {
      if (house.disks.run(run.id)?.endedAt !== undefined) return false;
      await setTimeout(1);
    }
    await setTimeout(delay);
    try {
      return process.kill(noted(house).last, "SIGKILL");
    } catch {
      // It was done; the next one, then.
    }
  }
}

describe.skipIf(missing("cryptsetup", "mke2fs"))("a conversion", () => {
  test("whose cryptsetup is killed again and again goes on, and loses nothing", async () => {
    const house = await makeHouse(noting);
    const image = ext4Image(house.folder, "root.img", { megabytes: 200 });
    const content = readFileSync(image);
    let run = must(await house.disks.prepare(house.question({ image, mode: "convert" })));
    let [killed, before] = [0, 0];
    for (let round = 0; round < 40; round++) {
      // Later each time, because one that never has the time for a first step gets nowhere.
      const hit = await killNext(house, run, before, Math.random() * (round < 3 ? 15 : 60 * round));
      run = await house.ended(run);
      if (run.phase === "done") break;
      expect([hit, run]).toMatchObject([true, { phase: "failed", failure: { code: "disk.cryptsetup" } }]);
      killed++;
      before = noted(house).count;
      run = must(await house.disks.prepare(house.question({ image, mode: run.resumable ? "resume" : "convert" })));
    }
    expect(run).toMatchObject({ phase: "done", originalSize: content.length });
    expect(killed).toBeGreaterThan(2);
    expect(plaintextOf(image, house.key).equals(content)).toBe(true);
  }, 60_000);

  test.each([
    ["before it did anything", ""],
    ["with a header that is half written", 'head -c 5000000 /dev/urandom > "$header"'],
    ["with its header written", '$real "$@"'],
    ["while it wrote all", '$real "$@" & sleep 0.01; kill -9 $!'],
    ["while it wrote", '$real "$@" & sleep 0.02; kill -9 $!'],
    ["when it had written", '$real "$@" & sleep 0.05; kill -9 $!'],
  ])("that is killed when it begins, %s, makes another header", async (_name, script) => {
    const headerOf = 'for word; do [ "$before" = --header ] && header=$word; before=$word; done';
    const house = await makeHouse(
      `${headerOf}; case "$*" in *--init-only*) if mkdir $folder/once 2>/dev/null; then ${script}\nkill -9 $$; fi;; esac; exec $real "$@"`,
    );
    const image = ext4Image(house.folder, "root.img");
    const before = readFileSync(image);
    const first = must(await house.make(house.question({ image, mode: "convert" })));
    expect(first).toMatchObject({ phase: "failed", resumable: true });
    expect(
      readFileSync(image)
        .subarray(16 * mebibyte)
        .equals(before),
    ).toBe(true);
    expect(must(await house.make(house.question({ image, mode: "resume" })))).toMatchObject({ phase: "done" });
    expect(plaintextOf(image, house.key).equals(before)).toBe(true);
    expect(statSync(image).size).toBe(before.length + 16 * mebibyte);
  });

  test("that is stopped while the content moves goes on, and moves the piece again that may have been under way", async () => {
    const house = await makeHouse();
    const image = ext4Image(house.folder, "root.img", { megabytes: 200 });
    const before = readFileSync(image);
    const run = must(await house.disks.prepare(house.question({ image, mode: "convert" })));
    await expect.poll(() => house.disks.run(run.id)?.share ?? 0, { interval: 1, timeout: 20_000 }).toBeGreaterThan(0.2);
    must(house.disks.cancel(run.id));
    expect(await house.ended(run)).toMatchObject({ phase: "stopped", resumable: true });
    const journal = join(`${image}.portcullis`, "journal.json");
    const { unmoved, ...rest } = JSON.parse(readFileSync(journal, "utf8")) as { unmoved: number };
    expect(unmoved).toBeGreaterThan(0);
    writeFileSync(journal, JSON.stringify({ ...rest, unmoved: unmoved + 16 * mebibyte }));
    expect(must(await house.make(house.question({ image, mode: "resume" })))).toMatchObject({ phase: "done" });
    expect(plaintextOf(image, house.key).equals(before)).toBe(true);
  });

  test("that is killed after its last piece, when only the end is missing, is not encrypted a second time", async () => {
    // Its metadata say the same then as before the first piece, but for what the segments are; cryptsetup 2.6.1 itself would begin again.
    const whole = '\'"device_bytes":"\\([0-9]*\\)","device_size":"\\1"\'';
    const script = [
      'case "$*" in *--resume-only*) if mkdir $folder/once 2>/dev/null; then exec 3<&0; $real "$@" <&3 > $folder/progress & pid=$!',
      `while kill -0 $pid 2>/dev/null && ! grep -q ${whole} $folder/progress; do sleep 0.002; done; kill -9 $pid; kill -9 $$; fi;; esac`,
      'exec $real "$@"',
    ].join("\n");
    let met = 0;
    for (let round = 0; round < 8 && met === 0; round++) {
      const house = await makeHouse(script);
      const image = ext4Image(house.folder, "root.img", { megabytes: 20 });
      const before = readFileSync(image);
      const first = must(await house.make(house.question({ image, mode: "convert" })));
      if (first.phase === "done") continue;
      const dump = spawnSync(pathOf("cryptsetup"), ["luksDump", "--dump-json-metadata", image]);
      if (conversionOf(dump.stdout) === "ended") met++;
      expect(must(await house.make(house.question({ image, mode: "resume" })))).toMatchObject({ phase: "done" });
      expect(plaintextOf(image, house.key).equals(before)).toBe(true);
      const found = spawnSync(pathOf("cryptsetup"), ["luksDump", "--dump-json-metadata", image]).stdout.toString();
      expect(found).not.toMatch(/reencrypt|backup-|requirements/);
    }
    expect(met).toBe(1);
  }, 60_000);

  test("that is cancelled stops where it can go on, and says so", async () => {
    const house = await makeHouse(noting);
    const image = ext4Image(house.folder, "root.img", { megabytes: 200 });
    const before = readFileSync(image);
    const run = must(await house.disks.prepare(house.question({ image, mode: "convert" })));
    await expect.poll(() => house.disks.run(run.id)?.phase, { interval: 2, timeout: 20_000 }).toBe("encrypting");
    must(house.disks.cancel(run.id));
    const stopped = await house.ended(run);
    expect(stopped).toMatchObject({ phase: "stopped", resumable: true, failure: { code: "disk.cancelled" } });
    expect(existsSync(house.path("header.bak"))).toBe(false);
    const codeOf = async (different: Parameters<House["question"]>[0]) => {
      const made = await house.make(house.question(different));
      return made.ok ? made.value.failure?.code : made.failure.code;
    };
    expect(await codeOf({ image, mode: "convert" })).toBe("disk.half-done");
    expect(await codeOf({ image, mode: "format", size: 16 * mebibyte, erase: "root.img" })).toBe("disk.half-done");
    expect(await codeOf({ image, mode: "resume", disk: "data" })).toBe("disk.other-disk");
    house.world.keychain.kept.set(`disk/${house.vm}/root`, new Uint8Array(64).fill(1));
    expect(await codeOf({ image, mode: "resume" })).toBe("disk.wrong-key");
    house.world.keychain.kept.set(`disk/${house.vm}/root`, house.key.slice());
    const journal = join(`${image}.portcullis`, "journal.json");
    const kept = readFileSync(journal);
    for (const odd of ["{}", "[]", kept.toString().replace('"version":1', '"version":2'), kept.toString().replace("encrypting", "done")]) {
      writeFileSync(journal, odd);
      expect(await codeOf({ image, mode: "resume" })).toBe("disk.journal");
    }
    writeFileSync(journal, kept);
    expect(must(await house.make(house.question({ image, mode: "resume" })))).toMatchObject({ phase: "done", originalSize: before.length });
    expect(plaintextOf(image, house.key).equals(before)).toBe(true);
  }, 30_000);

  test("that is done when its manager dies is verified, backed up and recorded again", async () => {
    const house = await makeHouse('case "$1" in luksHeaderBackup) [ -e $folder/later ] || exit 1;; esac; exec $real "$@"');
    const image = ext4Image(house.folder, "root.img");
    const before = readFileSync(image);
    expect(must(await house.make(house.question({ image, mode: "convert" })))).toMatchObject({ phase: "failed", resumable: true });
    writeFileSync(house.path("later"), "");
    expect(must(await house.make(house.question({ image, mode: "resume" })))).toMatchObject({ phase: "done" });
    expect(plaintextOf(image, house.key).equals(before)).toBe(true);
  });

  test("is refused while something has the image open: a cryptsetup that outlived its manager, or a VM", async () => {
    const house = await makeHouse();
    const image = ext4Image(house.folder, "root.img");
    const file = openSync(image, "r");
    const other = spawn("/bin/sleep", ["60"], { stdio: ["ignore", "ignore", "ignore", file] });
    closeSync(file);
    try {
      const refused = await house.disks.prepare(house.question({ image, mode: "convert" }));
      expect(refused).toMatchObject({ failure: { code: "disk.in-use", detail: `process ${other.pid}, sleep` } });
    } finally {
      other.kill();
    }
    await once(other, "exit");
    expect(must(await house.make(house.question({ image, mode: "convert" })))).toMatchObject({ phase: "done" });
  });

  test("is one at a time: in one manager, and of one image in two", async () => {
    const house = await makeHouse('case "$*" in *--resume-only*) sleep 1;; esac; exec $real "$@"');
    const other = await makeHouse();
    const image = ext4Image(house.folder, "root.img");
    const run = must(await house.disks.prepare(house.question({ image, mode: "convert" })));
    expect(await house.disks.prepare(house.question({ image: house.path("b"), mode: "convert" }))).toMatchObject({
      failure: { code: "disk.busy" },
    });
    // Whichever is seen first: the other manager's claim, or its cryptsetup.
    const refused = await other.make(other.question({ image, mode: "resume" }));
    expect(["disk.busy", "disk.in-use", "disk.not-started"]).toContain(refused.ok ? undefined : refused.failure.code);
    expect(await house.ended(run)).toMatchObject({ phase: "done" });
  });
});
