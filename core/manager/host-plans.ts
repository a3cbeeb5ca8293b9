// How does an owner say how the VM's host starts it? A plan, checked and kept in one audited step; the launch kit is written from it.
// It admits nothing: what a launch may be is the appraisal policy's. But a plan that would let the host read the guest is not kept.
import { failure, type Failure } from "../base/failure.ts";
import { fail, ok, type Result } from "../base/result.ts";
import type { AppraisalPolicy } from "../appraise/policy.ts";
import type { GuestPermission } from "../appraise/policy-demands.ts";
import { canonicalJson } from "../base/json.ts";
import { parseGuestPolicy } from "../snp/guest-policy.ts";
import type { ManagerContext } from "./context.ts";
import { vmFacts } from "./facts.ts";
import type { KeptPlan, VmRecord } from "./records.ts";

export function setPlan({ ports, ledger }: ManagerContext, id: string, given: KeptPlan): Result<VmRecord> {
  const vm = ports.store.vm(id);
  if (vm === undefined) return fail(failure("enrolment.unknown-vm", id));
  const fault = faultOf(given) ?? permissionFault(given, vm.policy);
  if (fault !== undefined) return fail(fault);
  const hostPlan = ownMembers(given);
  if (vm.hostPlan !== undefined && canonicalJson(vm.hostPlan) === canonicalJson(hostPlan)) return ok(vm);
  const changed: VmRecord = { ...vm, hostPlan };
  const committed = ledger.commit(vmFacts("vm-changed", changed, ports.keychain.backend), () => ({ vm: changed }));
  return committed.ok ? ok(changed) : committed;
}

/**
 * The guest policy's permissions that must not be given by mistake. A check that is waived allows nothing by name.
 * Asked again when a kit is made: the appraisal policy may have become stricter since.
 */
export function permissionFault({ guestPolicy }: Pick<KeptPlan, "guestPolicy">, policy: AppraisalPolicy): Failure | undefined {
  const bits = parseGuestPolicy(BigInt(guestPolicy));
  if (!bits.ok) return failure("kit.plan-malformed", "guestPolicy", bits.failure);
  const allowed = allowedPermissions(policy);
  if (bits.value.debug && !allowed.includes("debug")) return failure("kit.plan-debug", guestPolicy);
  if (bits.value.migrateMa && !allowed.includes("migrateMa")) return failure("kit.plan-migration", guestPolicy);
  return undefined;
}

/** Of those that must not be given by mistake, the ones that the appraisal policy names. */
export function allowedPermissions(policy: AppraisalPolicy): readonly ("debug" | "migrateMa")[] {
  const demand = policy.checks.guestPolicy;
  const allowed: readonly GuestPermission[] = "require" in demand ? demand.require.allowed : [];
  return (["debug", "migrateMa"] as const).filter((permission) => allowed.includes(permission));
}

/** The first member that cannot stand in a launch line. */
function faultOf(plan: KeptPlan): Failure | undefined {
  const faulty = (member: keyof typeof forms): Failure => failure("kit.plan-malformed", `${member}: ${forms[member]}`);
  const { memoryMib, guestPolicy, folder, disks, cbitpos, reducedPhysBits, proxmoxId, idKey, authorKey, guestSvn } = plan;
  if (!isWhole(memoryMib, leastMemory, mostMemory)) return faulty("memoryMib");
  if (!/^0x(?:0|[1-9a-f][0-9a-f]{0,15})$/.test(guestPolicy)) return faulty("guestPolicy");
  const bits = parseGuestPolicy(BigInt(guestPolicy));
  if (!bits.ok) return failure("kit.plan-malformed", `guestPolicy: ${forms.guestPolicy}`, bits.failure);
  if (!isPath(folder) || folder.endsWith("/")) return faulty("folder");
  if (disks.length > maximumDisks || !disks.every(({ path }) => isPath(path) && !path.endsWith("/"))) return faulty("disks");
  if (new Set(disks.map(({ path }) => path)).size !== disks.length) return failure("kit.plan-malformed", "disks: the same path twice");
  if (!isWhole(cbitpos, 32, 63)) return faulty("cbitpos");
  if (!isWhole(reducedPhysBits, 1, 63)) return faulty("reducedPhysBits");
  if ((plan.host === "proxmox") !== (proxmoxId !== undefined))
    return failure("kit.plan-malformed", "proxmoxId: where the host is Proxmox VE, and only there");
  if (proxmoxId !== undefined && !isWhole(proxmoxId, 100, 999_999_999)) return faulty("proxmoxId");
  for (const [member, name] of [["idKey", idKey] as const, ["authorKey", authorKey] as const])
    if (name !== undefined && !/^[a-z0-9][a-z0-9-]{0,31}$/.test(name)) return faulty(member);
  if (guestSvn !== undefined && !isWhole(guestSvn, 0, 0xffff_ffff)) return faulty("guestSvn");
  for (const member of ["familyId", "imageId"] as const)
    if (plan[member] !== undefined && !/^[0-9a-f]{32}$/.test(plan[member])) return faulty(member);
  // Without an ID key there is no ID block that could carry them: said here, not lost without a word.
  for (const member of ["authorKey", "familyId", "imageId", "guestSvn"] as const)
    if (idKey === undefined && plan[member] !== undefined) return failure("kit.plan-malformed", `${member} without idKey`);
  return undefined;
}

/** What the type names and nothing else, so that a record never keeps what nobody looked at. */
function ownMembers(plan: KeptPlan): KeptPlan {
  const { host, memoryMib, guestPolicy, delivery, folder, disks, cbitpos, reducedPhysBits } = plan;
  const { proxmoxId, idKey, authorKey, familyId, imageId, guestSvn } = plan;
  return {
    host,
    memoryMib,
    guestPolicy,
    delivery,
    folder,
    disks: disks.map(({ path, format }) => ({ path, format })),
    cbitpos,
    reducedPhysBits,
    ...(proxmoxId === undefined ? {} : { proxmoxId }),
    ...(idKey === undefined ? {} : { idKey }),
    ...(authorKey === undefined ? {} : { authorKey }),
    ...(familyId === undefined ? {} : { familyId }),
    ...(imageId === undefined ? {} : { imageId }),
    ...(guestSvn === undefined ? {} : { guestSvn }),
  };
}

function isWhole(number: number, least: number, most: number): boolean {
  return Number.isInteger(number) && number >= least && number <= most;
}

/** Absolute, and of characters that can be seen and written into a launch line; each host's kit quotes them as that host reads them. */
function isPath(text: string): boolean {
  return (
    /^\/[^\\\p{C}\p{Zl}\p{Zp}]{1,255}$/u.test(text) && text.length <= 256 && !text.split("/").some((part) => part === ".." || part === ".")
  );
}

/** Below this the agent's initramfs does not fit (measured). */
const leastMemory = 352;
/** 16 TiB. */
const mostMemory = 16_777_216;
const maximumDisks = 16;
/** What each member must be, for whoever reads the refusal. */
const forms = {
  memoryMib: `${leastMemory} to ${mostMemory}`,
  guestPolicy: "0x and hex without zeros before it; bit 17 is set, and none above 25",
  folder: "an absolute path without a slash at its end",
  disks: `at most ${maximumDisks} absolute paths`,
  cbitpos: "32 to 63",
  reducedPhysBits: "1 to 63",
  proxmoxId: "100 to 999999999",
  idKey: "lower-case letters, digits and hyphens",
  authorKey: "lower-case letters, digits and hyphens",
  guestSvn: "0 to 4294967295",
  familyId: "32 lower-case hex digits",
  imageId: "32 lower-case hex digits",
} as const;
