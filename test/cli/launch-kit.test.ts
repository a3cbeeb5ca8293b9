// Does the owner's page (docs/launch-kit.md) say what is so? Every command in its blocks is run as it stands there, in its order, with real files, a real
// manager and a real ext4 image. What stands for something (ID, HEX) is filled in, and the host's folder is one that a test may write to.
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { debianQemu, hasDebianPackages } from "../../build/debian-packages.mjs";
import type { HostCheckView } from "../../core/api/kit-schemas.ts";
import { missing } from "../kit/needs.ts";
import { makeFirmware } from "../measure/kit.ts";
import { ext4Image, mebibyte } from "../node/disk/kit.ts";
import { type Answer, type Installation, makeInstallation, portcullisIn, type Served, serve } from "./kit.ts";

let installation: Installation;
let served: Served;
let folder = "";
const file = (name: string): string => join(folder, name);
const onHost = (name = ""): string => join(folder, "host", name);
const commands = pageCommands();

beforeAll(async () => {
  installation = await makeInstallation();
  folder = join(installation.folder, "..");
  writeFileSync(file("OVMF.amdsev.fd"), makeFirmware());
  writeFileSync(file("vmlinuz"), new Uint8Array(mebibyte).fill(1));
  writeFileSync(file("initrd.img"), gzipSync(new Uint8Array(mebibyte).fill(2)));
  served = await serve(installation);
}, 60_000);
afterAll(async () => {
  await served.stop();
  installation.remove();
});

/** The next command of the page, which must be this one. */
function next(beginning: string, fill: Readonly<Record<string, string>> = {}): readonly string[] {
  const words = commands.shift() ?? [];
  expect(words.join(" ")).toMatch(new RegExp(`^${beginning}(?: |$)`));
  return words.map((word) => fill[word] ?? word.replace("/var/lib/portcullis/db-1", onHost().replace(/\/$/, "")));
}

const run = (...words: readonly string[]): Promise<Answer> => {
  const alone = ["ovmf", "measure"].includes(words[0] ?? "");
  return portcullisIn(folder, ...words, ...(alone ? [] : installation.data));
};

async function good(...words: readonly string[]): Promise<Answer> {
  const answer = await run(...words);
  if (answer.code !== 0) throw new Error(`${words.join(" ")}: ${answer.stderr}`);
  return answer;
}

describe.skipIf(missing("cryptsetup", "mke2fs"))("the owner's page", () => {
  test("1 and 2: the firmware is looked at, the VM enrolled", async () => {
    ext4Image(folder, "db-1.img");
    const [inspected] = await Promise.all([good(...next("ovmf inspect")), good(...next("vm add"))]);
    expect(inspected.json()).toMatchObject({ measuresKernel: true });
  }, 60_000);

  test("3 and 4: an initrd gets the configuration, the disk is encrypted; the boot files are measured, and approved once somebody confirms", async () => {
    const [, prepared, added] = await Promise.all([
      good(...next("vm configuration db-1 --initrd")),
      good(...next("disk prepare")),
      good(...next("vm boot add"), "--json"),
    ]);
    expect(readFileSync(file("initrd-db-1.img"), "latin1")).toContain('"endpoints":["manager.example:7443"]');
    expect(prepared.stdout).toContain("header backup");
    expect(readFileSync(file("db-1.img")).subarray(0, 6).toString("latin1")).toBe("LUKS\u00ba\u00be");
    expect(added.json()).toMatchObject({ label: "6.12.9" });
    const approve = next("vm boot approve");
    const [unasked, { stderr }] = [await run(...approve), await good(...approve, "--yes")];
    expect([unasked.code, unasked.stderr]).toEqual([2, expect.stringMatching(/\(--yes\) \[cli\.needs-terminal\]/)]);
    expect(stderr).toContain("Stricter: Launch measurement.");
  }, 60_000);

  test("5: the kit of each host is written, and each host's file is what the checker wants", async () => {
    await good(...next("vm plan db-1 --host qemu"));
    await good(...next("vm kit"));
    await good("vm", "plan", "db-1", "--host", "libvirt");
    await good("vm", "kit", "db-1", "--out", "kit-libvirt");
    await good("vm", "plan", "db-1", "--host", "proxmox", "--proxmox-id", "101");
    await good("vm", "kit", "db-1", "--out", "kit-proxmox");
    expect(["kit", "kit-libvirt", "kit-proxmox"].map((name) => readdirSync(file(name)).toSorted()[0])).toEqual([
      "SHA256SUMS",
      "SHA256SUMS",
      "101.conf",
    ]);
    copyFileSync(file("kit-libvirt/domain.xml"), file("domain.xml"));
    const checked = await Promise.all([
      good(...next("host check domain.xml"), "--json"),
      ...["kit/launch.sh", "kit-proxmox/101.conf"].map((name) => good("host", "check", name, "--vm", "db-1", "--boot", "6.12.9", "--json")),
    ]);
    const views = checked.map((answer) => answer.json() as HostCheckView);
    expect(views.map(({ host }) => host)).toEqual(["libvirt", "qemu", "proxmox"]);
    expect(views.flatMap(({ findings }) => findings).map(({ id }) => id)).toEqual(["other-host", "other-host"]);
  }, 60_000);

  test("on the host the sums agree, and QEMU takes the launch script up to the processor", () => {
    mkdirSync(onHost());
    for (const name of readdirSync(file("kit"))) copyFileSync(file(`kit/${name}`), onHost(name));
    for (const name of ["OVMF.amdsev.fd", "vmlinuz", "initrd.img", "db-1.img"]) symlinkSync(file(name), onHost(name));
    const sums = spawnSync("sha256sum", ["-c", "SHA256SUMS"], { cwd: onHost(), encoding: "utf8" });
    expect([sums.status, sums.stdout.split("\n").length]).toEqual([0, 4]);
    if (!hasDebianPackages()) return;
    const env = { PATH: process.env["PATH"], QEMU: debianQemu() };
    const started = spawnSync("sh", ["launch.sh"], { cwd: onHost(), encoding: "utf8", env, timeout: 20_000 });
    expect(started.stderr).toMatch(/-accel kvm: (?:vm-type SEV-SNP not supported by KVM|Could not access KVM kernel module)/);
  }, 60_000);

  test("6 and after: a launch is asked for by its id, and a measurement with two vCPUs is explained", async () => {
    const id = "00000000-0000-4000-8000-000000000000";
    const [show, approve] = [next("launches show", { ID: id }), next("launches approve", { ID: id })];
    const [explain, compare] = [next("launches explain", { ID: id }), next("launches compare", { GOOD: id, BAD: id })];
    const unknown = [show, explain, compare, [...approve, "--evidence", "00".repeat(48)]];
    const answers = await Promise.all(unknown.map((words) => run(...words, "--json")));
    const codes = answers.map((answer) => (answer.json() as { readonly failure: { readonly code: string } }).failure.code);
    expect(codes).toEqual([...[1, 2, 3].map(() => "api.no-such-launch"), "approval.not-pending"]);
    const files = commands[0]?.slice(commands[0].indexOf("--ovmf"), -4) ?? [];
    const measured = await good("measure", ...files, "--vcpus", "2", "--vcpu-type", "EPYC-Milan");
    const { measurement } = measured.json() as { readonly measurement: string };
    const explained = await good(...next("measure explain", { HEX: measurement }));
    expect(explained.json()).toMatchObject({ sentence: "It matches if vCPUs = 2." });
    expect(commands).toEqual([]);
  }, 60_000);
});

/** The commands in the blocks of the page, in words; comments left out. */
function pageCommands(): (readonly string[])[] {
  const page = readFileSync(join(import.meta.dirname, "../../docs/launch-kit.md"), "utf8");
  const blocks = [...page.matchAll(/^```\n(.*?)^```$/gms)].map(([, text = ""]) => text);
  const lines = blocks.flatMap((text) => text.split("\n")).filter((line) => line !== "");
  return lines.map((line) => {
    const [program, ...words] = [...line.replace(/ #.*/, "").matchAll(/"([^"]*)"|\S+/g)].map(([word, quoted]) => quoted ?? word);
    expect(program).toBe("portcullis");
    return words;
  });
}
