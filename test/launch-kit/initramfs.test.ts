// The configuration as a piece of an initrd, read by programs that are not ours; and a piece put before initrds that are packed in several ways.
import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { toHex } from "../../core/base/bytes.ts";
import { must } from "../../core/base/result.ts";
import { utf8 } from "../../core/base/utf8.ts";
import { beginsWithPiece, configurationPiece, initrdForm } from "../../core/kit/initramfs.ts";
import { prependConfiguration } from "../../core/node/initrd-writer.ts";
import { nodePrimitives } from "../../core/node/primitives.ts";
import { needs, pathOf } from "../kit/needs.ts";

const folder = mkdtempSync(join(tmpdir(), "portcullis-initrd-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const configuration = utf8('{"a":1,"b":"of five and twenty"}');
const paths = ["etc", "etc/portcullis", "etc/portcullis/agent.json"];

describe("a piece of an initrd", () => {
  test("is the same for the same configuration, and a multiple of 512 bytes", () => {
    for (let length = 1; length < 12; length++) expect(configurationPiece(new Uint8Array(length)).length % 512).toBe(0);
    // Pinned: it enters the measurement, which must not change from version to version of this program.
    expect(toHex(nodePrimitives.digest("sha256", configurationPiece(configuration)))).toBe(
      "883a732d006268db1c8e1b67ea1037b3172c727f47cdb196a546bb4c653e11f0",
    );
  });

  test.each([0, 1, 2, 3, 4, 511, 16_384])("of %i bytes is read by cpio: folders first, root's, 0644, no times", needs("cpio"), (length) => {
    const content = Uint8Array.from({ length }, (_, index) => index % 251);
    const input = configurationPiece(content);
    const listed = spawnSync(pathOf("cpio"), ["-itv", "--numeric-uid-gid"], { input, encoding: "utf8", env: { TZ: "UTC", LC_ALL: "C" } });
    expect(listed.status).toBe(0);
    const lines = listed.stdout.trim().split("\n");
    expect(lines.map((line) => line.split(/\s+/).at(-1))).toEqual(paths);
    expect(lines.map((line) => line.slice(0, 10))).toEqual(["drwxr-xr-x", "drwxr-xr-x", "-rw-r--r--"]);
    for (const line of lines) expect(line).toMatch(/^\S+ +[12] 0 +0 +[0-9]+ Jan {2}1 +1970 /);
    const target = mkdtempSync(join(folder, "unpacked-"));
    execFileSync(pathOf("cpio"), ["-idm", "--quiet", "--no-preserve-owner"], { input, cwd: target });
    expect(new Uint8Array(readFileSync(join(target, "etc/portcullis/agent.json")))).toEqual(content);
  });
});

describe("how an initrd begins", () => {
  test.each([
    ["30373037303130", "cpio"],
    ["1f8b0800000000", "gzip"],
    ["28b52ffd04580000", "zstd"],
    ["fd377a585a00", "xz"],
    ["02214c180000", "lz4"],
    ["425a68393141", "bzip2"],
    ["4d5a00000000", undefined],
    ["7f454c460201", undefined],
    ["", undefined],
  ])("%s is %s", (hex, form) => {
    expect(initrdForm(Uint8Array.from(Buffer.from(hex, "hex")))).toBe(form);
  });
});

test("a piece of ours is known again, whatever it holds, and nothing else is taken for one", () => {
  for (const length of [0, 1, 300, 16_384]) expect(beginsWithPiece(configurationPiece(new Uint8Array(length).fill(0x30)))).toBe(true);
  const piece = configurationPiece(configuration);
  for (let at = 0; at < 380; at++) {
    const other = piece.slice();
    other[at] = (other[at] ?? 0) ^ 1;
    expect([at, beginsWithPiece(other)]).toEqual([at, at >= 298 && at < 306]);
  }
  expect(beginsWithPiece(piece.subarray(0, 379))).toBe(false);
});

describe("an initrd with a configuration before it", () => {
  const original = join(folder, "original");
  const forms: readonly (readonly [string, (archive: Uint8Array) => Uint8Array])[] = [
    ["cpio", (archive) => archive],
    ["gzip", (archive) => gzipSync(archive)],
    ["zstd", (archive) => zstdCompressSync(archive)],
  ];

  beforeAll(() => {
    mkdirSync(join(original, "bin"), { recursive: true });
    writeFileSync(join(original, "bin/one"), "one\n");
    writeFileSync(join(original, "init"), "#!/bin/one\n");
  });

  function archiveOf(): Uint8Array {
    const names = "bin\nbin/one\ninit\n";
    return execFileSync(pathOf("cpio"), ["-o", "-H", "newc", "--quiet", "--reproducible"], { input: names, cwd: original });
  }

  test.each(forms)("keeps both readable (%s), and its digest is that of the file", needs("cpio", "lsinitramfs", "zstd"), (form, pack) => {
    const [input, output] = [join(folder, `${form}.img`), join(folder, `${form}-with.img`)];
    const packed = pack(archiveOf());
    writeFileSync(input, packed);
    const shares: number[] = [];
    const written = must(prependConfiguration(input, output, configuration, (share) => shares.push(share)));
    const whole = readFileSync(output);
    expect(written).toEqual({ digest: new Uint8Array(createHash("sha256").update(whole).digest()), bytes: whole.length, form });
    expect(shares.at(-1)).toBe(1);
    const piece = configurationPiece(configuration);
    expect(new Uint8Array(whole.subarray(piece.length))).toEqual(new Uint8Array(packed));
    const names = execFileSync(pathOf("cpio"), ["-it", "--quiet"], { input: whole, encoding: "utf8" });
    expect(names.trim().split("\n")).toEqual(paths);
    // Debian's own reader tells that a last part which is not compressed is missing, and lists it all the same.
    const listed = spawnSync(pathOf("lsinitramfs"), [output], { encoding: "utf8" });
    expect(listed.stdout.trim().split("\n")).toEqual([...paths, "bin", "bin/one", "init"]);
    expect(listed.status === 0).toBe(form !== "cpio");
    expect(statSync(output).mode & 0o133).toBe(0);
  });

  test("of 40 MiB is written in pieces", () => {
    const [input, output] = [join(folder, "large.img"), join(folder, "large-with.img")];
    const bytes = new Uint8Array(40 * 2 ** 20 + 3).fill(7);
    bytes.set([0x28, 0xb5, 0x2f, 0xfd]);
    writeFileSync(input, bytes);
    const shares: number[] = [];
    const written = must(prependConfiguration(input, output, configuration, (share) => shares.push(share)));
    expect(written.bytes).toBe(bytes.length + configurationPiece(configuration).length);
    expect(shares.length).toBeGreaterThan(8);
    expect(shares).toEqual(shares.toSorted((a, b) => a - b));
  });

  test("is not made from what is no initrd, nor over a file, nor in part", () => {
    const input = join(folder, "good.img");
    writeFileSync(input, gzipSync("an archive"));
    const image = join(folder, "image.efi");
    writeFileSync(image, "MZ and more of it");
    const short = join(folder, "short.img");
    writeFileSync(short, "0707");
    const configured = join(folder, "configured.img");
    writeFileSync(configured, configurationPiece(configuration));
    const before = readdirSync(folder);
    const output = join(folder, "none.img");
    expect(prependConfiguration(join(folder, "nowhere"), output, configuration)).toMatchObject({ failure: { code: "measure.unreadable" } });
    expect(prependConfiguration(folder, output, configuration)).toMatchObject({ failure: { code: "measure.unreadable" } });
    expect(prependConfiguration(image, output, configuration)).toMatchObject({ failure: { code: "kit.initrd-unknown" } });
    expect(prependConfiguration(short, output, configuration)).toMatchObject({ failure: { code: "kit.initrd-unknown" } });
    expect(prependConfiguration(configured, output, configuration)).toMatchObject({ failure: { code: "kit.initrd-configured" } });
    expect(prependConfiguration(input, input, configuration)).toMatchObject({ failure: { code: "kit.file-exists" } });
    expect(prependConfiguration(input, image, configuration)).toMatchObject({ failure: { code: "kit.file-exists" } });
    expect(prependConfiguration(input, join(folder, "no/such/folder"), configuration)).toMatchObject({
      failure: { code: "files.unwritable" },
    });
    expect(existsSync(output)).toBe(false);
    expect(readdirSync(folder)).toEqual(before);
    expect(readFileSync(image, "utf8")).toBe("MZ and more of it");
  });
});
