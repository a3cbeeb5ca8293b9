// Is a new disk what the agent opens, is nothing destroyed that was not named, and is nothing half made left at its place?
import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { Unlocker } from "../../../agent/unlock.ts";
import { toHex } from "../../../core/base/bytes.ts";
import { must } from "../../../core/base/result.ts";
import { Secret } from "../../../core/base/secret.ts";
import { nodePrimitives } from "../../../core/node/primitives.ts";
import { missing, pathOf } from "../../kit/needs.ts";
import { bytes } from "../../launch/kit.ts";
import { KeyDetector } from "../../proofs/key-detector.ts";
import { ProcessSampler } from "../../proofs/proc-sampler.ts";
import { scratchFolder } from "../kit.ts";
import { makeHouse, mebibyte, segmentOf, type House } from "./kit.ts";

const never = new AbortController().signal;
const size = 24 * mebibyte;

async function agentSays(image: string, key: Uint8Array): Promise<unknown> {
  const locked = { disk: { id: "root", device: image, name: "root" }, key: new Secret(key.slice()) };
  const unlocker = new Unlocker({ program: pathOf("cryptsetup"), mode: "test", scratch: scratchFolder() });
  return (await unlocker.unlock([locked], never))[0];
}

describe.skipIf(missing("cryptsetup"))("a new disk", () => {
  test("opens for the agent with the VM's key and no other, and has its header kept", async () => {
    const house = await makeHouse();
    const image = house.path("root.img");
    const run = must(await house.make(house.question({ image, mode: "format", size })));
    expect(run).toMatchObject({
      phase: "done",
      share: 1,
      resumable: false,
      sentence: expect.stringContaining("Keep the header backup") as unknown,
    });
    expect(statSync(image).size).toBe(size + 16 * mebibyte);
    expect(statSync(image).mode & 0o777).toBe(0o600);
    expect(segmentOf(image)).toEqual({ offset: 16 * mebibyte, sectorSize: 4096, requirements: undefined });
    expect(await agentSays(image, house.key)).toEqual({ disk: "root", opened: true });
    expect(await agentSays(image, bytes(64))).toEqual({ disk: "root", opened: false, code: "agent.disk-key" });
    expect(readdirSync(house.folder).sort()).toEqual(["header.bak", "root.img"]);
    const backup = readFileSync(house.path("header.bak"));
    expect(run.headerDigest).toBe(toHex(nodePrimitives.digest("sha256", backup)));
    expect(run.uuid).toBe(execFileSync(pathOf("cryptsetup"), ["luksUUID", image]).toString().trim());
    expect(backup.equals(readFileSync(image).subarray(0, backup.length))).toBe(true);
    expect(await agentSays(house.path("header.bak"), house.key)).toEqual({ disk: "root", opened: true });
  });

  test("is one entry of the audit log: which header, and no key", async () => {
    const house = await makeHouse();
    const image = house.path("root.img");
    const run = must(await house.make(house.question({ image, mode: "format", size })));
    expect(house.world.audit().at(-1)).toMatchObject({
      kind: "disk-prepared",
      facts: { vm: house.vm, vmName: "db-1", disk: "root", image, mode: "format", integrity: false, header: run.headerDigest },
    });
  });

  test("whose entry cannot be written is not put in its place", async () => {
    const house = await makeHouse();
    const image = house.path("root.img");
    house.world.store.failNext("not-applied");
    expect(must(await house.make(house.question({ image, mode: "format", size })))).toMatchObject({ phase: "failed", resumable: false });
    expect(readdirSync(house.folder)).toEqual([]);
  });

  test("takes the place of another only at the very end, with its rights", async () => {
    const house = await makeHouse('case "$1" in open) [ -e $folder/later ] || exit 1;; esac; exec $real "$@"');
    const image = house.path("root.img");
    writeFileSync(image, "what was there");
    truncateSync(image, 20 * mebibyte);
    chmodSync(image, 0o640);
    const before = readFileSync(image);
    const question = house.question({ image, mode: "format", size, erase: "root.img" });
    expect(must(await house.make(question))).toMatchObject({ phase: "failed", failure: { code: "disk.cryptsetup" } });
    expect(readFileSync(image).equals(before)).toBe(true);
    expect(readdirSync(house.folder)).not.toContain("root.img.portcullis");
    writeFileSync(house.path("later"), "");
    expect(must(await house.make(question))).toMatchObject({ phase: "done" });
    expect(await agentSays(image, house.key)).toEqual({ disk: "root", opened: true });
    expect(statSync(image).mode & 0o777).toBe(0o640);
    expect(readFileSync(image).includes("what was there")).toBe(false);
  });

  test("is not called done where the agent would not open it: a cryptsetup that leaves the data in clear text", async () => {
    const house = await makeHouse(
      'case "$1" in luksFormat) set -- "${@//aes-xts-plain64/cipher_null-ecb}"; set -- "${@//512/256}";; esac; exec $real "$@"',
    );
    const image = house.path("root.img");
    const run = must(await house.make(house.question({ image, mode: "format", size })));
    expect(run).toMatchObject({ phase: "failed" });
    expect(["disk.not-accepted", "disk.cryptsetup"]).toContain(run.failure?.code);
    expect(existsSync(image)).toBe(false);
    expect(existsSync(house.path("header.bak"))).toBe(false);
  });

  test.each([
    ["a VM that is not enrolled", { vm: "7c0f3d1e-6f0a-4c55-9a53-5a8f1f3f7f10" }, "disk.unknown-disk"],
    ["a disk that it has not", { disk: "swap" }, "disk.unknown-disk"],
    ["no name", { disk: "" }, "disk.unknown-disk"],
  ])("for %s is refused", async (_name, different, code) => {
    const house = await makeHouse();
    const question = house.question({ image: house.path("root.img"), mode: "format", size, ...different });
    expect(await house.disks.prepare(question)).toMatchObject({ failure: { code } });
    expect(readdirSync(house.folder)).toEqual([]);
  });

  test("without a key, or a service, is refused", async () => {
    const house = await makeHouse();
    const question = house.question({ image: house.path("root.img"), mode: "format", size });
    house.world.keychain.kept.clear();
    expect(await house.disks.prepare(question)).toMatchObject({ ok: false });
    expect(house.disks.run(undefined)).toBeUndefined();
    expect(house.disks.cancel(house.vm)).toMatchObject({ failure: { code: "disk.unknown-run" } });
  });

  test("that is cancelled while the manager ends leaves nothing", async () => {
    const house = await makeHouse('case "$1" in luksFormat) sleep 0.3;; esac; exec $real "$@"');
    const image = house.path("root.img");
    const run = must(await house.disks.prepare(house.question({ image, mode: "format", size })));
    await house.disks.close();
    expect(house.disks.run(run.id)).toMatchObject({ phase: "stopped", resumable: false, failure: { code: "disk.cancelled" } });
    expect(readdirSync(house.folder).filter((name) => name.startsWith("root.img"))).toEqual([]);
    expect(await house.disks.prepare(house.question({ image, mode: "format", size }))).toMatchObject({ failure: { code: "disk.busy" } });
  });

  test("leaves its key nowhere: not in an argument, an environment, a file, the log or the audit", async () => {
    const sampler = await ProcessSampler.start();
    const house: House = await makeHouse();
    const image = house.path("root.img");
    const run = must(await house.make(house.question({ image, mode: "format", size })));
    const sampled = await sampler.stop();
    const detector = new KeyDetector({ "disk key": house.key });
    expect(sampled.some(({ command }) => command.includes("luksFormat"))).toBe(true);
    const seen = [
      ...sampled.flatMap(({ command, environment }) => [command, environment]),
      JSON.stringify(run),
      JSON.stringify(house.lines),
      JSON.stringify(house.world.audit().map(({ facts }) => facts)),
      readFileSync(house.path("header.bak")),
      readFileSync(image).subarray(0, 16 * mebibyte),
    ];
    expect(seen.flatMap((what) => detector.find(what))).toEqual([]);
  });
});
