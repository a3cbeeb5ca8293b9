// How do records become rows and rows records? Canonical JSON, bytes apart, and a strict reading back: what is not exactly what we
// write is damage, not a default. Never judges what a record says.
import { z } from "zod";
import { bootSet } from "../../api/boot-schemas.ts";
import { failureTable, type FailureCode } from "../../base/failure.ts";
import { canonicalJson, parseJson } from "../../base/json.ts";
import { parsePolicy } from "../../appraise/policy-parser.ts";
import type { Json, JsonObject } from "../../base/json.ts";
import { launchStates, type LaunchRecord, type VmRecord } from "../../manager/records.ts";

export interface VmRow {
  readonly id: string;
  readonly created_at: number;
  readonly record: string;
}

export interface LaunchRow {
  readonly id: string;
  readonly vm: string;
  readonly state: string;
  readonly started_at: number;
  readonly decided: number;
  readonly record: string;
  readonly report: Uint8Array | null;
  readonly certificates: Uint8Array | null;
}

export function vmRow(vm: VmRecord): VmRow {
  const { bootSets, ...rest } = vm;
  // Rows of before boot sets have none: a VM without any is written as it was then.
  const record = bootSets.length === 0 ? rest : { ...rest, bootSets };
  return { id: vm.id, created_at: vm.createdAt, record: canonicalJson(plain(record)) };
}

/** @returns undefined where the row is damaged. */
export function vmFrom(row: VmRow): VmRecord | undefined {
  const vm = vmsRead.get(row.record) ?? readVm(row.record);
  return vm?.id === row.id && vm.createdAt === row.created_at ? vm : undefined;
}

function readVm(text: string): VmRecord | undefined {
  const json = objectFrom(text);
  if (json === undefined) return undefined;
  const { policy: policyJson, ...others } = json;
  const policy = parsePolicy(policyJson ?? null);
  const rest = vmShape.safeParse(others);
  if (!policy.ok || !rest.success) return undefined;
  const vm: VmRecord = { ...rest.data, policy: policy.value };
  // Insertion order stands in for age.
  const oldest = vmsRead.keys().next();
  if (vmsRead.size >= maximumVmsRead && oldest.done === false) vmsRead.delete(oldest.value);
  vmsRead.set(text, vm);
  return vm;
}

export function launchRow(launch: LaunchRecord): LaunchRow {
  const { report, certificates, ...rest } = launch;
  return {
    id: launch.id,
    vm: launch.vm,
    state: launch.state,
    started_at: launch.startedAt,
    decided: launch.decision === undefined ? 0 : 1,
    record: canonicalJson(plain(rest)),
    report: report ?? null,
    certificates: certificates ?? null,
  };
}

/** @returns undefined where the row is damaged. */
export function launchFrom(row: LaunchRow): LaunchRecord | undefined {
  const rest = launchShape.safeParse(objectFrom(row.record));
  if (!rest.success) return undefined;
  const { id, vm, state, startedAt, decision } = rest.data;
  const columnsAgree = id === row.id && vm === row.vm && state === row.state && startedAt === row.started_at;
  if (!columnsAgree || (decision === undefined ? 0 : 1) !== row.decided) return undefined;
  return {
    ...rest.data,
    ...(row.report === null ? {} : { report: new Uint8Array(row.report) }),
    ...(row.certificates === null ? {} : { certificates: new Uint8Array(row.certificates) }),
  };
}

/** A member that is there but undefined is one that is not there. */
function plain(record: object): Json {
  return JSON.parse(JSON.stringify(record)) as Json;
}

function objectFrom(text: string): JsonObject | undefined {
  try {
    const json = parseJson(text);
    const isObject = json !== null && typeof json === "object" && !Array.isArray(json);
    return isObject && canonicalJson(json) === text ? (json as JsonObject) : undefined;
  } catch {
    return undefined;
  }
}

/** What this text says, because a launch asks for its VM's record at every step: the row itself is read from the disk each time. */
const vmsRead = new Map<string, VmRecord>();
const maximumVmsRead = 64;

const instant = z.int();
const failureCode = z.custom<FailureCode>((value) => typeof value === "string" && Object.hasOwn(failureTable, value));
const diskOutcome = z.strictObject({ disk: z.string(), opened: z.boolean(), code: z.string().exactOptional() });

const pin = z.strictObject({ certificate: z.string(), spki: z.string() });

const identity = {
  measurement: z.string(),
  chipId: z.string(),
  signer: z.enum(["vcek", "vlek"]),
  provider: z.string(),
  idKeyDigest: z.string(),
  authorKeyDigest: z.string(),
  familyId: z.string(),
  imageId: z.string(),
};

const hostPlan = z.strictObject({
  host: z.enum(["qemu", "libvirt", "proxmox"]),
  memoryMib: z.int(),
  guestPolicy: z.string(),
  delivery: z.enum(["fw-cfg", "config-disk", "initramfs"]),
  folder: z.string(),
  disks: z.array(z.strictObject({ path: z.string(), format: z.enum(["raw", "qcow2"]) })),
  cbitpos: z.int(),
  reducedPhysBits: z.int(),
  proxmoxId: z.int().exactOptional(),
  idKey: z.string().exactOptional(),
  authorKey: z.string().exactOptional(),
  familyId: z.string().exactOptional(),
  imageId: z.string().exactOptional(),
  guestSvn: z.int().exactOptional(),
});

/** Bounds of the contract must only ever grow: what was taken once stays readable. */
const keptBootSet = z.strictObject({
  id: z.string(),
  label: z.string(),
  set: bootSet,
  addedAt: instant,
  approvedAt: instant.exactOptional(),
  approvalReason: z.string().exactOptional(),
  retiredAt: instant.exactOptional(),
});

const vmShape = z.strictObject({
  id: z.string(),
  name: z.string(),
  createdAt: instant,
  enabled: z.boolean(),
  simulatedAnchors: z.strictObject({ Milan: pin.exactOptional(), Genoa: pin.exactOptional(), Turin: pin.exactOptional() }).exactOptional(),
  configurations: z
    .array(
      z.strictObject({
        digest: z.string(),
        text: z.string(),
        issuedAt: instant,
        reason: z.string().exactOptional(),
        retiredAt: instant.exactOptional(),
        retiredReason: z.string().exactOptional(),
      }),
    )
    .min(1),
  disks: z.array(z.strictObject({ id: z.string(), device: z.string(), name: z.string(), uuid: z.string().exactOptional() })),
  policyVersions: z.array(z.strictObject({ number: z.int(), digest: z.string(), since: instant, reason: z.string() })).min(1),
  pins: z.array(z.strictObject({ ...identity, launch: z.string(), at: instant })),
  bootSets: z.array(keptBootSet).min(1).default([]),
  history: z.strictObject({
    chips: z.array(
      z.strictObject({ chipId: z.string(), reportedTcb: z.string(), committedTcb: z.string(), firstAt: instant, lastAt: instant }),
    ),
    instances: z.array(z.strictObject({ reportId: z.string(), chipId: z.string(), launch: z.string(), at: instant })),
  }),
  failedOpens: z.int().min(0),
  hostPlan: hostPlan.exactOptional(),
});

const check = z.strictObject({
  id: z.string(),
  group: z.enum([
    "identity",
    "measurement",
    "configuration",
    "guest-policy",
    "tcb",
    "platform",
    "certificates",
    "binding",
    "history",
    "rules",
  ]),
  title: z.string(),
  expected: z.string(),
  actual: z.string(),
  verdict: z.enum(["pass", "fail", "waived"]),
  sentence: z.string(),
  code: failureCode.exactOptional(),
  waiver: z.string().exactOptional(),
  signal: z.string().exactOptional(),
});

const because = z.discriminatedUnion("reason", [
  z.strictObject({ reason: z.literal("always") }),
  z.strictObject({ reason: z.literal("first-launch") }),
  z.strictObject({
    reason: z.literal("new"),
    differences: z.array(z.strictObject({ title: z.string(), approved: z.string(), now: z.string() })),
  }),
  z.strictObject({ reason: z.literal("outside-times") }),
]);

const launchShape = z.strictObject({
  id: z.string(),
  vm: z.string(),
  vmName: z.string().exactOptional(),
  simulated: z.boolean(),
  peer: z.string(),
  agent: z.string(),
  startedAt: instant,
  updatedAt: instant,
  state: z.enum(launchStates),
  waitUntil: instant.exactOptional(),
  waitingFor: z.strictObject({ what: z.literal("collateral"), until: instant, ahead: z.int().min(0).exactOptional() }).exactOptional(),
  evidenceDigest: z.string().exactOptional(),
  claimsDigest: z.string().exactOptional(),
  checks: z.array(check).exactOptional(),
  code: z.string().exactOptional(),
  detail: z.string().exactOptional(),
  decision: z
    .strictObject({
      verdict: z.enum(["release", "refuse"]),
      at: instant,
      by: z.enum(["policy", "person"]),
      reason: z.string().exactOptional(),
      approvedEvidence: z.string().exactOptional(),
      pinnedBy: z.string().exactOptional(),
      bootSet: z.strictObject({ id: z.string(), label: z.string() }).exactOptional(),
      entry: z.int(),
    })
    .exactOptional(),
  because: because.exactOptional(),
  outcome: z.array(diskOutcome).exactOptional(),
  alert: z.string().exactOptional(),
});
