// Who confirms what a page proposes? A proposal is bound to (launch, evidence, verdict, reason); it becomes a decision only through the
// host's own dialog, or through a code that the host shows where the page cannot see it. Its sentences come from the service's own record
// (summary.ts).
import { equalBytes } from "../base/bytes.ts";
import type { Instant } from "../base/clock.ts";
import { failure } from "../base/failure.ts";
import type { Random } from "../base/random.ts";
import { fail, ok, type Fail, type Result } from "../base/result.ts";
import { utf8 } from "../base/utf8.ts";
import { reasonFrom } from "./approvals.ts";
import type { ManagerContext } from "./context.ts";
import type { DecisionQuestion } from "./requests.ts";
import type { LaunchRecord } from "./records.ts";
import { summaryOf } from "./summary.ts";
import { freshUuid } from "./uuid.ts";

export interface Proposal extends DecisionQuestion {
  /** UUID. */
  readonly proposal: string;
  readonly expiresAt: Instant;
  readonly vmName: string;
  /** What the person is asked to confirm, in sentences. */
  readonly summary: readonly string[];
}

export interface Proposals {
  propose(question: DecisionQuestion): Result<Proposal>;
  /** The 8 digits that confirm it. SECURITY: for the host's terminal only; a console must never be able to ask for it. */
  codeOf(proposal: string): string | undefined;
  /** A wrong code counts; after three the proposal is gone. */
  confirm(proposal: string, code: string): Promise<Result<LaunchRecord>>;
  cancel(proposal: string): Result<void>;
  /** Those that have not expired, oldest first. */
  open(): readonly Proposal[];
  /** The host's dialog: `confirmed` false drops the proposal (the value is then undefined); `verdict` must be the proposed one. */
  answer(proposal: string, verdict: "approve" | "deny", confirmed: boolean): Promise<Result<LaunchRecord | undefined>>;
}

type ProposalContext = Pick<ManagerContext, "ports" | "limits" | "notify">;

interface Open {
  readonly proposal: Proposal;
  readonly code: string;
  /** Monotonic: a clock that is turned back must not prolong it. */
  readonly until: number;
  wrongCodes: number;
}

export class OpenProposals implements Proposals {
  readonly #context: ProposalContext;
  readonly #decide: (question: DecisionQuestion) => Promise<Result<LaunchRecord>>;
  /** In order of age. */
  readonly #open = new Map<string, Open>();

  constructor(context: ProposalContext, decide: (question: DecisionQuestion) => Promise<Result<LaunchRecord>>) {
    this.#context = context;
    this.#decide = decide;
  }

  propose({ launch, evidence, verdict, reason: words }: DecisionQuestion): Result<Proposal> {
    const { ports, limits, notify } = this.#context;
    this.#dropExpired();
    const reason = reasonFrom(words);
    if (reason === undefined) return fail(failure("approval.reason-missing"));
    const record = ports.store.launch(launch);
    if (record?.state !== "pending")
      return fail(failure(record?.decision === undefined ? "approval.not-pending" : "approval.already-decided"));
    if (record.evidenceDigest !== evidence) return fail(failure("approval.evidence-changed"));
    if (this.#open.size >= limits.proposals) return fail(failure("proposal.too-many"));
    const proposal: Proposal = {
      proposal: freshUuid(ports.random),
      launch,
      evidence,
      verdict,
      reason,
      expiresAt: ports.clock.now() + limits.proposalMs,
      vmName: record.vmName ?? record.vm,
      summary: summaryOf(record, verdict, reason),
    };
    const until = ports.clock.monotonic() + limits.proposalMs;
    this.#open.set(proposal.proposal, { proposal, code: freshCode(ports.random), until, wrongCodes: 0 });
    notify({ kind: "proposal", id: proposal.proposal });
    return ok(proposal);
  }

  codeOf(proposal: string): string | undefined {
    this.#dropExpired();
    return this.#open.get(proposal)?.code;
  }

  async confirm(id: string, code: string): Promise<Result<LaunchRecord>> {
    this.#dropExpired();
    const open = this.#open.get(id);
    if (open === undefined) return unknownProposal();
    if (!equalBytes(utf8(code.replaceAll(/[ -]/g, "")), utf8(open.code))) {
      open.wrongCodes++;
      if (open.wrongCodes >= this.#context.limits.wrongCodes) this.#drop(id);
      return fail(failure("proposal.wrong-code"));
    }
    this.#drop(id);
    return this.#decide(open.proposal);
  }

  cancel(id: string): Result<void> {
    this.#dropExpired();
    return this.#drop(id) ? ok(undefined) : unknownProposal();
  }

  open(): readonly Proposal[] {
    this.#dropExpired();
    return [...this.#open.values()].map(({ proposal }) => proposal);
  }

  async answer(id: string, verdict: "approve" | "deny", confirmed: boolean): Promise<Result<LaunchRecord | undefined>> {
    this.#dropExpired();
    const open = this.#open.get(id);
    if (open === undefined) return unknownProposal();
    // Whatever the dialog answers, it answers once.
    this.#drop(id);
    if (!confirmed) return ok(undefined);
    if (verdict !== open.proposal.verdict) return fail(failure("proposal.another-verdict"));
    return this.#decide(open.proposal);
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

const codes = 100_000_000;
const codeLimit = 42 * codes;
