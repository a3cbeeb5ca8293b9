// What the tests of disks share: a manager with one VM whose disks are really made, real ext4 images, and a second reader of what is encrypted, which
// takes the volume key out of the header and decrypts each sector with node:crypto.
import { execFileSync } from "node:child_process";
import { createDecipheriv } from "node:crypto";
import { chmodSync, mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { DiskQuestion, DiskRun } from "../../../core/api/disk-schemas.ts";
import { must, ok, type Result } from "../../../core/base/result.ts";
import { systemClock } from "../../../core/node/clock.ts";
import type { Cryptsetup } from "../../../core/node/disk/cryptsetup.ts";
import { PreparedDisks } from "../../../core/node/disk/prepared-disks.ts";
import { pathOf } from "../../kit/needs.ts";
import { makeWorld, type World } from "../../kit/world.ts";
import { bytes } from "../../launch/kit.ts";
import { hearingLog, scratchFolder, type HeardLine } from "../kit.ts";

export const mebibyte = 2 ** 20;

export interface House {
  readonly folder: string;
  readonly world: World;
  readonly vm: string;
  readonly key: Uint8Array;
  readonly lines: readonly HeardLine[];
  /** As they were told to a console. */
  readonly phases: string[];
  readonly disks: PreparedDisks;
  question(different: Partial<DiskQuestion> & Pick<DiskQuestion, "image" | "mode">): DiskQuestion;
  /** Runs it to its end. */
  make(question: DiskQuestion): Promise<Result<DiskRun>>;
  ended(run: DiskRun): Promise<DiskRun>;
  path(name: string): string;
}

/** @param script see {@link wrapped}; the real cryptsetup where it is not given. */
export async function makeHouse(script?: string): Promise<House> {
  const folder = scratchFolder();
  const tool = script === undefined ? { program: pathOf("cryptsetup"), locks: false } : wrapped(folder, script);
  const world = await makeWorld();
  const key = bytes(64);
  const disks = [
    { id: "root", device: "/dev/vda", name: "root" },
    { id: "data", device: "/dev/vdb", name: "data" },
  ];
  const vm = must(
    await world.manager.enrol({ name: "db-1", simulated: false, disks, endpoints: ["manager.test:7443"], measurements: [] }),
  ).id;
  world.keychain.kept.set(`disk/${vm}/root`, key.slice());
  const { log, lines } = hearingLog();
  const phases: string[] = [];
  const waiting = new Set<() => void>();
  const onChange = (): void => {
    const { phase } = house.disks.run(undefined) ?? {};
    if (phase !== undefined && phases.at(-1) !== phase) phases.push(phase);
    for (const look of waiting) look();
  };
  const house: House = {
    folder,
    world,
    vm,
    key,
    lines,
    phases,
    disks: new PreparedDisks({
      ready: () => ok({ manager: world.manager, keychain: world.keychain }),
      clock: systemClock,
      log,
      onChange,
      findTool: () => ok(tool),
    }),
    question: (different) => ({ vm, disk: "root", integrity: false, headerBackup: join(folder, "header.bak"), ...different }),
    async make(question) {
      const run = await house.disks.prepare(question);
      return run.ok ? ok(await house.ended(run.value)) : run;
    },
    ended: ({ id }) =>
      new Promise((resolve) => {
        const look = (): void => {
          const run = house.disks.run(id);
          if (run?.endedAt === undefined) return;
          waiting.delete(look);
          // What belongs to the run is cleared away before another may begin.
          setImmediate(() => resolve(run));
        };
        waiting.add(look);
        look();
      }),
    path: (name) => join(folder, name),
  };
  return house;
}

/** A file system with random files in it. @returns its path. */
export function ext4Image(folder: string, name: string, { megabytes = 40, blockSize = 4096 } = {}): string {
  const [path, root] = [join(folder, name), join(folder, `${name}.root`)];
  mkdirSync(root);
  for (let index = 0; index < 4; index++) writeFileSync(join(root, `file-${index}`), bytes((megabytes * mebibyte) / 8));
  writeFileSync(path, "");
  truncateSync(path, megabytes * mebibyte);
  execFileSync(pathOf("mke2fs"), ["-q", "-t", "ext4", "-b", String(blockSize), "-d", root, path]);
  rmSync(root, { recursive: true });
  return path;
}

/** All that the opened disk would hold. */
export function plaintextOf(image: string, key: Uint8Array): Buffer {
  const keyFile = `${image}.volume-key`;
  const dump = ["luksDump", "--disable-locks", "--batch-mode", "--dump-volume-key", "--volume-key-file", keyFile, "--key-file=-", image];
  execFileSync(pathOf("cryptsetup"), dump, { input: key, stdio: ["pipe", "ignore", "pipe"] });
  const volumeKey = readFileSync(keyFile);
  rmSync(keyFile);
  const { offset, sectorSize } = segmentOf(image);
  const sealed = readFileSync(image).subarray(offset);
  const clear = Buffer.alloc(sealed.length);
  const tweak = Buffer.alloc(16);
  for (let at = 0; at < sealed.length; at += sectorSize) {
    tweak.writeBigUInt64LE(BigInt(at / 512));
    const decipher = createDecipheriv("aes-256-xts", volumeKey, tweak);
    decipher.update(sealed.subarray(at, at + sectorSize)).copy(clear, at);
  }
  return clear;
}

export function segmentOf(image: string): { readonly offset: number; readonly sectorSize: number; readonly requirements: unknown } {
  const dump = execFileSync(pathOf("cryptsetup"), ["luksDump", "--disable-locks", "--dump-json-metadata", image]).toString();
  const json = JSON.parse(dump) as {
    segments: Record<string, { offset: string; sector_size: number }>;
    config: { requirements?: unknown };
  };
  const { offset = "", sector_size: sectorSize = 0 } = json.segments["0"] ?? {};
  return { offset: Number(offset), sectorSize, requirements: json.config.requirements };
}

/** A cryptsetup that is this script; `$real` is the real one, and `$folder` the house's. */
function wrapped(folder: string, script: string): Cryptsetup {
  const program = join(folder, "wrapped-cryptsetup");
  writeFileSync(program, `#!/bin/bash\nreal=${pathOf("cryptsetup")}\nfolder=${folder}\n${script}\n`);
  chmodSync(program, 0o755);
  return { program, locks: false };
}
