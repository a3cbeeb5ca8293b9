// How does a proposal look to who may see it, and what came of one that was confirmed?
import type { BootSetProposalView, LaunchProposalView, PolicyProposalView, ProposalView } from "../../api/schemas.ts";
import { rfc3339 } from "../../base/clock.ts";
import type { BootSetProposal, LaunchProposal, PolicyProposal, Proposal } from "../../manager/proposals.ts";

export function proposalView(proposal: Proposal): ProposalView {
  if (proposal.about === "launch") return launchProposalView(proposal);
  return proposal.about === "policy" ? policyProposalView(proposal) : bootSetProposalView(proposal);
}

export function launchProposalView({ launch, evidence, verdict, ...proposal }: LaunchProposal): LaunchProposalView {
  return { about: "launch", ...headOf(proposal), launch, evidence, verdict };
}

export function policyProposalView({ vm, before, after, verdict, ...proposal }: PolicyProposal): PolicyProposalView {
  return { about: "policy", ...headOf(proposal), vm, before, after, verdict };
}

export function bootSetProposalView({ vm, bootSet, measurement, verdict, ...proposal }: BootSetProposal): BootSetProposalView {
  return { about: "boot-set", ...headOf(proposal), vm, bootSet, measurement, verdict };
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
