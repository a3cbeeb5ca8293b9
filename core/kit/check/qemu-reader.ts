// What does a QEMU command line say about an SNP launch? Its options in order, as QEMU itself merges and overrides them (qemu-system-x86_64(1), sev-snp-guest).
// An option whose value cannot be seen (a variable, a file of options) is named as such. Judges nothing.
import type { Host } from "../launch-kit.ts";
import { optionText, type OptionText } from "./option-text.ts";
import {
  asNumber,
  asSwitch,
  asText,
  asUint64,
  hasUnread,
  member,
  said,
  unreadText,
  withoutMarks,
  type Protection,
  type Said,
  type SeenLaunch,
  type Unread,
} from "./seen-launch.ts";

/** The options of one command line by their names without hyphens, each with all its values in order. */
export interface QemuOptions {
  readonly values: ReadonlyMap<string, readonly string[]>;
  /** Words that belong to no option. */
  readonly strays: readonly string[];
  /** Options of which it is not known here whether the next word, which looks like another option, is their value. */
  readonly doubtful: readonly string[];
}

export function qemuOptionsOf(words: readonly string[]): QemuOptions {
  const values = new Map<string, string[]>();
  const strays: string[] = [];
  const doubtful: string[] = [];
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? "";
    if (!/^--?[A-Za-z]/.test(word)) {
      strays.push(word);
      continue;
    }
    const given = word.replace(/^--?/, "");
    const name = given === "M" ? "machine" : given;
    const next = words[at + 1];
    // What is judged here always has a value; of other options, one that looks like an option is none.
    const takes = next !== undefined && !switches.has(name) && (judged.has(name) || !/^--?[A-Za-z]/.test(next));
    if (next !== undefined && !takes && !switches.has(name)) doubtful.push(word);
    const before = values.get(name);
    if (before === undefined) values.set(name, [takes ? next : ""]);
    else before.push(takes ? next : "");
    if (takes) at += 1;
  }
  return { values, strays, doubtful };
}

export function readQemu(options: QemuOptions, host: Host): SeenLaunch {
  const { values, strays } = options;
  const all = (...names: readonly string[]): readonly string[] => names.flatMap((name) => values.get(name) ?? []);
  const last = (name: string): string | undefined => values.get(name)?.at(-1);
  const machine = merged(all("machine"), "type");
  const objects = all("object").map((text) => optionText(text, "qom-type"));
  const guestName = agreed(machine.get("confidential-guest-support"), machine.get("memory-encryption"));
  const named = guestName === undefined ? undefined : objects.find((one) => one.get("id") === guestName);
  // Where the name leads nowhere that can be seen, and there is one object that may be meant, its members are judged all the same.
  const guest = named ?? (guestName === undefined ? undefined : onlyOne(objects.filter((one) => one.get("qom-type")?.startsWith("sev-"))));
  const of = (name: string): string | undefined => guest?.get(name);
  const isSnp = guest?.get("qom-type") === "sev-snp-guest";
  const bootOf = (name: string): Said<string> | undefined => said(agreed(last(name), machine.get(name)), asText);
  const backend = machine.get("memory-backend");
  return {
    host,
    protection: protectionOf(guestName, named),
    ...member("policy", isSnp ? (said(of("policy"), asUint64) ?? { known: defaultPolicy }) : said(of("policy"), asUint64)),
    ...member("kernelHashes", said(of("kernel-hashes"), asSwitch)),
    ...member("hostData", said(of("host-data"), asText)),
    ...member("idBlock", said(of("id-block"), asText)),
    ...member("idAuth", said(of("id-auth"), asText)),
    ...member("authorKey", said(of("author-key-enabled") ?? of("auth-key-enabled"), asSwitch)),
    ...member("vcekDisabled", said(of("vcek-disabled"), asSwitch)),
    ...member("secureTsc", said(of("secure-tsc"), asSwitch)),
    ...member("cbitpos", said(of("cbitpos"), asNumber)),
    ...member("reducedPhysBits", said(of("reduced-phys-bits"), asNumber)),
    ...member("firmware", said(agreed(last("bios"), machine.get("firmware")), asText)),
    ...(hasFlash(all("drive"), machine) || values.has("pflash") ? { firmwareByFlash: true } : {}),
    ...member("kernel", bootOf("kernel")),
    ...member("initrd", bootOf("initrd")),
    ...member("commandLine", bootOf("append")),
    vcpus: vcpusOf(merged(all("smp"), "cpus"), machine),
    ...member("cpu", cpuOf(last("cpu"))),
    ...member("memoryMib", memoryOf(merged(all("m"), "size").get("size"))),
    ...member("memoryBackend", backendOf(backend, objects)),
    ...member("kvm", kvmOf(all("accel"), machine, values.has("enable-kvm"))),
    fwCfg: all("fw_cfg").map((text) => {
      const members = optionText(text, "name");
      return { name: members.get("name") ?? "", file: members.get("file") ?? "" };
    }),
    disks: [...all("drive").map((text) => optionText(text, "file")), ...all("blockdev").map((text) => optionText(text, "driver"))]
      .flatMap((members) => [...members])
      .filter(([name]) => name === "file" || name.endsWith("filename"))
      .map(([, path]) => path)
      .concat(all("hda", "hdb", "hdc", "hdd"), strays),
    unread: [...objectParts(objects, guest), ...unreadParts(options, machine)].slice(0, mostStrays),
    asides: strays
      .filter((word) => !hasUnread(word))
      .slice(0, mostStrays)
      .map((word) => ({
        option: word,
        why: "It belongs to no option. If it was part of a quoted text, the quotes were lost on the way here; QEMU takes it for a disk.",
      })),
  };
}

function protectionOf(name: string | undefined, guest: OptionText | undefined): Said<Protection> {
  if (name === undefined || name === "") return { known: "none" };
  if (hasUnread(name) || guest === undefined) return { unread: name };
  const type = guest.get("qom-type") ?? "";
  if (hasUnread(type)) return { unread: type };
  if (type === "sev-snp-guest") return { known: "snp" };
  if (type !== "sev-guest") return { known: "other" };
  const policy = said(guest.get("policy") ?? "1", asUint64);
  return { known: policy !== undefined && "known" in policy && (policy.known & sevEs) !== 0n ? "sev-es" : "sev" };
}

/** QEMU, hw/core/machine-smp.c: what is not said is 1; the number of cpus is that of all threads where it is not said. */
function vcpusOf(smp: OptionText, machine: OptionText): Said<number> {
  const of = (name: string): string | undefined => smp.get(name) ?? machine.get(`smp.${name}`);
  const counted = of("cpus") ?? of("maxcpus");
  if (counted !== undefined) return said(counted, asNumber) ?? { unread: counted };
  let product = 1;
  for (const text of ["drawers", "books", "sockets", "dies", "clusters", "modules", "cores", "threads"].map(of)) {
    const factor = said(text ?? "1", asNumber);
    if (factor === undefined || !("known" in factor)) return { unread: text ?? "" };
    product *= factor.known;
  }
  return { known: product };
}

/** Its name, as long as nothing beside it changes the signature that is measured. */
function cpuOf(text: string | undefined): Said<string> | undefined {
  if (text === undefined) return undefined;
  const [model = "", ...features] = text.split(",");
  return features.some((one) => /^(?:family|model|stepping|level)=/.test(one)) ? { unread: text } : said(model, asText);
}

function memoryOf(text: string | undefined): Said<number> | undefined {
  return said(text, (size) => {
    const [, digits = "", unit = "M"] = /^([0-9]{1,12})([KMGTkmgt]?)$/.exec(size) ?? [];
    const mib = { K: 1 / 1024, M: 1, G: 1024, T: 1024 * 1024 }[unit === "" ? "M" : unit.toUpperCase()];
    return digits === "" || mib === undefined ? undefined : Number(digits) * mib;
  });
}

function backendOf(name: string | undefined, objects: readonly OptionText[]): Said<boolean> | undefined {
  if (name === undefined) return undefined;
  if (hasUnread(name)) return { unread: name };
  const backend = objects.find((one) => one.get("id") === name);
  return { known: backend?.get("qom-type") === "memory-backend-memfd" && asSwitch(backend.get("share") ?? "") === true };
}

function kvmOf(accelerators: readonly string[], machine: OptionText, enabled: boolean): Said<boolean> | undefined {
  const [one] = accelerators;
  const first = one === undefined ? machine.get("accel") : optionText(one, "accel").get("accel");
  if (first === undefined || first === "") return enabled ? { known: true } : undefined;
  return said(first, (text) => text.split(":").includes("kvm"));
}

function hasFlash(drives: readonly string[], machine: OptionText): boolean {
  return machine.has("pflash0") || drives.some((text) => optionText(text, "file").get("if") === "pflash");
}

function objectParts(objects: readonly OptionText[], guest: OptionText | undefined): readonly Unread[] {
  const names = objects.flatMap((one) => one.get("id") ?? []);
  const twice = new Set(names.filter((name, index) => names.indexOf(name) !== index));
  const strange = guest?.get("qom-type") === "sev-snp-guest" ? [...guest.keys()].filter((name) => !guestMembers.has(name)) : [];
  return [
    ...[...twice].map((name) => ({
      option: `-object id=${withoutMarks(name)}`,
      why: "Two objects have this name, and QEMU starts with neither. Leave one.",
    })),
    ...strange.map((name) => ({
      option: `-object sev-snp-guest,${withoutMarks(name)}=`,
      why: "What this does is not known here: it may change what is measured, or keep QEMU from starting. Take it out.",
    })),
  ];
}

function unreadParts({ values, strays, doubtful }: QemuOptions, machine: OptionText): readonly Unread[] {
  const parts: Unread[] = [];
  for (const option of doubtful)
    parts.push({
      option: withoutMarks(option),
      why: "Whether the option that follows it is its value is not known here. Give it a value that does not look like one.",
    });
  if (values.has("shim") || machine.has("shim"))
    parts.push({ option: "-shim", why: "What it loads is not measured with the kernel. Take it out." });
  for (const file of values.get("readconfig") ?? [])
    parts.push({
      option: `-readconfig ${withoutMarks(file)}`,
      why: "What is in that file was not seen. Write its options into the command line.",
    });
  for (const option of ["set", "global"])
    for (const text of values.get(option) ?? [])
      if (option === "set" ? /^(?:object|machine)\./.test(text) : /^(?:driver=)?sev/.test(text))
        parts.push({
          option: `-${option} ${withoutMarks(text)}`,
          why: "Whether QEMU takes this is not certain. Put the value into the -object itself.",
        });
  for (const text of values.get("object") ?? [])
    if (optionText(text, "qom-type").get("qom-type") === "igvm-cfg")
      parts.push({ option: "-object igvm-cfg", why: "An IGVM file says by itself what is loaded and measured, and it was not seen." });
  // Some shells make several words of one with braces.
  for (const word of strays)
    if (hasUnread(word) || /^[^{]*\{[^}]*(?:,|\.\.)/.test(word))
      parts.push({ option: withoutMarks(word), why: "What stands there was not seen. Write the options themselves." });
  return parts.slice(0, mostStrays);
}

/** Of two ways to say one thing; where they differ, their order would decide. */
function agreed(one: string | undefined, other: string | undefined): string | undefined {
  return one === undefined || other === undefined || one === other ? (one ?? other) : unreadText(`${one}_or_${other}`);
}

function onlyOne<T>(list: readonly T[]): T | undefined {
  return list.length === 1 ? list[0] : undefined;
}

function merged(texts: readonly string[], implied: string): OptionText {
  return new Map(texts.flatMap((text) => [...optionText(text, implied)]));
}

/** QEMU's own, where none is given: SMT allowed, no debugging, no migration agent. */
const defaultPolicy = 0x30000n;
/** Of a plain SEV policy: encrypted register state. */
const sevEs = 4n;
const mostStrays = 16;
const judged: ReadonlySet<string> = new Set(
  "accel append bios blockdev cpu drive fw_cfg global initrd kernel m machine object readconfig set smp".split(" "),
);
/** Of the object, in QEMU 9.1 to 10.1. */
const guestMembers: ReadonlySet<string> = new Set([
  ..."qom-type id policy cbitpos reduced-phys-bits kernel-hashes host-data id-block id-auth author-key-enabled auth-key-enabled".split(" "),
  ..."vcek-disabled guest-visible-workarounds sev-device secure-tsc tsc-frequency".split(" "),
]);
/** That take no value. qemu-options.hx, of QEMU 2.12 and later. */
const switches: ReadonlySet<string> = new Set([
  ..."nodefaults no-user-config no-reboot no-shutdown enable-kvm nographic daemonize S s snapshot no-hpet no-acpi usb mem-prealloc".split(
    " ",
  ),
  ..."only-migratable preconfig full-screen no-fd-bootchk singlestep one-insn-per-tb win2k-hack h help version semihosting".split(" "),
  ..."alt-grab ctrl-grab no-frame no-quit sdl curses xen-attach xen-domid-restrict old-param enable-sync-profile async-teardown".split(" "),
  ..."audio-help enable-fips nodefconfig nouserconfig no-kvm no-kvm-irqchip no-kvm-pit".split(" "),
]);
