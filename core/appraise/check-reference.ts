// What does each field of a policy mean, and what is at stake? One table for docs/policy.md and for sentences about policies: the types make sure
// that no field is missing. Never read by a check.
import type { FailureCode } from "../base/failure.ts";
import type { FieldReference } from "./field-reference.ts";
import type { PolicyChecks } from "./policy.ts";

const digestList = "a list of 48-byte digests in lower-case hex";
const fewer = "Listed values are accepted, all others refused: a shorter list is stricter.";
const higher = "At least this: a higher number is stricter.";
const lines = "for each line of silicon that you accept (`Milan`, `Milan-X`, `Genoa`, `Genoa-X`, `Bergamo-Siena`, `Turin`, `Turin-Dense`)";
const unnamed =
  "a line that is not named is refused, and so is a report of version 2, which names no line, unless each line of its product is named";
const floors = `${lines}, the least \`bootloader\`, \`tee\`, \`snp\` and \`microcode\`, on Turin \`fmc\` too (0 to 255); ${unnamed}`;
const higherFloors = "Each component on its own is at least its floor: a higher floor, or a line less, is stricter.";
const required = "Required is stricter than waived.";
const history = "`true`";
const floorCodes: readonly FailureCode[] = ["appraise.tcb-floor"];

export const checkReference: { readonly [field in keyof PolicyChecks]: FieldReference } = {
  products: {
    title: "Processor lines",
    form: "a list of `Milan`, `Genoa` (Bergamo and Siena too), `Turin`",
    meaning: "The AMD EPYC lines on which the VM may run. The report's own CPUID says which it is; only a version 2 report does not.",
    stake: "A line that you do not use is one more family of firmware whose flaws can be used against you.",
    polarity: fewer,
    checks: ["product"],
    codes: ["appraise.product"],
  },
  signers: {
    title: "Kinds of signing key",
    form: "a list of `vcek` (a chip's own key), `vlek` (a cloud provider's key, loaded into its chips)",
    meaning: "Which kind of key may have signed the report.",
    stake: "A VLEK does not name a chip: with it, you trust the provider to keep the key in its own machines.",
    polarity: fewer,
    checks: ["signer"],
    codes: ["appraise.signer"],
  },
  reportVersion: {
    title: "Report version",
    form: "`minimum`, 2 to 5",
    meaning: "The oldest form of report that is accepted. Version 3 names its processor, version 5 its mitigations.",
    stake: "Version 2 does not say which processor line made it, nor whether memory aliases were looked for.",
    polarity: higher,
    checks: ["report-version"],
    codes: ["appraise.report-version"],
  },
  vmpl: {
    title: "Privilege level of the agent",
    form: "`maximum`, 0 (most privileged) to 3",
    meaning: "The least privileged level (VMPL) from which the report may have been asked for.",
    stake: "Above 0, other software in the VM has more rights than the agent and could read the disk key.",
    polarity: "At most this: a lower number is stricter.",
    checks: ["vmpl"],
    codes: ["appraise.vmpl"],
  },
  measurement: {
    title: "Launch measurement",
    form: "a list of `digest` (48 bytes in lower-case hex) and `label`, a line of at most 100 characters that says what it is",
    meaning: "MEASUREMENT: firmware and all that it measures at the launch, with kernel, initrd and command line where they are hashed in.",
    stake: "Waived, any software at all may ask for your key. It may be waived only while a person approves each launch.",
    polarity: fewer,
    checks: ["measurement"],
    codes: ["appraise.measurement"],
  },
  configuration: {
    title: "Agent configuration",
    form: "`true`; it cannot be waived",
    meaning: "HOST_DATA is the digest of the agent configuration that this VM's enrolment made.",
    stake: "It ties the report to one VM of yours and to your manager: without it, a host could start another VM in its name.",
    polarity: "It is always required.",
    checks: ["configuration"],
    codes: ["appraise.configuration"],
  },
  idKeyDigest: {
    title: "ID key",
    form: digestList,
    meaning: "ID_KEY_DIGEST: whose key signed the ID block that the VM was started with.",
    stake: "Where you sign images, this says that one of your images runs. Waived, family, image and SVN can be anybody's claims.",
    polarity: fewer,
    checks: ["id-key"],
    codes: ["appraise.id-key"],
  },
  authorKeyDigest: {
    title: "Author key",
    form: digestList,
    meaning: "AUTHOR_KEY_DIGEST: whose key signed the ID key. It counts only where the report says that an author key was used.",
    stake: "It lets you change ID keys under one author. Waived, whoever holds the ID key stands alone.",
    polarity: fewer,
    checks: ["author-key"],
    codes: ["appraise.author-key"],
  },
  familyId: {
    title: "Family id",
    form: "a list of 16-byte ids in lower-case hex; zeros mean an ID block without one, or no ID block",
    meaning: "FAMILY_ID of the ID block.",
    stake: "It is only as good as the ID key: state both, or neither.",
    polarity: fewer,
    checks: ["family-id"],
    codes: ["appraise.family-id"],
  },
  imageId: {
    title: "Image id",
    form: "a list of 16-byte ids in lower-case hex; zeros mean an ID block without one, or no ID block",
    meaning: "IMAGE_ID of the ID block.",
    stake: "It is only as good as the ID key: state both, or neither.",
    polarity: fewer,
    checks: ["image-id"],
    codes: ["appraise.image-id"],
  },
  guestSvn: {
    title: "Security version of the image",
    form: "`minimum`, 0 to 4294967295",
    meaning: "GUEST_SVN of the ID block: a number that you raise when an older image must not start any more.",
    stake: "Without it a host can start an old, vulnerable image that you once signed.",
    polarity: higher,
    checks: ["guest-svn"],
    codes: ["appraise.guest-svn"],
  },
  guestPolicy: {
    title: "Guest policy",
    form:
      "`allowed`: a list of `smt`, `migrateMa`, `debug`, `cxlAllow`; `demanded`: a list of `singleSocket`, `memAes256Xts`, `raplDis`, " +
      '`ciphertextHidingDram`, `pageSwapDisable`; `abiMinimum`: "major.minor"',
    meaning: "POLICY, with which the VM was started: what the host may do to it, and what it demands of the machine.",
    stake:
      "`debug` lets the host read the VM's memory, and `migrateMa` lets a migration agent have it. Allow neither where secrets are real.",
    polarity:
      "What is not in `allowed` must be off; what is in `demanded` must be on. Less allowed, more demanded and a higher ABI are stricter.",
    checks: ["guest-policy"],
    codes: ["appraise.guest-policy"],
  },
  platform: {
    title: "Platform set-up",
    form:
      "`required` and `forbidden`: lists of `smtEn`, `tsmeEn`, `eccEn`, `raplDis`, `ciphertextHidingDramEn`, `aliasCheckComplete`, " +
      "`iommuWriteSafe`, `tioEn`; `unknownAllowed`: numbers of bits from 8 to 63",
    meaning: "PLATFORM_INFO: how the host machine is set up. Bits without a name are refused unless they are in `unknownAllowed`.",
    stake: "Without `aliasCheckComplete`, a host with a changed memory module may map memory twice and replay it. `smtEn` shares cores.",
    polarity: "More required, more forbidden and fewer unknown bits are stricter.",
    checks: ["platform"],
    codes: ["appraise.platform"],
  },
  reportedTcb: {
    title: "Reported TCB",
    form: floors,
    meaning:
      "REPORTED_TCB: the versions that the signing key stands for. A host can make it lower than what runs, never higher than what it has.",
    stake: "Without a floor, a report signed with the key of vulnerable firmware is accepted.",
    polarity: higherFloors,
    checks: ["reported-tcb"],
    codes: floorCodes,
  },
  committedTcb: {
    title: "Committed TCB",
    form: floors,
    meaning: "COMMITTED_TCB: the versions below which the machine can no longer go back.",
    stake: "Without a floor, a host may go back to vulnerable firmware after the launch.",
    polarity: higherFloors,
    checks: ["committed-tcb"],
    codes: floorCodes,
  },
  currentTcb: {
    title: "Current TCB",
    form: floors,
    meaning: "CURRENT_TCB: the versions that run now.",
    stake: "Without a floor, the firmware that guards the VM at this moment may be a vulnerable one.",
    polarity: higherFloors,
    checks: ["current-tcb"],
    codes: floorCodes,
  },
  launchTcb: {
    title: "Launch TCB",
    form: floors,
    meaning: "LAUNCH_TCB: the versions that ran when the VM was started or imported.",
    stake: "Without a floor, a VM that was started under vulnerable firmware, and may have been changed then, is accepted after an update.",
    polarity: higherFloors,
    checks: ["launch-tcb"],
    codes: floorCodes,
  },
  firmware: {
    title: "Security firmware version",
    form: `${lines}, \`current\` and \`committed\`: "major.minor.build" each; ${unnamed}`,
    meaning: "The version of the security processor's firmware, running and committed.",
    stake: "Some bulletins name firmware versions, not TCB components: without it those flaws are not looked at.",
    polarity: higher,
    checks: ["firmware"],
    codes: ["appraise.firmware"],
  },
  mitigations: {
    title: "Mitigations",
    form: `${lines}, \`launch\` and \`current\`: a mask of 64 bits each, such as "0x3"; "0x0" demands nothing; ${unnamed}`,
    meaning: "The mitigations that the firmware confirmed at the launch and now. Only reports of version 5 carry them.",
    stake: "A flaw that is mitigated without a new TCB version shows nowhere else.",
    polarity: "Every bit that is set here must be set in the report: more bits are stricter.",
    checks: ["mitigations"],
    codes: ["appraise.mitigations"],
  },
  chipId: {
    title: "Chips",
    form: "a list of 64-byte CHIP_IDs in lower-case hex, as in the report",
    meaning: "The very processors on which the VM may run. A masked CHIP_ID is on no list.",
    stake: "Waived, any genuine chip will do, also one that an attacker has on his desk with physical access.",
    polarity: fewer,
    checks: ["chip-id"],
    codes: ["appraise.chip-not-listed"],
  },
  provisionalFirmware: {
    title: "Firmware committed",
    form: "`true`",
    meaning: "Running and committed firmware are the same.",
    stake: "Waived, the host may go back to older firmware while your VM runs.",
    polarity: required,
    checks: ["provisional-firmware"],
    codes: ["appraise.provisional-firmware"],
  },
  revocation: {
    title: "Revocation",
    form: "`graceHours`, 0 to 720",
    meaning:
      "AMD's revocation list must be at hand, and must not name the root or the issuer (ASK or ASVK). It cannot name a VCEK or VLEK: each of them has serial 0. A list that has run out still counts for the hours of grace, and the result says so.",
    stake:
      "Waived, a certificate authority that AMD has withdrawn still counts. Required without grace, a launch waits where AMD's newer list cannot be had; in the time of grace, a withdrawal can go unnoticed.",
    polarity: "Required is stricter than waived; less grace is stricter.",
    checks: ["revocation"],
    codes: [
      "appraise.revocation-not-checked",
      "endorse.revocation-unavailable",
      "endorse.crl-signature",
      "endorse.crl-not-yet-valid",
      "endorse.crl-expired",
      "endorse.issuer-revoked",
    ],
  },
  collateralAge: {
    title: "Age of the revocation list",
    form: "`maximumDays`, 1 to 366",
    meaning: "AMD made the revocation list at most so many days ago, whatever the list itself says of its next update.",
    stake:
      "A host that hands you an old list, or a bundle that nobody renews, hides what was withdrawn since. A launch without a list fails it.",
    polarity: "At most this: fewer days are stricter.",
    checks: ["collateral-age"],
    codes: ["appraise.collateral-old"],
  },
  knownChip: {
    title: "Known chip",
    form: history,
    meaning:
      "After the VM's first launch: only a chip that was given this VM's keys before. A masked CHIP_ID is none of them, so that a VLEK fails it.",
    stake:
      "Waived, a VM that turns up on another machine is a signal that you see, and nothing more. Required, a move to new hardware is refused until you change the policy.",
    polarity: required,
    checks: ["known-chip"],
    codes: ["appraise.chip-new", "appraise.history-missing"],
  },
  tcbHistory: {
    title: "TCB against its history",
    form: history,
    meaning:
      "No component of the reported or committed TCB is lower than when this chip was given the keys last. A masked chip is compared with the last masked one, and fails where the chips before were not masked.",
    stake: "A machine whose firmware went back may have been made vulnerable on purpose. Floors do not see it where they are below both.",
    polarity: required,
    checks: ["tcb-history"],
    codes: ["appraise.tcb-lower", "appraise.history-missing"],
  },
  freshInstance: {
    title: "Fresh instance",
    form: history,
    meaning: "REPORT_ID, which is new at every start of a VM, was not given this VM's keys before.",
    stake: "An instance that has its keys does not ask again; one that does was frozen, or something else in it asks.",
    polarity: required,
    checks: ["fresh-instance"],
    codes: ["appraise.instance-again", "appraise.history-missing"],
  },
  otherInstance: {
    title: "Another instance",
    form: "`minutes`, 1 to 525600",
    meaning: "No other instance of the VM was given its keys in so many minutes, so that none is likely to run still.",
    stake:
      "Two instances at once on one disk destroy it, and one of them may be a copy that a host keeps. Required, a VM that restarts quickly waits.",
    polarity: "A longer time is stricter.",
    checks: ["other-instance"],
    codes: ["appraise.instance-may-run", "appraise.history-missing"],
  },
};
