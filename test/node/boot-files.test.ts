// Is the digest of a file the digest of its bytes, whatever its length, and is what is no file refused?
import { createHash, randomFillSync } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { must } from "../../core/base/result.ts";
import { digestFile } from "../../core/node/boot-files.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "portcullis-boot-files-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const MiB = 2 ** 20;
test.each([0, 1, MiB - 1, MiB, MiB + 1, 4 * MiB, 4 * MiB + 1, 5 * MiB, 9 * MiB + 12_345])("%d bytes", (length) => {
  const bytes = randomFillSync(new Uint8Array(length));
  writeFileSync(join(folder, "file"), bytes);
  const shares: number[] = [];
  const { digest, bytes: read } = must(digestFile(join(folder, "file"), (share) => shares.push(share)));
  expect(read).toBe(length);
  expect(Buffer.from(digest)).toEqual(createHash("sha256").update(bytes).digest());
  expect(shares).toEqual(shares.toSorted((a, b) => a - b));
  expect(shares.at(-1)).toBe(length === 0 ? undefined : 1);
});

test.each(["", "nowhere", "/dev/zero"])("%j is no file", (name) => {
  const path = name.startsWith("/") ? name : join(folder, name);
  expect(digestFile(path)).toMatchObject({ ok: false, failure: { code: "measure.unreadable" } });
});
