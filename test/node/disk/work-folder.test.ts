// Is an image one manager's at a time, and is what its folder says believed only where it makes sense?
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { must } from "../../../core/base/result.ts";
import { isBegun, WorkFolder, type Journal } from "../../../core/node/disk/work-folder.ts";
import { scratchFolder } from "../kit.ts";

const journal: Journal = { vm: "v", disk: "root", originalSize: 20 * 2 ** 20, sectorSize: 512, stage: "moving", unmoved: 20 * 2 ** 20 };

describe("a work folder", () => {
  test("is claimed by one, and gone afterwards where nothing was begun", () => {
    const image = join(scratchFolder(), "root.img");
    const work = must(WorkFolder.claim(image));
    expect(WorkFolder.claim(image)).toMatchObject({ failure: { code: "disk.busy" } });
    work.release();
    expect(existsSync(work.path)).toBe(false);
    must(WorkFolder.claim(image)).release();
  });

  test("stays where something was begun, and says how far it came", () => {
    const image = join(scratchFolder(), "root.img");
    const work = must(WorkFolder.claim(image));
    expect(must(work.journal())).toBeUndefined();
    must(work.write(journal));
    writeFileSync(join(work.path, "LUKS2-temp-1.new"), "a scrap");
    work.clearScraps();
    expect(existsSync(join(work.path, "LUKS2-temp-1.new"))).toBe(false);
    work.release();
    expect(isBegun(image)).toBe(true);
    const again = must(WorkFolder.claim(image));
    expect(must(again.journal())).toEqual(journal);
    again.finish();
    again.release();
    expect(isBegun(image)).toBe(false);
    expect(existsSync(work.path)).toBe(false);
  });

  test.each([
    ["no JSON", "{"],
    ["a list", "[]"],
    ["another version", JSON.stringify({ version: 2, ...journal })],
    ["no VM", JSON.stringify({ version: 1, ...journal, vm: undefined })],
    ["a size that is not whole", JSON.stringify({ version: 1, ...journal, originalSize: 1.5 })],
    ["more to move than there is", JSON.stringify({ version: 1, ...journal, unmoved: journal.originalSize + 1 })],
    ["a negative rest", JSON.stringify({ version: 1, ...journal, unmoved: -1 })],
    ["another sector size", JSON.stringify({ version: 1, ...journal, sectorSize: 1024 })],
    ["another stage", JSON.stringify({ version: 1, ...journal, stage: "done" })],
    ["far too much", " ".repeat(5_000)],
  ])("with %s is not believed", (_name, text) => {
    const work = must(WorkFolder.claim(join(scratchFolder(), "root.img")));
    writeFileSync(join(work.path, "journal.json"), text);
    expect(work.journal()).toMatchObject({ failure: { code: "disk.journal" } });
    work.release();
  });
});
