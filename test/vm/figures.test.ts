// What does the agent cost a boot? Printed, and kept in test/results/vm/figures.json: size, growth of the initrd, memory, and times from the kernel's start.
// Asserts no time: emulation is slow, and a machine may be busy. Started by `npm run test:vm`.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { buildAgentExecutable } from "../../build/agent-executable.ts";
import { root } from "../../build/runtime.mjs";
import { missing } from "../kit/needs.ts";
import { plainBoot } from "./debian-tree.ts";
import { decide, expectBoot, installedInitrd, lacksSomething, patience, withScene } from "./expectations.ts";
import { bootMemory, bootTimes, compressedSize, fastLevel, nativeTimes, smallLevel, unpackedInitrd, zstdSize } from "./figures.ts";
import { figuresWord } from "./initramfs.ts";
import type { Scene } from "./scene.ts";

describe.skipIf(lacksSomething() || missing("zstd"))("the agent's figures", () => {
  let scene: Scene;
  withScene((opened) => {
    scene = opened;
  });

  test("are as small as they should be", { timeout: longestCompression }, async () => {
    const initrd = installedInitrd();
    const launched = await scene.launch("figures", { initrd, typing: false, moreOfCommandLine: figuresWord });
    await launched.pending();
    const asked = performance.now();
    await decide(scene, launched, "approve");
    const decision = (performance.now() - asked) / 1000;
    await expectBoot(launched);
    const { machine } = launched;
    const emulated = bootTimes(machine);
    const shown = ['"event":"agent.connected"', "portcullis: all disks are open"].map((text) => (machine.shownAt(text) ?? NaN) / 1000);
    const memory = bootMemory(machine);
    await machine.close();

    const native = await nativeTimes((await buildAgentExecutable("simulated")).path);
    const { path, size } = await buildAgentExecutable("release");
    // By the same system, with the same settings; the simulated agent is as large as the release agent, to some hundred bytes.
    const whole = await unpackedInitrd(initrd.path, scene.folder);
    const bare = await unpackedInitrd(plainBoot("initramfs-tools").initrd, scene.folder);
    const agent = await zstdSize(path, scene.folder, fastLevel);
    const large = await compressedSize(whole.path, scene.folder);
    const small = await compressedSize(bare.path, scene.folder);
    const growth = { fast: large.fast - small.fast, small: large.small - small.small };
    const unpacking = whole.seconds - bare.seconds;

    // The agent's own part is measured natively; the script's is assumed to shrink as the agent's does.
    const agentEmulated = emulated.opened - emulated.process - decision;
    const script = emulated.process - emulated.script;
    const added = native.ended + unpacking + (script * native.ended) / agentEmulated;
    const figures = {
      size,
      agent,
      growth,
      initrd: { with: large, without: small },
      memory,
      emulated,
      shown,
      decision,
      native,
      unpacking,
      added,
    };
    const file = join(root, "test/results/vm/figures.json");
    writeFileSync(file, `${JSON.stringify(figures, undefined, 2)}\n`);
    console.log(
      table([
        ["the executable", `${megabytes(size)}; zstd -${fastLevel} ${megabytes(agent)}`],
        ["initrd with the package", `zstd -${fastLevel} ${megabytes(large.fast)}, -${smallLevel} ${megabytes(large.small)}`],
        ["the same without", `zstd -${fastLevel} ${megabytes(small.fast)}, -${smallLevel} ${megabytes(small.small)}`],
        [
          "growth",
          `zstd -${fastLevel} ${megabytes(growth.fast)}, -${smallLevel} ${megabytes(growth.small)} (aim: 36 MB at -${smallLevel})`,
        ],
        [
          "memory",
          `agent's peak ${mebibytes(memory.peak)}; at least ${mebibytes(memory.leastAvailable)} of ${mebibytes(memory.whole)} free`,
        ],
        ["emulated, from the kernel's start", `TLS ${seconds(emulated.connected)}, root opened ${seconds(emulated.opened)}`],
        [
          "  of that",
          `script began ${seconds(emulated.script)}, agent's process ${seconds(emulated.process)}, its first line ${seconds(emulated.started)}`,
        ],
        ["  waiting for the decision", seconds(decision)],
        [
          "emulated, from QEMU's start",
          `kernel ${seconds(emulated.kernel)}, TLS ${seconds(shown[0] ?? NaN)}, root opened ${seconds(shown[1] ?? NaN)}`,
        ],
        [
          "natively, from the process' start",
          `first line ${seconds(native.started)}, TLS ${seconds(native.connected)}, ended ${seconds(native.ended)}`,
        ],
        [
          "added on real hardware, an estimate",
          `${seconds(added)} (aim: 1.0 s): agent ${seconds(native.ended)}, unpacking ${seconds(unpacking)}, script the rest`,
        ],
      ]),
    );

    for (const figure of numbersIn(figures)) expect(figure, JSON.stringify(figures)).toBeGreaterThan(0);
    expect(growth.small).toBeLessThanOrEqual(largestGrowth);
    expect(memory.peak).toBeLessThan(memory.whole);
  });
});

function table(rows: readonly (readonly [string, string])[]): string {
  return rows.map(([name, value]) => `${name.padEnd(38)}${value}`).join("\n");
}

function numbersIn(value: unknown): readonly number[] {
  if (typeof value === "number") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(numbersIn) : [];
}

function megabytes(size: number): string {
  return `${(size / 1e6).toFixed(1)} MB`;
}

function mebibytes(kib: number): string {
  return `${Math.round(kib / 1024)} MiB`;
}

function seconds(time: number): string {
  return `${time.toFixed(2)} s`;
}

/** Bytes, at the small level. */
const largestGrowth = 36e6;
const longestCompression = 4 * patience;
