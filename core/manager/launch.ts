// One launch, from its challenge to its decision: what was shown, what was found, what a person said. session.ts says when; this file does
// what. Never sends anything and never holds a key: delivery.ts does the latter, after the decision is durable.
import { noHistory } from "../appraise/history.ts";
import type { AppraisalPolicy } from "../appraise/policy.ts";
import { standardPreset } from "../appraise/presets.ts";
import { fromHex, toHex } from "../base/bytes.ts";
import { rfc3339, type Instant } from "../base/clock.ts";
import { failure, type Failure } from "../base/failure.ts";
import { fail, ok, type Result } from "../base/result.ts";
import { refusedCode } from "../launch/manager-effects.ts";
import type { Judgement, ManagerEffect } from "../launch/manager-machine.ts";
import { approve, type Approval } from "../release/approval.ts";
import { decide, type Decision, type PersonNeeded } from "../release/decide.ts";
import { aheadWith } from "./ahead.ts";
import { anchorsOf } from "./anchors.ts";
import { configurationFault } from "./configurations.ts";
import type { ManagerContext } from "./context.ts";
import { refusedFacts } from "./facts.ts";
import { asCheck, judgeEvidence, type Judged } from "./judge.ts";
import type { CollateralSource } from "./ports.ts";
import type { EvidenceInHand, LaunchStart } from "./launch-start.ts";
import { named, refusedState } from "./refusals.ts";
import type { LaunchRecord, VmRecord } from "./records.ts";

type JudgeEffect = Extract<ManagerEffect, { readonly do: "judge" }>;

export class Launch {
  readonly #context: ManagerContext;
  readonly #start: LaunchStart;
  #record: LaunchRecord;
  #inHand: EvidenceInHand | undefined;
  /** A person is needed and has not answered. */
  #waiting = false;
  #approval: Approval | undefined;
  #denial: string | undefined;
  /** Tells the person what became of their answer. */
  #tell: ((outcome: Result<LaunchRecord>) => void) | undefined;
  #over = false;

  constructor(context: ManagerContext, start: LaunchStart) {
    this.#context = context;
    this.#start = start;
    this.#record = start.record;
  }

  get id(): string {
    return this.#record.id;
  }

  get vm(): string {
    return this.#record.vm;
  }

  get record(): LaunchRecord {
    return this.#record;
  }

  get decoy(): Failure | undefined {
    return this.#start.decoy;
  }

  /** Its session has ended: whatever is still under way must not be acted upon. */
  get over(): boolean {
    return this.#over;
  }

  get waiting(): boolean {
    return this.#waiting;
  }

  get undecided(): boolean {
    return !this.#over && (this.#record.state === "attesting" || this.#record.state === "pending");
  }

  /** Its verdict is of another policy than the VM has now. */
  isJudgedByAnother({ policyVersions: [current] }: VmRecord): boolean {
    return this.undecided && this.#inHand !== undefined && this.#inHand.result.policyDigest !== current?.digest;
  }

  /** It is not decided, and its agent runs with this configuration (hex). */
  runsWith(configuration: string): boolean {
    return this.undecided && this.#start.configuration === configuration;
  }

  get inHand(): EvidenceInHand | undefined {
    return this.#inHand;
  }

  get approval(): Approval | undefined {
    return this.#approval;
  }

  async judge({ evidence, reportData, hpkeInfo, transcript }: JudgeEffect, progress: (until: Instant) => void): Promise<Judgement> {
    const { ports, options, limits } = this.#context;
    const [arrived, arrivedAt] = [ports.clock.monotonic(), ports.clock.now()];
    const { configuration } = this.#start;
    // As it is now: an owner may have changed its policy since the launch was admitted.
    const vm = this.#start.vm === undefined ? undefined : (ports.store.vm(this.vm) ?? this.#start.vm);
    const policy = vm?.policy ?? standardPreset();
    const judged = await judgeEvidence(this.#context, {
      evidence,
      reportData,
      policy,
      anchors: anchorsOf(vm, options.trustAnchors),
      configurationDigest: fromHex(configuration) ?? new Uint8Array(0),
      history: vm?.history ?? noHistory,
      source: this.#source(),
      progress: (until, ahead) => {
        // The agent hears only of times.
        if (until === undefined || until !== this.#record.waitingFor?.until) progress(until ?? arrivedAt + limits.collateralMs);
        if (until !== undefined) this.#waitsForCollateral(until, ahead);
      },
    });
    if (this.#over) return { verdict: "refuse", failure: failure("approval.launch-ended") };
    this.#keep(judged, evidence.report, evidence.certificates);
    if ("failure" in judged.answer) return { verdict: "refuse", failure: this.#toldAs(judged.answer.failure) };
    if (this.decoy !== undefined) return { verdict: "refuse", failure: this.decoy };
    const { result, report } = judged.answer;
    const grounds = { transcript: toHex(transcript), policy: result.policyDigest, judgedAt: result.at };
    this.#inHand = { sealingKey: evidence.sealingKey.key, hpkeInfo, grounds, result, report };
    return this.#conclude(policy, ports.clock.monotonic() - arrived);
  }

  /** The release question, with everything as it is at this moment. */
  decide(): Decision {
    const { ports } = this.#context;
    const vm = ports.store.vm(this.vm);
    if (vm === undefined || this.#inHand === undefined) return { verdict: "refuse", failure: failure("release.vm-unknown") };
    return decide({
      result: this.#inHand.result,
      vm: {
        enabled: vm.enabled,
        simulated: vm.simulatedAnchors !== undefined,
        configurationCurrent: configurationFault(vm, this.#start.configuration) === undefined,
        policyCurrent: vm.policyVersions[0]?.digest === this.#inHand.result.policyDigest,
        failedOpens: vm.failedOpens,
        policy: vm.policy,
        pins: vm.pins,
        ahead: aheadWith(vm, this.#inHand.result.identity.measurement, ports.primitives),
      },
      approval: this.#approval,
      liveLaunches: this.#start.liveLaunches(),
      at: ports.clock.now(),
    });
  }

  /**
   * A person's answer to this evidence. @returns what the session is to do about it, or why it cannot stand.
   * @param tell called once, when the answer is durable or when it came to nothing.
   */
  answer(
    verdict: "approve" | "deny",
    evidence: string,
    reason: string,
    tell: (outcome: Result<LaunchRecord>) => void,
  ): Result<{ readonly on: "approved"; readonly nonce: Uint8Array } | { readonly on: "denied"; readonly failure: Failure }> {
    const { ports } = this.#context;
    if (this.#tell !== undefined || this.#record.decision !== undefined) return fail(failure("approval.already-decided"));
    const { evidenceDigest, claimsDigest } = this.#record;
    if (!this.#waiting || evidenceDigest === undefined || claimsDigest === undefined) return fail(failure("approval.not-pending"));
    // A denial names what was seen, too: the reason that is kept must be about this evidence.
    const approval = approve(evidence, reason, { evidenceDigest, claimsDigest }, ports.clock.now());
    if (!approval.ok) return approval;
    this.#waiting = false;
    this.#tell = tell;
    if (verdict === "approve") {
      this.#approval = approval.value;
      return ok({ on: "approved", nonce: ports.random.bytes(nonceLength) });
    }
    this.#denial = reason;
    return ok({ on: "denied", failure: failure("approval.denied") });
  }

  /** CRASH: the record first, then the peer. If we stop before it is written, the agent has heard nothing and tries again. */
  commitRefusal(why: Failure): Result<void> {
    const { strangers } = this.#context;
    const stranger = this.#start.vm === undefined;
    const committed = stranger && !strangers.takeRecord() ? strangers.count() : this.#writeRefusal(why);
    this.#waiting = false;
    if (!committed.ok) this.settle(committed);
    else this.settle(this.#denial === undefined ? fail(why) : ok(this.#record));
    return committed;
  }

  /** The launch ended before a decision. */
  abandon(why: Failure): void {
    const { ledger, strangers, ports } = this.#context;
    const { waitUntil: _, waitingFor: __, ...rest } = this.#record;
    this.#record = { ...rest, ...named(why), state: "abandoned", updatedAt: ports.clock.now() };
    this.#waiting = false;
    if (this.#start.vm === undefined && !strangers.takeRecord()) strangers.count();
    else ledger.saveProgress(this.#record);
  }

  /** For the owner: somebody else tries to launch this VM. */
  alert(sentence: string): void {
    this.#record = { ...this.#record, alert: sentence };
    if (this.undecided && this.#start.vm !== undefined) this.#context.ledger.saveProgress(this.#record);
  }

  /** A durable step changed the record. */
  committed(record: LaunchRecord): void {
    this.#record = record;
    this.#waiting = false;
  }

  /** The person who answered hears what came of it; nobody else is told twice. */
  settle(outcome: Result<LaunchRecord>): void {
    this.#tell?.(outcome);
    this.#tell = undefined;
  }

  /** @param why the session ended while an answer of our own was still owed. */
  end(why?: Failure): void {
    if (this.#over) return;
    if (why !== undefined && this.undecided) this.abandon(why);
    this.#over = true;
    this.#waiting = false;
    this.settle(fail(failure("approval.launch-ended")));
    if (this.#start.vm !== undefined) this.#context.unsettled.closed(this.id);
  }

  #conclude(policy: AppraisalPolicy, elapsed: number): Judgement {
    const fresh = policy.freshnessSeconds * 1000 - elapsed;
    const decision = this.decide();
    if (decision.verdict === "refuse") return decision;
    if (decision.verdict === "person") return this.#askPerson(policy, decision.because, Math.max(0, fresh));
    return fresh > 0 ? { verdict: "release" } : { verdict: "renew", nonce: this.#context.ports.random.bytes(nonceLength) };
  }

  #askPerson(policy: AppraisalPolicy, because: PersonNeeded, freshMs: number): Judgement {
    // Here again although a person approved: the new evidence says something else than what they saw.
    if (this.#approval !== undefined) this.settle(fail(failure("approval.claims-changed")));
    this.#approval = undefined;
    const waitMs = policy.approvalSeconds * 1000;
    const waitUntil = this.#context.ports.clock.now() + waitMs;
    this.#record = { ...this.#record, state: "pending", waitUntil, because };
    const saved = this.#context.ledger.saveProgress(this.#record);
    if (!saved.ok) return { verdict: "refuse", failure: saved.failure };
    this.#waiting = true;
    return { verdict: "person", until: rfc3339(waitUntil), waitMs, freshMs };
  }

  /** For the owner's eyes: a progress that cannot be written costs the launch nothing. */
  #waitsForCollateral(until: Instant, ahead: number | undefined): void {
    const told = this.#record.waitingFor;
    if (!this.undecided || (told?.until === until && told.ahead === ahead)) return;
    const waitingFor = { what: "collateral", until, ...(ahead === undefined ? {} : { ahead }) } as const;
    this.#record = { ...this.#record, waitingFor };
    this.#context.ledger.saveProgress(this.#record);
  }

  /**
   * SECURITY: a peer must not learn from its answer whether a VM is known: a decoy hears of malformed evidence as every other launch does.
   */
  #toldAs(why: Failure): Failure {
    const aboutForm = ["malformed", "unsupported"].includes(refusedCode(why));
    return aboutForm ? why : (this.decoy ?? why);
  }

  #keep(judged: Judged, report: Uint8Array, certificates: Uint8Array | undefined): void {
    const { claimsDigest: _, certificates: __, waitingFor: ___, ...rest } = this.#record;
    this.#record = {
      ...rest,
      updatedAt: this.#context.ports.clock.now(),
      evidenceDigest: judged.evidenceDigest,
      ...(judged.claimsDigest === undefined ? {} : { claimsDigest: judged.claimsDigest }),
      report,
      ...(certificates === undefined ? {} : { certificates }),
      checks: this.decoy === undefined ? judged.checks : [asCheck(this.decoy), ...judged.checks],
    };
    this.#inHand = undefined;
  }

  #writeRefusal(why: Failure): Result<void> {
    const { waitUntil: _, waitingFor: __, ...rest } = this.#record;
    const reason = why.code === "approval.denied" ? this.#denial : undefined;
    const by = reason === undefined ? "policy" : "person";
    let refused = this.#record;
    const committed = this.#context.ledger.commit(refusedFacts(this.#record, why, by, reason), (entry, at) => {
      const decision = { verdict: "refuse", at, by, ...(reason === undefined ? {} : { reason }), entry } as const;
      refused = { ...rest, ...named(why), state: refusedState(why), updatedAt: at, decision };
      return { launch: refused };
    });
    if (!committed.ok) return committed;
    this.#record = refused;
    return ok(undefined);
  }

  /** A decoy asks nobody: a stranger must not be able to use up what AMD allows us to ask. */
  #source(): CollateralSource | undefined {
    const { vm, decoy } = this.#start;
    if (decoy !== undefined || vm === undefined) return undefined;
    const { collateral, simulatedCollateral } = this.#context.ports;
    return vm.simulatedAnchors === undefined ? collateral : simulatedCollateral;
  }
}

const nonceLength = 32;
