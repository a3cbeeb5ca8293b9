// What do the consoles see? The shapes of every answer and question of the contract, checked in both directions.
// Bytes are lower-case hex, times are RFC 3339 in UTC. No shape here can hold key material.
import { z } from "zod";
import { hostPlan } from "./kit-schemas.ts";
import { aheadBootSet, keptBootSet } from "./boot-schemas.ts";
import { launchHistory, launchPin, policyText, policyVersion } from "./policy-schemas.ts";
import { hex, product, time, uuid } from "./shapes.ts";

export const launchState = z.enum([
  "attesting",
  "pending",
  "released",
  "opened",
  "open-failed",
  "refused",
  "denied",
  "expired",
  "abandoned",
  "delivery-unknown",
]);

export const failureView = z.strictObject({ code: z.string(), sentence: z.string() });

export const checkView = z.strictObject({
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
  code: z.string().optional(),
  waiver: z.string().optional(),
  /** What a person should know of it although it need not fail. */
  signal: z.string().optional(),
});

export const launchSummary = z.strictObject({
  id: uuid,
  vm: z.string(),
  vmName: z.string().optional(),
  simulated: z.boolean(),
  state: launchState,
  peer: z.string(),
  agent: z.string(),
  startedAt: time,
  updatedAt: time,
  waitUntil: time.optional(),
  /** While its evidence is not judged yet: what is fetched first, until when at the latest, and how many requests are served before. */
  waitingFor: z.strictObject({ what: z.literal("collateral"), until: time, ahead: z.number().int().min(0).optional() }).optional(),
  /** SHA-384 of the evidence now in hand: what an approval must name. */
  evidence: hex(48).optional(),
  failure: failureView.optional(),
  alert: z.string().optional(),
  /** What a person should know although it need not fail: of the checks, in sentences. */
  signals: z.array(z.string()),
});

/** Why a person is asked. */
export const personNeeded = z.discriminatedUnion("reason", [
  z.strictObject({ reason: z.literal("always") }),
  z.strictObject({ reason: z.literal("first-launch") }),
  z.strictObject({
    reason: z.literal("new"),
    differences: z.array(z.strictObject({ title: z.string(), approved: z.string(), now: z.string() })),
  }),
  z.strictObject({ reason: z.literal("outside-times") }),
]);

/** One decoded field of the report, ready to show. */
export const fieldView = z.strictObject({
  group: checkView.shape.group,
  /** AMD's spelling, e.g. MEASUREMENT. */
  name: z.string(),
  value: z.string(),
  /** What it means, one sentence. */
  meaning: z.string(),
});

export const launchDetail = launchSummary.extend({
  fields: z.array(fieldView),
  checks: z.array(checkView),
  /** The raw report. */
  report: z.string().optional(),
  decision: z
    .strictObject({
      verdict: z.enum(["release", "refuse"]),
      at: time,
      by: z.enum(["policy", "person"]),
      reason: z.string().optional(),
      /** The launch whose approval covers this one, under "first-launch-manual". */
      pinnedBy: uuid.optional(),
      /** Its measurement differs from that launch's, and was approved ahead with this boot set. */
      bootSet: aheadBootSet.optional(),
      entry: z.number().int(),
    })
    .optional(),
  because: personNeeded.optional(),
  outcome: z.array(z.strictObject({ disk: z.string(), opened: z.boolean(), code: z.string().optional() })).optional(),
});

export const diskSpec = z.strictObject({
  id: z.string().regex(/^[a-z0-9][a-z0-9-]{0,31}$/),
  device: z.string().regex(/^\/[ -~]{1,255}$/),
  name: z.string().regex(/^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,63}$/),
  /** Of the disk's LUKS2 header, where the owner demands one. */
  uuid: uuid.exactOptional(),
});

export const vmSummary = z.strictObject({
  id: uuid,
  name: z.string(),
  simulated: z.boolean(),
  enabled: z.boolean(),
  createdAt: time,
  lastLaunch: launchSummary.optional(),
});

export const issuedConfiguration = z.strictObject({
  digest: hex(32),
  hostDataBase64: z.string(),
  /** Canonical JSON. */
  text: z.string(),
  issuedAt: time,
  /** Why it was issued, unless with the enrolment. */
  reason: z.string().optional(),
  retiredAt: time.optional(),
  retiredReason: z.string().optional(),
});

export const vmDetail = vmSummary.extend({
  disks: z.array(diskSpec),
  configurations: z.array(issuedConfiguration),
  /** The appraisal policy as canonical JSON. */
  policy: z.string(),
  policyVersion,
  pins: z.array(launchPin),
  /** Newest first. */
  bootSets: z.array(keptBootSet),
  history: launchHistory,
  failedOpens: z.number().int(),
  /** How its host starts it, once that was said. */
  hostPlan: hostPlan.optional(),
});

export const enrolment = z.strictObject({
  name: z.string().trim().min(1).max(64),
  simulated: z.boolean(),
  disks: z.array(diskSpec).min(1).max(16),
  /** host:port, tried in order. */
  endpoints: z.array(z.string().max(255)).min(1).max(8),
  /** Expected launch digests; empty means that the owner compares by hand. */
  measurements: z.array(hex(48)).max(64),
  /** The preset to start from; standard where none is named. Not for a simulated VM, nor beside a policy. */
  preset: z.enum(["strict", "standard", "lab"]).exactOptional(),
  /** A whole policy instead of the preset. */
  policy: policyText.optional(),
});

export const statusView = z.strictObject({
  version: z.string(),
  keychain: z.strictObject({
    state: z.enum(["ready", "unset", "locked", "missing"]),
    backend: z.string().optional(),
    /** Where nothing was chosen yet: is the OS keychain there to be chosen? */
    osKeychainAnswers: z.boolean(),
    failure: failureView.optional(),
  }),
  listener: z.strictObject({
    state: z.enum(["listening", "stopped", "failed"]),
    address: z.string().optional(),
    /** host:port that agents are told to dial, unless an enrolment names another. */
    endpoint: z.string().optional(),
    failure: failureView.optional(),
  }),
  pending: z.number().int(),
  /** How a decision is confirmed on this host. */
  confirmation: z.enum(["native-dialog", "terminal-code"]),
  /** Revocation lists in the cache that ran out, or run out soon without a way to get a newer one in time. */
  expiring: z.array(z.strictObject({ product, until: time, state: z.enum(["soon", "expired"]) })).optional(),
  /** Why a simulated launch cannot be run here, where it cannot. */
  simulation: z.strictObject({
    possible: z.boolean(),
    failure: failureView.optional(),
    /** Where disks of VMs enrolled as simulated must be, to be made and opened here. */
    diskFolder: z.string().optional(),
  }),
});

export const changeEvent = z.strictObject({
  kind: z.enum(["launch", "vm", "status", "proposal", "simulation", "collateral", "disk"]),
  id: z.string().optional(),
});

export const verdict = z.enum(["approve", "deny"]);

export const proposalQuestion = z.strictObject({
  launch: uuid,
  evidence: hex(48),
  verdict,
  reason: z.string().trim().min(1).max(500),
});

const proposalHead = {
  proposal: uuid,
  reason: z.string(),
  expiresAt: time,
  vmName: z.string(),
  /** The sentences that the dialog or the terminal shows, made by the service from its own record. */
  summary: z.array(z.string()),
};

export const launchProposalView = z.strictObject({
  about: z.literal("launch"),
  ...proposalHead,
  launch: uuid,
  evidence: hex(48),
  verdict,
});

export const policyQuestion = z.strictObject({
  vm: uuid,
  text: policyText,
  /** The digest of the policy that the person saw as the VM's: a change in between is not overwritten. */
  before: hex(48),
  reason: z.string().trim().min(1).max(500),
});

export const policyProposalView = z.strictObject({
  about: z.literal("policy"),
  ...proposalHead,
  vm: uuid,
  before: hex(48),
  after: hex(48),
  verdict: z.literal("approve"),
});

export const bootSetProposalView = z.strictObject({
  about: z.literal("boot-set"),
  ...proposalHead,
  vm: uuid,
  bootSet: uuid,
  measurement: hex(48),
  verdict: z.literal("approve"),
});

export const proposalView = z.discriminatedUnion("about", [launchProposalView, policyProposalView, bootSetProposalView]);

export const confirmedView = z.discriminatedUnion("about", [
  z.strictObject({ about: z.literal("launch"), launch: launchSummary }),
  z.strictObject({ about: z.literal("policy"), vm: vmSummary }),
  z.strictObject({ about: z.literal("boot-set"), vm: vmSummary }),
]);

export const simulationView = z.strictObject({
  id: uuid,
  vm: uuid,
  phase: z.enum(["preparing", "running", "ended"]),
  /** Words for the person who waits. */
  progress: z.string(),
  launch: uuid.optional(),
  exitCode: z.number().int().optional(),
  /** The agent's console lines. */
  lines: z.array(z.string()),
  failure: failureView.optional(),
});

export const consoleLink = z.strictObject({ url: z.string(), expiresAt: time });

export type LaunchSummary = z.infer<typeof launchSummary>;
export type LaunchDetail = z.infer<typeof launchDetail>;
export type FieldView = z.infer<typeof fieldView>;
export type CheckView = z.infer<typeof checkView>;
export type FailureView = z.infer<typeof failureView>;
export type VmSummary = z.infer<typeof vmSummary>;
export type VmDetail = z.infer<typeof vmDetail>;
export type Enrolment = z.infer<typeof enrolment>;
export type StatusView = z.infer<typeof statusView>;
export type ChangeEvent = z.infer<typeof changeEvent>;
export type ProposalQuestion = z.infer<typeof proposalQuestion>;
export type PolicyQuestion = z.infer<typeof policyQuestion>;
export type LaunchProposalView = z.infer<typeof launchProposalView>;
export type PolicyProposalView = z.infer<typeof policyProposalView>;
export type BootSetProposalView = z.infer<typeof bootSetProposalView>;
export type PersonNeededView = z.infer<typeof personNeeded>;
export type ProposalView = z.infer<typeof proposalView>;
export type SimulationView = z.infer<typeof simulationView>;
export type ConsoleLink = z.infer<typeof consoleLink>;
