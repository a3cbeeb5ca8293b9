// Are a simulated hierarchy's keys kept, found again, and refused when the file is not sound?
import { mkdtemp, readFile, readdir, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { must } from "../../core/base/result.ts";
import { loadOrMakeHierarchy } from "../../core/node/simulator/keys.ts";
import { hierarchyFolder, simulatedHierarchy } from "../kit/simulated.ts";

const fileName = "simulated-Milan.json";
let saved: Record<string, unknown>;

beforeAll(async () => {
  await simulatedHierarchy();
  saved = JSON.parse(await readFile(join(hierarchyFolder, fileName), "utf8")) as Record<string, unknown>;
});

test("makes three keys, tells of each, keeps them readable by this user alone, and finds them again", { timeout: 120_000 }, async () => {
  const folder = join(await emptyFolder(), "deep", "er");
  const told: number[] = [];
  const made = must(await loadOrMakeHierarchy(folder, "Milan", (progress) => told.push(progress.made)));
  expect(told).toEqual([1, 2, 3]);
  expect(await readdir(folder)).toEqual([fileName]);
  expect((await stat(join(folder, fileName))).mode & 0o777).toBe(0o600);
  const found = must(await loadOrMakeHierarchy(folder, "Milan", () => expect.unreachable("keys were made again")));
  expect(found.authorities.ark.certificate).toEqual(made.authorities.ark.certificate);
  expect(found.chipId()).toEqual(made.chipId());
});

test("two that ask at once get the same hierarchy", { timeout: 120_000 }, async () => {
  const folder = await emptyFolder();
  const [one, two] = await Promise.all([loadOrMakeHierarchy(folder), loadOrMakeHierarchy(folder)]);
  expect(must(one).authorities.ark.certificate).toEqual(must(two).authorities.ark.certificate);
  expect(await readdir(folder)).toEqual([fileName]);
});

describe("a file that is not sound", () => {
  const broken: readonly (readonly [what: string, content: () => string])[] = [
    ["is empty", () => ""],
    ["is not JSON", () => "{"],
    ["is cut off", () => JSON.stringify(saved).slice(0, -100)],
    ["is too long", () => JSON.stringify(saved) + " ".repeat(65_536)],
    ["is of another version", () => JSON.stringify({ ...saved, version: 2 })],
    ["is of another product", () => JSON.stringify({ ...saved, product: "Genoa" })],
    ["has a short secret", () => JSON.stringify({ ...saved, secret: "AAAA" })],
    ["lacks an authority", () => JSON.stringify({ ...saved, asvk: null })],
    ["has a key that is none", () => JSON.stringify({ ...saved, ark: { ...(saved["ark"] as object), key: "AAAA" } })],
    ["has a certificate with one bit changed", () => JSON.stringify({ ...saved, ask: flipped(saved["ask"] as { certificate: string }) })],
    [
      "has the certificate of another key",
      () => JSON.stringify({ ...saved, ark: { ...(saved["ark"] as object), key: (saved["ask"] as { key: string }).key } }),
    ],
  ];
  test.each(broken)("it %s", async (_what, content) => {
    const folder = await emptyFolder();
    await writeFile(join(folder, fileName), content());
    expect(await loadOrMakeHierarchy(folder)).toMatchObject({ ok: false, failure: { code: "simulator.hierarchy-unreadable" } });
    expect(await readFile(join(folder, fileName), "utf8")).toBe(content());
  });
});

test("a folder that cannot be made is said so, and nothing is left behind", { timeout: 120_000 }, async () => {
  const folder = join(await emptyFolder(), "keys");
  await symlink(join(folder, "..", "nowhere", "deeper"), folder);
  expect(await loadOrMakeHierarchy(folder)).toMatchObject({ ok: false, failure: { code: "simulator.hierarchy-not-saved" } });
});

function flipped(authority: { readonly certificate: string }): object {
  const certificate = Buffer.from(authority.certificate, "base64");
  const last = certificate.length - 1;
  certificate[last] = (certificate[last] ?? 0) ^ 1;
  return { ...authority, certificate: certificate.toString("base64") };
}

function emptyFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), "portcullis-keys-"));
}
