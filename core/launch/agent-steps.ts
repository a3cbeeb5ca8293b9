// What follows, in the VM, from a challenge answered and a release received? The forward steps of the agent-side machine.
// SECURITY: `open-release` and `unlock` are asked for in one line each; the outcome is made only after the wipe that it swears to.
import { equalBytes } from "../base/bytes.ts";
import type { Primitives } from "../base/crypto.ts";
import { type Failure, type FailureCode, failure, failureTable } from "../base/failure.ts";
import { reportLength } from "../snp/report.ts";
import type { AgentEffect, AgentEvent, AgentState, AgentStep, AgentTerms, Challenged } from "./agent-state.ts";
import { encodeFrame } from "./codec.ts";
import { maximumCertificates } from "./decode.ts";
import type { DiskOutcome, SealedDisk } from "./messages.ts";
import { addToTranscript, releaseInfo, reportData } from "./transcript.ts";

export function onEvidenceParts(
  state: AgentState,
  event: AgentEvent & { readonly on: "sealing-key-made" | "reported" },
  primitives: Primitives,
): AgentStep {
  if (state.waitsFor === "sealing-key" && event.on === "sealing-key-made") {
    const { challenged } = state;
    const { publicKey } = event;
    const asked = reportData(challenged.transcript, publicKey, primitives);
    return {
      state: { waitsFor: "report", challenged, publicKey, reportData: asked },
      effects: [{ do: "fetch-report", reportData: asked }],
    };
  }
  if (state.waitsFor === "report" && event.on === "reported") return onReport(state, event, primitives);
  return { state, effects: [] };
}

/** The machine of the VM is to blame, or its host; the next connection asks for another report. */
export function reportFailure(why: Failure): AgentStep {
  return {
    state: { waitsFor: "nothing" },
    effects: [{ do: "wipe" }, { do: "finish", ending: { end: "failed", failure: why, released: false } }],
  };
}

export function onReleaseMessage({ terms, transcript }: Challenged, disks: readonly SealedDisk[]): AgentStep {
  const start: readonly AgentEffect[] = [
    { do: "clear-deadline", name: "silence" },
    { do: "set-deadline", name: "unlock", ms: unlockMs },
  ];
  const released = new Set(disks.map(({ disk }) => disk));
  const exact = disks.length === terms.disks.length && terms.disks.every((disk) => released.has(disk));
  if (!exact) {
    const unopened = disks.map(({ disk }) => ({ disk, opened: false, code: "agent.release-disks" }));
    return withEffects(start, report({ terms, alone: false }, unopened));
  }
  const state: AgentState = { waitsFor: "keys", terms, alone: false };
  return { state, effects: [...start, { do: "open-release", hpkeInfo: releaseInfo(transcript), disks }] };
}

export function onKeys(state: AgentState, event: AgentEvent & { readonly on: "release-opened" | "release-unreadable" }): AgentStep {
  if (state.waitsFor !== "keys") return { state, effects: [] };
  const { terms, alone } = state;
  if (event.on === "release-opened") return { state: { waitsFor: "disks", terms, alone }, effects: [{ do: "unlock", disks: terms.disks }] };
  return report(
    state,
    terms.disks.map((disk) => ({ disk, opened: false, code: event.failure.code })),
  );
}

export function onUnlocked(state: AgentState, disks: readonly DiskOutcome[]): AgentStep {
  return state.waitsFor === "disks" ? report(state, disks) : { state, effects: [] };
}

function onReport(
  { challenged, publicKey, reportData: asked }: AgentState & { readonly waitsFor: "report" },
  { report: raw, certificates }: AgentEvent & { readonly on: "reported" },
  primitives: Primitives,
): AgentStep {
  if (raw.length !== reportLength) return reportFailure(failure("agent.report-source-unavailable", `${raw.length} bytes`));
  if (!equalBytes(raw.subarray(...reportDataRange), asked)) return reportFailure(failure("agent.report-mixed"));
  // The host chose HOST_DATA at launch; if it is not the digest of what we run with, the host gave us another configuration.
  if (!equalBytes(raw.subarray(...hostDataRange), challenged.terms.configurationDigest)) return reportFailure(failure("agent.host-data"));
  const hints = certificates.length > 0 && certificates.length <= maximumCertificates ? { certificates } : {};
  const sealingKey = { kem: "x-wing", key: publicKey } as const;
  const { frame, body } = encodeFrame({ type: "evidence", tee: "sev-snp", report: raw, ...hints, sealingKey });
  const transcript = addToTranscript(challenged.transcript, "agent", body, primitives);
  return {
    state: { waitsFor: "verdict", challenged: { ...challenged, transcript } },
    effects: [
      { do: "clear-deadline", name: "report" },
      { do: "send", frame },
      { do: "set-deadline", name: "silence", ms: challenged.silenceMs },
    ],
  };
}

/** CRASH: if we stop before the outcome arrives, the manager records "delivery unknown"; the disks close with the VM. */
function report({ terms, alone }: { readonly terms: AgentTerms; readonly alone: boolean }, disks: readonly DiskOutcome[]): AgentStep {
  const open = terms.disks.every((id) => disks.some(({ disk, opened }) => disk === id && opened));
  const failed = open ? undefined : failureOf(disks);
  const first: readonly AgentEffect[] = [
    { do: "clear-deadline", name: "unlock" },
    ...(open ? [] : [{ do: "close-disks" } as const]),
    { do: "wipe" },
  ];
  if (alone) {
    const ending =
      failed === undefined ? ({ end: "opened", recorded: false } as const) : ({ end: "failed", failure: failed, released: true } as const);
    return { state: { waitsFor: "nothing" }, effects: [...first, { do: "finish", ending }] };
  }
  const { frame } = encodeFrame({ type: "outcome", disks, wiped: true });
  return {
    state: { waitsFor: "recorded", ...(failed === undefined ? {} : { failed }) },
    effects: [...first, { do: "send", frame }, { do: "set-deadline", name: "recorded", ms: recordedMs }],
  };
}

/** The first disk's own reason; that it was closed for another's sake is none. */
function failureOf(disks: readonly DiskOutcome[]): Failure {
  const reason = disks.find(({ opened, code }) => !opened && code !== "agent.disk-closed");
  return failure(isFailureCode(reason?.code) ? reason.code : "agent.disk-failed", reason?.disk);
}

function isFailureCode(code: string | undefined): code is FailureCode {
  return code !== undefined && Object.hasOwn(failureTable, code);
}

function withEffects(first: readonly AgentEffect[], { state, effects }: AgentStep): AgentStep {
  return { state, effects: [...first, ...effects] };
}

/** AMD 56860, table ATTESTATION_REPORT. The agent reads no more of a report than it must, so that a newer version reaches the manager. */
const reportDataRange = [0x050, 0x090] as const;
const hostDataRange = [0x0c0, 0x0e0] as const;
/** Within the manager's 120 s for an outcome. */
const unlockMs = 100_000;
const recordedMs = 45_000;
