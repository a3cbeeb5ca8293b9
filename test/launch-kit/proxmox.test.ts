// Does the kit's Proxmox configuration say what it must, and would QEMU take the line that Proxmox makes of it? Proxmox itself was never there: its line is
// put together here as its published source does (qemu-server, config_to_command), and given to a real QEMU 10.
import { spawnSync } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { describe, expect, test } from "vitest";
import { debianQemu } from "../../build/debian-packages.mjs";
import { must } from "../../core/base/result.ts";
import { makeKit } from "../../core/kit/kit.ts";
import { needs } from "../kit/needs.ts";
import { hostFolder, kitInput, type InputChoices } from "./input.ts";

const commandLine = `console=ttyS0 root=/dev/mapper/root "a b" 'c' $HOME \\x é`;

test("no-debug and kernel-hashes are always on, and SMT is as the policy says", () => {
  expect(lines({})).toMatchObject({
    "amd-sev": "type=snp,no-debug=1,kernel-hashes=1",
    bios: "ovmf",
    machine: "q35",
    cpu: "EPYC-Milan-v2",
    sockets: "1",
    cores: "4",
    memory: "512",
    virtio0: "/srv/vms/db/root.raw,format=raw",
    virtio1: "/srv/vms/db/data.raw,format=raw",
  });
  expect(lines({ plan: { guestPolicy: "0x20000" } })["amd-sev"]).toBe("type=snp,no-debug=1,kernel-hashes=1,allow-smt=0");
  expect(lines({ firmwareOnly: true })["amd-sev"]).toBe("type=snp,no-debug=1,kernel-hashes=0");
});

test("the config disk is the last one, and cannot be written", () => {
  expect(lines({ plan: { delivery: "config-disk" } })).toMatchObject({ virtio2: "/srv/vms/db/agent-configuration.img,format=raw,ro=1" });
});

test("a name that Proxmox would refuse becomes one that it takes", () => {
  const names = ["db-1", "db, 1 'x'", "Größe ü", "日本", "-.a..b.-", "a".repeat(100)];
  for (const name of names)
    expect(lines({ name })["name"]).toMatch(
      /^(?=.{1,63}$)[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*$/,
    );
});

test("the steps and traps say what was never tried, what only args can say, and what to do where HOST_DATA does not arrive", () => {
  const { steps, traps } = must(makeKit(kitInput(undefined, { plan: { host: "proxmox" } })));
  expect(steps.join("\n")).toContain("HOST_DATA did not reach the CPU");
  for (const words of ["None of this was tried on a Proxmox VE host", "0xb0000", "no key for HOST_DATA", "-set object.sev0.host-data"])
    expect(traps.join("\n")).toContain(words);
});

describe("the line that Proxmox makes of it", needs("debian", "perl"), () => {
  const kit = (choices: InputChoices = {}) => lines({ commandLine, name: "db, 1", ...choices }, folder());

  test("QEMU takes it up to the missing processor, with HOST_DATA, ID block and author key", () => {
    for (const choices of [{}, { plan: { delivery: "config-disk" } }, { withoutIdBlock: true }, { firmwareOnly: true }] as const)
      expect([choices, qemu(proxmoxLine(kit(choices)))]).toEqual([choices, `-accel kvm: ${noSnpHere()}`]);
  });

  test("the machine that args name is the one that counts", () => {
    const line = proxmoxLine(kit());
    const machine = line.findIndex((word) => word.startsWith("confidential-guest-support="));
    const elsewhere = line.with(machine, "confidential-guest-support=nobody,memory-backend=ram1");
    expect(qemu(elsewhere)).toBe("Device 'nobody' not found");
  });

  test("args carry the measured command line unchanged", () => {
    const line = proxmoxLine(kit());
    expect(line[line.indexOf("-append") + 1]).toBe(commandLine);
  });

  test("-set, which is sometimes named for HOST_DATA, is refused by QEMU", () => {
    const line = [...proxmoxLine({ ...kit(), args: "" }), "-set", `object.sev0.host-data=${"A".repeat(43)}=`];
    expect(qemu(line)).toContain("-set is not supported with object");
  });
});

/** `amd-sev`, `cpu` and the rest as qemu-server turns them into options; `args` last, split by Perl's shellwords as PVE::Tools::split_args does. */
function proxmoxLine(conf: Readonly<Record<string, string>>): readonly string[] {
  const sev = new Map((conf["amd-sev"] ?? "").split(",").map((part) => [part.split("=")[0] ?? "", part.split("=")[1] ?? ""]));
  const policy = 0x20000 + (sev.get("allow-smt") === "0" ? 0 : 0x10000) + (sev.get("no-debug") === "1" ? 0 : 0x80000);
  const vcpus = Number(conf["sockets"]) * Number(conf["cores"]);
  const hashes = sev.get("kernel-hashes") === "1" ? ",kernel-hashes=on" : "";
  const split = 'print map { "$_\\0" } shellwords($ARGV[0])';
  const args = spawnSync("perl", ["-MText::ParseWords", "-e", split, "--", conf["args"] ?? ""], { encoding: "utf8" });
  expect([args.status, args.stderr]).toEqual([0, ""]);
  return [
    ["-id", conf["id"] ?? "101", "-name", `${conf["name"]},debug-threads=on`, "-no-shutdown", "-smbios", `type=1,${conf["smbios1"]}`],
    [
      "-bios",
      "/usr/share/pve-edk2-firmware//OVMF_SEV_4M.fd",
      "-smp",
      `${vcpus},sockets=${conf["sockets"]},cores=${conf["cores"]},maxcpus=${vcpus}`,
    ],
    [
      "-nodefaults",
      "-boot",
      "menu=on,strict=on,reboot-timeout=1000",
      "-cpu",
      `${conf["cpu"]},enforce,+kvm_pv_eoi,+kvm_pv_unhalt,vendor=AuthenticAMD`,
    ],
    [
      "-m",
      conf["memory"] ?? "",
      "-object",
      `sev-snp-guest,id=sev0,cbitpos=51,reduced-phys-bits=1,policy=0x${policy.toString(16)}${hashes}`,
    ],
    ["-machine", "type=q35,confidential-guest-support=sev0"],
    args.stdout.split("\0").slice(0, -1),
  ].flat();
}

function qemu(line: readonly string[]): string {
  // -id is of Proxmox's own QEMU.
  const words = [...line.slice(2), "-accel", "kvm", "-display", "none"];
  const done = spawnSync(debianQemu(), words, { encoding: "utf8", input: "", timeout: 20_000 });
  return done.stderr.trim().replace(/^qemu-system-x86_64: /, "");
}

/** The configuration's lines, as Proxmox reads them. */
function lines(choices: InputChoices, at?: string): Readonly<Record<string, string>> {
  const [file] = must(makeKit(kitInput(at, { ...choices, plan: { ...choices.plan, host: "proxmox" } }))).files;
  const read = (file?.text ?? "").split("\n").flatMap((line) => {
    const parts = /^([a-z][a-z_-]*\d*):\s*(.+?)\s*$/.exec(line);
    return parts?.[1] === undefined || parts[2] === undefined ? [] : [[parts[1], parts[2]] as const];
  });
  return Object.fromEntries(read);
}

function folder(): string {
  made ??= hostFolder("proxmox");
  return made;
}

/** As in qemu.test.ts. */
function noSnpHere(): string {
  try {
    accessSync("/dev/kvm", constants.R_OK | constants.W_OK);
    return "vm-type SEV-SNP not supported by KVM";
  } catch {
    return "Could not access KVM kernel module: No such file or directory";
  }
}

let made: string | undefined;
