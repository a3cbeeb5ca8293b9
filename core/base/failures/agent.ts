// What can go wrong in agent/, as lines of the failure table (core/base/failure.ts). Sentences are for whoever reads the VM's console.
import type { FailureEntry } from "./entry.ts";

export const agentFailures = {
  "agent.usage": {
    family: "misconfigured",
    peer: "malformed",
    sentence: "The agent was started with arguments that it does not know. See --help.",
  },
  "agent.configuration-unreadable": {
    family: "misconfigured",
    peer: "malformed",
    sentence: "The agent's configuration cannot be read. Pass it to the VM by fw_cfg, on a small disk or in the initramfs, and name it.",
  },
  "agent.not-equipped": {
    family: "misconfigured",
    peer: "malformed",
    sentence: "cryptsetup, or the folder for copies of disk headers, is not usable here. Put cryptsetup into the initramfs, or name both.",
  },
  "agent.host-data": {
    family: "untrusted",
    peer: "not-accepted",
    sentence:
      "The processor attests another configuration than the one in use: the host changed it. Start the VM with the digest of this file.",
  },
  "agent.report-mixed": {
    family: "unavailable",
    peer: "try-later",
    sentence: "The report does not answer the question that was asked. Something else in the VM asks for reports at the same time.",
  },
  "agent.report-source": {
    family: "unsupported",
    peer: "unsupported",
    sentence: "The kernel offers no SEV-SNP attestation reports. Run a kernel with configfs-tsm and sev-guest in an SEV-SNP VM.",
  },
  "agent.report-source-unavailable": {
    family: "unavailable",
    peer: "try-later",
    sentence:
      "The processor gave no attestation report. Check that this VM runs under SEV-SNP and that its kernel has the report interface.",
  },
  "agent.report-late": {
    family: "unavailable",
    peer: "try-later",
    sentence: "The processor gave no report in time. It may be throttling: the agent tries again.",
  },
  "agent.unreachable": {
    family: "unavailable",
    peer: "try-later",
    sentence: "The manager cannot be reached. Check that it runs, and the network between it and the VM.",
  },
  "agent.tls-failed": {
    family: "unavailable",
    peer: "try-later",
    sentence: "No TLS 1.3 connection for alp/1 came about. Check what listens at the manager's address.",
  },
  "agent.manager-untrusted": {
    family: "untrusted",
    peer: "not-accepted",
    sentence:
      "Whoever answered is not the manager that this VM is bound to. Look for a relay on the way, or a manager whose CA was made anew.",
  },
  "agent.manager-silent": {
    family: "unavailable",
    peer: "try-later",
    sentence: "The manager fell silent. The agent tries again; check that the manager runs.",
  },
  "agent.manager-gone": {
    family: "unavailable",
    peer: "try-later",
    sentence: "The connection to the manager ended before the launch did. The agent tries again.",
  },
  "agent.refused": {
    family: "refused",
    peer: "not-accepted",
    sentence: "The manager refused this launch. Its console says why.",
  },
  "agent.try-later": {
    family: "unavailable",
    peer: "try-later",
    sentence: "The manager asks the agent to try again later. Its console says why.",
  },
  "agent.gave-up": {
    family: "limited",
    peer: "try-later",
    sentence: "No launch succeeded within the time that the configuration allows. Check the manager, then start the VM again.",
  },
  "agent.release-disks": {
    family: "misbehaved",
    peer: "malformed",
    sentence: "The manager released keys for other disks than are configured. Make a new configuration for this VM.",
  },
  "agent.disk-key": {
    family: "refused",
    peer: "not-accepted",
    sentence: "The released key does not open the disk. Check that this disk was encrypted for this VM.",
  },
  "agent.disk-header": {
    family: "untrusted",
    peer: "not-accepted",
    sentence:
      "The disk's LUKS2 header is none that the agent opens: other encryption than AES-XTS, a re-encryption that has not ended, a token, or a key derivation that costs too much. `portcullis disk check` names the member. The host may have replaced it: compare the header with a backup.",
  },
  "agent.disk-other": {
    family: "refused",
    peer: "not-accepted",
    sentence:
      "The disk's LUKS2 header has another UUID than the VM's configuration demands. Check whether the VM's disks were swapped; a disk that was made anew needs a new configuration.",
  },
  "agent.disk-changed": {
    family: "untrusted",
    peer: "not-accepted",
    sentence:
      "The header on the disk changed while the disk was opened: the host, or whoever else can write to the disk, did it. The disk was opened with the header that was checked, and closed again. Compare the disk's header with a backup, and ask the host before the VM is started again.",
  },
  "agent.disk-missing": {
    family: "misconfigured",
    peer: "not-accepted",
    sentence: "A configured disk is not there, is in use, or is no LUKS2 disk. Check the VM's disks against its configuration.",
  },
  "agent.disk-memory": {
    family: "misconfigured",
    peer: "not-accepted",
    sentence: "There is not enough memory to derive the disk's key. Give the VM more memory, or the disk a PBKDF2 key slot.",
  },
  "agent.disk-failed": {
    family: "unavailable",
    peer: "not-accepted",
    sentence: "The disk could not be opened. Check that cryptsetup and the kernel's dm-crypt are in the initramfs.",
  },
  "agent.disk-late": {
    family: "limited",
    peer: "not-accepted",
    sentence: "The disk did not open in time and was given up. Check its key derivation and the VM's processors.",
  },
  "agent.disk-closed": {
    family: "refused",
    peer: "not-accepted",
    sentence: "The disk was closed, or never tried, because another one did not open. Mend that one first.",
  },
  "agent.stopped": {
    family: "limited",
    peer: "try-later",
    sentence: "The agent was told to stop, and wiped what it held. Start the VM again.",
  },
} as const satisfies Record<string, FailureEntry>;
