// Could this launch be attested, and could the host still read or change the guest? The rules that hold for every VM, whatever its kit says.
// AMD 56860 (guest policy, SNP_LAUNCH_START, SNP_LAUNCH_FINISH). A value that cannot be seen is never taken for a good one.
import { fromBase64, toBase64 } from "../../base/bytes.ts";
import { parseGuestPolicy } from "../../snp/guest-policy.ts";
import { parseIdAuth, parseIdBlock } from "../../snp/id-block.ts";
import { qemuOptions } from "../quoting.ts";
import type { Expected, Judge } from "./judge.ts";
import type { Protection } from "./seen-launch.ts";

export function judgeSafety(judge: Judge, expected: Expected | undefined): void {
  const wanted = wantedValues(expected);
  judgeProtection(judge, wanted);
  judgeFirmware(judge, wanted);
  if (!isOther(judge)) {
    judgeHashes(judge, expected);
    judgePolicy(judge, wanted);
    judgeMembers(judge, wanted);
    judgeIdBlock(judge);
  }
}

interface Wanted {
  readonly policy: string;
  readonly hostData: string;
  readonly cbitpos: string;
  readonly reducedPhysBits: string;
  readonly firmware: string;
  readonly memory: string;
}

/** Where no kit is known, the usual value, or a word that says what belongs there. */
function wantedValues(expected: Expected | undefined): Wanted {
  const { plan, hostData } = expected ?? {};
  return {
    policy: plan?.guestPolicy ?? "0x30000",
    hostData: hostData === undefined ? "HOST_DATA-IN-BASE64" : toBase64(hostData),
    cbitpos: `${plan?.cbitpos ?? 51}`,
    reducedPhysBits: `${plan?.reducedPhysBits ?? 1}`,
    firmware: plan === undefined || expected === undefined ? "OVMF.amdsev.fd" : `${plan.folder}/${lastOf(expected.set.firmware.name)}`,
    memory: `${plan?.memoryMib ?? 4096}`,
  };
}

function judgeProtection(judge: Judge, { cbitpos, reducedPhysBits, policy, hostData }: Wanted): void {
  const { seen } = judge;
  const members: readonly (readonly [string, string])[] = [
    ["cbitpos", cbitpos],
    ["reduced-phys-bits", reducedPhysBits],
    ["policy", policy],
    ["kernel-hashes", "on"],
    ["host-data", hostData],
  ];
  const whole = seen.host === "proxmox" ? policy : qemuOptions("sev-snp-guest", ["id", "sev0"], ...members);
  const absent = "What the machine is protected with is not there.";
  const protection = judge.known("protection", seen.protection, absent, whole);
  if (protection === undefined || protection === "snp") return;
  const [id, sentence] = unprotected[protection];
  judge.add({ id, severity: "unsafe", topic: "protection", sentence, wanted: whole });
}

function judgePolicy(judge: Judge, wanted: Wanted): void {
  const { seen } = judge;
  const absent = "The guest policy is not there; without it the guest does not start.";
  const policy = judge.known("policy", seen.policy, absent, wanted.policy);
  for (const one of new Set([policy, seen.shadowed?.policy])) {
    if (one === undefined) continue;
    const bits = parseGuestPolicy(one);
    const text = `0x${one.toString(16)}`;
    const add = (id: string, severity: "unsafe" | "missing", sentence: string): void =>
      judge.add({ id, severity, topic: "policy", sentence: `The guest policy ${text} ${sentence}`, wanted: wanted.policy });
    if ((one & debugBit) !== 0n) add("policy-debug", "unsafe", "allows debugging (bit 19): the host may decrypt the guest's memory.");
    if ((one & migrationBit) !== 0n)
      add("policy-migration", "unsafe", "allows a migration agent (MIGRATE_MA, bit 18): who holds it may take the guest.");
    if (!bits.ok) add("policy-malformed", "missing", "has bit 17 clear or a reserved bit set: the processor refuses the launch.");
  }
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
  const isOff = seen.kernelHashes === undefined || hashes === false;
  if (isOff || seen.shadowed?.kernelHashes === false) {
    const sentence = "Kernel, initrd and command line are given, but their hashes are not measured: the host can change them unnoticed.";
    judge.add({ id: "kernel-hashes-off", severity: "unsafe", topic: "kernelHashes", sentence, wanted: "on" });
  }
}

function judgeMembers(judge: Judge, wanted: Wanted): void {
  const { seen } = judge;
  const text = judge.known(
    "hostData",
    seen.hostData,
    "There is no HOST_DATA, so the report does not say with which configuration the agent runs, and no key is released.",
    wanted.hostData,
  );
  if (text !== undefined && fromBase64(text)?.length !== 32) {
    const sentence = "HOST_DATA is not 32 bytes in base64, so the guest does not start.";
    judge.add({ id: "host-data-malformed", severity: "missing", topic: "hostData", sentence, wanted: wanted.hostData });
  }
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

function judgeFirmware(judge: Judge, wanted: Wanted): void {
  const { seen } = judge;
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

function lastOf(name: string): string {
  return name.split(/[/\\]/).at(-1) ?? "";
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
