// What do the consoles see of policies? The shapes of drafts, presets, versions and of what each field means.
import { z } from "zod";
import { hex, time, uuid } from "./shapes.ts";

/** JSON, or YAML with comments. */
export const policyText = z.string().max(131_072);

export const policyVersion = z.strictObject({ number: z.number().int(), digest: hex(48), since: time, reason: z.string() });

export const policyChange = z.strictObject({
  field: z.string(),
  title: z.string(),
  direction: z.enum(["stricter", "looser", "changed"]),
  sentence: z.string(),
  waiver: z.string().optional(),
});

/** What is wrong with a text, what it waives, and what it would change. */
export const policyDraft = z.strictObject({
  ok: z.boolean(),
  faults: z.array(z.string()),
  waived: z.array(z.strictObject({ field: z.string(), title: z.string(), reason: z.string() })),
  /** Canonical JSON, where it is a policy. */
  policy: z.string().optional(),
  digest: hex(48).optional(),
  /** The same with a comment on each field, for a person to edit. */
  yaml: z.string().optional(),
  /** Against the policy that the VM has, where one was named. */
  changes: z.array(policyChange),
});

export const policyPreset = z.strictObject({
  name: z.enum(["strict", "standard", "lab", "simulated"]),
  title: z.string(),
  notes: z.array(z.string()),
  /** YAML with a comment on each field. */
  text: z.string(),
});

export const policyField = z.strictObject({
  field: z.string(),
  title: z.string(),
  form: z.string(),
  meaning: z.string(),
  stake: z.string(),
  polarity: z.string(),
  /** A check may be waived, what happens with the result may not. */
  check: z.boolean(),
});

export const seenChip = z.strictObject({ chipId: hex(64), reportedTcb: hex(8), committedTcb: hex(8), firstAt: time, lastAt: time });
export const seenInstance = z.strictObject({ reportId: hex(32), chipId: hex(64), launch: uuid, at: time });

/** Chips and instances that were given the VM's keys, newest first. */
export const launchHistory = z.strictObject({ chips: z.array(seenChip), instances: z.array(seenInstance) });

/** What a person approved under "first-launch-manual". */
export const launchPin = z.strictObject({
  launch: uuid,
  at: time,
  measurement: hex(48),
  chipId: hex(64),
  signer: z.enum(["vcek", "vlek"]),
  provider: z.string(),
  idKeyDigest: hex(48),
  authorKeyDigest: hex(48),
  familyId: hex(16),
  imageId: hex(16),
});

export type PolicyVersionView = z.infer<typeof policyVersion>;
export type PolicyDraft = z.infer<typeof policyDraft>;
export type PolicyPresetView = z.infer<typeof policyPreset>;
export type PolicyFieldView = z.infer<typeof policyField>;
export type LaunchHistoryView = z.infer<typeof launchHistory>;
export type LaunchPinView = z.infer<typeof launchPin>;
