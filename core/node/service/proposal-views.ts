// How does a proposal look to who may see it, and what came of one that was confirmed?
import type { LaunchProposalView, PolicyProposalView, ProposalView } from "../../api/schemas.ts";
import { rfc3339 } from "../../base/clock.ts";
import type { LaunchProposal, PolicyProposal, Proposal } from "../../manager/proposals.ts";

export function proposalView(proposal: Proposal): ProposalView {
  return proposal.about === "launch" ? launchProposalView(proposal) : policyProposalView(proposal);
}

export function launchProposalView({ launch, evidence, verdict, ...proposal }: LaunchProposal): LaunchProposalView {
  return { about: "launch", ...headOf(proposal), launch, evidence, verdict };
}

export function policyProposalView({ vm, before, after, verdict, ...proposal }: PolicyProposal): PolicyProposalView {
  return { about: "policy", ...headOf(proposal), vm, before, after, verdict };
}

type Head = Pick<Proposal, "proposal" | "reason" | "expiresAt" | "vmName" | "summary">;

function headOf({
  proposal,
  reason,
  expiresAt,
  vmName,
  summary,
}: Head): Pick<ProposalView, "proposal" | "reason" | "expiresAt" | "vmName" | "summary"> {
  return { proposal, reason, expiresAt: rfc3339(expiresAt), vmName, summary: [...summary] };
}
