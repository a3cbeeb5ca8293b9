// What does a Proxmox VE configuration of one VM say about an SNP launch? qm.conf(5): its lines as the QEMU options that they become, then `args`, which
// come last and count. Snapshots are other sections and not judged; pending changes are in effect at the next start, and are unread. Judges nothing.
import { optionText, type OptionText } from "./option-text.ts";
import { perlWords } from "./perl-words.ts";
import { qemuOptionsOf, readQemu } from "./qemu-reader.ts";
import type { SeenLaunch, Unread } from "./seen-launch.ts";

/** @returns a sentence's end where it cannot be read. */
export function readProxmox(text: string): SeenLaunch | { readonly fault: string } {
  const { lines, unread, asides } = linesOf(text);
  const argued = perlWords(lines.get("args") ?? "");
  if (argued === undefined) return { fault: "args: a quote is not closed, or a backslash is at its end" };
  const sev = lines.has("amd-sev") ? optionText(lines.get("amd-sev") ?? "", "type") : undefined;
  const isSnp = sev?.get("type") === "snp";
  const options = qemuOptionsOf([...sevWords(sev), ...lineWords(lines, isSnp), ...argued]);
  const seen = readQemu(options, "proxmox");
  const effective = optionText(options.values.get("machine")?.at(-1) ?? "", "type").get("confidential-guest-support");
  const byAmdSev = isSnp && (effective === undefined || effective === ownObject);
  return {
    ...seen,
    ...(byAmdSev ? { looksUp: true } : {}),
    ...(isSnp && !byAmdSev && sev !== undefined
      ? { shadowed: { policy: policyOf(sev), kernelHashes: isOn(sev.get("kernel-hashes")) } }
      : {}),
    ...(lines.get("bios") === "ovmf" && (!isSnp || lines.has("efidisk0")) ? { firmwareByFlash: true } : {}),
    disks: [...lines]
      .filter(([name]) => /^(?:virtio|scsi|sata|ide)[0-9]+$/.test(name))
      .map(([, value]) => fileOf(value))
      .concat(seen.disks),
    unread: [...unread, ...sevFaults(lines.get("amd-sev")), ...seen.unread],
    asides: [...asides, ...seen.asides],
  };
}

/** Whether at least one line is one that only a VM's configuration has. */
export function looksLikeProxmox(text: string): boolean {
  return /^(?:amd-sev|args|bios|boot|cores|cpu|memory|name|net0|ostype|scsihw|smbios1|sockets|vmgenid):/m.test(text);
}

interface Lines {
  readonly lines: ReadonlyMap<string, string>;
  readonly unread: readonly Unread[];
  readonly asides: readonly Unread[];
}

function linesOf(text: string): Lines {
  const lines = new Map<string, string>();
  const unread: Unread[] = [];
  const asides: Unread[] = [];
  for (const [index, line] of text.split("\n").entries()) {
    // As Proxmox VE tells them; any other line in brackets is a line that it leaves out.
    const [, section] = /^\[([a-z][a-z0-9_-]+|special:[a-z]+)\]\s*$/i.exec(line) ?? [];
    if (section !== undefined) {
      const isPending = section.toLowerCase() === "pending";
      (isPending ? unread : asides).push({ option: `[${section}]`, why: isPending ? pendingSentence : asideSentence });
      break;
    }
    if (line.startsWith("#") || line.trim() === "") continue;
    const [, name, value = ""] = /^([a-z][a-z_-]*[0-9]*):(.*)$/s.exec(line) ?? [];
    // The last counts, but only where Proxmox VE takes its value: which one that is, is not known here.
    const why = name === undefined ? strangeSentence : lines.has(name) ? twiceSentence : undefined;
    if (why !== undefined && unread.length < mostUnread) unread.push({ option: name ?? `line ${index + 1}`, why });
    if (name !== undefined) lines.set(name, value.trim());
  }
  return { lines, unread, asides };
}

/** As PVE::JSONSchema takes a list of keys: each once, none that it does not know, no value that its key does not have. */
function sevFaults(text: string | undefined): readonly Unread[] {
  if (text === undefined) return [];
  const keys: string[] = [];
  for (const part of text.split(",").filter((one) => one.trim() !== "")) {
    const [, key = "type", value = ""] = /^(?:([^=]+)=)?(.+)$/s.exec(part) ?? [];
    const values = sevKeys.get(key);
    if (values?.test(value) !== true || keys.includes(key)) return [{ option: "amd-sev", why: refusedSentence }];
    keys.push(key);
  }
  return keys.includes("type") ? [] : [{ option: "amd-sev", why: refusedSentence }];
}

function sevWords(sev: OptionText | undefined): readonly string[] {
  if (sev === undefined) return [];
  const hashes = isOn(sev.get("kernel-hashes")) ? "on" : "off";
  const guest =
    sev.get("type") === "snp"
      ? `sev-snp-guest,id=${ownObject},policy=0x${policyOf(sev).toString(16)},kernel-hashes=${hashes}`
      : `sev-guest,id=${ownObject},policy=${sev.get("type") === "es" ? "0x5" : "0x1"},kernel-hashes=${hashes}`;
  return ["-machine", `confidential-guest-support=${ownObject}`, "-object", guest];
}

/** Without no-debug the host may read the guest: that is Proxmox VE's own default. */
function policyOf(sev: OptionText): bigint {
  return 0x20000n | (isOn(sev.get("allow-smt") ?? "1") ? 1n << 16n : 0n) | (isOn(sev.get("no-debug")) ? 0n : 1n << 19n);
}

function lineWords(lines: Lines["lines"], isSnp: boolean): readonly string[] {
  const cpu = optionText(lines.get("cpu") ?? "kvm64", "cputype").get("cputype") ?? "";
  const sockets = lines.get("sockets") ?? "1";
  const vcpus = lines.get("vcpus");
  const memory = optionText(lines.get("memory") ?? "512", "current").get("current") ?? "";
  return [
    "-cpu",
    cpu,
    "-m",
    memory,
    "-smp",
    `${vcpus === undefined ? "" : `cpus=${vcpus},`}sockets=${sockets},cores=${lines.get("cores") ?? "1"}`,
    ...(isOn(lines.get("kvm") ?? "1") ? ["-enable-kvm"] : []),
    ...(isSnp && lines.get("bios") === "ovmf" ? ["-bios", ownFirmware] : []),
  ];
}

/** As Proxmox VE's schema takes a boolean. */
function isOn(text: string | undefined): boolean {
  return /^(?:1|on|yes|true)$/i.test(text ?? "");
}

function fileOf(drive: string): string {
  return optionText(drive, "file").get("file") ?? "";
}

const pendingSentence =
  "What follows comes into effect at the next start, and was not judged. Apply it first, and give what is there then.";
const asideSentence = "It and what follows were not judged: a snapshot.";
const strangeSentence = "It is not `name: value`, and Proxmox VE would leave it out.";
const twiceSentence = "It stands there more than once. Leave one.";
const refusedSentence = "Proxmox VE does not take this line, and would start the VM without it.";
const switchValues = /^(?:1|0|on|off|yes|no|true|false)$/i;
const sevKeys: ReadonlyMap<string, RegExp> = new Map([
  ["type", /^(?:std|es|snp)$/],
  ...["no-debug", "no-key-sharing", "allow-smt", "kernel-hashes"].map((key): [string, RegExp] => [key, switchValues]),
]);
const ownObject = "sev0";
const ownFirmware = "/usr/share/pve-edk2-firmware/OVMF_SEV_4M.fd";
const mostUnread = 16;
