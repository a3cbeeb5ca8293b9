// Could this launch be attested, and could the host still read or change the guest? The rules that hold for every VM, whatever its kit says.
// AMD 56860 (guest policy, SNP_LAUNCH_START, SNP_LAUNCH_FINISH). A value that cannot be seen is never taken for a good one.
import { fromBase64, isZero } from "../../base/bytes.ts";
import { parseGuestPolicy } from "../../snp/guest-policy.ts";
import { parseIdAuth, parseIdBlock } from "../../snp/id-block.ts";
import type { Judge, Ruling } from "./judge.ts";
import type { Protection } from "./seen-launch.ts";
import type { Expected } from "./wanted.ts";

export function judgeSafety(judge: Judge, expected: Expected | undefined): void {
  judgeProtection(judge);
  judgeFirmware(judge);
  if (!isOther(judge)) {
    judgeHashes(judge, expected);
    judgePolicy(judge);
    judgeMembers(judge);
    judgeIdBlock(judge);
  }
}

function judgeProtection(judge: Judge): void {
  const { seen, wanted } = judge;
  const protection = judge.known("protection", seen.protection, undefined, wanted.policy);
  if (protection === undefined || protection === "snp") return;
  const [id, sentence] = unprotected[protection];
  judge.add({ id, severity: "unsafe", topic: "protection", sentence, wanted: wanted.policy });
}

function judgePolicy(judge: Judge): void {
  const { seen, wanted } = judge;
  const absent = "The guest policy is not there; without it the guest does not start.";
  const policy = judge.known("policy", seen.policy, absent, wanted.policy);
  if (policy !== undefined) judgeBits(judge, policy, {});
  if (seen.shadowed !== undefined) judgeBits(judge, seen.shadowed.policy, { ownLine: true });
}

function judgeBits(judge: Judge, policy: bigint, where: Pick<Ruling, "ownLine">): void {
  const add = (id: string, severity: "unsafe" | "missing", what: string): void => {
    const sentence = `The guest policy 0x${policy.toString(16)} ${what}`;
    judge.add({ id, severity, topic: "policy", sentence, wanted: judge.wanted.policy, ...where });
  };
  if ((policy & debugBit) !== 0n) add("policy-debug", "unsafe", "allows debugging (bit 19): the host may decrypt the guest's memory.");
  if ((policy & migrationBit) !== 0n)
    add("policy-migration", "unsafe", "allows a migration agent (MIGRATE_MA, bit 18): who holds it may take the guest.");
  if (!parseGuestPolicy(policy).ok)
    add("policy-malformed", "missing", "has bit 17 clear or a reserved bit set: the processor refuses the launch.");
}

function judgeHashes(judge: Judge, expected: Expected | undefined): void {
  const { seen } = judge;
  if (seen.kernel === undefined) {
    const sentence = "No kernel is given, so only the firmware is measured. What it loads from a disk can be changed by the host.";
    // A kit that was measured without one is meant so.
    if (expected === undefined) judge.add({ id: "no-kernel", severity: "note", topic: "kernel", sentence });
    return;
  }
  const hashes = judge.known("kernelHashes", seen.kernelHashes, undefined, "on");
  const off = {
    id: "kernel-hashes-off",
    severity: "unsafe",
    topic: "kernelHashes",
    sentence: "Kernel, initrd and command line are given, but their hashes are not measured: the host can change them unnoticed.",
    wanted: "on",
  } as const;
  if (seen.kernelHashes === undefined || hashes === false) judge.add(off);
  if (seen.shadowed?.kernelHashes === false) judge.add({ ...off, ownLine: true });
}

function judgeMembers(judge: Judge): void {
  const { seen, wanted } = judge;
  judgeHostData(judge);
  if (seen.looksUp !== true) {
    const place = "Where the encryption bit is must be said; on every EPYC that has SNP it is the same.";
    judge.known("cbitpos", seen.cbitpos, place, wanted.cbitpos);
    judge.known("reducedPhysBits", seen.reducedPhysBits, "How many address bits encryption takes must be said.", wanted.reducedPhysBits);
    const absent = "The guest's memory has no shared memfd backend, so pages cannot be converted between private and shared.";
    const backend = judge.known("memoryBackend", seen.memoryBackend, absent, wanted.memory);
    if (backend === false)
      judge.add({ id: "memory-backend-missing", severity: "missing", topic: "memoryBackend", sentence: absent, wanted: wanted.memory });
  }
  const kvm = judge.known("kvm", seen.kvm, "KVM is not asked for, and nothing else can start an SNP guest.", "kvm");
  if (kvm === false)
    judge.add({
      id: "kvm-missing",
      severity: "missing",
      topic: "kvm",
      sentence: "SNP needs KVM, and something else is asked for.",
      wanted: "kvm",
    });
  if (seen.vcekDisabled !== undefined && !("known" in seen.vcekDisabled && !seen.vcekDisabled.known)) {
    const sentence = "Reports are not signed with the chip's own key (VCEK): a policy that accepts only it refuses them.";
    judge.add({ id: "vcek-disabled", severity: "note", topic: "vcek", sentence, wanted: "off" });
  }
}

function judgeHostData(judge: Judge): void {
  const { seen, wanted } = judge;
  const absent = "There is no HOST_DATA, so the report does not say with which configuration the agent runs, and no key is released.";
  const text = judge.known("hostData", seen.hostData, absent, wanted.hostData);
  if (text === undefined) return;
  const bytes = fromBase64(text);
  const missing = { severity: "missing", topic: "hostData", wanted: wanted.hostData } as const;
  if (bytes?.length !== 32)
    judge.add({ id: "host-data-malformed", ...missing, sentence: "HOST_DATA is not 32 bytes in base64, so the guest does not start." });
  else if (isZero(bytes))
    judge.add({ id: "host-data-missing", ...missing, sentence: absent.replace("no HOST_DATA", "no HOST_DATA but zeros") });
}

function judgeFirmware(judge: Judge): void {
  const { seen, wanted } = judge;
  if (seen.firmwareByFlash === true) {
    const sentence = `SNP cannot start firmware from flash (pflash, EFI disk). Take it out and give one file as ROM.`;
    judge.add({ id: "firmware-flash", severity: "missing", topic: "firmware", sentence, wanted: wanted.firmware });
  } else {
    const absent = "No firmware is given, and the host's default is not built for SNP.";
    judge.known("firmware", seen.firmware, absent, wanted.firmware);
  }
}

/** What the launch's end would refuse (SNP_LAUNCH_FINISH), seen from the text alone. */
function judgeIdBlock(judge: Judge): void {
  const { seen } = judge;
  if (seen.idBlock === undefined && seen.idAuth === undefined) return;
  const other = (of: string): string => `There is no ${of}, and one without the other does not start.`;
  const blockText = judge.known("idBlock", seen.idBlock, other("ID block"), "ID_BLOCK-IN-BASE64");
  const authText = judge.known("idAuth", seen.idAuth, other("ID authentication"), "ID_AUTH-IN-BASE64");
  const block = blockText === undefined ? undefined : parseIdBlock(fromBase64(blockText) ?? new Uint8Array(0));
  const auth = authText === undefined ? undefined : parseIdAuth(fromBase64(authText) ?? new Uint8Array(0));
  if (block?.ok === false)
    judge.add({ id: "id-block-malformed", severity: "missing", topic: "idBlock", sentence: "This is no ID block of 96 bytes in base64." });
  if (auth?.ok === false)
    judge.add({
      id: "id-auth-malformed",
      severity: "missing",
      topic: "idAuth",
      sentence: "This is no ID authentication of 4096 bytes in base64.",
    });
  const policy = seen.policy !== undefined && "known" in seen.policy ? seen.policy.known : undefined;
  if (block?.ok === true && policy !== undefined && block.value.policy !== policy) {
    const sentence = `The ID block is signed for the policy 0x${block.value.policy.toString(16)}, and the launch has 0x${policy.toString(16)}: it fails at its end.`;
    judge.add({ id: "id-block-policy", severity: "different", topic: "idBlock", sentence });
  }
  if (auth?.ok !== true) return;
  const enabled = judge.known("authorKey", seen.authorKey, undefined, "on") ?? false;
  const isUnread = seen.authorKey !== undefined && !("known" in seen.authorKey);
  if (isUnread || enabled === (auth.value.author !== undefined)) return;
  const sentence = enabled
    ? "An author key is announced, and the ID authentication has none: the launch fails at its end."
    : "The ID authentication has an author key, and it is not announced: the report will not name it.";
  judge.add({ id: "author-key-different", severity: "different", topic: "authorKey", sentence, wanted: enabled ? "off" : "on" });
}

/** Of another kind of protection, or of none, nothing that SNP has can be judged. */
function isOther({ seen: { protection } }: Judge): boolean {
  return "known" in protection && protection.known !== "snp";
}

const unprotected: Readonly<Record<Exclude<Protection, "snp">, readonly [id: string, sentence: string]>> = {
  none: ["no-protection", "No confidential guest is asked for: the host can read and change all of its memory."],
  sev: [
    "not-snp",
    "This is plain SEV, not SEV-SNP: the host can change the guest's memory and registers, and there is no report to attest.",
  ],
  "sev-es": ["not-snp", "This is SEV-ES, not SEV-SNP: the host can change the guest's memory, and there is no report to attest."],
  other: ["not-snp", "This is another kind of confidential guest than SEV-SNP, and this manager cannot attest it."],
};
const debugBit = 1n << 19n;
const migrationBit = 1n << 18n;
