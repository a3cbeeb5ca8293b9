// Is an image encrypted in place with nothing lost, whatever kills it and whenever, and is what comes out what the agent opens?
import { copyFileSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { Unlocker } from "../../../agent/unlock.ts";
import { Secret } from "../../../core/base/secret.ts";
import { missing, pathOf } from "../../kit/needs.ts";
import { scratchFolder } from "../kit.ts";
import { ext4Image, makeHouse, mebibyte, plaintextOf, segmentOf } from "./kit.ts";

const never = new AbortController().signal;

describe.skipIf(missing("cryptsetup", "mke2fs"))("an image that is converted", () => {
  test("holds what it held, opens for the agent, and has its header kept", async () => {
    const house = await makeHouse();
    const image = ext4Image(house.folder, "root.img");
    const before = readFileSync(image);
    const made = await house.make(house.question({ image, mode: "convert" }));
    expect(made).toMatchObject({
      ok: true,
      value: {
        phase: "done",
        share: 1,
        resumable: false,
        originalSize: before.length,
        headerDigest: expect.stringMatching(/^[0-9a-f]{64}$/),
      },
    });
    expect(house.phases).toEqual(["starting", "encrypting", "verifying", "done"]);
    expect(statSync(image).size).toBe(before.length + 16 * mebibyte);
    expect(segmentOf(image)).toEqual({ offset: 16 * mebibyte, sectorSize: 4096, requirements: undefined });
    expect(plaintextOf(image, house.key).equals(before)).toBe(true);
    expect(statSync(house.path("header.bak")).mode & 0o777).toBe(0o600);
    expect(readdirSync(house.folder).sort()).toEqual(["header.bak", "root.img"]);
    const locked = { disk: { id: "root", device: image, name: "root" }, key: new Secret(house.key.slice()) };
    const unlocker = new Unlocker({ program: pathOf("cryptsetup"), mode: "test", scratch: scratchFolder() });
    expect(await unlocker.unlock([locked], never)).toEqual([{ disk: "root", opened: true }]);
  });
});
