// Is everything refused that would destroy, could not end well, or does not fit together, before anything is touched? And does each "no" have its code?
import { existsSync, mkdirSync, readFileSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { DiskQuestion } from "../../../core/api/disk-schemas.ts";
import { deviceFolder } from "../../../core/node/disk/image.ts";
import { hasDeviceMapper, planOf } from "../../../core/node/disk/plan.ts";
import { scratchFolder } from "../kit.ts";
import { mebibyte } from "./kit.ts";

const vm = "7c0f3d1e-6f0a-4c55-9a53-5a8f1f3f7f10";

function scene() {
  const folder = scratchFolder();
  const image = join(folder, "root.img");
  const raw = (head: string | Uint8Array = "", size = 20 * mebibyte): void => {
    writeFileSync(image, head);
    truncateSync(image, size);
  };
  const question = (different: Partial<DiskQuestion>): DiskQuestion => ({
    vm,
    disk: "root",
    image,
    mode: "convert",
    integrity: false,
    headerBackup: join(folder, "header.bak"),
    ...different,
  });
  const codeOf = (different: Partial<DiskQuestion>): string => {
    const plan = planOf(question(different));
    return plan.ok ? plan.value.kind : plan.failure.code;
  };
  return { folder, image, raw, codeOf };
}

describe("a new disk", () => {
  const size = 32 * mebibyte;

  test("where nothing is, of a size", () => {
    const { codeOf } = scene();
    expect(codeOf({ mode: "format", size })).toBe("new-file");
    expect(codeOf({ mode: "format" })).toBe("disk.usage");
  });

  test.each([
    [16 * mebibyte - 512, "disk.too-small"],
    [16 * mebibyte, "new-file"],
    [16 * mebibyte + 512, "new-file"],
    [16 * mebibyte + 1, "disk.too-small"],
  ])("of %i bytes", (bytes, answer) => {
    expect(scene().codeOf({ mode: "format", size: bytes })).toBe(answer);
  });

  test("never takes the place of anything but by its name, typed again", () => {
    const { codeOf, raw, image } = scene();
    for (const head of ["", "LUKS\xba\xbe", "QFI\xfb"]) {
      raw(Buffer.from(head, "latin1"));
      expect(codeOf({ mode: "format", size })).toBe("disk.exists");
      for (const erase of ["", "yes", image, "root.im", "root.img "])
        expect(codeOf({ mode: "format", size, erase })).toBe("disk.erase-name");
      expect(codeOf({ mode: "format", size, erase: "root.img" })).toBe("new-file");
    }
  });

  test("larger than the free space is refused", () => {
    expect(scene().codeOf({ mode: "format", size: 2 ** 52 })).toBe("disk.no-space");
  });

  test("with authenticated sectors needs device-mapper, and asks before anything is made", () => {
    const { codeOf, image } = scene();
    const answer = codeOf({ mode: "format", size, integrity: true });
    expect(answer).toBe(hasDeviceMapper().ok ? "new-file" : "disk.no-device-mapper");
    expect(existsSync(image)).toBe(false);
    expect(hasDeviceMapper("/nowhere")).toMatchObject({ failure: { code: "disk.no-device-mapper" } });
    expect(hasDeviceMapper("/dev/null").ok).toBe(true);
  });
});

describe("a conversion", () => {
  test.each([
    [16 * mebibyte - 512, "disk.too-small"],
    [16 * mebibyte, "convert"],
    [20 * mebibyte + 512, "convert"],
    [20 * mebibyte + 1, "disk.too-small"],
  ])("of %i bytes", (bytes, answer) => {
    const { codeOf, raw } = scene();
    raw("", bytes);
    expect(codeOf({})).toBe(answer);
  });

  test.each([
    ["LUKS\xba\xbe", "disk.already-luks"],
    ["QFI\xfb", "disk.format"],
    ["KDMV", "disk.format"],
    ["\x1f\x8b", "disk.format"],
    ["XFSB", "convert"],
  ])("of what begins with %j", (head, answer) => {
    const { codeOf, raw, image } = scene();
    raw(Buffer.from(head, "latin1"));
    const before = readFileSync(image);
    expect(codeOf({})).toBe(answer);
    expect(readFileSync(image).equals(before)).toBe(true);
  });

  test("cannot be one with authenticated sectors, of a size, or erase", () => {
    const { codeOf, raw } = scene();
    raw();
    expect(codeOf({ integrity: true })).toBe("disk.integrity-convert");
    expect(codeOf({ mode: "resume", integrity: true })).toBe("disk.integrity-convert");
    expect(codeOf({ size: 20 * mebibyte })).toBe("disk.usage");
    expect(codeOf({ erase: "root.img" })).toBe("disk.usage");
  });

  test("goes on only where one was begun", () => {
    const { codeOf, raw } = scene();
    expect(codeOf({ mode: "resume" })).toBe("disk.not-there");
    raw();
    expect(codeOf({ mode: "resume" })).toBe("disk.not-started");
  });

  test("of a folder, a link, a terminal, or nothing, is refused", () => {
    const { codeOf, folder, raw, image } = scene();
    expect(codeOf({})).toBe("disk.not-there");
    expect(codeOf({ image: join(folder, "absent", "root.img") })).toBe("disk.not-there");
    expect(codeOf({ image: folder })).toBe("disk.not-an-image");
    expect(codeOf({ image: "/dev/null" })).toBe("disk.not-an-image");
    raw();
    symlinkSync(image, join(folder, "link.img"));
    expect(codeOf({ image: join(folder, "link.img") })).toBe("disk.not-an-image");
  });

  test("through a linked folder is one of the image itself", () => {
    const { codeOf, folder, raw } = scene();
    raw();
    symlinkSync(folder, join(folder, "linked"));
    expect(codeOf({ image: join(folder, "linked", "root.img") })).toBe("convert");
  });
});

describe("a header backup", () => {
  test("is a file that does not exist, in a folder that does, and not the image", () => {
    const { codeOf, folder, raw, image } = scene();
    raw();
    expect(codeOf({ headerBackup: image })).toBe("disk.usage");
    expect(codeOf({ headerBackup: join(folder, "absent", "header.bak") })).toBe("disk.backup-failed");
    writeFileSync(join(folder, "header.bak"), "");
    expect(codeOf({})).toBe("disk.backup-exists");
    mkdirSync(join(folder, "other"));
    expect(codeOf({ headerBackup: join(folder, "other", "header.bak") })).toBe("convert");
  });
});

describe("a block device", () => {
  test("has the kernel's own numbers", () => {
    // makedev(3): twelve bits of major, and twenty of minor around them.
    expect(deviceFolder({ rdev: 254 * 256 })).toBe("/sys/dev/block/254:0");
    expect(deviceFolder({ rdev: 8 * 256 + 17 })).toBe("/sys/dev/block/8:17");
    expect(deviceFolder({ rdev: 259 * 256 + 3 + 2 ** 20 })).toBe("/sys/dev/block/259:259");
  });

  // The disk that this machine runs from: only looked at.
  const [, root] = /^(\/dev\/\S+) \/ /m.exec(readFileSync("/proc/self/mounts", "utf8")) ?? [];
  test.skipIf(root === undefined || process.getuid?.() !== 0)("that is mounted is refused, whatever was typed", () => {
    const { codeOf } = scene();
    const image = root ?? "";
    expect(["disk.in-use", "disk.unwritable"]).toContain(codeOf({ mode: "format", image, erase: image.slice(5) }));
    expect(["disk.in-use", "disk.unwritable"]).toContain(codeOf({ image }));
  });
});
