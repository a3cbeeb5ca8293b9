// Where on the host does each file of a launch lie? The plan's folder and the last segment of each boot file's name, no two the same.
// A path is written into shell scripts, option lists and XML: what could not be written in all of them is refused.
import { failure } from "../base/failure.ts";
import { fail, ok, type Fail, type Result } from "../base/result.ts";
import type { BootSet } from "../measure/boot-set.ts";
import type { HostPlan } from "./launch-kit.ts";

/** Absolute paths on the host. */
export interface HostPaths {
  /** Without a slash at its end. */
  readonly folder: string;
  readonly firmware: string;
  readonly kernel: string | undefined;
  readonly initrd: string | undefined;
  /** The agent's configuration as a file, for fw_cfg. */
  readonly configuration: string | undefined;
  /** The agent's configuration as a small labelled disk. */
  readonly configDisk: string | undefined;
  readonly disks: HostPlan["disks"];
}

export function hostPaths({ folder, disks, delivery }: HostPlan, { firmware, direct }: BootSet): Result<HostPaths> {
  if (!isPath(folder)) return fail(failure("kit.plan-malformed", "folder"));
  if (disks.length > mostDisks) return fail(failure("kit.plan-malformed", "disks"));
  for (const [index, { path, format }] of disks.entries()) {
    if (!isPath(path)) return fail(failure("kit.plan-malformed", `disks[${index}].path`));
    if (!diskFormats.includes(format)) return fail(failure("kit.plan-malformed", `disks[${index}].format`));
  }
  if (new Set(disks.map(({ path }) => path)).size !== disks.length) return fail(failure("kit.plan-malformed", "disks: one path twice"));
  const root = folder.replace(/\/+$/, "");
  const names = {
    firmware: lastSegment(firmware.name),
    kernel: direct === undefined ? undefined : lastSegment(direct.kernel.name),
    initrd: direct?.initrd === undefined ? undefined : lastSegment(direct.initrd.name),
    configuration: delivery === "fw-cfg" ? configurationName : undefined,
    configDisk: delivery === "config-disk" ? configDiskName : undefined,
  };
  const taken = Object.values(names).filter((name) => name !== undefined);
  for (const name of taken) if (!isFileName(name) || kitNames.includes(name)) return named(name);
  const twice = taken.find((name, index) => taken.indexOf(name) !== index);
  if (twice !== undefined) return named(twice);
  const at = (name: string | undefined): string | undefined => (name === undefined ? undefined : `${root}/${name}`);
  return ok({
    folder: root === "" ? "/" : root,
    firmware: `${root}/${names.firmware}`,
    kernel: at(names.kernel),
    initrd: at(names.initrd),
    configuration: at(names.configuration),
    configDisk: at(names.configDisk),
    disks,
  });
}

/** QEMU and libvirt open a volume or partition otherwise than a file, and refuse the one spelling for the other. /dev/shm has files. */
export function isBlockDevice(path: string): boolean {
  return path.startsWith("/dev/") && !path.startsWith("/dev/shm/");
}

/** Of a path as Unix or Windows writes it. */
export function lastSegment(name: string): string {
  return name.split(/[/\\]/).at(-1) ?? "";
}

function named(name: string): Fail {
  return fail(failure("kit.file-names", name));
}

function isFileName(name: string): boolean {
  return name !== "" && name !== "." && name !== ".." && name.length <= 255 && isPlain(name);
}

function isPath(path: string): boolean {
  return path.startsWith("/") && path.length <= mostPath && isPlain(path) && !path.split("/").some((part) => part === ".." || part === ".");
}

/** No control characters, no invisible ones, no half surrogates, no backslash (it would be a separator elsewhere). */
function isPlain(text: string): boolean {
  return text.isWellFormed() && !/[\\\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cn}]/u.test(text);
}

export const configurationName = "agent.json";
export const configDiskName = "agent-configuration.img";
export const launchScriptName = "launch.sh";
export const domainName = "domain.xml";
export const sumsName = "SHA256SUMS";
/** Of the kit itself: a boot file of such a name would be written over. */
const kitNames: readonly string[] = [launchScriptName, domainName, sumsName];
const diskFormats: readonly string[] = ["raw", "qcow2"];
/** As many as an agent's configuration can name. */
const mostDisks = 16;
const mostPath = 1024;
