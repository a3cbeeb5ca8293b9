// Who confirms what a page proposes? A proposal is bound to what it is about (a launch with its evidence and
// verdict, a policy with the one before it, or a boot set and the policy that it is approved under) and to its reason; it takes effect only through the
// host's own dialog, or through a code that the host shows where the page cannot see it. Its sentences come from the service's own record
// (summary.ts).
import { equalBytes } from "../base/bytes.ts";
import type { Instant } from "../base/clock.ts";
import { failure } from "../base/failure.ts";
import type { Random } from "../base/random.ts";
import { fail, ok, type Fail, type Result } from "../base/result.ts";
import { utf8 } from "../base/utf8.ts";
import { reasonFrom } from "./approvals.ts";
import { previewBootSet, type BootSetApproval, type BootSetQuestion } from "./boot-sets.ts";
import type { ManagerContext } from "./context.ts";
import type { DecisionQuestion } from "./requests.ts";
import { policyDigest, type PolicyChangeQuestion } from "./policies.ts";
import { policySummary } from "./policy-summary.ts";
import type { LaunchRecord, VmRecord } from "./records.ts";
import { summaryOf } from "./summary.ts";
import { freshUuid } from "./uuid.ts";

interface ProposalHead {
  /** UUID. */
  readonly proposal: string;
  readonly reason: string;
  readonly expiresAt: Instant;
  readonly vmName: string;
  /** What the person is asked to confirm, in sentences. */
  readonly summary: readonly string[];
}

export interface LaunchProposal extends ProposalHead, DecisionQuestion {
  readonly about: "launch";
}

export interface PolicyProposal extends ProposalHead {
  readonly about: "policy";
  readonly vm: string;
  /** Digests, hex: of the policy that the VM has, and of the proposed one. */
  readonly before: string;
  readonly after: string;
  readonly verdict: "approve";
}

export interface BootSetProposal extends ProposalHead {
  readonly about: "boot-set";
  readonly vm: string;
  /** Its id. */
  readonly bootSet: string;
  /** Hex, 48 bytes. */
  readonly measurement: string;
  readonly verdict: "approve";
}

export type Proposal = LaunchProposal | PolicyProposal | BootSetProposal;

export type Confirmed =
  | { readonly about: "launch"; readonly launch: LaunchRecord }
  | { readonly about: "policy" | "boot-set"; readonly vm: VmRecord };

export interface Proposals {
  propose(question: DecisionQuestion): Result<LaunchProposal>;
  /** SECURITY: a policy says who gets keys, so that changing one is confirmed like a release. */
  proposePolicy(question: PolicyChangeQuestion): Result<PolicyProposal>;
  /** SECURITY: a boot set that is approved ahead says who gets keys, too. */
  proposeBootSet(question: BootSetQuestion): Result<BootSetProposal>;
  /** The 8 digits that confirm it. SECURITY: for the host's terminal only; a console must never be able to ask for it. */
  codeOf(proposal: string): string | undefined;
  /** A wrong code counts; after three the proposal is gone. */
  confirm(proposal: string, code: string): Promise<Result<Confirmed>>;
  cancel(proposal: string): Result<void>;
  /** Those that have not expired, oldest first. */
  open(): readonly Proposal[];
  /** The host's dialog: `confirmed` false drops the proposal (the value is then undefined); `verdict` must be the proposed one. */
  answer(proposal: string, verdict: "approve" | "deny", confirmed: boolean): Promise<Result<Confirmed | undefined>>;
}

type ProposalContext = Pick<ManagerContext, "ports" | "limits" | "notify">;

interface Open {
  readonly proposal: Proposal;
  /** What it does once it is confirmed. */
  readonly act: () => Promise<Result<Confirmed>>;
  readonly code: string;
  /** Monotonic: a clock that is turned back must not prolong it. */
  readonly until: number;
  wrongCodes: number;
}

export interface ProposalActions {
  decide(question: DecisionQuestion): Promise<Result<LaunchRecord>>;
  changePolicy(question: PolicyChangeQuestion): Result<VmRecord>;
  approveBootSet(question: BootSetApproval): Result<VmRecord>;
}

export class OpenProposals implements Proposals {
  readonly #context: ProposalContext;
  readonly #actions: ProposalActions;
  /** In order of age. */
  readonly #open = new Map<string, Open>();

  constructor(context: ProposalContext, actions: ProposalActions) {
    this.#context = context;
    this.#actions = actions;
  }

  propose({ launch, evidence, verdict, reason: words }: DecisionQuestion): Result<LaunchProposal> {
    const { ports } = this.#context;
    const reason = reasonFrom(words);
    if (reason === undefined) return fail(failure("approval.reason-missing"));
    const record = ports.store.launch(launch);
    if (record?.state !== "pending")
      return fail(failure(record?.decision === undefined ? "approval.not-pending" : "approval.already-decided"));
    if (record.evidenceDigest !== evidence) return fail(failure("approval.evidence-changed"));
    const question = { launch, evidence, verdict, reason };
    const summary = summaryOf(record, verdict, reason);
    return this.#keep({ about: "launch", ...question, ...this.#head(record.vmName ?? record.vm, reason, summary) }, async () => {
      const decided = await this.#actions.decide(question);
      return decided.ok ? ok({ about: "launch", launch: decided.value }) : decided;
    });
  }

  proposePolicy({ vm: id, policy, before, reason: words }: PolicyChangeQuestion): Result<PolicyProposal> {
    const { ports } = this.#context;
    const reason = reasonFrom(words);
    if (reason === undefined) return fail(failure("approval.reason-missing"));
    const vm = ports.store.vm(id);
    if (vm === undefined) return fail(failure("enrolment.unknown-vm", id));
    if (vm.policyVersions[0]?.digest !== before) return fail(failure("policy.changed-meanwhile"));
    const after = policyDigest(policy, ports.primitives);
    if (after === before) return fail(failure("policy.same"));
    const question = { vm: id, policy, before, reason };
    const summary = policySummary(vm, policy, reason);
    if (!summary.ok) return summary;
    return this.#keep(
      { about: "policy", vm: id, before, after, verdict: "approve", ...this.#head(vm.name, reason, summary.value) },
      async () => {
        const changed = this.#actions.changePolicy(question);
        return changed.ok ? ok({ about: "policy", vm: changed.value }) : changed;
      },
    );
  }

  proposeBootSet({ vm: id, id: bootSet, reason: words }: BootSetQuestion): Result<BootSetProposal> {
    const reason = reasonFrom(words);
    if (reason === undefined) return fail(failure("approval.reason-missing"));
    const preview = previewBootSet(this.#context, { vm: id, id: bootSet });
    if (!preview.ok) return preview;
    const { vmName, measurement, before } = preview.value;
    const summary = [...preview.value.summary, `Reason given: “${reason}”`];
    // SECURITY: a page could bury what the policy accepts under a command line that is long enough.
    if (summary.join("\n").length > maximumSummary) return fail(failure("boot.too-long-to-show"));
    const head = this.#head(vmName, reason, summary);
    return this.#keep({ about: "boot-set", vm: id, bootSet, measurement, verdict: "approve", ...head }, async () => {
      const approved = this.#actions.approveBootSet({ vm: id, id: bootSet, before, reason });
      return approved.ok ? ok({ about: "boot-set", vm: approved.value }) : approved;
    });
  }

  codeOf(proposal: string): string | undefined {
    this.#dropExpired();
    return this.#open.get(proposal)?.code;
  }

  async confirm(id: string, code: string): Promise<Result<Confirmed>> {
    this.#dropExpired();
    const open = this.#open.get(id);
    if (open === undefined) return unknownProposal();
    if (!equalBytes(utf8(code.replaceAll(/[ -]/g, "")), utf8(open.code))) {
      open.wrongCodes++;
      if (open.wrongCodes >= this.#context.limits.wrongCodes) this.#drop(id);
      return fail(failure("proposal.wrong-code"));
    }
    this.#drop(id);
    return open.act();
  }

  cancel(id: string): Result<void> {
    this.#dropExpired();
    return this.#drop(id) ? ok(undefined) : unknownProposal();
  }

  open(): readonly Proposal[] {
    this.#dropExpired();
    return [...this.#open.values()].map(({ proposal }) => proposal);
  }

  async answer(id: string, verdict: "approve" | "deny", confirmed: boolean): Promise<Result<Confirmed | undefined>> {
    this.#dropExpired();
    const open = this.#open.get(id);
    if (open === undefined) return unknownProposal();
    // Whatever the dialog answers, it answers once.
    this.#drop(id);
    if (!confirmed) return ok(undefined);
    if (verdict !== open.proposal.verdict) return fail(failure("proposal.another-verdict"));
    return open.act();
  }

  #head(vmName: string, reason: string, summary: readonly string[]): ProposalHead {
    const { ports, limits } = this.#context;
    return { proposal: freshUuid(ports.random), reason, expiresAt: ports.clock.now() + limits.proposalMs, vmName, summary };
  }

  #keep<T extends Proposal>(proposal: T, act: Open["act"]): Result<T> {
    const { ports, limits, notify } = this.#context;
    this.#dropExpired();
    if (this.#open.size >= limits.proposals) return fail(failure("proposal.too-many"));
    const until = ports.clock.monotonic() + limits.proposalMs;
    this.#open.set(proposal.proposal, { proposal, act, code: freshCode(ports.random), until, wrongCodes: 0 });
    notify({ kind: "proposal", id: proposal.proposal });
    return ok(proposal);
  }

  #drop(id: string): boolean {
    const dropped = this.#open.delete(id);
    if (dropped) this.#context.notify({ kind: "proposal", id });
    return dropped;
  }

  #dropExpired(): void {
    const now = this.#context.ports.clock.monotonic();
    for (const [id, { until }] of this.#open) if (now >= until) this.#drop(id);
  }
}

function unknownProposal(): Fail {
  return fail(failure("proposal.unknown"));
}

/** Eight digits, each as likely as any: numbers above the last whole multiple of 10^8 are thrown away. */
function freshCode(random: Random): string {
  for (;;) {
    const bytes = random.bytes(4);
    const number = new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0);
    if (number < codeLimit) return String(number % codes).padStart(8, "0");
  }
}

/** UTF-16 units: some forty lines of a dialog. */
const maximumSummary = 5_000;
const codes = 100_000_000;
const codeLimit = 42 * codes;
