// What is each thing called on screen? States, verdicts and groups in words, and the one sentence at the top of a launch. No
// markup, no colour.
import type { Host } from "../core/kit/launch-kit.ts";
import type { CheckView, LaunchDetail, LaunchSummary } from "../core/api/schemas.ts";

/** good: as wanted · bad: look at it · wait: a person or time is needed · calm: ended, or still going by itself. */
export type Tone = "good" | "bad" | "wait" | "calm";

export type LaunchState = LaunchSummary["state"];

export interface Words {
  readonly word: string;
  readonly tone: Tone;
}

export const launchWords: Readonly<Record<LaunchState, Words>> = {
  attesting: { word: "Attesting", tone: "calm" },
  pending: { word: "Waits for you", tone: "wait" },
  released: { word: "Key released", tone: "calm" },
  opened: { word: "Opened", tone: "good" },
  "open-failed": { word: "Did not open", tone: "bad" },
  refused: { word: "Refused by policy", tone: "bad" },
  denied: { word: "Denied", tone: "bad" },
  expired: { word: "Expired", tone: "calm" },
  abandoned: { word: "Abandoned", tone: "calm" },
  "delivery-unknown": { word: "Delivery unknown", tone: "bad" },
};

export const hostWords: Readonly<Record<Host, string>> = { qemu: "QEMU", libvirt: "libvirt", proxmox: "Proxmox VE" };

export const verdictWords: Readonly<Record<CheckView["verdict"], Words>> = {
  pass: { word: "Passed", tone: "good" },
  fail: { word: "Failed", tone: "bad" },
  waived: { word: "Waived", tone: "wait" },
};

export type Group = CheckView["group"];

export const groupWords: Readonly<Record<Group, string>> = {
  identity: "Identity",
  measurement: "Measurement",
  configuration: "Configuration",
  "guest-policy": "Guest policy",
  tcb: "TCB and firmware",
  platform: "Platform",
  certificates: "Certificates",
  binding: "Binding",
  history: "Earlier launches",
  rules: "Your own rules",
};

export const groupQuestions: Readonly<Record<Group, string>> = {
  identity: "Which VM and which chip is this?",
  measurement: "What was in memory when the VM started?",
  configuration: "Does it run with the configuration that you issued?",
  "guest-policy": "What may the host do to this VM?",
  tcb: "Is AMD's firmware new enough?",
  platform: "How is the machine set up?",
  certificates: "Did an AMD chip sign this?",
  binding: "Was the report made for this launch, just now?",
  history: "Does it fit what this VM did before?",
  rules: "Does it keep to what you demand beyond the checks?",
};

export const groups = Object.keys(groupWords) as readonly Group[];

export interface Tally {
  readonly pass: number;
  readonly waived: number;
  readonly fail: number;
}

export function tally(checks: readonly CheckView[]): Tally {
  const count = (verdict: CheckView["verdict"]): number => checks.filter((check) => check.verdict === verdict).length;
  return { pass: count("pass"), waived: count("waived"), fail: count("fail") };
}

/** "18 passed, 2 waived, none failed". */
export function tallySentence(counts: Tally): string {
  return counts.fail === 0 && counts.pass > 0 ? `${tallyShort(counts)}, none failed` : tallyShort(counts);
}

/** "18 passed, 2 waived". */
export function tallyShort({ pass, waived, fail }: Tally): string {
  const parts = [fail > 0 && `${fail} failed`, pass > 0 && `${pass} passed`, waived > 0 && `${waived} waived`];
  return parts.filter((part) => part !== false).join(", ") || "no checks";
}

/** The verdict that a group of checks comes to. */
export function worstOf({ pass, fail }: Tally): CheckView["verdict"] {
  return fail > 0 ? "fail" : pass > 0 ? "pass" : "waived";
}

/** What came of it, in a few words, for the history. */
export function outcomeSentence(launch: LaunchSummary): string {
  return launch.failure?.sentence ?? shortOutcome[launch.state];
}

/** The whole launch in a sentence or two. */
export function launchSentence(launch: LaunchDetail): string {
  const judged = launch.checks.length === 0 ? "" : ` ${checksSentence(launch)}`;
  return `${longOutcome[launch.state]}${judged}`;
}

function checksSentence({ checks }: LaunchDetail): string {
  const { pass, waived, fail } = tally(checks);
  const waivers = waived === 0 ? "" : ` ${waived} ${waived === 1 ? "check is" : "checks are"} waived by your policy, with reasons.`;
  if (fail === 0) return `${pass === 1 ? "The one check that ran" : `All ${pass} checks that ran`} came out as expected.${waivers}`;
  return `${fail} of ${pass + fail} checks failed.${waivers}`;
}

const shortOutcome: Readonly<Record<LaunchState, string>> = {
  attesting: "Evidence is being appraised",
  pending: "Waits for a decision",
  released: "Key released, outcome not known yet",
  opened: "Every disk opened",
  "open-failed": "Key released, but a disk did not open",
  refused: "Not acceptable to the policy",
  denied: "A person said no",
  expired: "Nobody decided in time",
  abandoned: "The VM went away before a decision",
  "delivery-unknown": "Key released, no answer came back",
};

const longOutcome: Readonly<Record<LaunchState, string>> = {
  attesting: "This VM is proving what it is. Its evidence is being appraised.",
  pending: "This VM asks for its disk key and waits for your decision.",
  released: "The disk key was released to this VM. It has not told yet whether its disks opened.",
  opened: "The disk key was released, and every disk opened.",
  "open-failed": "The disk key was released, but not every disk opened. The VM wiped the key and powers off.",
  refused: "The policy refused this launch. No key left the manager.",
  denied: "A person denied this launch. No key left the manager.",
  expired: "Nobody decided in time. No key left the manager; the VM may try again.",
  abandoned: "The VM went away before anything was decided. No key left the manager.",
  "delivery-unknown": "The disk key was released, but the connection ended before an answer came. It counts as released.",
};
