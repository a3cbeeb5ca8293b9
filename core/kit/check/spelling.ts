// How does each host spell what is judged? The option as its owner knows it, and the exact text that mends it. Values are quoted for that host's reader.
import { isBlockDevice } from "../host-paths.ts";
import type { Host } from "../launch-kit.ts";
import { fwCfgName } from "../qemu.ts";
import { perlWord, qemuOptions, shellWord, xmlText } from "../quoting.ts";
import { wholeElement, wholeLine, type Wanted } from "./wanted.ts";

export type Topic = keyof typeof spellings;

export interface Spelling {
  readonly option: string;
  /** @param wanted for what stands around the value, where nothing does yet. */
  readonly fix: (value: string, wanted: Wanted) => string;
}

/** @param own Proxmox VE: whether its amd-sev line is in effect, and not an object in args. */
export function spelled(
  topic: Topic,
  host: Host,
  own: boolean,
  wanted: Wanted,
): { readonly option: string; readonly fix: (value: string) => string } {
  const [qemu, libvirt, line]: readonly [Spelling, Spelling, Spelling?] = spellings[topic];
  const inLine = line !== undefined && (own || alwaysLines.has(topic)) ? line : undefined;
  const { option, fix } = host === "libvirt" ? libvirt : host === "qemu" ? qemu : (inLine ?? { ...qemu, option: `args: ${qemu.option}` });
  return { option, fix: (value) => fix(value, wanted) };
}

const member = (name: string): Spelling => ({
  option: `-object sev-snp-guest,${name}=`,
  fix: (value) => qemuOptions([name, value]),
});
const option = (name: string): Spelling => ({ option: name, fix: (value) => `${name} ${shellWord(value)}` });
const element = (name: string): Spelling => ({ option: `<${name}>`, fix: (value) => `<${name}>${xmlText(value)}</${name}>` });
const attribute = (name: string): Spelling => ({ option: `<launchSecurity ${name}=>`, fix: (value) => `${name}='${yesNo(value)}'` });
const line = (name: string): Spelling => ({ option: name, fix: (value) => `${name}: ${value}` });
const argument = (name: string): Spelling => ({ option: `args: ${name}`, fix: (value) => `${name} ${perlWord(value)}` });
const yesNo = (value: string): string => (value === "on" ? "yes" : "no");

/** Proxmox VE has no line for it: an object of one's own in args does. */
const inArgs = (name: string): Spelling => ({
  option: "args",
  fix: (value, wanted) => `args: ${wholeLine(wanted, "portcullis0", [name, value])}`,
});
const amdSev: Spelling = {
  option: "amd-sev",
  fix: (policy) => `amd-sev: type=snp,no-debug=1,kernel-hashes=1${(asPolicy(policy) & 0x10000n) === 0n ? ",allow-smt=0" : ""}`,
};
const nothing: Spelling = { option: "", fix: () => "" };

/** QEMU, libvirt, and Proxmox VE's own line where it has one. */
const spellings = {
  protection: [
    {
      option: "-machine confidential-guest-support=",
      fix: (_value, wanted) => wholeLine(wanted, "sev0"),
    },
    { option: "<launchSecurity type=>", fix: (_value, wanted) => wholeElement(wanted) },
    amdSev,
  ],
  policy: [member("policy"), element("policy"), amdSev],
  kernelHashes: [member("kernel-hashes"), attribute("kernelHashes"), amdSev],
  hostData: [member("host-data"), element("hostData"), inArgs("host-data")],
  idBlock: [member("id-block"), element("idBlock"), inArgs("id-block")],
  idAuth: [member("id-auth"), element("idAuth"), inArgs("id-auth")],
  authorKey: [member("author-key-enabled"), attribute("authorKey"), inArgs("author-key-enabled")],
  vcek: [member("vcek-disabled"), { option: "<launchSecurity vcek=>", fix: () => "vcek='yes'" }, inArgs("vcek-disabled")],
  secureTsc: [member("secure-tsc"), nothing, inArgs("secure-tsc")],
  cbitpos: [member("cbitpos"), element("cbitpos"), inArgs("cbitpos")],
  reducedPhysBits: [member("reduced-phys-bits"), element("reducedPhysBits"), inArgs("reduced-phys-bits")],
  firmware: [
    option("-bios"),
    { option: "<loader type='rom'>", fix: (value) => `<loader type='rom'>${xmlText(value)}</loader>` },
    argument("-bios"),
  ],
  kernel: [option("-kernel"), element("kernel"), argument("-kernel")],
  initrd: [option("-initrd"), element("initrd"), argument("-initrd")],
  commandLine: [option("-append"), element("cmdline"), argument("-append")],
  vcpus: [option("-smp"), element("vcpu"), { option: "sockets, cores", fix: (value) => `sockets: 1\ncores: ${value}` }],
  cpu: [
    option("-cpu"),
    {
      option: "<cpu>",
      fix: (value) =>
        value === "host"
          ? "<cpu mode='host-passthrough'/>"
          : `<cpu mode='custom' match='exact'><model fallback='forbid'>${xmlText(value)}</model></cpu>`,
    },
    line("cpu"),
  ],
  memory: [
    { option: "-m", fix: (value) => `-m ${value}M` },
    { option: "<memory>", fix: (value) => `<memory unit='MiB'>${value}</memory>` },
    line("memory"),
  ],
  memoryBackend: [
    {
      option: "-machine memory-backend=",
      fix: (value) => `-object memory-backend-memfd,id=ram1,size=${value}M,share=true -machine memory-backend=ram1`,
    },
    { option: "<memoryBacking>", fix: () => "<memoryBacking><source type='memfd'/><access mode='shared'/></memoryBacking>" },
  ],
  kvm: [
    { option: "-accel", fix: () => "-accel kvm" },
    { option: "<domain type=>", fix: () => "<domain type='kvm'>" },
    { option: "kvm", fix: () => "kvm: 1" },
  ],
  configuration: [
    { option: "-fw_cfg", fix: (value) => `-fw_cfg ${shellWord(qemuOptions(["name", fwCfgName], ["file", value]))}` },
    {
      option: "<sysinfo type='fwcfg'>",
      fix: (value) => `<sysinfo type='fwcfg'><entry name='${fwCfgName}' file='${xmlText(value)}'/></sysinfo>`,
    },
  ],
  disk: [
    {
      option: "-blockdev",
      fix: (value) => qemuOptions(["file.driver", isBlockDevice(value) ? "host_device" : "file"], ["file.filename", value]),
    },
    { option: "<disk>", fix: (value) => `<source ${isBlockDevice(value) ? "dev" : "file"}='${xmlText(value)}'/>` },
    { option: "virtio0…", fix: (value) => value },
  ],
} as const satisfies Record<string, readonly [Spelling, Spelling, Spelling?]>;

/** A line of Proxmox VE's, whatever is in args. */
const alwaysLines: ReadonlySet<Topic> = new Set<Topic>([
  "firmware",
  "kernel",
  "initrd",
  "commandLine",
  "vcpus",
  "cpu",
  "memory",
  "kvm",
  "disk",
]);

function asPolicy(text: string): bigint {
  return /^0x[0-9a-f]{1,16}$/.test(text) ? BigInt(text) : 0x30000n;
}
