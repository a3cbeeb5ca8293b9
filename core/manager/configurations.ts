// Which agent configurations does this manager stand by, and which disks does each open? (docs/protocol.md, "What ties a launch together")
// SECURITY: the keys that a launch gets are those of the configuration that the CPU attested, and no others. Never returns a key.
import { toHex } from "../base/bytes.ts";
import type { Primitives } from "../base/crypto.ts";
import { failure, type Failure } from "../base/failure.ts";
import { fail, ok, type Result } from "../base/result.ts";
import { utf8 } from "../base/utf8.ts";
import { configurationDigest, copyOfDisk, parseConfiguration, type AgentConfiguration } from "../launch/agent-configuration.ts";
import type { DiskSpec, IssuedConfiguration, VmRecord } from "./records.ts";

/** @param digest hex, as the agent named it. */
export function configurationFault(vm: Pick<VmRecord, "configurations">, digest: string): Failure | undefined {
  const issued = vm.configurations.find((configuration) => configuration.digest === digest);
  if (issued === undefined) return failure("release.configuration-unknown", digest);
  return issued.retiredAt === undefined ? undefined : failure("release.configuration-retired", digest);
}

/** The one to launch with: the newest that is accepted. Every VM has one, because the last is never retired. */
export function currentConfiguration({ configurations }: Pick<VmRecord, "configurations">): IssuedConfiguration {
  const current = configurations.find(({ retiredAt }) => retiredAt === undefined);
  if (current === undefined) throw new Error("a VM without an accepted configuration");
  return current;
}

/**
 * The disks whose keys an agent may have that runs with this configuration, in its order. The text is believed only as far as its digest goes.
 * @param hostData hex: what the CPU attested.
 */
export function attestedDisks(vm: VmRecord, hostData: string, primitives: Primitives): Result<readonly string[]> {
  const issued = vm.configurations.find(({ digest }) => digest === hostData);
  if (issued === undefined || digestOf(issued.text, primitives) !== hostData) {
    return fail(failure("release.configuration-unknown", hostData));
  }
  const read = readConfiguration(issued);
  return read.ok ? ok(read.value.disks.map(({ id }) => id)) : read;
}

export function readConfiguration({ text }: Pick<IssuedConfiguration, "text">): Result<AgentConfiguration> {
  const read = parseConfiguration(utf8(text));
  return read.ok ? ok(read.value.configuration) : read;
}

/** What the record shows as the VM's disks: those of the configuration to launch with. */
export function disksOf({ disks }: Pick<AgentConfiguration, "disks">): readonly DiskSpec[] {
  return disks.map(copyOfDisk);
}

export function acceptedOf({ configurations }: Pick<VmRecord, "configurations">): readonly IssuedConfiguration[] {
  return configurations.filter(({ retiredAt }) => retiredAt === undefined);
}

function digestOf(text: string, primitives: Primitives): string {
  return toHex(configurationDigest(utf8(text), primitives));
}
