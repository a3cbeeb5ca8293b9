// How is this VM defined in libvirt? A whole domain XML. libvirt >= 10.5 (launchSecurity type sev-snp), https://libvirt.org/formatdomain.html.
// Elements are built and escaped by quoting.ts: never write XML by hand.
import { failure } from "../base/failure.ts";
import { fail, ok, type Result } from "../base/result.ts";
import { domainName, isBlockDevice } from "./host-paths.ts";
import type { LaunchFacts } from "./launch-facts.ts";
import type { Kit } from "./launch-kit.ts";
import { fwCfgName } from "./qemu.ts";
import { shellWord, writeXml, xmlElement, type XmlElement } from "./quoting.ts";
import { commonSteps, commonTraps, supportFiles } from "./support.ts";

/** Failures: `kit.not-sayable` where XML cannot hold a character of the command line; `kit.plan-malformed` where libvirt takes no such name. */
export function libvirtKit(facts: LaunchFacts): Result<Kit> {
  const { vm, set, paths } = facts;
  // XML 1.0, section 2.2: no control characters but tab, newline and carriage return, and neither U+FFFE nor U+FFFF. libvirt writes its domains anew without
  // keeping carriage returns.
  const unsayable = /[\p{Cc}\uFFFE\uFFFF]/u;
  if (unsayable.test(set.direct?.commandLine.replace(/[\t\n]/g, "") ?? "")) return fail(failure("kit.not-sayable", "the command line"));
  if (vm.name.includes("/") || vm.name === "." || vm.name === "..")
    return fail(failure("kit.plan-malformed", "the VM's name has a slash, which libvirt refuses"));
  const file = `${paths.folder}/${domainName}`;
  return ok({
    host: "libvirt",
    files: [{ name: domainName, text: writeXml(domain(facts)), where: `${file}: the domain, for virsh define.` }, ...supportFiles(facts)],
    steps: [
      ...commonSteps(facts),
      "Look at the machine once: libvirt 10.5 or newer, and virsh domcapabilities --machine q35 names sev-snp under launchSecurity.",
      "Let QEMU's user (libvirt-qemu on Debian, qemu on Fedora) read the boot files and the kit's, and read and write the disks.",
      `Define it: virsh define ${shellWord(file)}. If it was defined before, this replaces what it was.`,
      `Start it and see its serial console: virsh start --console ${vm.id}. Ctrl-] leaves the console.`,
      "Change the interface's network, default, where the VM belongs into another one.",
    ],
    traps: [
      ...commonTraps(facts),
      "libvirt before 10.5 knows no launchSecurity type sev-snp, and refuses the domain.",
      "virsh edit and virt-manager write the domain anew: look at vcpu, cpu, os and launchSecurity afterwards; all of them are measured or compared.",
      "The domain asks for exactly this vCPU model; where libvirt's own list of models lacks it, the domain does not start. An older version of the model (EPYC-Milan in place of EPYC-Milan-v2) has the same signature, and so the same measurement.",
    ],
  });
}

function domain(facts: LaunchFacts): XmlElement {
  const { vm, plan, set, paths, policyText, hostData, idBlock } = facts;
  const vcpus = `${set.vcpus}`;
  const { kernel, initrd, configuration, configDisk } = paths;
  return xmlElement(
    "domain",
    { type: "kvm" },
    xmlElement("name", {}, vm.name),
    xmlElement("uuid", {}, vm.id),
    xmlElement("description", {}, `An SEV-SNP guest. Written by Portcullis; expected measurement ${set.measurement}`),
    xmlElement("memory", { unit: "MiB" }, `${plan.memoryMib}`),
    xmlElement("memoryBacking", {}, xmlElement("source", { type: "memfd" }), xmlElement("access", { mode: "shared" })),
    xmlElement("vcpu", { placement: "static" }, vcpus),
    ...(configuration === undefined
      ? []
      : [xmlElement("sysinfo", { type: "fwcfg" }, xmlElement("entry", { name: fwCfgName, file: configuration }))]),
    xmlElement(
      "os",
      {},
      xmlElement("type", { arch: "x86_64", machine: "q35" }, "hvm"),
      xmlElement("loader", { type: "rom" }, paths.firmware),
      ...(kernel === undefined ? [] : [xmlElement("kernel", {}, kernel)]),
      ...(initrd === undefined ? [] : [xmlElement("initrd", {}, initrd)]),
      ...(set.direct === undefined || set.direct.commandLine === "" ? [] : [xmlElement("cmdline", {}, set.direct.commandLine)]),
    ),
    xmlElement(
      "features",
      {},
      xmlElement("acpi"),
      xmlElement("apic"),
      xmlElement("vmport", { state: "off" }),
      xmlElement("smm", { state: "off" }),
    ),
    cpu(set.vcpuModel, vcpus),
    xmlElement("clock", { offset: "utc" }),
    xmlElement("on_poweroff", {}, "destroy"),
    xmlElement("on_reboot", {}, "destroy"),
    xmlElement("on_crash", {}, "destroy"),
    xmlElement(
      "devices",
      {},
      ...paths.disks.map(({ path, format }, index) => disk(path, format, index, false)),
      ...(configDisk === undefined ? [] : [disk(configDisk, "raw", paths.disks.length, true)]),
      xmlElement(
        "interface",
        { type: "network" },
        xmlElement("source", { network: "default" }),
        xmlElement("model", { type: "virtio" }),
        xmlElement("driver", { iommu: "on" }),
        xmlElement("rom", { enabled: "no" }),
      ),
      xmlElement("serial", { type: "pty" }, xmlElement("target", { type: "isa-serial", port: "0" })),
      xmlElement("console", { type: "pty" }, xmlElement("target", { type: "serial", port: "0" })),
      xmlElement("memballoon", { model: "none" }),
    ),
    xmlElement(
      "launchSecurity",
      {
        type: "sev-snp",
        kernelHashes: kernel === undefined ? "no" : "yes",
        ...(idBlock === undefined ? {} : { authorKey: idBlock.authorKey ? "yes" : "no" }),
      },
      xmlElement("cbitpos", {}, `${plan.cbitpos}`),
      xmlElement("reducedPhysBits", {}, `${plan.reducedPhysBits}`),
      xmlElement("policy", {}, policyText),
      ...(idBlock === undefined ? [] : [xmlElement("idBlock", {}, idBlock.block), xmlElement("idAuth", {}, idBlock.auth)]),
      xmlElement("hostData", {}, hostData),
    ),
  );
}

/** `check` is none: libvirt's own look at the model must not add or take what QEMU gives it. */
function cpu(model: string, vcpus: string): XmlElement {
  const topology = xmlElement("topology", { sockets: "1", dies: "1", cores: vcpus, threads: "1" });
  return model === "host"
    ? xmlElement("cpu", { mode: "host-passthrough", check: "none", migratable: "off" }, topology)
    : xmlElement("cpu", { mode: "custom", match: "exact", check: "none" }, xmlElement("model", { fallback: "forbid" }, model), topology);
}

function disk(path: string, format: string, index: number, readOnly: boolean): XmlElement {
  const block = isBlockDevice(path);
  return xmlElement(
    "disk",
    { type: block ? "block" : "file", device: "disk" },
    xmlElement("driver", { name: "qemu", type: format, iommu: "on" }),
    xmlElement("source", block ? { dev: path } : { file: path }),
    // 16 disks of a VM and the configuration's: one letter is enough.
    xmlElement("target", { dev: `vd${String.fromCharCode(0x61 + index)}`, bus: "virtio" }),
    ...(readOnly ? [xmlElement("readonly")] : []),
  );
}
