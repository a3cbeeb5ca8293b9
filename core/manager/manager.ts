// The service: attested launches in, sealed keys out, and everything that an owner can ask of it. docs/protocol.md; one launch from socket
// to audit: docs/architecture.md. It owns no socket, file or clock: they are ports. Never returns key material.
import { failure } from "../base/failure.ts";
import { fail, type Result } from "../base/result.ts";
import { Gate } from "./admit.ts";
import { decideByPerson } from "./approvals.ts";
import {
  addBootSet,
  approveBootSet,
  previewBootSet,
  removeBootSet,
  retireBootSet,
  type BootSetApproval,
  type BootSetCandidate,
  type BootSetPreview,
  type BootSetQuestion,
} from "./boot-sets.ts";
import { ClockGuard } from "./clock-guard.ts";
import { Ledger } from "./commit.ts";
import type { ManagerContext } from "./context.ts";
import { retireConfiguration, type RetireQuestion } from "./retire-configuration.ts";
import { issueConfiguration, type ConfigurationQuestion } from "./new-configuration.ts";
import { recordDisk, type DiskPreparation } from "./disk-records.ts";
import { changePolicy, forgetApprovals, type PolicyChangeQuestion } from "./policies.ts";
import { enrol, setEnabled } from "./enrolments.ts";
import { setPlan } from "./host-plans.ts";
import { IdBlocks } from "./id-blocks.ts";
import { IdKeys } from "./id-keys.ts";
import { defaultLimits } from "./limits.ts";
import { rememberingPrimitives } from "../endorse/remembered.ts";
import { ParsedEndorsements } from "./parsed.ts";
import type { Channel, LaunchQuery, ManagerPorts } from "./ports.ts";
import { OpenProposals, type Proposals } from "./proposals.ts";
import { recover } from "./recovery.ts";
import { exportReferences, type ReferenceExport } from "./reference-export.ts";
import type { KeptPlan, LaunchRecord, VmRecord } from "./records.ts";
import type { Change, DecisionQuestion, Enrolment, ManagerOptions, RecoveryReport } from "./requests.ts";
import { Session } from "./session.ts";
import { Sessions } from "./sessions.ts";
import { Strangers } from "./strangers.ts";
import { Unsettled } from "./unsettled.ts";

export type { Change, DecisionQuestion, Enrolment, ManagerOptions, RecoveryReport } from "./requests.ts";

export interface Manager {
  /** Call once, before anything else: checks the audit log and closes what a crash left open. Resends nothing. */
  recover(): Result<RecoveryReport>;
  /** Serves one connection; resolves when it has ended. Never rejects. */
  accept(channel: Channel): Promise<void>;
  enrol(enrolment: Enrolment): Promise<Result<VmRecord>>;
  /** Disabling cancels a launch that is not decided yet; enabling sets the count of failed opens back to 0. */
  setEnabled(id: string, enabled: boolean): Result<VmRecord>;
  /** A new version of the VM's policy. Only for callers that hold the approve role. */
  changePolicy(question: PolicyChangeQuestion): Result<VmRecord>;
  /** The canonical JSON of a policy that was in use, by its digest. */
  policy(digest: string): string | undefined;
  /** Boot files of launches that may come: measured here, and a candidate that lets nothing pass. */
  addBootSet(candidate: BootSetCandidate): Result<VmRecord>;
  /** A candidate that was never approved. */
  removeBootSet(question: Omit<BootSetQuestion, "reason">): Result<VmRecord>;
  /** What an approval would do, in sentences. */
  previewBootSet(question: Omit<BootSetQuestion, "reason">): Result<BootSetPreview>;
  /** A new version of the VM's policy accepts it, too. Only for callers that hold the approve role. */
  approveBootSet(question: BootSetApproval): Result<VmRecord>;
  /** Its measurement passes no more. The last one that the policy accepts stays. */
  retireBootSet(question: BootSetQuestion): Result<VmRecord>;
  /** What persons approved of this VM before counts no more, a boot set that was approved ahead included. */
  forgetApprovals(id: string): Result<VmRecord>;
  /** Another configuration for the VM's agent, beside those that are accepted; its disks' keys are in the keychain when it resolves. */
  issueConfiguration(question: ConfigurationQuestion): Promise<Result<VmRecord>>;
  /** Cancels a launch with it that is not decided yet. The last accepted one stays. */
  retireConfiguration(question: RetireQuestion): Result<VmRecord>;
  /** How the VM's host starts it. */
  setPlan(id: string, plan: KeptPlan): Result<VmRecord>;
  /** A disk was made with a key of this VM's: audited when it returns. */
  recordDisk(preparation: DiskPreparation): Result<void>;
  /** Resolves when the decision is durable. Only for callers that hold the approve role. */
  decide(question: DecisionQuestion): Promise<Result<LaunchRecord>>;
  /** Launches that wait for a person, oldest first. */
  pending(): readonly LaunchRecord[];
  launches(query: LaunchQuery): readonly LaunchRecord[];
  launch(id: string): LaunchRecord | undefined;
  vms(): readonly VmRecord[];
  vm(id: string): VmRecord | undefined;
  readonly proposals: Proposals;
  readonly idKeys: IdKeys;
  readonly idBlocks: IdBlocks;
  /** The VM's approved launches, signed with a key of purpose "reference". Only for callers that hold the approve role. */
  exportReferences(question: { readonly vm: string; readonly key: string }): Promise<Result<ReferenceExport>>;
  /** Listeners hear soon after, in order. @returns how to stop listening. */
  subscribe(listener: (change: Change) => void): () => void;
  /** Ends every session and resolves when all have ended. Afterwards nothing is accepted. */
  stop(): Promise<void>;
}

export function createManager(given: ManagerPorts, options: ManagerOptions): Manager {
  const ports: ManagerPorts = { ...given, primitives: rememberingPrimitives(given.primitives) };
  const listeners = new Set<(change: Change) => void>();
  const tell = (change: Change): void => {
    for (const listener of listeners) {
      try {
        listener(change);
      } catch (cause) {
        // A console that fails must not stop a launch between its decision and its key.
        ports.log.write("error", "listener.failed", { reason: cause instanceof Error ? cause.name : typeof cause });
      }
    }
  };
  // Afterwards, not in the middle of the step that changed something: a listener may ask for anything.
  const notify = (change: Change): void => void Promise.resolve(change).then(tell);
  const limits = { ...defaultLimits, ...options.limits };
  const ledger = new Ledger(ports, notify);
  const context: ManagerContext = {
    ports,
    options,
    limits,
    ledger,
    notify,
    unsettled: new Unsettled(ledger, ports.store),
    strangers: new Strangers(ledger, ports.clock, limits),
    parsed: options.parsed ?? new ParsedEndorsements(ports.primitives),
    clockGuard: new ClockGuard(ports.clock),
    beingIssued: new Set(),
  };
  const sessions = new Sessions();
  const gate = new Gate(context, sessions);
  const idKeys = new IdKeys(context);
  let phase: "new" | "ready" | "stopped" = "new";

  const decide = (question: DecisionQuestion): Promise<Result<LaunchRecord>> =>
    decideByPerson(question, sessions.byLaunch(question.launch), ports.store);

  const whenReady = <T>(act: () => Result<T>): Result<T> => (phase === "ready" ? act() : fail(failure("manager.not-ready")));

  const changing = (question: { readonly vm: string }, act: () => Result<VmRecord>): Result<VmRecord> => {
    const changed = whenReady(act);
    const live = sessions.live(question.vm);
    // Nobody is asked about a verdict that cannot stand any more; decide.ts would refuse it all the same.
    if (changed.ok && live?.launch?.isJudgedByAnother(changed.value) === true) live.cancel(failure("release.policy-changed"));
    return changed;
  };
  const change = (question: PolicyChangeQuestion) => changing(question, () => changePolicy(context, question));
  const approveAhead = (question: BootSetApproval) => changing(question, () => approveBootSet(context, question));

  return {
    recover() {
      if (phase !== "new") throw new Error("recover is called once, before anything else");
      const recovered = recover(context);
      if (recovered.ok) phase = "ready";
      return recovered;
    },

    async accept(channel) {
      // Nothing can be said to a peer without listening to it first: agents try again by themselves.
      // SECURITY: strangers must not keep enrolled VMs out: who has been silent the longest makes room for who comes now.
      if (sessions.strangers >= limits.strangerSessions) sessions.oldestSilent?.cancel(failure("manager.crowded"));
      if (phase !== "ready" || sessions.count >= limits.sessions || sessions.strangers >= limits.strangerSessions) {
        ports.log.write("warn", "session.not-taken", { address: channel.peer, count: sessions.count });
        channel.close();
        return;
      }
      const session = new Session(context, gate, channel, () => sessions.remove(session));
      sessions.add(session);
      await session.run();
    },

    async enrol(enrolment) {
      if (phase !== "ready") return fail(failure("manager.not-ready"));
      return enrol(context, enrolment);
    },

    setEnabled(id, enabled) {
      if (phase !== "ready") return fail(failure("manager.not-ready"));
      const changed = setEnabled(context, id, enabled);
      const live = sessions.live(id);
      if (changed.ok && !enabled && live?.launch?.undecided === true) live.cancel(failure("manager.vm-disabled"));
      return changed;
    },

    async issueConfiguration(question) {
      return phase === "ready" ? issueConfiguration(context, question) : fail(failure("manager.not-ready"));
    },

    retireConfiguration(question) {
      const changed = whenReady(() => retireConfiguration(context, question));
      const live = sessions.live(question.vm);
      // Nobody is asked about a launch that cannot be released any more; decide.ts would refuse it all the same.
      if (changed.ok && live?.launch?.runsWith(question.digest) === true) live.cancel(failure("manager.configuration-retired"));
      return changed;
    },

    changePolicy: change,
    policy: (digest) => ports.store.policy(digest),
    forgetApprovals: (id) => whenReady(() => forgetApprovals(context, id)),
    addBootSet: (candidate) => whenReady(() => addBootSet(context, candidate)),
    removeBootSet: (question) => whenReady(() => removeBootSet(context, question)),
    previewBootSet: (question) => previewBootSet(context, question),
    approveBootSet: approveAhead,
    retireBootSet: (question) => changing(question, () => retireBootSet(context, question)),
    setPlan: (id, plan) => whenReady(() => setPlan(context, id, plan)),
    recordDisk: (preparation) => whenReady(() => recordDisk(context, preparation)),
    decide,
    pending: () => sessions.waiting(),
    launches: (query) => ports.store.launches(query),
    launch: (id) => ports.store.launch(id),
    vms: () => ports.store.vms(),
    vm: (id) => ports.store.vm(id),
    idKeys,
    idBlocks: new IdBlocks(context, idKeys),
    exportReferences: async (question) =>
      phase === "ready" ? exportReferences(context, idKeys, question) : fail(failure("manager.not-ready")),
    proposals: new OpenProposals(context, { decide, changePolicy: change, approveBootSet: approveAhead }),

    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },

    async stop() {
      phase = "stopped";
      const open = sessions.all();
      for (const session of open) session.cancel(failure("manager.not-ready"));
      await Promise.all(open.map(({ ended }) => ended));
      context.strangers.flush();
    },
  };
}
