// Who approves in the desktop app? The person, in a native dialog that the main process fills from the service over a port of its own.
// SECURITY: row 19. Nothing that the page wrote is shown but the reason, which the service quotes; the answer names the proposal and its verdict.
import { createORPCClient } from "@orpc/client";
import { RPCLink } from "@orpc/client/message-port";
import type { ContractRouterClient } from "@orpc/contract";
import type { Contract } from "../../core/api/contract.ts";
import type { BootSetProposalView, PolicyProposalView, ProposalView } from "../../core/api/schemas.ts";

export interface Question {
  readonly type: "warning" | "question";
  readonly title: string;
  readonly message: string;
  readonly detail: string;
  readonly buttons: readonly [cancel: string, confirm: string];
  /** The harmless one, for Enter and for Escape. */
  readonly defaultId: 0;
  readonly cancelId: 0;
  readonly noLink: true;
}

export function questionOf(proposal: ProposalView): Question {
  if (proposal.about === "policy") return policyQuestionOf(proposal);
  if (proposal.about === "boot-set") return bootSetQuestionOf(proposal);
  const approve = proposal.verdict === "approve";
  return {
    type: approve ? "warning" : "question",
    title: "Portcullis",
    message: approve ? `Release the disk keys of ${plain(proposal.vmName)}?` : `Deny this launch of ${plain(proposal.vmName)}?`,
    detail: [...proposal.summary.map(plain), "", `Evidence ${proposal.evidence.slice(0, 16)}…${proposal.evidence.slice(-16)}`].join("\n"),
    buttons: ["Cancel", approve ? "Release the keys" : "Deny the launch"],
    defaultId: 0,
    cancelId: 0,
    noLink: true,
  };
}

function policyQuestionOf(proposal: PolicyProposalView): Question {
  return {
    type: "warning",
    title: "Portcullis",
    message: `Change the policy of ${plain(proposal.vmName)}?`,
    detail: [...proposal.summary.map(plain), "", `From ${proposal.before.slice(0, 16)}… to ${proposal.after.slice(0, 16)}…`].join("\n"),
    buttons: ["Cancel", "Change the policy"],
    defaultId: 0,
    cancelId: 0,
    noLink: true,
  };
}

function bootSetQuestionOf(proposal: BootSetProposalView): Question {
  return {
    type: "warning",
    title: "Portcullis",
    message: `Approve boot files of ${plain(proposal.vmName)} ahead?`,
    // The measurement is one of the sentences, whole.
    detail: proposal.summary.map(plain).join("\n"),
    buttons: ["Cancel", "Approve ahead"],
    defaultId: 0,
    cancelId: 0,
    noLink: true,
  };
}

export type ApprovalClient = Pick<ContractRouterClient<Contract>, "approvals" | "status">;

export interface DialogParts {
  readonly client: ApprovalClient;
  /** Shows the question and resolves with the number of the button. One at a time. */
  readonly show: (question: Question) => Promise<number>;
}

/** Asks about each proposal, one after the other, until the connection ends; then it resolves. */
export async function askAboutProposals({ client, show }: DialogParts): Promise<void> {
  // A proposal whose answer was refused may still be listed for a moment; nobody is asked about it twice.
  const asked = new Set<string>();
  try {
    for await (const change of await client.status.watch({})) {
      if (change.kind !== "proposal" && change.kind !== "status") continue;
      for (let next = await oldest(client, asked); next !== undefined; next = await oldest(client, asked)) {
        asked.add(next.proposal);
        const confirmed = (await show(questionOf(next))) === 1;
        await client.approvals.answer({ proposal: next.proposal, verdict: next.verdict, confirmed }).catch(ignored);
      }
    }
  } catch {
    // The service ended; its next start brings a new connection and a new round.
  }
}

export function approvalClient(port: PortLike): ApprovalClient {
  return createORPCClient<ContractRouterClient<Contract>>(new RPCLink({ port }));
}

type PortLike = ConstructorParameters<typeof RPCLink>[0]["port"];

async function oldest(client: ApprovalClient, asked: ReadonlySet<string>): Promise<ProposalView | undefined> {
  return (await client.approvals.open({})).find(({ proposal }) => !asked.has(proposal));
}

/** It expired while the person thought, or its launch ended: the service has recorded that, and no decision was made. */
function ignored(): void {}

/** Control and direction characters could rearrange what the dialog says. */
function plain(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu, "?");
}
