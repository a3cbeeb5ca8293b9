// Can this VM be started as planned, and what exactly is said to the host? Looks at every part of a kit's input and gives it in the host's own form.
// AMD 56860 (guest policy, ID block); docs/protocol.md (HOST_DATA). Whatever would only fail on the host, late and unclearly, is refused here.
import { sha256 } from "@noble/hashes/sha2.js";
import { equalBytes, toBase64, toHex } from "../base/bytes.ts";
import { failure } from "../base/failure.ts";
import { fail, ok, type Result } from "../base/result.ts";
import { utf8 } from "../base/utf8.ts";
import { parseConfiguration } from "../launch/agent-configuration.ts";
import type { BootSet } from "../measure/boot-set.ts";
import { vcpuSignature } from "../measure/vcpu.ts";
import { parseGuestPolicy, type GuestPolicy } from "../snp/guest-policy.ts";
import { parseIdAuth, parseIdBlock } from "../snp/id-block.ts";
import { hostPaths, type HostPaths } from "./host-paths.ts";
import type { HostPlan, KitInput } from "./launch-kit.ts";

export interface LaunchFacts {
  readonly vm: KitInput["vm"];
  readonly plan: HostPlan;
  readonly set: BootSet;
  readonly configuration: string;
  readonly paths: HostPaths;
  readonly policy: GuestPolicy;
  /** "0x30000". */
  readonly policyText: string;
  /** Base64. */
  readonly hostData: string;
  readonly idBlock: { readonly block: string; readonly auth: string; readonly authorKey: boolean } | undefined;
}

export function launchFacts(input: KitInput): Result<LaunchFacts> {
  const { vm, plan, set, configuration } = input;
  const fault = planFault(plan) ?? (isName(vm.name) ? undefined : "the VM's name");
  if (fault !== undefined) return fail(failure("kit.plan-malformed", fault));
  const policy = checkedPolicy(plan.guestPolicy, input.allowed ?? []);
  if (!policy.ok) return policy;
  const bootable = checkBootSet(set);
  if (!bootable.ok) return bootable;
  const configured = checkConfiguration(input);
  if (!configured.ok) return configured;
  const idBlock = checkedIdBlock(input, policy.value.raw);
  if (!idBlock.ok) return idBlock;
  const paths = hostPaths(plan, set);
  if (!paths.ok) return paths;
  return ok({
    vm,
    plan,
    set,
    configuration,
    paths: paths.value,
    policy: policy.value,
    policyText: `0x${policy.value.raw.toString(16)}`,
    hostData: toBase64(input.hostData),
    idBlock: idBlock.value,
  });
}

/** The first field that no host could take, or undefined. */
function planFault({ memoryMib, cbitpos, reducedPhysBits, proxmoxId }: HostPlan): string | undefined {
  if (!isWhole(memoryMib, leastMemoryMib, mostMemoryMib)) return "memoryMib";
  if (!isWhole(cbitpos, 32, 63)) return "cbitpos";
  if (!isWhole(reducedPhysBits, 1, 63)) return "reducedPhysBits";
  if (proxmoxId !== undefined && !isWhole(proxmoxId, leastProxmoxId, mostProxmoxId)) return "proxmoxId";
  return undefined;
}

function checkedPolicy(text: string, allowed: NonNullable<KitInput["allowed"]>): Result<GuestPolicy> {
  if (!/^0x[0-9a-f]{1,16}$/.test(text)) return fail(failure("kit.plan-malformed", "guestPolicy"));
  const policy = parseGuestPolicy(BigInt(text));
  if (!policy.ok) return policy;
  if (policy.value.debug && !allowed.includes("debug")) return fail(failure("kit.plan-debug", text));
  if (policy.value.migrateMa && !allowed.includes("migrateMa")) return fail(failure("kit.plan-migration", text));
  return policy;
}

function checkBootSet({
  firmware,
  direct,
  vmm,
  vcpus,
  vcpuModel,
  vcpuSignature: measured,
  guestFeatures,
  measurement,
}: BootSet): Result<true> {
  if (vmm !== "qemu") return fail(failure("kit.other-vmm", vmm));
  if (!isWhole(vcpus, 1, mostVcpus)) return fail(failure("measure.vcpus", `${vcpus}`));
  if (direct !== undefined && firmware.hashTable === undefined) return fail(failure("measure.firmware-no-hashes", firmware.name));
  if (direct?.commandLine.includes("\0") === true) return fail(failure("measure.command-line"));
  if (direct !== undefined && !direct.commandLine.isWellFormed()) return fail(failure("kit.not-sayable", "the command line"));
  // They are written into comments and lists, where nothing is quoted.
  const digests = [firmware.sha256, direct?.kernel.sha256, direct?.initrd?.sha256].filter((digest) => digest !== undefined);
  if (!/^[0-9a-f]{96}$/.test(measurement) || !digests.every((digest) => /^[0-9a-f]{64}$/.test(digest)))
    return fail(failure("measure.boot-set"));
  const known = vcpuSignature(vcpuModel);
  // `host` has whatever signature the host has: the owner said which when the set was measured.
  if (!/^(host|EPYC[A-Za-z0-9.-]{0,60})$/.test(vcpuModel)) return fail(failure("kit.vcpu-model", vcpuModel));
  if (known !== undefined && known !== measured)
    return fail(failure("kit.vcpu-model", `${vcpuModel} has 0x${known.toString(16)}, measured was 0x${measured.toString(16)}`));
  if (!/^0x[0-9a-f]{1,16}$/.test(guestFeatures)) return fail(failure("measure.boot-set"));
  if (!sayableFeatures.includes(BigInt(guestFeatures))) return fail(failure("kit.guest-features", guestFeatures));
  return ok(true);
}

function checkConfiguration({ vm, configuration, hostData }: KitInput): Result<true> {
  const bytes = utf8(configuration);
  const parsed = parseConfiguration(bytes);
  if (!parsed.ok) return parsed;
  if (parsed.value.configuration.vm !== vm.id) return fail(failure("kit.configuration", "vm"));
  if (!equalBytes(sha256(bytes), hostData)) return fail(failure("kit.configuration", "HOST_DATA"));
  return ok(true);
}

function checkedIdBlock({ idBlock, set }: KitInput, policy: bigint): Result<LaunchFacts["idBlock"]> {
  if (idBlock === undefined) return ok(undefined);
  const block = parseIdBlock(idBlock.block);
  if (!block.ok) return block;
  const auth = parseIdAuth(idBlock.auth);
  if (!auth.ok) return auth;
  if (toHex(block.value.launchDigest) !== set.measurement) return fail(failure("kit.id-block", "another measurement"));
  if (block.value.policy !== policy) return fail(failure("kit.id-block", "another guest policy"));
  // Without the author key in ID_AUTH a launch that announces one fails; with it, a launch that does not leaves AUTHOR_KEY_DIGEST empty.
  if ((auth.value.author !== undefined) !== idBlock.authorKey) return fail(failure("kit.id-block", "author key"));
  return ok({ block: toBase64(idBlock.block), auth: toBase64(idBlock.auth), authorKey: idBlock.authorKey });
}

function isName(text: string): boolean {
  return text.length >= 1 && text.length <= 128 && text.isWellFormed() && !/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cn}]/u.test(text);
}

function isWhole(value: number, least: number, most: number): boolean {
  return Number.isInteger(value) && value >= least && value <= most;
}

/** SNP active, and with or without DebugSwap: the host's kernel chooses, and no option of a host says more. */
const sayableFeatures: readonly bigint[] = [0x1n, 0x21n];
/** Below this the agent's initramfs does not fit (measured). */
const leastMemoryMib = 352;
const mostMemoryMib = 16 * 1024 * 1024;
const mostVcpus = 4096;
const leastProxmoxId = 100;
const mostProxmoxId = 999_999_999;
