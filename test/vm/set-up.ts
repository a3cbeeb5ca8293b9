// Before any VM test: the initrds that all of them boot, made once by installing the package in two Debian systems.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { buildAgentExecutable } from "../../build/agent-executable.ts";
import { bringTrees, type InitrdKind } from "./debian-tree.ts";
import type { Initrd } from "./initramfs.ts";
import { makeInstalledInitrd } from "./installed-initrd.ts";
import { vmLacks } from "./lacking.ts";

declare module "vitest" {
  export interface ProvidedContext {
    /** Undefined where they cannot be made here. */
    readonly initrds: Readonly<Record<InitrdKind, Initrd>> | undefined;
  }
}

let folder: string | undefined;

/** vitest calls it by this name. */
export async function setup(project: TestProject): Promise<void> {
  if (vmLacks().length > 0) return project.provide("initrds", undefined);
  folder = mkdtempSync(join(tmpdir(), "portcullis-initrds-"));
  await bringTrees();
  const { path } = await buildAgentExecutable("simulated");
  const within = folder;
  const make = (kind: InitrdKind): Promise<Initrd> => makeInstalledInitrd(kind, path, within);
  const [first, second] = await Promise.all([make("initramfs-tools"), make("dracut")]);
  project.provide("initrds", { "initramfs-tools": first, dracut: second });
}

/** vitest calls it by this name. */
export function teardown(): void {
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
}
