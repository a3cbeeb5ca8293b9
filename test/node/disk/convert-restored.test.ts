// Is an image that was put back from a backup, while its conversion waited to go on, left as it is?
import { copyFileSync, readFileSync, rmSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { must } from "../../../core/base/result.ts";
import { missing } from "../../kit/needs.ts";
import { ext4Image, makeHouse, plaintextOf } from "./kit.ts";

describe.skipIf(missing("cryptsetup", "mke2fs"))("an image that was put back", () => {
  test.each(["moving", "encrypting"] as const)("while it was %s is not gone on with, and can be converted anew", async (phase) => {
    const house = await makeHouse();
    const image = ext4Image(house.folder, "root.img", { megabytes: 100 });
    const backup = house.path("backup.img");
    copyFileSync(image, backup);
    const run = must(await house.disks.prepare(house.question({ image, mode: "convert" })));
    while (house.disks.run(run.id)?.phase !== phase || (phase === "moving" && house.disks.run(run.id)?.share === 0))
      await new Promise(setImmediate);
    must(house.disks.cancel(run.id));
    expect(await house.ended(run)).toMatchObject({ phase: "stopped", resumable: true });
    copyFileSync(backup, image);
    const resumed = await house.make(house.question({ image, mode: "resume" }));
    expect(resumed).toMatchObject({ value: { phase: "failed", failure: { code: "disk.other-image" } } });
    expect(readFileSync(image).equals(readFileSync(backup))).toBe(true);
    rmSync(`${image}.portcullis`, { recursive: true });
    expect(await house.make(house.question({ image, mode: "convert" }))).toMatchObject({ value: { phase: "done" } });
    expect(plaintextOf(image, house.key).equals(readFileSync(backup))).toBe(true);
  });
});
