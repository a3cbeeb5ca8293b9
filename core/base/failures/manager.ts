// What can go wrong in core/manager, core/release and core/audit, as lines of the failure table (core/base/failure.ts).
import type { FailureEntry } from "./entry.ts";

export const managerFailures = {
  "audit.malformed-entry": {
    family: "malformed",
    peer: "try-later",
    sentence: "An audit entry is not in the form that this program writes. The database was changed or damaged: restore it from a backup.",
  },
  "audit.broken-chain": {
    family: "untrusted",
    peer: "try-later",
    sentence: "The audit log was changed, so nothing is released. Keep this copy, find out who could write to it, and restore a backup.",
  },
  "approval.evidence-changed": {
    family: "needs-person",
    peer: "not-accepted",
    sentence: "The launch has shown other evidence since it was displayed. Look at it again before you decide.",
  },
  "approval.claims-changed": {
    family: "needs-person",
    peer: "not-accepted",
    sentence:
      "When the launch was asked for fresh evidence, it did not say the same as what was approved. Look at it again, and decide anew.",
  },
  "approval.already-decided": {
    family: "refused",
    peer: "not-accepted",
    sentence: "This launch has been decided already. Look at its record for the decision.",
  },
  "approval.not-pending": {
    family: "refused",
    peer: "not-accepted",
    sentence: "No such launch waits for a decision. It may have ended: look at its record, and start the VM again if it is still wanted.",
  },
  "approval.launch-ended": {
    family: "unavailable",
    peer: "try-later",
    sentence: "The launch ended before the decision could be carried out, and no key was sent. Start the VM again if it is still wanted.",
  },
  "approval.denied": {
    family: "refused",
    peer: "not-accepted",
    sentence: "A person denied this launch. Their reason is in its record.",
  },
  "approval.reason-missing": {
    family: "malformed",
    peer: "malformed",
    sentence: "A decision needs a reason of at most 500 characters. Say why, for whoever reads the audit log later.",
  },
  "proposal.unknown": {
    family: "refused",
    peer: "not-accepted",
    sentence: "There is no such open proposal: it was confirmed, dropped or has expired. Propose again.",
  },
  "proposal.wrong-code": {
    family: "refused",
    peer: "not-accepted",
    sentence:
      "That is not the code which the terminal shows for this proposal. Type the eight digits; after three wrong ones it is dropped.",
  },
  "proposal.another-verdict": {
    family: "refused",
    peer: "not-accepted",
    sentence: "The answer was for another verdict than the proposed one. Propose again and read the question before you answer.",
  },
  "proposal.too-many": {
    family: "limited",
    peer: "busy",
    sentence: "Too many proposals are open. Confirm or cancel some of them first.",
  },
  "release.not-accepted": {
    family: "refused",
    peer: "not-accepted",
    sentence: "The VM did not meet its policy. Its record shows which checks failed.",
  },
  "release.vm-disabled": {
    family: "refused",
    peer: "not-accepted",
    sentence: "The VM is disabled, so nothing is released to it. Enable it if this launch was expected.",
  },
  "release.vm-unknown": {
    family: "refused",
    peer: "not-accepted",
    sentence: "No VM of this id is enrolled here. Enrol it first, or find out who tries to launch under this id.",
  },
  "release.configuration-unknown": {
    family: "refused",
    peer: "not-accepted",
    sentence: "The agent runs with a configuration that this manager did not issue for the VM. Give the VM its issued configuration.",
  },
  "release.configuration-retired": {
    family: "refused",
    peer: "not-accepted",
    sentence: "The agent runs with a configuration that was retired or is not this VM's. Give the VM its newest configuration.",
  },
  "release.simulation-mismatch": {
    family: "untrusted",
    peer: "not-accepted",
    sentence:
      "Simulated evidence for a real VM, or the reverse. Only a VM that is enrolled as simulated may launch on a simulated processor.",
  },
  "policy.changed-meanwhile": {
    family: "limited",
    peer: "not-accepted",
    sentence: "The VM's policy was changed meanwhile. Look at the policy as it is now, and make your change again.",
  },
  "policy.same": {
    family: "refused",
    peer: "not-accepted",
    sentence: "That is the policy which the VM has already. Change something, or leave it.",
  },
  "policy.too-much-looser": {
    family: "limited",
    peer: "not-accepted",
    sentence:
      "More would become looser than a confirmation can show in full. Change it in several steps, or at the terminal with `portcullis vm set-policy`.",
  },
  "policy.too-many-versions": {
    family: "limited",
    peer: "not-accepted",
    sentence: "The VM has had as many versions of its policy as can be kept. Enrol it anew.",
  },
  "release.policy-changed": {
    family: "unavailable",
    peer: "try-later",
    sentence: "The VM's policy was changed while this launch was under way. The agent tries again by itself, under the new policy.",
  },
  "release.outside-times": {
    family: "unavailable",
    peer: "try-later",
    sentence:
      "It is outside the times in which the policy lets keys go. The agent tries again by itself until they come; or change the policy's times.",
  },
  "release.second-launch": {
    family: "limited",
    peer: "busy",
    sentence: "A launch of the same VM is under way. If only one was started, somebody else tries to launch this VM: look at both.",
  },
  "release.too-many-failed-opens": {
    family: "refused",
    peer: "not-accepted",
    sentence: "Too many releases to this VM did not open its disks, or were never heard of again. Find out why, then enable it again.",
  },
  "manager.crowded": {
    family: "limited",
    peer: "busy",
    sentence: "Too many peers are connected that have not said which VM they are. The agent tries again by itself.",
  },
  "manager.replaced": {
    family: "limited",
    peer: "try-later",
    sentence: "A newer launch of the same VM took the place of this one, as its policy says. If it was not yours, deny it.",
  },
  "manager.vm-disabled": {
    family: "unavailable",
    peer: "try-later",
    sentence: "The VM was disabled while this launch waited, so it was ended. Enable the VM if the launch was expected; it tries again.",
  },
  "manager.rate-limited": {
    family: "limited",
    peer: "busy",
    sentence: "Launches come faster than the limit allows. If you did not start them, look at where they come from.",
  },
  "manager.not-ready": {
    family: "unavailable",
    peer: "try-later",
    sentence: "The manager is starting or stopping and takes no launches. Try again when it says that it is ready.",
  },
  "manager.clock-behind": {
    family: "unavailable",
    peer: "try-later",
    sentence:
      "The clock of this machine is behind the newest audit entry, so certificates cannot be judged. Set the clock, then launch again.",
  },
  "manager.collateral-missing": {
    family: "unavailable",
    peer: "try-later",
    sentence: "No certificate for this processor was found anywhere. Import it, or allow the manager to fetch it from AMD.",
  },
  "manager.collateral-slow": {
    family: "unavailable",
    peer: "try-later",
    sentence: "The source of AMD's certificates did not answer in time. Try again later, or import the certificates by hand.",
  },
  "manager.bug": {
    family: "bug",
    peer: "try-later",
    sentence: "This launch met a mistake in this program and was ended; no key was sent after it. Keep the log and report it.",
  },
  "manager.configuration-retired": {
    family: "unavailable",
    peer: "try-later",
    sentence:
      "The configuration of this VM's agent was retired while the launch waited, so it was ended. Start the VM with the newest configuration.",
  },
  "configuration.malformed": {
    family: "malformed",
    peer: "malformed",
    sentence: "The configuration has a field that cannot be accepted. Mend the named field and try again.",
  },
  "configuration.unknown": {
    family: "malformed",
    peer: "malformed",
    sentence: "The VM has no such configuration. List its configurations, and name one of them by its digest.",
  },
  "configuration.last": {
    family: "refused",
    peer: "malformed",
    sentence:
      "This is the only configuration that is accepted, so the VM could not launch any more. Issue another one first, or disable the VM.",
  },
  "configuration.retired-before": {
    family: "refused",
    peer: "malformed",
    sentence:
      "Exactly this configuration was retired, and what was retired is never accepted again. Change something in it, such as the retry plan.",
  },
  "configuration.too-many": {
    family: "limited",
    peer: "busy",
    sentence: "The VM has as many accepted configurations as it may have at once. Retire those that no host uses any more.",
  },
  "configuration.too-many-kept": {
    family: "limited",
    peer: "busy",
    sentence: "The VM has had as many configurations as can be kept. Enrol it anew, with the keys that its disks have.",
  },
  "configuration.being-issued": {
    family: "limited",
    peer: "busy",
    sentence: "A configuration of this VM is being issued at this moment. Look at what it became, and try again.",
  },
  "enrolment.malformed": {
    family: "malformed",
    peer: "malformed",
    sentence: "The enrolment has a field that cannot be accepted. Mend the named field and try again.",
  },
  "enrolment.name-taken": {
    family: "refused",
    peer: "malformed",
    sentence: "A VM of this name is enrolled already. Choose another name.",
  },
  "enrolment.no-simulator": {
    family: "misconfigured",
    peer: "malformed",
    sentence: "This manager has no simulated processor, so no VM can be enrolled as simulated. Start it with the simulator.",
  },
  "enrolment.unknown-vm": {
    family: "refused",
    peer: "malformed",
    sentence: "There is no VM of this id. List the VMs to find the right one.",
  },
} as const satisfies Record<string, FailureEntry>;
