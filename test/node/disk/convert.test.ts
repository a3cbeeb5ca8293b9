// Is an image encrypted in place with nothing lost, and is what comes out what the agent opens? What kills it: convert-killed.test.ts.
import { readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { Unlocker } from "../../../agent/unlock.ts";
import { Secret } from "../../../core/base/secret.ts";
import { missing, pathOf } from "../../kit/needs.ts";
import { bytes } from "../../launch/kit.ts";
import { scratchFolder } from "../kit.ts";
import { ext4Image, makeHouse, mebibyte, plaintextOf, segmentOf } from "./kit.ts";

const never = new AbortController().signal;

describe.skipIf(missing("cryptsetup", "mke2fs"))("an image that is converted", () => {
  test("holds what it held, opens for the agent, and has its header kept", async () => {
    const house = await makeHouse();
    const image = ext4Image(house.folder, "root.img");
    const before = readFileSync(image);
    const made = await house.make(house.question({ image, mode: "convert" }));
    expect(made).toMatchObject({ ok: true, value: { phase: "done", share: 1, resumable: false, originalSize: before.length } });
    expect(house.phases).toEqual(["moving", "encrypting", "verifying", "done"]);
    expect(statSync(image).size).toBe(before.length + 16 * mebibyte);
    expect(segmentOf(image)).toEqual({ offset: 16 * mebibyte, sectorSize: 4096, requirements: undefined });
    expect(plaintextOf(image, house.key).equals(before)).toBe(true);
    expect(statSync(house.path("header.bak")).mode & 0o777).toBe(0o600);
    expect(readdirSync(house.folder).sort()).toEqual(["header.bak", "root.img"]);
    const locked = { disk: { id: "root", device: image, name: "root" }, key: new Secret(house.key.slice()) };
    const unlocker = new Unlocker({ program: pathOf("cryptsetup"), mode: "test", scratch: scratchFolder() });
    expect(await unlocker.unlock([locked], never)).toEqual([{ disk: "root", opened: true }]);
  });

  test("leaves nothing in clear text", async () => {
    const house = await makeHouse();
    const image = house.path("plain.img");
    const words = Buffer.from("in clear text, for everybody to read. ".repeat(30_000));
    writeFileSync(image, Buffer.concat([words, Buffer.alloc(20 * mebibyte, "clear"), words]));
    truncateSync(image, 24 * mebibyte);
    const before = readFileSync(image);
    expect(await house.make(house.question({ image, mode: "convert" }))).toMatchObject({ ok: true, value: { phase: "done" } });
    expect(plaintextOf(image, house.key).equals(before)).toBe(true);
    const after = readFileSync(image);
    expect(after.includes("clear text")).toBe(false);
    expect(after.includes("clearclear")).toBe(false);
  });

  test.each([
    ["blocks of 1024 bytes", { blockSize: 1024 }],
    ["the smallest size", { blockSize: 1024, megabytes: 16 }],
  ])("keeps sectors of 512 bytes where its file system needs them: %s", async (_name, choice) => {
    const house = await makeHouse();
    const image = ext4Image(house.folder, "root.img", choice);
    const before = readFileSync(image);
    expect(await house.make(house.question({ image, mode: "convert" }))).toMatchObject({ ok: true, value: { phase: "done" } });
    expect(segmentOf(image)).toMatchObject({ sectorSize: 512 });
    expect(plaintextOf(image, house.key).equals(before)).toBe(true);
  });

  test("with a partition table keeps sectors of 512 bytes, and is as large as before", async () => {
    const house = await makeHouse();
    const image = house.path("disk.img");
    const before = Buffer.from(bytes(20 * mebibyte + 512));
    before.set([0x55, 0xaa], 510);
    writeFileSync(image, before);
    expect(await house.make(house.question({ image, mode: "convert" }))).toMatchObject({ ok: true, value: { phase: "done" } });
    expect(segmentOf(image)).toMatchObject({ sectorSize: 512 });
    expect(plaintextOf(image, house.key).equals(before)).toBe(true);
  });
});
