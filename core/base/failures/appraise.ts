// What can go wrong in core/appraise, as lines of the failure table (core/base/failure.ts).
import type { FailureEntry } from "./entry.ts";

export const appraiseFailures = {
  "appraise.report-unsigned": {
    family: "untrusted",
    peer: "not-accepted",
    sentence: "The report carries no signature. Have the host start the VM with a signing key (VCEK or VLEK) enabled.",
  },
  "appraise.chip-key-masked": {
    family: "untrusted",
    peer: "not-accepted",
    sentence: "The host masks the chip's key (MASK_CHIP_KEY), so the report is not signed. Have the host turn the mask off.",
  },
  "appraise.host-requested": {
    family: "untrusted",
    peer: "not-accepted",
    sentence: "The host asked for this report, not the VM. Only a report that the VM asked for says anything about a launch.",
  },
  "appraise.vmpl-unknown": {
    family: "untrusted",
    peer: "not-accepted",
    sentence: "The report names a privilege level that does not exist. Look into where it came from.",
  },
  "appraise.product-unknown": {
    family: "misconfigured",
    peer: "not-accepted",
    sentence: "A version 2 report does not say which product made it. State the product.",
  },
  "appraise.processor-unknown": {
    family: "unsupported",
    peer: "unsupported",
    sentence: "The report comes from a processor whose roots this program does not know. Look for a newer Portcullis release.",
  },
  "appraise.product-mismatch": {
    family: "untrusted",
    peer: "not-accepted",
    sentence: "The report comes from another product than was stated. State the right product, or none.",
  },
  "appraise.report-signature": {
    family: "untrusted",
    peer: "not-accepted",
    sentence:
      "The signing certificate's key did not sign this report. Either the report was changed or the certificate is of another chip or TCB.",
  },
  "appraise.signer-mismatch": {
    family: "untrusted",
    peer: "not-accepted",
    sentence:
      "The report was signed with another kind of key (VCEK or VLEK) than the certificate is for. Pass the certificate of the right kind.",
  },
  "appraise.vek-product": {
    family: "untrusted",
    peer: "not-accepted",
    sentence: "The signing certificate is for another product than the report. Pass the certificate of the chip that made the report.",
  },
  "appraise.vek-tcb": {
    family: "untrusted",
    peer: "not-accepted",
    sentence: "The signing certificate is for another TCB than the report's REPORTED_TCB. Fetch the certificate for the reported TCB.",
  },
  "appraise.chip-id": {
    family: "untrusted",
    peer: "not-accepted",
    sentence: "The signing certificate is for another chip than the report. Pass the certificate of the chip that made the report.",
  },
  "appraise.chip-id-masked": {
    family: "untrusted",
    peer: "not-accepted",
    sentence: "The host masks the chip's identity (CHIP_ID is zero), so the VCEK cannot be matched. Have the host turn MASK_CHIP_ID off.",
  },
  "appraise.report-data": {
    family: "untrusted",
    peer: "not-accepted",
    sentence:
      "The report was not made for this launch: its REPORT_DATA is not the value of this connection. A replay or a relay looks like this.",
  },
  "appraise.policy-malformed": {
    family: "misconfigured",
    peer: "not-accepted",
    sentence: "The policy is not well formed. Mend what is named; every check must be required with a value or waived with a reason.",
  },
  "appraise.simulation": {
    family: "refused",
    peer: "not-accepted",
    sentence: "The processor and the enrolment disagree on whether this VM is simulated. Simulated evidence opens simulated VMs only.",
  },
  "appraise.product": {
    family: "refused",
    peer: "not-accepted",
    sentence: "The policy does not accept this processor line. Add it to the policy if it should.",
  },
  "appraise.signer": {
    family: "refused",
    peer: "not-accepted",
    sentence: "The policy does not accept reports signed with this kind of key. Have the host use the other, or change the policy.",
  },
  "appraise.report-version": {
    family: "refused",
    peer: "not-accepted",
    sentence: "The report's version is below the policy's minimum. Have the host's firmware updated.",
  },
  "appraise.vmpl": {
    family: "refused",
    peer: "not-accepted",
    sentence: "The report was asked for at a less privileged level than the policy allows. Check what runs above the agent in this VM.",
  },
  "appraise.measurement": {
    family: "refused",
    peer: "not-accepted",
    sentence:
      "The launch measurement is not one that the policy names: firmware, kernel, initrd, command line or vCPUs differ. Compare the image.",
  },
  "appraise.configuration": {
    family: "refused",
    peer: "not-accepted",
    sentence: "HOST_DATA is not the digest of this VM's agent configuration. Start the VM with the HOST_DATA that the enrolment shows.",
  },
  "appraise.id-key": {
    family: "refused",
    peer: "not-accepted",
    sentence: "The ID key is not one that the policy names. Start the VM with the ID block that the policy expects.",
  },
  "appraise.author-key": {
    family: "refused",
    peer: "not-accepted",
    sentence: "The author key is not one that the policy names. Start the VM with the ID block that the policy expects.",
  },
  "appraise.family-id": {
    family: "refused",
    peer: "not-accepted",
    sentence: "FAMILY_ID is not one that the policy names. Start the VM with the ID block that the policy expects.",
  },
  "appraise.image-id": {
    family: "refused",
    peer: "not-accepted",
    sentence: "IMAGE_ID is not one that the policy names. Start the VM with the ID block that the policy expects.",
  },
  "appraise.guest-svn": {
    family: "refused",
    peer: "not-accepted",
    sentence: "The guest's security version is below the policy's minimum. Start a newer image.",
  },
  "appraise.guest-policy": {
    family: "refused",
    peer: "not-accepted",
    sentence: "The guest policy allows more, or demands less, than this policy accepts. Have the VM started with the right guest policy.",
  },
  "appraise.platform": {
    family: "refused",
    peer: "not-accepted",
    sentence: "The host machine is not set up as the policy demands. Have its firmware settings changed, or change the policy.",
  },
  "appraise.tcb-floor": {
    family: "refused",
    peer: "not-accepted",
    sentence: "A TCB version is below the policy's floor. Have the host's firmware and microcode updated.",
  },
  "appraise.firmware": {
    family: "refused",
    peer: "not-accepted",
    sentence: "The security firmware is older than the policy's minimum. Have the host's firmware updated.",
  },
  "appraise.provisional-firmware": {
    family: "refused",
    peer: "not-accepted",
    sentence: "The security firmware is not committed, so the host can go back to an older one. Have the host commit it.",
  },
  "appraise.mitigations": {
    family: "refused",
    peer: "not-accepted",
    sentence: "Mitigations that the policy demands were not confirmed by the firmware. Have the host updated and the VM launched anew.",
  },
  "appraise.chip-not-listed": {
    family: "refused",
    peer: "not-accepted",
    sentence: "The chip is not on the policy's list, or the host masks its identity. Add the chip if it is yours.",
  },
  "appraise.revocation-not-checked": {
    family: "refused",
    peer: "not-accepted",
    sentence: "The policy demands a revocation check, and none was made. Let Portcullis fetch AMD's revocation list.",
  },
  "appraise.floors-malformed": {
    family: "malformed",
    peer: "malformed",
    sentence: "The file is not a table of floors. Mend what is named; `portcullis policy floors --json` shows one.",
  },
  "appraise.collateral-old": {
    family: "refused",
    peer: "not-accepted",
    sentence: "The revocation list is older than the policy accepts. Let Portcullis fetch AMD's newest one, or import a newer bundle.",
  },
  "appraise.history-malformed": {
    family: "malformed",
    peer: "malformed",
    sentence: "The file is not a VM's history. `portcullis vm history --json` prints one.",
  },
  "appraise.history-missing": {
    family: "refused",
    peer: "not-accepted",
    sentence: "The policy looks at the VM's earlier launches, and they are not at hand. Give them, or ask the manager that has them.",
  },
  "appraise.chip-new": {
    family: "refused",
    peer: "not-accepted",
    sentence:
      "The VM runs on a chip that was never given its keys. If you moved it, change the policy's demand for a known chip; if not, look into it.",
  },
  "appraise.tcb-lower": {
    family: "refused",
    peer: "not-accepted",
    sentence: "The firmware of this chip went back since it was given the keys last. Ask the host's operator why, and have it updated.",
  },
  "appraise.instance-again": {
    family: "refused",
    peer: "not-accepted",
    sentence: "This very instance of the VM was given its keys before and asks again. Restart the VM, and find out why it asked.",
  },
  "appraise.instance-may-run": {
    family: "unavailable",
    peer: "try-later",
    sentence:
      "Another instance of the VM was given its keys a short time ago and may still run. Make sure that it is off; the agent tries again by itself.",
  },
  "appraise.rule-malformed": {
    family: "misconfigured",
    peer: "not-accepted",
    sentence: "A rule of the policy is not an expression that can be evaluated within bounds. Mend the policy.",
  },
  "appraise.rule-error": {
    family: "refused",
    peer: "not-accepted",
    sentence:
      "A rule of the policy could not be evaluated for this report, and so it does not hold. Mend the rule, or look at what the report lacks.",
  },
  "appraise.rule-failed": {
    family: "refused",
    peer: "not-accepted",
    sentence: "A rule of the policy does not hold for this report. The rule's own sentence says what it demands.",
  },
} as const satisfies Record<string, FailureEntry>;
