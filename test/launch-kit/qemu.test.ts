// Does QEMU 10 take the kit's whole launch line, up to the processor that this machine lacks, and does it refuse every option that is spelled or filled wrongly?
// Real QEMU, real /bin/sh, QEMU's own words. Options that QEMU looks at only after KVM are tried without SNP, under TCG, on a machine that never runs.
import { spawnSync } from "node:child_process";
import { accessSync, constants, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { debianFolder, debianQemu } from "../../build/debian-packages.mjs";
import { must } from "../../core/base/result.ts";
import { makeKit } from "../../core/kit/kit.ts";
import { needs } from "../kit/needs.ts";
import { hostFolder, kitInput, type InputChoices } from "./input.ts";

describe("the launch script, as it is", needs("debian"), () => {
  test("QEMU parses the whole SNP line and stops where only the processor is missing", () => {
    expect(run(script({}))).toEqual({ code: 1, said: `-accel kvm: ${noSnpHere()}` });
  });

  test("so it does with a config disk, with the configuration in the initrd, without an ID block, and without a kernel", () => {
    const choices: readonly InputChoices[] = [
      { plan: { delivery: "config-disk" } },
      { plan: { delivery: "initramfs" } },
      { withoutIdBlock: true },
      { withoutAuthor: true },
      { firmwareOnly: true },
      { set: { vcpuModel: "host" } },
      // No regular file: QEMU takes it as a device only.
      { plan: { disks: [{ path: "/dev/null", format: "raw" }] } },
    ];
    for (const choice of choices) expect([choice, run(script(choice)).said]).toEqual([choice, `-accel kvm: ${noSnpHere()}`]);
  });

  test("without SNP and under TCG the rest of the line makes a machine", () => {
    for (const choice of [{}, { plan: { delivery: "config-disk" } }, { firmwareOnly: true }] as const)
      expect([choice, run(withoutSnp(script(choice)))]).toEqual([choice, { code: 0, said: "" }]);
  });
});

describe("a line with one thing broken fails before the processor is missed, in QEMU's own words", needs("debian"), () => {
  test.each(brokenRows())("%s", (_name, find, put, words) => {
    const said = run(broken(script({}), find, put)).said;
    expect(said).toContain(words);
    expect(said).not.toContain("SEV-SNP not supported");
  });

  // QEMU 10.0 looks at these on the processor only, so the kit looks at them itself (kit.test.ts).
  test.each([
    ["an ID_AUTH of another length", "id-auth=AQAA", "id-auth="],
    ["an encryption bit where no processor has one", "cbitpos=51", "cbitpos=63"],
    ["fewer physical address bits than there are", "reduced-phys-bits=1", "reduced-phys-bits=63"],
    ["a policy that allows debugging", "policy=0x30000", "policy=0xb0000"],
  ])("QEMU does not see %s", (_name, find, put) => {
    expect(run(broken(script({}), find, put)).said).toBe(`-accel kvm: ${noSnpHere()}`);
  });
});

describe("without SNP, one thing broken is refused too", needs("debian"), () => {
  test.each(brokenMachineRows())("%s", (_name, find, put, words) => {
    const { code, said } = run(withoutSnp(broken(script({}), find, put)));
    expect([code, said]).toEqual([1, expect.stringContaining(words)]);
  });

  test("but a fw_cfg name without opt/ is only warned of", () => {
    const { code, said } = run(withoutSnp(broken(script({}), "name=opt/", "name=")));
    expect([code, said]).toEqual([0, expect.stringContaining('should be prefixed with "opt/"')]);
  });
});

type Row = readonly [name: string, find: string | RegExp, put: string, words: string];

function brokenRows(): readonly Row[] {
  return [
    ["policy: not a number", "policy=0x30000", "policy=snp", "Parameter 'policy' expects a uint64 value"],
    ["policy: misspelled", "policy=0x30000", "polcy=0x30000", "Invalid parameter 'polcy'"],
    ["host-data: hex instead of base64", "host-data=", "host-data=00", "parameter length of"],
    ["host-data: too short", /host-data=[^,]*/g, "host-data=AAAA", "parameter length of 3 not equal to 32"],
    ["host-data: no base64", /host-data=[^,]*/g, "host-data=%%%%", "Base64 data contains invalid characters"],
    ["host-data: misspelled", "host-data=", "hostdata=", "Invalid parameter 'hostdata'"],
    ["id-block: too short", /id-block=[^,]*/g, "id-block=AAAA", "parameter length of 3 not equal to 96"],
    ["id-block: no base64", /id-block=[^,]*/g, "id-block=%%%%", "Base64 data contains invalid characters"],
    ["id-auth: no base64", /id-auth=[^,]*/g, "id-auth=%%%%", "Base64 data contains invalid characters"],
    [
      "author-key-enabled: neither on nor off",
      "author-key-enabled=on",
      "author-key-enabled=1",
      "Parameter 'author-key-enabled' expects 'on' or 'off'",
    ],
    ["author-key-enabled: as early patches spelled it", "author-key-enabled", "auth-key-enabled", "Invalid parameter 'auth-key-enabled'"],
    [
      "kernel-hashes: neither on nor off",
      "kernel-hashes=on",
      "kernel-hashes=yes,,please",
      "Parameter 'kernel-hashes' expects 'on' or 'off'",
    ],
    ["cbitpos: not a number", "cbitpos=51", "cbitpos=c", "Parameter 'cbitpos' expects a uint64 value"],
    [
      "reduced-phys-bits: not a number",
      "reduced-phys-bits=1",
      "reduced-phys-bits=one",
      "Parameter 'reduced-phys-bits' expects a uint64 value",
    ],
    ["reduced-phys-bits: not there", "reduced-phys-bits=1,", "", "Parameter 'reduced-phys-bits' is missing"],
    ["the object: of no kind", "sev-snp-guest,", "sev-snp,", "'qom-type' does not accept value 'sev-snp'"],
    ["the machine: no such object", "confidential-guest-support=sev0", "confidential-guest-support=sev1", "Device 'sev1' not found"],
    ["the machine: no such kind", "-machine q35,", "-machine q36,", "unsupported machine type"],
    ["the machine: misspelled option", "vmport=off", "vmports=off", "vmports' not found"],
    ["memory: no size", "size=512M", "size=lots", "Parameter 'size' expects a size value"],
    [
      "memory: no such backend",
      "memory-backend-memfd",
      "memory-backend-memory",
      "'qom-type' does not accept value 'memory-backend-memory'",
    ],
    ["-m: no size", "-m 512M", "-m lots", "Parameter 'size' expects a non-negative number"],
    ["-smp: more vCPUs than there is room", "cpus=4,", "cpus=5,", "Invalid CPU topology"],
    ["-smp: a topology of another number", "cores=4", "cores=3", "Invalid CPU topology"],
    ["-uuid: none", "-uuid 0b5f5a38", "-uuid 0b5f", "failed to parse UUID string"],
    ["fw_cfg: misspelled option", "configuration,file=", "configuration,fil=", "Invalid parameter 'fil'"],
    ["a disk: not there", "root.raw", "rot.raw", "No such file or directory"],
    ["a disk: of no format", "driver=raw", "driver=rw", "Parameter 'driver' does not accept value 'rw'"],
    ["-append without a kernel", / {2}-kernel .*\n/g, "", "-append only allowed with -kernel option"],
  ];
}

function brokenMachineRows(): readonly Row[] {
  return [
    ["-cpu: no such model", "EPYC-Milan-v2", "EPYC-Millan", "unable to find CPU model 'EPYC-Millan'"],
    ["memory: another id", "memory-backend=ram1", "memory-backend=ram2", "Memory backend 'ram2' not found"],
    ["memory: another size", "size=512M", "size=256M", "Machine memory size does not match the size of the memory backend"],
    ["-bios: not there", "OVMF.amdsev.fd", "OVMF.fd", "could not load PC BIOS"],
    ["-kernel: not there", "/vmlinuz", "/vmlinux", "could not open kernel file"],
    ["-initrd: not there", "initrd.img", "initrd.gz", "error reading initrd"],
    ["fw_cfg: not there", "agent.json", "agent.yaml", "can't load"],
    ["a disk's device: no such disk", "drive=disk0", "drive=disk7", "can't find value 'disk7'"],
    ["a disk's device: misspelled option", "iommu_platform", "iommu_platfrom", "iommu_platfrom' not found"],
    ["the network's device: no such network", "netdev=net0", "netdev=net7", "can't find value 'net7'"],
    ["the console: no such device", "mon:stdio", "mon:studio", "'studio' is not a valid char driver"],
  ];
}

/** A launch script whose boot files lie where it says, with Debian's own firmware. */
function script(choices: InputChoices): string {
  folder ??= hostFolder("a host's folder, $HOME", new Uint8Array(readFileSync(join(debianFolder, "forky/usr/share/ovmf/OVMF.amdsev.fd"))));
  return must(makeKit(kitInput(folder, choices))).files[0]?.text ?? "";
}

/** Every line that {@link find} is in, and it must be in one. */
function broken(text: string, find: string | RegExp, put: string): string {
  const changed = text.replaceAll(find, () => put);
  expect(changed, `${String(find)} is in the script`).not.toBe(text);
  return changed;
}

/** A stopped machine under TCG; the monitor ends it at once. */
function withoutSnp(text: string): string {
  return text
    .replace("confidential-guest-support=sev0,", "")
    .replace(/ {2}-object sev-snp-guest.*\n/, "")
    .replace("-accel kvm", "-accel tcg \\\n  -S");
}

function run(text: string): { readonly code: number | null; readonly said: string } {
  const monitor = "\u0001cquit\n";
  const done = spawnSync("/bin/sh", ["-c", text], {
    encoding: "utf8",
    input: monitor,
    timeout: 20_000,
    env: { PATH: process.env["PATH"], QEMU: debianQemu() },
  });
  const lines = done.stderr.split("\n").filter((line) => line !== "" && !line.includes("TCG doesn't support requested feature"));
  const said = lines.map((line) => line.replace(/^qemu-system-x86_64: /, "")).join("\n");
  return { code: done.status, said: said.replace(/[A-Za-z0-9+/]{200,}=*/g, "…") };
}

/** Where there is not even KVM, QEMU stops one step earlier, after it has read every option of the SNP object too. */
function noSnpHere(): string {
  try {
    accessSync("/dev/kvm", constants.R_OK | constants.W_OK);
    return "vm-type SEV-SNP not supported by KVM";
  } catch {
    return "Could not access KVM kernel module: No such file or directory";
  }
}

let folder: string | undefined;
