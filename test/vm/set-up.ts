// Before any VM test: the initrds that all of them boot, made once by installing the package in two Debian systems.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import type { Initrd } from "./initramfs.ts";
import { makeInstalledInitrd } from "./installed-initrd.ts";
import { vmLacks } from "./lacking.ts";

export type InitrdKind = "initramfs-tools" | "dracut";

declare module "vitest" {
  export interface ProvidedContext {
    /** Undefined where they cannot be made here. */
    readonly initrds: Readonly<Record<InitrdKind, Initrd>> | undefined;
  }
}

export default async function setUp(project: TestProject): Promise<(() => void) | undefined> {
  if (vmLacks().length > 0) {
    project.provide("initrds", undefined);
    return undefined;
  }
  const folder = mkdtempSync(join(tmpdir(), "portcullis-initrds-"));
  const [first, second] = await Promise.all([makeInstalledInitrd("initramfs-tools", folder), makeInstalledInitrd("dracut", folder)]);
  project.provide("initrds", { "initramfs-tools": first, dracut: second });
  return () => rmSync(folder, { recursive: true, force: true });
}
