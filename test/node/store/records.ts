// Records for the store's tests: one of each with every optional member, and the least of each.
import { standardPreset } from "../../../core/appraise/presets.ts";
import { emptyTip, sealEntry } from "../../../core/audit/entry.ts";
import { nodePrimitives } from "../../../core/node/primitives.ts";
import type { AuditTip, SealedEntry } from "../../../core/audit/entry.ts";
import type { LaunchRecord, VmRecord } from "../../../core/manager/records.ts";

export const fullVm: VmRecord = {
  id: "00000000-0000-4000-8000-000000000001",
  name: "database",
  createdAt: 1_000,
  enabled: true,
  simulatedAnchors: { Milan: { certificate: "aa".repeat(32), spki: "bb".repeat(32) } },
  configurations: [{ digest: "cc".repeat(32), text: '{"version":1}', issuedAt: 1_000, retiredAt: 2_000 }],
  disks: [
    { id: "root", device: "/dev/vda2", name: "cryptroot", uuid: uuid(7) },
    { id: "data", device: "/dev/vdb", name: "data" },
  ],
  policy: standardPreset(),
  policyVersions: [{ number: 1, digest: "dd".repeat(48), since: 1_000, reason: "enrolled with it" }],
  pins: [
    {
      launch: uuid(901),
      at: 1_500,
      measurement: "aa".repeat(48),
      chipId: "bb".repeat(64),
      signer: "vcek",
      provider: "",
      idKeyDigest: "00".repeat(48),
      authorKeyDigest: "00".repeat(48),
      familyId: "00".repeat(16),
      imageId: "00".repeat(16),
    },
  ],
  bootSets: [
    {
      id: uuid(902),
      label: "6.12.9",
      set: {
        firmware: {
          name: "OVMF.amdsev.fd",
          sha256: "ab".repeat(32),
          bytes: 4_194_304,
          launchDigest: "cd".repeat(48),
          resetEip: 0x80_b004,
          hashTable: { base: 0x81_0c00, size: 1024 },
          sections: [{ gpa: 0x81_0000, size: 4096, kind: "kernel-hashes" }],
        },
        direct: {
          kernel: { name: "vmlinuz", sha256: "01".repeat(32), bytes: 8_000_000 },
          initrd: { name: "initrd.img", sha256: "02".repeat(32), bytes: 60_000_000 },
          commandLine: "console=ttyS0",
        },
        vcpus: 4,
        vcpuModel: "EPYC-Milan",
        vcpuSignature: 0xa0_0f11,
        guestFeatures: "0x1",
        vmm: "qemu",
        measurement: "ef".repeat(48),
      },
      addedAt: 1_100,
      approvedAt: 1_200,
      approvalReason: "the next kernel",
      retiredAt: 1_300,
    },
  ],
  history: {
    chips: [{ chipId: "bb".repeat(64), reportedTcb: "04000000000018db", committedTcb: "04000000000018db", firstAt: 1_500, lastAt: 1_500 }],
    instances: [{ reportId: "ee".repeat(32), chipId: "bb".repeat(64), launch: uuid(901), at: 1_500 }],
  },
  failedOpens: 1,
  hostPlan: {
    host: "proxmox",
    memoryMib: 4096,
    guestPolicy: "0x30000",
    delivery: "config-disk",
    folder: "/srv/vm/database",
    disks: [{ path: "/dev/pve/vm-101-disk-0", format: "raw" }],
    cbitpos: 51,
    reducedPhysBits: 1,
    proxmoxId: 101,
    idKey: "release",
    authorKey: "owner",
    familyId: "0a".repeat(16),
    imageId: "0b".repeat(16),
    guestSvn: 3,
  },
};

export function leastVm(number: number): VmRecord {
  const { simulatedAnchors: _simulated, hostPlan: _plan, ...vm } = fullVm;
  return { ...vm, id: uuid(number), createdAt: number };
}

export const fullLaunch: LaunchRecord = {
  id: uuid(900),
  vm: fullVm.id,
  vmName: "database",
  simulated: true,
  peer: "192.0.2.1 5000",
  agent: "portcullis-agent/0.1.0",
  startedAt: 900,
  updatedAt: 950,
  state: "released",
  waitUntil: 960,
  waitingFor: { what: "collateral", until: 955, ahead: 3 },
  evidenceDigest: "dd".repeat(48),
  claimsDigest: "ee".repeat(48),
  report: new Uint8Array(1184).fill(5),
  certificates: new Uint8Array(24),
  checks: [
    {
      id: "vmpl",
      group: "identity",
      title: "VMPL",
      expected: "0",
      actual: "1",
      verdict: "fail",
      sentence: "It is not.",
      code: "store.corrupt",
      waiver: "none",
    },
  ],
  code: "store.corrupt",
  detail: "a detail with \u{1f511} in it",
  decision: {
    verdict: "release",
    at: 955,
    by: "person",
    reason: "seen",
    approvedEvidence: "dd".repeat(48),
    pinnedBy: uuid(901),
    bootSet: { id: uuid(902), label: "6.12.9" },
    entry: 1,
  },
  outcome: [{ disk: "root", opened: false, code: "agent.wrong-key" }],
  alert: "a second launch knocked",
};

export function leastLaunch(number: number, more: Partial<LaunchRecord> = {}): LaunchRecord {
  return {
    id: uuid(number),
    vm: fullVm.id,
    simulated: false,
    peer: "192.0.2.1 5000",
    agent: "portcullis-agent/0.1.0",
    startedAt: number,
    updatedAt: number,
    state: "attesting",
    ...more,
  };
}

export function entryAfter(tip: AuditTip = emptyTip): SealedEntry {
  return sealEntry(tip, 1_700_000_000_000, { kind: "manager-started", facts: { note: `after ${tip.sequence}` } }, nodePrimitives);
}

export function uuid(number: number): string {
  return `00000000-0000-4000-8000-${String(number).padStart(12, "0")}`;
}
