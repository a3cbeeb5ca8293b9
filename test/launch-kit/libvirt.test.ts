// Is the kit's domain XML one that libvirt accepts? Judged by libvirt's own schema, from Debian's package, and by libxml2, which libvirt reads with.
// The schema judges the form only: no libvirt was asked to start anything.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { debianFolder } from "../../build/debian-packages.mjs";
import { must } from "../../core/base/result.ts";
import { makeKit } from "../../core/kit/kit.ts";
import { needs } from "../kit/needs.ts";
import { kitInput, vmId, type InputChoices } from "./input.ts";

describe("libvirt's schema", needs("debian", "xmllint"), () => {
  test.each([
    ["everything", {}],
    ["a config disk", { plan: { delivery: "config-disk" } }],
    ["the configuration in the initrd", { plan: { delivery: "initramfs" } }],
    ["no ID block", { withoutIdBlock: true }],
    ["no author key", { withoutAuthor: true }],
    ["no kernel", { firmwareOnly: true }],
    ["no command line", { commandLine: "" }],
    ["the host's own vCPU", { set: { vcpuModel: "host" } }],
    ["a hostile name and command line", { name: "db, <1> & \"'$x", commandLine: " \t&amp; <a b='c'> ]]> --> \"$HOME\" \n" }],
    ["sixteen disks and a config disk", { plan: { delivery: "config-disk", disks: manyDisks() } }],
    ["no disk", { plan: { disks: [] } }],
    ["a volume and a file", { plan: { disks: devices() } }],
  ] as const)("takes the domain with %s", (_name, choices) => {
    expect(judged(domain(choices))).toEqual({ valid: true, said: "- validates\n" });
  });

  test.each([
    ["launchSecurity: a type of another spelling", 'type="sev-snp"', 'type="snp"'],
    ["launchSecurity: hashes neither yes nor no", 'kernelHashes="yes"', 'kernelHashes="on"'],
    ["launchSecurity: the author key as QEMU spells it", "authorKey=", "author-key-enabled="],
    ["policy: not a number", "<policy>0x30000", "<policy>snp"],
    ["policy: not there", /<policy>.*<\/policy>/g, ""],
    ["cbitpos: not a number", "<cbitpos>51", "<cbitpos>x"],
    ["reducedPhysBits: as QEMU spells it", /reducedPhysBits/g, "reduced-phys-bits"],
    ["hostData: as QEMU spells it", /hostData/g, "host-data"],
    ["idBlock: as QEMU spells it", /idBlock/g, "id-block"],
    ["idAuth: twice", "<idAuth>", "<idAuth>AAAA</idAuth><idAuth>"],
    ["loader: of no kind", 'type="rom"', 'type="bios"'],
    ["memory backend: of no kind", 'source type="memfd"', 'source type="memfile"'],
    ["memory: shared by no mode", 'access mode="shared"', 'access mode="yes"'],
    ["vcpu: not a number", '<vcpu placement="static">4', '<vcpu placement="static">four'],
    ["cpu: no such mode", 'mode="custom"', 'mode="exact"'],
    ["fwcfg: of no type", 'sysinfo type="fwcfg"', 'sysinfo type="fw_cfg"'],
    ["fwcfg: an entry without a name", "entry name=", "entry key="],
    ["a disk: iommu as QEMU spells it", 'iommu="on"', 'iommu_platform="on"'],
    ["the name: not there", /<name>.*<\/name>/g, ""],
    ["the uuid: none", `<uuid>${vmId}`, "<uuid>0b5f"],
  ] as const)("refuses %s", (_name, find, put) => {
    const text = domain({});
    const changed = text.replaceAll(find, put);
    expect(changed).not.toBe(text);
    const { valid, said } = judged(changed);
    expect(valid).toBe(false);
    expect(said).toContain("fails to validate");
  });
});

test("a volume is a block device, whose source is no file", () => {
  const text = domain({ plan: { disks: devices() } });
  expect([...text.matchAll(/<disk type="\w+"|<source (?:dev|file)="[^"]*"/g)].map(([found]) => found)).toEqual([
    '<disk type="block"',
    '<source dev="/dev/pve/vm-101-disk-0"',
    '<disk type="file"',
    '<source file="/dev/shm/try.raw"',
  ]);
});

describe("what libvirt reads", needs("xmllint"), () => {
  test("is what was meant, character by character", () => {
    const name = "db, <1> & \"'$x";
    const commandLine = " \tconsole=ttyS0 &amp; <a b='c'> ]]> --> \"$HOME\" é\n ";
    const { set, hostData, idBlock, plan } = kitInput("/srv/vms/a & b <c>", { name, commandLine });
    const text = domain({ name, commandLine }, "/srv/vms/a & b <c>");
    const read = (path: string): string => xmllint(["--xpath", `string(${path})`], text).said.replace(/\n$/, "");
    expect({
      name: read("/domain/name"),
      commandLine: read("/domain/os/cmdline"),
      loader: read("/domain/os/loader"),
      configuration: read("/domain/sysinfo/entry/@file"),
      vcpus: read("/domain/vcpu"),
      model: read("/domain/cpu/model"),
      hashes: read("/domain/launchSecurity/@kernelHashes"),
      policy: read("/domain/launchSecurity/policy"),
      hostData: read("/domain/launchSecurity/hostData"),
      idBlock: read("/domain/launchSecurity/idBlock"),
      idAuth: read("/domain/launchSecurity/idAuth"),
    }).toEqual({
      name,
      commandLine,
      loader: "/srv/vms/a & b <c>/OVMF.amdsev.fd",
      configuration: "/srv/vms/a & b <c>/agent.json",
      vcpus: "4",
      model: set.vcpuModel,
      hashes: "yes",
      policy: plan.guestPolicy,
      hostData: Buffer.from(hostData).toString("base64"),
      idBlock: Buffer.from(idBlock?.block ?? []).toString("base64"),
      idAuth: Buffer.from(idBlock?.auth ?? []).toString("base64"),
    });
  });
});

function domain(choices: InputChoices, folder = "/srv/vms/db"): string {
  return must(makeKit(kitInput(folder, { ...choices, plan: { ...choices.plan, host: "libvirt" } }))).files[0]?.text ?? "";
}

function judged(text: string): { readonly valid: boolean; readonly said: string } {
  const { code, said } = xmllint(["--noout", "--relaxng", join(debianFolder, "trixie/usr/share/libvirt/schemas/domain.rng")], text);
  return { valid: code === 0, said };
}

function xmllint(args: readonly string[], input: string): { readonly code: number | null; readonly said: string } {
  const done = spawnSync("xmllint", ["--nonet", ...args, "-"], { input, encoding: "utf8", timeout: 20_000 });
  return { code: done.status, said: `${done.stdout}${done.stderr}` };
}

function devices(): { readonly path: string; readonly format: "raw" }[] {
  return ["/dev/pve/vm-101-disk-0", "/dev/shm/try.raw"].map((path) => ({ path, format: "raw" }));
}

function manyDisks(): { readonly path: string; readonly format: "qcow2" }[] {
  return Array.from({ length: 16 }, (_, index) => ({ path: `/srv/vms/disk ${index}.qcow2`, format: "qcow2" }));
}
