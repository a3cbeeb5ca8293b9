// What must hold of every VM that booted, and of every one that did not?
import { afterAll, beforeAll, expect, inject } from "vitest";
import { must } from "../../core/base/result.ts";
import { tell } from "../kit/needs.ts";
import type { InitrdKind } from "./debian-tree.ts";
import { marker } from "./encrypted-disks.ts";
import type { Initrd } from "./initramfs.ts";
import { promptIn } from "./keystrokes.ts";
import { vmLacks } from "./lacking.ts";
import { type Launched, Scene } from "./scene.ts";

/** For one test; a VM takes some ten seconds here, and a machine may be busy. */
export const patience = 180_000;

export function lacksSomething(): boolean {
  const lacking = vmLacks();
  for (const sentence of lacking) tell(sentence);
  return lacking.length > 0;
}

/** As the installed package made it (set-up.ts). */
export function installedInitrd(kind: InitrdKind = "initramfs-tools"): Initrd {
  const initrds = inject("initrds");
  if (initrds === undefined) throw new Error("no initrd could be made here");
  return initrds[kind];
}

/** For the tests of one `describe`: opened before them and closed after them. */
export function withScene(use: (scene: Scene) => Promise<void> | void): void {
  let scene: Scene | undefined;
  beforeAll(async () => {
    scene = await Scene.open();
    await use(scene);
  }, patience);
  afterAll(() => scene?.close(), patience);
}

export async function decide({ real }: Scene, launched: Launched, verdict: "approve" | "deny"): Promise<void> {
  const { id, evidenceDigest: evidence = "" } = await launched.pending();
  must(await real.manager.decide({ launch: id, evidence, verdict, reason: "the VM test" }));
}

/** All disks open, the real root runs, and nothing of the agent is left but its status. */
export async function expectBoot({ machine }: Launched): Promise<void> {
  expect(await machine.ended, machine.console()).toBe("powered-off");
  const console = machine.console();
  expect(console).toContain("portcullis: all disks are open");
  expect(console).toContain(marker);
  expect(promptIn(console)).toBeUndefined();
  expect(console).toMatch(/^opened-after-seconds=\d+\.\d+\r?$/m);
  expect(lines(console, "left: ")).toEqual(["/run/portcullis", "/run/portcullis/status"]);
  expect(lines(console, "network: ")).toEqual([]);
  expect(lines(console, "runs: ").filter((program) => !ofTheTest.test(program))).toEqual([]);
  expect(console).toMatch(/^END\r?$/m);
}

/** It says why on one line, no prompt came, nothing else was booted, and no key is left in its memory. */
export async function expectPowerOff({ machine, scan }: Launched, line: string): Promise<void> {
  expect(await machine.ended, machine.console()).toBe("powered-off");
  expect(machine.console()).toContain(`portcullis: ${line}; powering off`);
  expect(machine.console()).not.toContain(marker);
  expect(promptIn(machine.console())).toBeUndefined();
  expect((await scan()).found).toEqual([]);
}

function lines(console: string, start: string): readonly string[] {
  return console.split(/\r?\n/).flatMap((line) => (line.startsWith(start) ? [line.slice(start.length)] : []));
}

/** The root's first program and what it starts. */
const ofTheTest = /^(?:COMMAND|.*\/sbin\/init)$/;
