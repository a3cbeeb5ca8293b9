// Does the checker find nothing in what the kit itself writes, on every host, and does it name every single thing that is changed in it afterwards?
import { describe, expect, test } from "vitest";
import { must } from "../../core/base/result.ts";
import { checkHost } from "../../core/kit/check/check-host.ts";
import type { Finding } from "../../core/kit/check/finding.ts";
import { makeKit } from "../../core/kit/kit.ts";
import { hosts, type Host } from "../../core/kit/launch-kit.ts";
import { kitInput, type InputChoices } from "./input.ts";

const disks = [{ path: "/srv/vms/db/root.raw", format: "raw" }] as const;

/** The launch of a host's kit, and what was said of it. */
function launchOf(host: Host, choices: InputChoices = {}) {
  const input = kitInput("/srv/vms/db", { ...choices, plan: { host, disks, ...choices.plan } });
  const text = must(makeKit(input)).files[0]?.text ?? "";
  return { input, text };
}

const variants: readonly (readonly [string, InputChoices])[] = [
  ["with an ID block and an author key", {}],
  ["without an author key", { withoutAuthor: true }],
  ["without an ID block", { withoutIdBlock: true }],
  ["the firmware alone", { firmwareOnly: true }],
  ["a config disk", { plan: { delivery: "config-disk" } }],
  ["a configuration in the initrd", { plan: { delivery: "initramfs" } }],
  ["without simultaneous multithreading", { plan: { guestPolicy: "0x20000" } }],
  ["a policy that Proxmox VE's own line cannot say", { plan: { guestPolicy: "0x1b30137" } }],
  ["the host's own processor", { set: { vcpuModel: "host" } }],
  ["paths with spaces and commas", { plan: { folder: "/srv/my vms/a,b" } }],
  ["a command line that every reader could misread", { commandLine: ` a  'b' "c" $d \`e\` #f \\g, h,,i \${j} é <x>&amp; ` }],
  ["an empty command line", { commandLine: "" }],
];

describe.each(hosts)("the kit for %s", (host) => {
  test.each(variants)("%s: nothing is found, with its own kit and without", (_name, choices) => {
    const { input, text } = launchOf(host, choices);
    expect(must(checkHost(text, input))).toEqual({ host, findings: [] });
    const alone = must(checkHost(text)).findings;
    expect(alone.map(({ id }) => id)).toEqual(choices.firmwareOnly === true ? ["no-kernel"] : []);
  });

  test("with Windows' line ends and a byte order mark it is the same", () => {
    const { input, text } = launchOf(host);
    expect(must(checkHost(`\uFEFF${text.replaceAll("\n", "\r\n")}`, input)).findings).toEqual([]);
  });
});

type Row = readonly [what: string, find: string | RegExp, put: string, ids: readonly string[]];

const qemuRows: readonly Row[] = [
  ["debugging allowed", "policy=0x30000", "policy=0xb0000", ["policy-debug", "id-block-policy", "policy-different"]],
  ["a migration agent allowed", "policy=0x30000", "policy=0x70000", ["policy-migration", "id-block-policy", "policy-different"]],
  ["a reserved bit of the policy", "policy=0x30000", "policy=0x10000", ["policy-malformed", "id-block-policy", "policy-different"]],
  ["another policy", "policy=0x30000", "policy=0x20000", ["id-block-policy", "policy-different"]],
  ["no policy that can be read", "policy=0x30000", "policy=lax", ["policy-unread"]],
  ["kernel hashes off", "kernel-hashes=on", "kernel-hashes=off", ["kernel-hashes-off"]],
  ["kernel hashes left out", "kernel-hashes=on,", "", ["kernel-hashes-off"]],
  ["the old SEV", "sev-snp-guest,", "sev-guest,", ["not-snp"]],
  ["another name for the guest object", "confidential-guest-support=sev0", "confidential-guest-support=sev1", ["protection-unread"]],
  ["no confidential guest", "confidential-guest-support=sev0,", "", ["no-protection"]],
  ["no host data", /host-data=[^,]*,/, "", ["host-data-missing"]],
  ["other host data", /host-data=..../, "host-data=AAAA", ["host-data-different"]],
  ["host data cut short", /(host-data=[^,]{40})[^,]*/, "$1", ["host-data-malformed", "host-data-different"]],
  ["no cbitpos", "cbitpos=51,", "", ["cbitpos-missing"]],
  ["another cbitpos", "cbitpos=51", "cbitpos=47", ["cbitpos-different"]],
  ["no reduced-phys-bits", "reduced-phys-bits=1,", "", ["reduced-phys-bits-missing"]],
  ["another reduced-phys-bits", "reduced-phys-bits=1", "reduced-phys-bits=5", ["reduced-phys-bits-different"]],
  ["no memory backend", ",memory-backend=ram1", "", ["memory-backend-missing"]],
  ["memory that is not shared", "share=true", "share=off", ["memory-backend-missing"]],
  ["no KVM", "-accel kvm", "-accel tcg", ["kvm-missing"]],
  ["firmware in flash", /-bios (\S+)/, "-drive if=pflash,format=raw,readonly=on,file=$1", ["firmware-flash"]],
  ["other firmware", "OVMF.amdsev.fd", "OVMF.fd", ["firmware-different"]],
  ["firmware elsewhere", "-bios /srv/vms/db/", "-bios /usr/share/ovmf/", ["firmware-elsewhere"]],
  ["another kernel", "/vmlinuz", "/vmlinuz-6.1", ["kernel-different"]],
  ["no kernel", /-kernel \S+/, "-S", ["kernel-missing"]],
  ["another initrd", "/initrd.img", "/initrd.old", ["initrd-different"]],
  ["no initrd", /-initrd \S+/, "-S", ["initrd-missing"]],
  ["a space in the command line", "ro'", "ro '", ["append-different"]],
  ["no command line", /-append '[^']*'/, "-S", ["append-different"]],
  ["a vCPU more", "-smp cpus=4", "-smp cpus=5", ["vcpus-different"]],
  ["another vCPU model", "-cpu EPYC-Milan-v2", "-cpu EPYC-Genoa", ["cpu-different"]],
  ["another name of the same vCPU", "-cpu EPYC-Milan-v2", "-cpu EPYC-Milan", ["cpu-other-name"]],
  ["another stepping of the vCPU", "-cpu EPYC-Milan-v2", "-cpu EPYC-Milan-v2,stepping=0", ["cpu-unread"]],
  ["no vCPU model", "-cpu EPYC-Milan-v2", "-S", ["cpu-missing"]],
  ["a secure TSC", "kernel-hashes=on", "kernel-hashes=on,secure-tsc=on", ["secure-tsc-different"]],
  ["no key of the chip", "kernel-hashes=on", "kernel-hashes=on,vcek-disabled=on", ["vcek-disabled"]],
  ["no ID block", /,id-block=[^,]*/, "", ["id-block-missing"]],
  ["another ID block", /id-block=..../, "id-block=AAAA", ["id-block-different"]],
  ["no ID block that could be one", /id-block=[^,]*/, "id-block=AAAA", ["id-block-malformed", "id-block-different"]],
  ["no ID authentication", /,id-auth=[^,]*/, "", ["id-auth-missing"]],
  ["neither", /,id-block=.*enabled=on/, "", ["id-block-missing"]],
  ["the author key not announced", "author-key-enabled=on", "author-key-enabled=off", ["author-key-different"]],
  ["more memory", "-m 512M", "-m 1G", ["memory-different"]],
  ["no configuration", /-fw_cfg \S+/, "-S", ["configuration-missing"]],
  ["another configuration", "/agent.json", "/old.json", ["configuration-different"]],
  ["another disk", "/root.raw", "/other.raw", ["disk-missing"]],
  ["options in a file", "-nodefaults", "-readconfig more.cfg", ["unread-part"]],
  ["options in a variable", "-nodefaults", "$MORE", ["unread-part"]],
  ["a value in a variable", /host-data=[^,]*/, '"host-data=$HOST_DATA"', ["host-data-unread"]],
  ["an override", "-nodefaults", "-set object.sev0.policy=0xb0000", ["unread-part"]],
];

const libvirtRows: readonly Row[] = [
  ["debugging allowed", "<policy>0x30000", "<policy>0xb0000", ["policy-debug", "id-block-policy", "policy-different"]],
  ["a migration agent allowed", "<policy>0x30000", "<policy>0x70000", ["policy-migration", "id-block-policy", "policy-different"]],
  ["no policy", "<policy>0x30000</policy>", "", ["policy-missing"]],
  ["kernel hashes off", 'kernelHashes="yes"', 'kernelHashes="no"', ["kernel-hashes-off"]],
  ["kernel hashes left out", 'kernelHashes="yes"', "", ["kernel-hashes-off"]],
  ["the old SEV", 'type="sev-snp"', 'type="sev"', ["not-snp"]],
  ["no launch security", /<launchSecurity[^]*<\/launchSecurity>/, "", ["no-protection"]],
  ["no host data", /<hostData>.*<\/hostData>/, "", ["host-data-missing"]],
  ["other host data", /<hostData>..../, "<hostData>AAAA", ["host-data-different"]],
  ["no cbitpos", /<cbitpos>.*<\/cbitpos>/, "", ["cbitpos-missing"]],
  ["another reducedPhysBits", "<reducedPhysBits>1", "<reducedPhysBits>5", ["reduced-phys-bits-different"]],
  ["no memory backend", /<memoryBacking>[^]*<\/memoryBacking>/, "", ["memory-backend-missing"]],
  ["memory that is not shared", 'mode="shared"', 'mode="private"', ["memory-backend-missing"]],
  ["no KVM", '<domain type="kvm"', '<domain type="qemu"', ["kvm-missing"]],
  ["firmware in flash", '<loader type="rom"', '<loader readonly="yes" type="pflash"', ["firmware-flash"]],
  ["no firmware", /<loader.*<\/loader>/, "", ["firmware-missing"]],
  ["other firmware", "OVMF.amdsev.fd", "OVMF.fd", ["firmware-different"]],
  ["another kernel", "/vmlinuz<", "/vmlinuz-6.1<", ["kernel-different"]],
  ["another initrd", "/initrd.img<", "/initrd.old<", ["initrd-different"]],
  ["a space in the command line", "ro</cmdline>", "ro </cmdline>", ["append-different"]],
  ["a vCPU more", 'static">4</vcpu>', 'static">5</vcpu>', ["vcpus-different"]],
  ["fewer vCPUs at the start", '<vcpu placement="static"', '<vcpu placement="static" current="2"', ["vcpus-different"]],
  ["another vCPU model", "EPYC-Milan-v2<", "EPYC-Genoa<", ["cpu-different"]],
  ["libvirt's choice of a vCPU model", 'mode="custom"', 'mode="host-model"', ["cpu-unread"]],
  ["no ID block", /<idBlock>.*<\/idBlock>/, "", ["id-block-missing"]],
  ["the author key not announced", 'authorKey="yes"', "", ["author-key-different"]],
  ["no key of the chip", "<launchSecurity ", '<launchSecurity vcek="no" ', ["vcek-disabled"]],
  ["more memory", '<memory unit="MiB">512', '<memory unit="MiB">1024', ["memory-different"]],
  ["no configuration", /<sysinfo[^]*<\/sysinfo>/, "", ["configuration-missing"]],
  ["another disk", "/root.raw", "/other.raw", ["disk-missing"]],
  ["another policy past libvirt", "</domain>", passed("-object", "sev-snp-guest,id=sev0,policy=0xb0000"), ["unread-part"]],
  ["two of one", "</domain>", "<cpu/></domain>", ["unread-part"]],
];

const proxmoxRows: readonly Row[] = [
  ["debugging allowed by the line", "no-debug=1,", "", ["policy-debug"]],
  ["debugging allowed in args", "policy=0x30000", "policy=0xb0000", ["policy-debug", "id-block-policy", "policy-different"]],
  ["kernel hashes off in the line", "kernel-hashes=1", "kernel-hashes=0", ["kernel-hashes-off"]],
  ["kernel hashes off in args", "kernel-hashes=on", "kernel-hashes=off", ["kernel-hashes-off"]],
  ["the old SEV in the line", "type=snp,", "type=es,", ["firmware-flash"]],
  ["an EFI disk", "bios: ovmf", "bios: ovmf\nefidisk0: local-lvm:vm-101-disk-1,size=4M", ["firmware-flash"]],
  ["no args", /args: .*/, "", ["kernel-missing", "initrd-missing", "host-data-missing", "id-block-missing", "configuration-missing"]],
  ["no host data", /host-data=[^,]*,/, "", ["host-data-missing"]],
  ["other host data", /host-data=..../, "host-data=AAAA", ["host-data-different"]],
  [
    "Proxmox VE's own object",
    "confidential-guest-support=portcullis0",
    "confidential-guest-support=sev0",
    ["host-data-missing", "id-block-missing"],
  ],
  ["no cbitpos in args", "cbitpos=51,", "", ["cbitpos-missing"]],
  ["no memory backend in args", ",memory-backend=ram1", "", ["memory-backend-missing"]],
  ["no KVM", "balloon: 0", "kvm: 0", ["kvm-missing"]],
  ["Proxmox VE's own firmware", /-bios \S+ /, "", ["firmware-different"]],
  ["another kernel", "/vmlinuz", "/vmlinuz-6.1", ["kernel-different"]],
  ["a space in the command line", 'ro"', 'ro "', ["append-different"]],
  ["a core more", "cores: 4", "cores: 5", ["vcpus-different"]],
  ["a second socket", "sockets: 1", "sockets: 2", ["vcpus-different"]],
  ["fewer vCPUs at the start", "cores: 4", "cores: 4\nvcpus: 2", ["vcpus-different"]],
  ["another vCPU model", "cpu: EPYC-Milan-v2", "cpu: EPYC-Genoa", ["cpu-different"]],
  ["Proxmox VE's usual vCPU", "cpu: EPYC-Milan-v2", "", ["cpu-different"]],
  ["more memory", "memory: 512", "memory: 1024", ["memory-different"]],
  ["no ID authentication", /,id-auth=[^,]*/, "", ["id-auth-missing"]],
  ["another disk", "/root.raw", "/other.raw", ["disk-missing"]],
  ["a line that is none", "balloon: 0", "balloon = 0", ["unread-part"]],
];

describe.each([
  ["qemu", qemuRows],
  ["libvirt", libvirtRows],
  ["proxmox", proxmoxRows],
] as const)("one thing changed in the kit for %s is named", (host, rows) => {
  test.each(rows)("%s", (_what, find, put, ids) => {
    const { input, text } = launchOf(host);
    const changed = text.replace(find, put);
    expect(changed).not.toBe(text);
    const { findings } = must(checkHost(changed, input));
    expect(findings.map(({ id }) => id)).toEqual(expect.arrayContaining([...ids]));
    // Nothing is said of what was not touched, except where all of args went.
    if (!ids.includes("configuration-missing") || ids.length === 1)
      expect(findings.map(({ id }) => id).toSorted()).toEqual([...ids].toSorted());
    expect(findings.every(isWhole)).toBe(true);
  });
});

test("the fix of each host, put in place of what was wrong, mends it", () => {
  const rows = [
    ["qemu", "policy=0x30000", "policy=0xb0000", "policy=0xb0000"],
    ["qemu", "-smp cpus=4,maxcpus=4,sockets=1,cores=4,threads=1", "-smp 5", "-smp 5"],
    ["qemu", "ro'", "ro '", /-append '[^']*'/],
    ["qemu", "-cpu EPYC-Milan-v2", "-cpu max", "-cpu max"],
    ["libvirt", "<policy>0x30000<", "<policy>0xb0000<", "<policy>0xb0000</policy>"],
    ["libvirt", /<hostData>..../, "<hostData>AAAA", /<hostData>.*<\/hostData>/],
    ["libvirt", "ro</cmdline>", "rw</cmdline>", /<cmdline>.*<\/cmdline>/],
    ["libvirt", 'kernelHashes="yes"', 'kernelHashes="no"', 'kernelHashes="no"'],
    ["proxmox", "cpu: EPYC-Milan-v2", "cpu: host", "cpu: host"],
    ["proxmox", "sockets: 1\ncores: 4", "sockets: 4\ncores: 4", "sockets: 4\ncores: 4"],
    ["proxmox", "kernel-hashes=on", "kernel-hashes=off", "kernel-hashes=off"],
    ["proxmox", "no-debug=1,", "", /amd-sev: .*/],
    ["proxmox", "kernel-hashes=1", "kernel-hashes=0", /amd-sev: .*/],
  ] as const;
  for (const [host, find, put, wrong] of rows) {
    const { input, text } = launchOf(host);
    const broken = text.replace(find, put);
    const [finding] = must(checkHost(broken, input)).findings;
    const mended = broken.replace(wrong, () => finding?.fix ?? "");
    expect([host, put, must(checkHost(mended, input)).findings]).toEqual([host, put, []]);
  }
});

test("what is wholly missing is given whole: libvirt's element, and Proxmox VE's args", () => {
  const libvirt = launchOf("libvirt", { withoutIdBlock: true });
  const bare = libvirt.text.replace(/<launchSecurity[^]*<\/launchSecurity>/, "<HERE/>");
  const [none] = must(checkHost(bare, libvirt.input)).findings;
  expect(none?.id).toBe("no-protection");
  expect(
    must(
      checkHost(
        bare.replace("<HERE/>", () => none?.fix ?? ""),
        libvirt.input,
      ),
    ).findings,
  ).toEqual([]);

  const proxmox = launchOf("proxmox", { withoutIdBlock: true, firmwareOnly: true, plan: { delivery: "initramfs" } });
  const firmware = "-bios /srv/vms/db/OVMF.amdsev.fd";
  const own = proxmox.text.replace(/args: .*/, `args: ${firmware}`);
  const [missing] = must(checkHost(own, proxmox.input)).findings;
  expect(missing?.id).toBe("host-data-missing");
  const fixed = own.replace(/args: .*/, () => `${missing?.fix} ${firmware}`);
  // The kit without a kernel has the hashes off; put there is the safer way.
  expect(must(checkHost(fixed, proxmox.input)).findings.map(({ id }) => id)).toEqual(["kernel-hashes-different"]);
});

function passed(...words: readonly string[]): string {
  const elements = words.map((value) => `<qemu:arg value='${value}'/>`).join("");
  return `<qemu:commandline xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>${elements}</qemu:commandline></domain>`;
}

function isWhole({ id, option, sentence }: Finding): boolean {
  return /^[a-z][a-z-]+[a-z]$/.test(id) && option !== "" && /^[A-Z0-9].*\.$/.test(sentence);
}
