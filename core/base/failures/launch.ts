// What can go wrong in core/launch, as lines of the failure table (core/base/failure.ts).
import type { FailureEntry } from "./entry.ts";

export const launchFailures = {
  "launch.frame-length": {
    family: "malformed",
    peer: "malformed",
    sentence: "A frame announced no bytes, or more than the protocol allows. Something that does not speak alp/1 is at the other end.",
  },
  "launch.frame-truncated": {
    family: "malformed",
    peer: "malformed",
    sentence: "The connection ended in the middle of a frame. Look at the network and at what ran at the other end.",
  },
  "launch.message-json": {
    family: "malformed",
    peer: "malformed",
    sentence: "A message is not one strict JSON object in UTF-8. Something that does not speak alp/1 is at the other end.",
  },
  "launch.message-type": {
    family: "malformed",
    peer: "malformed",
    sentence: "A message has a type that this side does not take. Check that agent and manager are of matching releases.",
  },
  "launch.message-shape": {
    family: "malformed",
    peer: "malformed",
    sentence:
      "A message lacks a member, has one too many, or has one of a wrong form. Check that agent and manager are of matching releases.",
  },
  "launch.tee-unsupported": {
    family: "unsupported",
    peer: "unsupported",
    sentence: "The peer names a kind of confidential hardware or sealing key that this release does not know. Look for a newer release.",
  },
  "launch.out-of-turn": {
    family: "misbehaved",
    peer: "malformed",
    sentence: "The peer sent a message that the protocol does not allow at this point. Check what ran at the other end.",
  },
  "launch.outcome-disks": {
    family: "misbehaved",
    peer: "malformed",
    sentence: "The outcome does not name exactly the disks that were released. The launch counts as one of unknown delivery.",
  },
  "launch.peer-gone": {
    family: "unavailable",
    peer: "try-later",
    sentence: "The connection to the VM ended before the launch did. The VM tries again by itself; look at its console if it does not.",
  },
  "launch.hello-late": {
    family: "limited",
    peer: "malformed",
    sentence: "A connection said nothing in time and was closed. If it was a VM, look at its network.",
  },
  "launch.evidence-late": {
    family: "limited",
    peer: "try-later",
    sentence: "The VM did not bring its evidence in time. Its processor may be throttling report requests: it tries again by itself.",
  },
  "launch.judgement-late": {
    family: "unavailable",
    peer: "try-later",
    sentence: "The endorsements for this processor did not come in time. Check the way to AMD's key service, or import the certificates.",
  },
  "launch.approval-late": {
    family: "needs-person",
    peer: "try-later",
    sentence: "Nobody approved or denied the launch in time, so it was refused. Approve it sooner when the VM tries again.",
  },
  "launch.commit-late": {
    family: "unavailable",
    peer: "try-later",
    sentence: "The store did not answer in time, so nothing was released. Check the disk that holds the database.",
  },
  "launch.seal-late": {
    family: "unavailable",
    peer: "try-later",
    sentence: "The keychain did not hand over the disk key in time, so nothing was released. Unlock the keychain.",
  },
  "launch.outcome-late": {
    family: "limited",
    peer: "try-later",
    sentence: "The key was sent, and the VM did not say in time whether its disks opened. Look at the VM before it is launched again.",
  },
  "launch.too-many-challenges": {
    family: "limited",
    peer: "try-later",
    sentence: "The evidence went stale again and again before a decision. Find out why endorsements or approvals take so long.",
  },
  "launch.configuration-json": {
    family: "malformed",
    peer: "malformed",
    sentence: "The agent configuration is not one strict JSON object of a sensible size. Use the file that the manager made.",
  },
  "launch.configuration-shape": {
    family: "misconfigured",
    peer: "malformed",
    sentence: "A member of the agent configuration is missing, unknown or out of bounds. Use the file that the manager made.",
  },
  "launch.configuration-canonical": {
    family: "malformed",
    peer: "malformed",
    sentence:
      "The agent configuration is not in its canonical form, so its digest would not be the attested one. Use the manager's file as it is.",
  },
  "launch.sealing-key": {
    family: "malformed",
    peer: "malformed",
    sentence: "The sealing key that the VM sent is not a sound X-Wing public key. Check what ran in the VM.",
  },
  "launch.sealed-key": {
    family: "untrusted",
    peer: "not-accepted",
    sentence: "The released key does not open with this launch's sealing key. It was changed on its way or made for another launch.",
  },
} as const satisfies Record<string, FailureEntry>;
