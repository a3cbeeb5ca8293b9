// What does a libvirt domain XML say about an SNP launch? https://libvirt.org/formatdomain.html, launchSecurity since 10.5. Judges nothing.
// What goes past libvirt to QEMU (qemu:commandline) is named where it would change what is read here.
import { qemuOptionsOf } from "./qemu-reader.ts";
import {
  asNumber,
  asSwitch,
  asText,
  asUint64,
  member,
  said,
  type Protection,
  type Said,
  type SeenLaunch,
  type Unread,
} from "./seen-launch.ts";
import { child, childrenOf, type XmlNode } from "./xml-text.ts";

export function readLibvirt(domain: XmlNode): SeenLaunch {
  const of = (...path: readonly string[]): XmlNode | undefined =>
    path.reduce<XmlNode | undefined>((node, name) => child(node, name), domain);
  const text = (...path: readonly string[]): string | undefined => of(...path)?.text.trim();
  const security = of("launchSecurity");
  const loader = of("os", "loader");
  const devices = of("devices");
  const securityOf = (name: string): string | undefined => child(security, name)?.text.trim();
  return {
    host: "libvirt",
    protection: protectionOf(security),
    ...member("policy", said(securityOf("policy"), asHex)),
    ...member("kernelHashes", said(security?.attributes.get("kernelHashes"), asSwitch)),
    ...member("hostData", said(securityOf("hostData"), asText)),
    ...member("idBlock", said(securityOf("idBlock"), asText)),
    ...member("idAuth", said(securityOf("idAuth"), asText)),
    ...member("authorKey", said(security?.attributes.get("authorKey"), asSwitch)),
    ...member("vcekDisabled", inverted(said(security?.attributes.get("vcek"), asSwitch))),
    ...member("cbitpos", said(securityOf("cbitpos"), asNumber)),
    ...member("reducedPhysBits", said(securityOf("reducedPhysBits"), asNumber)),
    ...member("firmware", said(loader?.text.trim() === "" ? undefined : loader?.text.trim(), asText)),
    ...(loader !== undefined && loader.attributes.get("type") !== "rom" ? { firmwareByFlash: true } : {}),
    ...member("kernel", said(text("os", "kernel"), asText)),
    ...member("initrd", said(text("os", "initrd"), asText)),
    // Spaces at its ends are measured, too.
    ...member("commandLine", said(of("os", "cmdline")?.text, asText)),
    vcpus: vcpusOf(of("vcpu")),
    ...member("cpu", cpuOf(of("cpu"))),
    ...member("memoryMib", memoryOf(of("memory"))),
    ...member("memoryBackend", backendOf(of("memoryBacking"))),
    ...member(
      "kvm",
      said(domain.attributes.get("type"), (type) => type === "kvm"),
    ),
    fwCfg: childrenOf(domain, "sysinfo")
      .filter((one) => one.attributes.get("type") === "fwcfg")
      .flatMap((one) => childrenOf(one, "entry"))
      .map((one) => ({ name: one.attributes.get("name") ?? "", file: one.attributes.get("file") ?? "" }))
      .concat(passedFiles(domain)),
    disks: childrenOf(devices, "disk").flatMap((disk) => {
      const source = child(disk, "source");
      return source === undefined ? [] : [source.attributes.get("file") ?? source.attributes.get("dev") ?? ""];
    }),
    unread: [...passedOptions(domain), ...severalOf(domain)],
    asides: [],
  };
}

function protectionOf(security: XmlNode | undefined): Said<Protection> {
  if (security === undefined) return { known: "none" };
  const type = security.attributes.get("type");
  if (type === "sev-snp") return { known: "snp" };
  if (type !== "sev") return { known: "other" };
  const policy = said(child(security, "policy")?.text.trim(), asHex);
  return { known: policy !== undefined && "known" in policy && (policy.known & sevEs) !== 0n ? "sev-es" : "sev" };
}

/** Those that are there at the start: `current`, where it is said. */
function vcpusOf(vcpu: XmlNode | undefined): Said<number> {
  return said(vcpu?.attributes.get("current") ?? vcpu?.text.trim() ?? "1", asNumber) ?? { known: 1 };
}

function cpuOf(cpu: XmlNode | undefined): Said<string> | undefined {
  if (cpu === undefined) return undefined;
  const mode = cpu.attributes.get("mode") ?? "custom";
  if (mode === "host-passthrough") return { known: "host" };
  if (mode !== "custom") return { unread: mode };
  return said(child(cpu, "model")?.text.trim(), asText);
}

function memoryOf(memory: XmlNode | undefined): Said<number> | undefined {
  const unit = memory?.attributes.get("unit") ?? "KiB";
  return said(memory?.text.trim(), (text) => {
    const [count, bytes] = [asNumber(text), unitBytes[unit]];
    return count === undefined || bytes === undefined ? undefined : (count * bytes) / 1_048_576;
  });
}

function backendOf(backing: XmlNode | undefined): Said<boolean> | undefined {
  if (backing === undefined) return undefined;
  const [source, access] = [child(backing, "source")?.attributes.get("type"), child(backing, "access")?.attributes.get("mode")];
  return { known: source === "memfd" && access === "shared" };
}

function inverted(one: Said<boolean> | undefined): Said<boolean> | undefined {
  return one !== undefined && "known" in one ? { known: !one.known } : one;
}

/** libvirt reads a policy as hex, with 0x or without. */
function asHex(text: string): bigint | undefined {
  return /^(?:0[xX])?[0-9a-fA-F]{1,16}$/.test(text) ? asUint64(`0x${text.replace(/^0[xX]/, "")}`) : undefined;
}

/** Whatever prefix the namespace was given, or none where it is the element's own. */
function isPassed({ name }: XmlNode, local: string): boolean {
  return name === local || name.endsWith(`:${local}`);
}

function passedWords(domain: XmlNode): readonly string[] {
  return domain.children
    .filter((one) => isPassed(one, "commandline"))
    .flatMap(({ children }) => children.filter((one) => isPassed(one, "arg")))
    .map((one) => one.attributes.get("value") ?? "");
}

function passedFiles(domain: XmlNode): readonly { readonly name: string; readonly file: string }[] {
  return (qemuOptionsOf(passedWords(domain)).values.get("fw_cfg") ?? []).map((text) => {
    const [, name = "", file = ""] = /^(?:name=)?([^,]*),file=(.*)$/.exec(text) ?? [];
    return { name, file };
  });
}

function passedOptions(domain: XmlNode): readonly Unread[] {
  const overrides = domain.children
    .filter((one) => isPassed(one, "override"))
    .slice(0, 1)
    .map(({ name }) => ({ option: `<${name}>`, why: "It goes past libvirt to QEMU and may change what the rest says. Take it out." }));
  const options = [...qemuOptionsOf(passedWords(domain)).values.keys()]
    .filter((name) => changing.has(name))
    .map((name) => ({
      option: `<qemu:arg value='-${name}'>`,
      why: "It goes past libvirt to QEMU and may change what the rest says. Say it in the domain's own elements.",
    }));
  return [...overrides, ...options];
}

function severalOf(domain: XmlNode): readonly Unread[] {
  const own = ["launchSecurity", "os", "vcpu", "cpu", "memory", "memoryBacking"].filter((name) => childrenOf(domain, name).length > 1);
  const inner = ["launchSecurity", "os"].flatMap((name) => {
    const names = (child(domain, name)?.children ?? []).map((one) => one.name).filter((one) => one !== "boot");
    return names.filter((one, index) => names.indexOf(one) !== index);
  });
  return [...new Set([...own, ...inner])]
    .slice(0, mostSeveral)
    .map((name) => ({ option: `<${name}>`, why: "It stands there more than once. Leave one." }));
}

/** Of a plain SEV policy: encrypted register state. */
const sevEs = 4n;
/** libvirt, "scaled integers". */
const unitBytes: Readonly<Record<string, number>> = {
  b: 1,
  bytes: 1,
  KB: 1e3,
  k: 1024,
  KiB: 1024,
  MB: 1e6,
  M: 1_048_576,
  MiB: 1_048_576,
  GB: 1e9,
  G: 2 ** 30,
  GiB: 2 ** 30,
  TB: 1e12,
  T: 2 ** 40,
  TiB: 2 ** 40,
};
const mostSeveral = 16;
const changing: ReadonlySet<string> = new Set(
  "accel append bios cpu enable-kvm global initrd kernel m machine object pflash readconfig set shim smp".split(" "),
);
