// From a plan to a kit on disk, and back through the checker: real processes, a real manager, a made firmware file.
import { spawn } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { HostCheckView, KitView } from "../../core/api/kit-schemas.ts";
import type { VmDetail } from "../../core/api/schemas.ts";
import { makeFirmware } from "../measure/kit.ts";
import { type Answer, type Installation, makeInstallation, portcullis, type Served, serve } from "./kit.ts";

let installation: Installation;
let served: Served;
let folder = "";
const run = (...args: readonly string[]): Promise<Answer> => portcullis(...args, ...installation.data);
const file = (name: string): string => join(folder, name);

beforeAll(async () => {
  installation = await makeInstallation();
  folder = join(installation.folder, "..", "kit");
  mkdirSync(folder);
  writeFileSync(file("OVMF.amdsev.fd"), makeFirmware());
  writeFileSync(file("initrd.img"), new Uint8Array(4096).fill(1));
  for (const number of [1, 2]) writeFileSync(file(`vmlinuz-${number}`), new Uint8Array(4096).fill(number));
  served = await serve(installation);
  await good("vm", "add", "--name", "db-1", "--disk", "id=root,device=/dev/vda2,name=root", "--endpoint", "192.0.2.10:7443");
}, 60_000);
afterAll(async () => {
  await served.stop();
  installation.remove();
});

async function good(...args: readonly string[]): Promise<Answer> {
  const answer = await run(...args);
  if (answer.code !== 0) throw new Error(`${args.join(" ")}: ${answer.stderr}`);
  return answer;
}

async function codeOf(...args: readonly string[]): Promise<readonly [number | null, string]> {
  const { code, stdout } = await run(...args, "--json");
  return [code, (JSON.parse(stdout) as { failure?: { code: string } }).failure?.code ?? "none"];
}

const plan = ["--host", "qemu", "--memory", "4096", "--folder", "/srv/vm/db-1", "--disk", "/srv/vm/db-1/root.raw"];
const addSet = (number: number): readonly string[] =>
  [
    ["vm", "boot", "add", "db-1", "--label", `6.12.${number}`, "--ovmf", file("OVMF.amdsev.fd"), "--kernel", file(`vmlinuz-${number}`)],
    ["--initrd", file("initrd.img"), "--append", "console=ttyS0  ro", "--vcpus", "2", "--vcpu-type", "EPYC-Milan-v2"],
  ].flat();

describe("from a plan to a kit", () => {
  test("what is missing is said one after the other", async () => {
    expect(await codeOf("vm", "plan", "db-1")).toEqual([1, "kit.no-plan"]);
    expect(await codeOf("vm", "kit", "db-1")).toEqual([1, "kit.no-boot-set"]);
    await good(...addSet(1));
    expect(await codeOf("vm", "kit", "db-1")).toEqual([1, "kit.no-plan"]);
    expect(await codeOf("vm", "plan", "db-1", "--memory", "4096")).toEqual([2, "cli.usage"]);
  }, 60_000);

  test("a plan is set, shown, and changed in one thing at a time", async () => {
    const set = await good("vm", "plan", "db-1", ...plan, "--json");
    expect(set.json()).toEqual({
      host: "qemu",
      memoryMib: 4096,
      guestPolicy: "0x30000",
      delivery: "fw-cfg",
      folder: "/srv/vm/db-1",
      disks: [{ path: "/srv/vm/db-1/root.raw", format: "raw" }],
      cbitpos: 51,
      reducedPhysBits: 1,
    });
    const changed = await good("vm", "plan", "db-1", "--memory", "8192", "--disk", "/srv/vm/db-1/a,b.qcow2,format=qcow2", "--json");
    expect(changed.json()).toMatchObject({
      memoryMib: 8192,
      folder: "/srv/vm/db-1",
      disks: [{ path: "/srv/vm/db-1/a,b.qcow2", format: "qcow2" }],
    });
    await good("vm", "plan", "db-1", ...plan, "--folder", "/srv/vm/db-1/");
    const vm = (await good("vm", "show", "db-1", "--json")).json() as VmDetail;
    expect((await good("vm", "plan", "db-1", "--json")).json()).toEqual(vm.hostPlan);
    expect(vm.hostPlan?.folder).toBe("/srv/vm/db-1");
    for (const command of ["plan", "show"])
      expect((await good("vm", command, "db-1")).stdout).toContain("db-1 on qemu: 4096 MiB, guest policy 0x30000");
  }, 60_000);

  test("a plan that would let the host read the guest is refused, and so is one that no host could take", async () => {
    for (const [args, code, failure] of [
      [["--policy", "0xb0000"], 1, "kit.plan-debug"],
      [["--policy", "0x70000"], 1, "kit.plan-migration"],
      [["--policy", "lax"], 1, "kit.plan-malformed"],
      [["--folder", "relative"], 1, "kit.plan-malformed"],
      [["--memory", "1"], 1, "kit.plan-malformed"],
      [["--memory", "much"], 2, "cli.usage"],
      [["--host", "xen"], 2, "cli.usage"],
      [["--disk", "/a.raw,format=vmdk"], 2, "cli.usage"],
      [["--disk", "a.raw"], 1, "kit.plan-malformed"],
      [["--host", "proxmox"], 1, "kit.plan-malformed"],
      [["--guest-svn", "3"], 1, "kit.plan-malformed"],
    ] as const)
      expect([args, await codeOf("vm", "plan", "db-1", ...args)]).toEqual([args, [code, failure]]);
  }, 60_000);

  test("a candidate's kit says that nobody approved it; approved, it says so no more", async () => {
    const before = await good("vm", "kit", "db-1");
    expect(before.stderr).toContain("is not approved");
    expect(before.stdout).toContain("NOT APPROVED");
    await good("vm", "boot", "approve", "db-1", "6.12.1", "--reason", "tested", "--yes");
    const after = await good("vm", "kit", "db-1");
    expect(after.stderr).toBe("");
    for (const words of ["-object sev-snp-guest,id=sev0", "Steps", "Traps", "-append 'console=ttyS0  ro'"])
      expect(after.stdout).toContain(words);
  }, 60_000);

  test("its files hold no secret and are readable for all; they are never written over others without --force", async () => {
    const out = file("out");
    const first = (await good("vm", "kit", "db-1", "--out", out, "--json")).json() as { files: readonly string[] };
    expect(first.files.map((path) => path.slice(out.length + 1))).toEqual(["launch.sh", "agent.json", "SHA256SUMS"]);
    const modes = (): readonly string[] =>
      readdirSync(out).map((name) => `${name} ${(statSync(join(out, name)).mode & 0o777).toString(8)}`);
    // Whatever the umask of whoever runs this leaves.
    const [plain, open] = [statSync(file("initrd.img")).mode & 0o644, statSync(folder).mode & 0o755].map((mode) => mode.toString(8));
    const expectedModes = [`SHA256SUMS ${plain}`, `agent.json ${plain}`, `launch.sh ${open}`];
    expect((statSync(out).mode & 0o777).toString(8)).toBe(open);
    expect(modes()).toEqual(expectedModes);
    writeFileSync(join(out, "launch.sh"), "mine");
    expect(await codeOf("vm", "kit", "db-1", "--out", out)).toEqual([1, "kit.file-exists"]);
    expect(readFileSync(join(out, "launch.sh"), "utf8")).toBe("mine");
    chmodSync(join(out, "launch.sh"), 0o644);
    await good("vm", "kit", "db-1", "--out", out, "--force");
    expect(readFileSync(join(out, "launch.sh"), "utf8")).toContain("sev-snp-guest");
    expect(modes()).toEqual(expectedModes);
    expect(await codeOf("vm", "kit", "db-1", "--force")).toEqual([2, "cli.usage"]);
    const vm = (await good("vm", "show", "db-1", "--json")).json() as VmDetail;
    expect(readFileSync(join(out, "agent.json"), "utf8")).toBe(vm.configurations[0]?.text);
    await good("vm", "plan", "db-1", "--delivery", "config-disk");
    await good("vm", "kit", "db-1", "--out", file("with-disk"));
    expect(readdirSync(file("with-disk"))).toEqual(["SHA256SUMS", "agent-configuration.img", "launch.sh"]);
    expect(readFileSync(file("with-disk/agent-configuration.img"), "latin1")).toContain(vm.configurations[0]?.text);
    await good("vm", "plan", "db-1", "--delivery", "fw-cfg");
  }, 60_000);

  test("a set is chosen by label or id; the newest approved one goes before a newer candidate", async () => {
    await good(...addSet(2));
    const labelOf = async (...args: readonly string[]): Promise<string> =>
      ((await good("vm", "kit", "db-1", ...args, "--json")).json() as KitView).bootSet.label;
    expect([await labelOf(), await labelOf("--boot", "6.12.2")]).toEqual(["6.12.1", "6.12.2"]);
    expect(await codeOf("vm", "kit", "db-1", "--boot", "6.13")).toEqual([1, "kit.no-boot-set"]);
  }, 60_000);

  test("with an ID key the kit of an approved set carries an ID block; taken away, it does not", async () => {
    await good("id-key", "create", "release", "--purpose", "id");
    await good("vm", "plan", "db-1", "--id-key", "release", "--guest-svn", "3");
    expect(((await good("vm", "kit", "db-1", "--json")).json() as KitView).files[0]?.text).toMatch(/id-block=[A-Za-z0-9+/]{128},id-auth=/);
    expect((await good("vm", "plan", "db-1", "--no-id-key", "--json")).json()).not.toHaveProperty("guestSvn");
    expect(((await good("vm", "kit", "db-1", "--json")).json() as KitView).files[0]?.text).not.toContain("id-block");
  }, 60_000);
});

describe("a host's own configuration", () => {
  test("as the kit is: nothing, and exit 0; changed: what, and exit 1", async () => {
    const kit = (await good("vm", "kit", "db-1", "--json")).json() as KitView;
    const text = kit.files[0]?.text ?? "";
    writeFileSync(file("mine.sh"), text);
    const same = await good("host", "check", file("mine.sh"), "--vm", "db-1");
    expect(same.stdout).toContain("compared with the kit of boot set 6.12.1");
    expect(same.stdout).toContain("Nothing is unsafe, missing or different.");
    writeFileSync(file("mine.sh"), text.replace("policy=0x30000", "policy=0xb0000").replace("-smp cpus=2", "-smp cpus=4"));
    const other = await run("host", "check", file("mine.sh"), "--vm", "db-1", "--json");
    expect([other.code, (other.json() as HostCheckView).findings.map(({ id }) => id)]).toEqual([
      1,
      ["policy-debug", "vcpus-different", "policy-different"],
    ]);
    const words = await run("host", "check", file("mine.sh"), "--vm", "db-1", "--boot", "6.12.2");
    expect(words.stdout).toContain("UNSAFE: -object sev-snp-guest,policy= [policy-debug]");
    expect(words.stdout).toContain("    policy=0x30000");
    expect(words.stdout).toContain("1 unsafe, 3 different.");
  }, 60_000);

  test("alone, it needs no manager, and takes what comes in on stdin", async () => {
    const child = spawn(process.execPath, [join(import.meta.dirname, "../../core/cli/main.ts"), "host", "check", "-", "--json"]);
    child.stdin.end("bios: ovmf\namd-sev: type=snp\nname: db-1\n");
    let said = "";
    child.stdout.on("data", (piece: Buffer) => (said += piece.toString("utf8")));
    const code = await new Promise((resolve) => child.once("close", resolve));
    const check = JSON.parse(said) as HostCheckView;
    expect([code, check.host, check.findings[0]]).toMatchObject([
      1,
      "proxmox",
      { id: "policy-debug", severity: "unsafe", fix: "amd-sev: type=snp,no-debug=1,kernel-hashes=1" },
    ]);
  }, 60_000);

  test("what cannot be read is exit 2, with a code", async () => {
    writeFileSync(file("nothing.txt"), "nothing that starts a VM");
    writeFileSync(file("bytes.bin"), Uint8Array.of(0xff, 0xfe));
    writeFileSync(file("long.txt"), "x".repeat(600_000));
    const codeAlone = async (...args: readonly string[]): Promise<readonly [number | null, string]> => {
      const { code, stdout } = await portcullis("host", "check", ...args, "--json");
      return [code, (JSON.parse(stdout) as { failure: { code: string } }).failure.code];
    };
    expect(await codeAlone(file("nothing.txt"))).toEqual([2, "kit.check-unknown"]);
    expect(await codeAlone(file("bytes.bin"))).toEqual([2, "kit.check-malformed"]);
    expect(await codeAlone(file("long.txt"))).toEqual([2, "kit.check-too-long"]);
    expect(await codeAlone(file("absent.txt"))).toEqual([2, "cli.unreadable"]);
    expect(await codeAlone(file("mine.sh"), "--as", "xen")).toEqual([2, "cli.usage"]);
    expect(await codeAlone(file("mine.sh"), "--boot", "6.12.1")).toEqual([2, "cli.usage"]);
    expect(await codeOf("host", "check", file("nothing.txt"), "--vm", "db-1")).toEqual([2, "kit.check-unknown"]);
    expect(existsSync(file("absent.txt"))).toBe(false);
  }, 60_000);
});
