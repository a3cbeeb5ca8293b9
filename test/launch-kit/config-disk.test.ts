// The configuration disk, read by programs that are not ours: dosfstools says that it is sound, mtools finds the label and the file under its name.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { toHex } from "../../core/base/bytes.ts";
import { must } from "../../core/base/result.ts";
import { configDiskBytes, makeConfigDisk } from "../../core/kit/config-disk.ts";
import { nodePrimitives } from "../../core/node/primitives.ts";
import { needs, pathOf } from "../kit/needs.ts";

const folder = mkdtempSync(join(tmpdir(), "portcullis-disk-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** One byte more or less than a cluster, odd and even numbers of clusters, and the longest configuration that there is. */
const lengths = [1, 300, 511, 512, 513, 1024, 1025, 1536, 4095, 16_383, 16_384];

function configurationOf(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => 0x20 + ((index * 7) % 0x5f));
}

function diskOf(configuration: Uint8Array): Uint8Array {
  return must(makeConfigDisk(configuration, nodePrimitives.digest("sha256", configuration)));
}

function written(length: number): string {
  const path = join(folder, `${length}.img`);
  writeFileSync(path, diskOf(configurationOf(length)));
  return path;
}

describe("a configuration disk", () => {
  test("is the same for the same configuration, and differs in its serial number", () => {
    const [one, other] = [configurationOf(300), configurationOf(301)];
    expect(diskOf(one)).toEqual(diskOf(one));
    expect(diskOf(one)).toHaveLength(configDiskBytes);
    expect(toHex(diskOf(one).subarray(39, 43))).not.toBe(toHex(diskOf(other).subarray(39, 43)));
    // Pinned: a disk that changes from version to version could not be compared on a host.
    expect(toHex(nodePrimitives.digest("sha256", diskOf(one)))).toBe("6a096bee1120ab755c6ada176b525468a6332c852f6d2f3eb2e5b9002e32df12");
  });

  test.each([0, 16_385])("is refused for a configuration of %i bytes", (length) => {
    const configuration = configurationOf(length);
    expect(makeConfigDisk(configuration, nodePrimitives.digest("sha256", configuration))).toMatchObject({
      failure: { code: "launch.configuration-json" },
    });
  });

  test.each(lengths)("of %i bytes is sound to fsck.fat", needs("fsck.fat"), (length) => {
    const { status, stdout } = spawnSync(pathOf("fsck.fat"), ["-n", "-v", written(length)], { encoding: "utf8" });
    expect([status, stdout]).toEqual([0, expect.stringContaining("2 FATs, 12 bit entries")]);
    expect(stdout).toMatch(new RegExp(`2 files, ${Math.ceil(length / 512)}/124 clusters`));
    expect(stdout).not.toMatch(/differ|wrong|bad|orphan|reclaimed|not cleanly/i);
  });

  test.each(lengths)("of %i bytes gives mtools its file and its label", needs("mtools"), (length) => {
    const path = written(length);
    const run = (program: string, ...args: readonly string[]): Buffer =>
      execFileSync(pathOf("mtools"), ["-c", program, "-i", path, ...args]);
    expect(new Uint8Array(run("mtype", "::agent.json"))).toEqual(configurationOf(length));
    const listing = run("mdir", "::").toString();
    expect(listing).toContain("is PORTCULLIS");
    expect(listing).toContain("agent.json");
    expect(run("mdir", "-b", "::").toString().trim()).toBe("::/agent.json");
  });
});
