// What does the fixture service show? Made-up launches and VMs in the contract's own types, so that drift does not compile. Reports
// are real bytes, decoded by the service's own code.
import { standardPreset } from "../../core/appraise/presets.ts";
import { canonicalJson } from "../../core/base/json.ts";
import { policyDigest } from "../../core/manager/policies.ts";
import { nodePrimitives } from "../../core/node/primitives.ts";
import type { CheckView, LaunchDetail, StatusView, VmDetail } from "../../core/api/schemas.ts";
import { toHex } from "../../core/base/bytes.ts";
import { fieldViews } from "../../core/node/service/field-views.ts";
import { encodeReport } from "../../core/snp/report-encode.ts";

/** The same id for the same name. */
export function idOf(name: string): string {
  const hex = digestOf(name, 16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** Looks like a digest; is none. */
export function digestOf(name: string, bytes: number): string {
  return toHex(spread(name, bytes));
}

/** @param seconds before now, in RFC 3339. */
export function before(seconds: number): string {
  return new Date(Date.now() - seconds * 1000).toISOString();
}

export const readyStatus: StatusView = {
  version: "0.1.0",
  keychain: { state: "ready", backend: "sealed-file", osKeychainAnswers: false },
  listener: { state: "listening", address: "192.0.2.10:7443" },
  pending: 0,
  confirmation: "terminal-code",
  simulation: { possible: true },
};

export function pendingLaunch(part: Partial<LaunchDetail> = {}): LaunchDetail {
  const report = reportBytes("first");
  return {
    id: idOf("pending"),
    vm: idOf("billing"),
    vmName: "billing-db-01",
    simulated: true,
    state: "pending",
    peer: "198.51.100.24:41822",
    agent: "portcullis-agent/0.1.0",
    startedAt: before(14),
    updatedAt: before(12),
    waitUntil: before(-286),
    evidence: digestOf("evidence one", 48),
    fields: fieldViews(report),
    report: toHex(report),
    checks: passingChecks,
    signals: passingChecks.flatMap(({ signal }) => (signal === undefined ? [] : [signal])),
    ...part,
  };
}

export function endedLaunch(name: string, part: Partial<LaunchDetail>): LaunchDetail {
  const { waitUntil: _, ...launch } = pendingLaunch({ id: idOf(name), ...part });
  return launch;
}

export function history(): readonly LaunchDetail[] {
  return [
    endedLaunch("opened", {
      state: "opened",
      startedAt: before(3_900),
      updatedAt: before(3_860),
      decision: { verdict: "release", at: before(3_862), by: "person", reason: "Planned restart, change 4711", entry: 12 },
      outcome: [{ disk: "root", opened: true }],
    }),
    endedLaunch("refused", {
      vm: idOf("mail"),
      vmName: "mail-gateway",
      simulated: false,
      state: "refused",
      startedAt: before(7_900),
      updatedAt: before(7_899),
      checks: failingChecks,
      failure: { code: "appraise.guest-policy", sentence: "The host may decrypt the VM's memory. Start the VM with debugging off." },
      decision: { verdict: "refuse", at: before(7_899), by: "policy", entry: 11 },
    }),
    endedLaunch("stranger", {
      vm: idOf("stranger"),
      simulated: false,
      state: "refused",
      peer: "203.0.113.200:50010",
      startedAt: before(90_000),
      updatedAt: before(90_000),
      checks: [],
      fields: [],
      failure: { code: "launch.unknown-vm", sentence: "No VM of this id is enrolled. Enrol it first, or look for who is knocking." },
    }),
    endedLaunch("unknown", { state: "delivery-unknown", startedAt: before(190_000), updatedAt: before(189_900) }),
    endedLaunch("denied", { state: "denied", startedAt: before(400_000), updatedAt: before(399_000) }),
  ].map(({ vmName, ...launch }) => (launch.vm === idOf("stranger") || vmName === undefined ? launch : { ...launch, vmName }));
}

export function vm(name: string, part: Partial<VmDetail> = {}): VmDetail {
  const configuration = {
    version: 1,
    vm: idOf(name),
    manager: { endpoints: ["192.0.2.10:7443"], anchor: digestOf("anchor", 32) },
    disks: [root],
    retry: {},
  };
  const digest = digestOf(`configuration ${name}`, 32);
  return {
    id: idOf(name),
    name,
    simulated: false,
    enabled: true,
    createdAt: before(1_000_000),
    disks: [root],
    configurations: [
      {
        digest,
        hostDataBase64: Buffer.from(digest, "hex").toString("base64"),
        text: JSON.stringify(configuration),
        issuedAt: before(1_000_000),
      },
    ],
    policy: canonicalJson(standardPreset()),
    policyVersion: {
      number: 1,
      digest: policyDigest(standardPreset(), nodePrimitives),
      since: before(1_000_000),
      reason: "enrolled with it",
    },
    pins: [],
    bootSets: [],
    history: { chips: [], instances: [] },
    failedOpens: 0,
    ...part,
  };
}

const root = { id: "root", device: "/dev/vda", name: "root" } as const;

function reportBytes(name: string): Uint8Array {
  const tcb = Uint8Array.of(10, 0, 0, 0, 0, 0, 24, 84);
  return encodeReport({
    version: 3,
    policy: 0x3_0000n,
    platformInfo: 0x25n,
    signingKey: "vcek",
    cpuid: { family: 25, model: 17, stepping: 1 },
    measurement: spread(`measurement ${name}`, 48),
    hostData: spread("configuration billing-db-01", 32),
    reportData: spread(`binding ${name}`, 64),
    chipId: spread("chip", 64),
    reportId: spread(`report ${name}`, 32),
    currentTcb: tcb,
    reportedTcb: tcb,
    committedTcb: tcb,
    launchTcb: tcb,
    currentVersion: { major: 1, minor: 55, build: 29 },
    committedVersion: { major: 1, minor: 55, build: 29 },
  });
}

function spread(name: string, length: number): Uint8Array {
  let state = [...name].reduce((sum, character) => (sum * 31 + character.charCodeAt(0)) >>> 0, 7);
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 24;
  });
}

type Row = readonly [id: string, group: CheckView["group"], title: string, expected: string, actual: string, sentence: string];

const passed: readonly Row[] = [
  [
    "simulated",
    "identity",
    "Real or simulated",
    "simulated",
    "simulated",
    "SIMULATED: this VM is enrolled as simulated, and the report is.",
  ],
  ["product", "identity", "Processor line", "Milan or Genoa or Turin", "Genoa", "The processor is of a line that the policy accepts."],
  [
    "configuration",
    "configuration",
    "Agent configuration (HOST_DATA)",
    digestOf("configuration billing-db-01", 32),
    digestOf("configuration billing-db-01", 32),
    "The VM runs with the configuration that was issued.",
  ],
  [
    "guest-policy",
    "guest-policy",
    "Guest policy",
    "debug off, no migration agent",
    "debug off, no migration agent",
    "The host has no permission that the policy forbids.",
  ],
  ["firmware", "tcb", "Security firmware version", "at least 1.55.21", "1.55.29", "The firmware is new enough."],
  ["provisional", "tcb", "Firmware committed", "committed is current", "1.55.29", "The host cannot go back to older firmware."],
  ["platform", "platform", "Platform set-up", "memory checked for aliases", "checked", "The machine is set up as demanded."],
  ["signer", "certificates", "Kind of signing key", "vcek", "vcek", "The chip's own key signed the report."],
  [
    "chain",
    "certificates",
    "Certificate chain",
    "a chain from SIM-ARK-Genoa",
    "SIM-ARK-Genoa → SIM-SEV-Genoa → SEV-VCEK, valid until 2033-01-01T00:00:00.000Z",
    "SIMULATED: the chain ends in this manager's simulated root.",
  ],
  [
    "revocation",
    "certificates",
    "Revocation",
    "checked",
    "checked",
    "No certificate of the chain is on the root's current revocation list.",
  ],
  [
    "report-data",
    "binding",
    "Bound to this connection (REPORT_DATA)",
    digestOf("binding first", 64),
    digestOf("binding first", 64),
    "The report carries the value of this connection, this challenge and the agent's sealing key.",
  ],
  [
    "vmpl",
    "binding",
    "Privilege level of the agent",
    "at most VMPL 0",
    "VMPL 0",
    "The report was asked for at a level that the policy accepts.",
  ],
];

const passingChecks: CheckView[] = [
  ...passed.map(
    ([id, group, title, expected, actual, sentence]): CheckView => ({ id, group, title, expected, actual, sentence, verdict: "pass" }),
  ),
  {
    id: "measurement",
    group: "measurement",
    title: "Launch measurement",
    expected: "anything",
    actual: digestOf("measurement first", 48),
    verdict: "waived",
    sentence: "Not checked, by the owner's decision: the owner compares it by hand at each approval",
    waiver: "the owner compares it by hand at each approval",
  },
];

const failingChecks: CheckView[] = passingChecks.map((check) =>
  check.id === "guest-policy"
    ? {
        ...check,
        actual: "debug on",
        verdict: "fail",
        code: "appraise.guest-policy",
        sentence: "The host may decrypt the VM's memory. Start the VM with debugging off.",
      }
    : check,
);
