// Does the agent's package hold what it should, with the same bytes each time, and does it refuse a system that leaves a prompt? What needs a whole
// Debian system is in test/vm/package.test.ts.
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildDebianPackage } from "../../build/agent-package/deb.ts";
import { integrationFiles } from "../../build/agent-package/tree.ts";
import { root } from "../../build/runtime.mjs";

const scripts = [
  "launch",
  "network.sh",
  "command-line-check",
  "initramfs-tools/hook",
  "initramfs-tools/local-top",
  "initramfs-tools/panic",
];
const good = "console=ttyS0 root=/dev/mapper/root ro panic=-1 rd.shell=0 rd.emergency=poweroff";
// The package holds the licence of the Node that is brought for amd64.
const hasDpkg = process.arch === "x64" && spawnSync("dpkg-deb", ["--version"]).status === 0;

function run(program: string, words: readonly string[], environment: Record<string, string> = {}): { status: number | null; text: string } {
  const result = spawnSync(program, words, { encoding: "utf8", env: { ...process.env, ...environment } });
  return { status: result.status, text: result.stdout + result.stderr };
}

test.each(scripts)("%s is a script that a POSIX shell reads", (script) => {
  expect(run("sh", ["-n", join(root, "agent/initramfs", script)])).toEqual({ status: 0, text: "" });
});

describe("the network's plans", () => {
  const plansOf = (line: string): string => {
    const script = `. ${join(root, "agent/initramfs/network.sh")}; network_read "$1" || exit 3; echo $network_wait$network_plans`;
    const { status, text } = run("sh", ["-c", script, "sh", line]);
    return status === 0 ? text.trim() : `exit ${status}`;
  };
  test.each([
    ["quiet", "30any,dhcp"],
    ["ip=dhcp portcullis.wait=600", "600 any,dhcp"],
    ["ip=10.0.2.15::10.0.2.2:255.255.255.0::eth0:off:10.0.2.3", "30 eth0,10.0.2.15/24,gw=10.0.2.2,dns=10.0.2.3"],
    ["ip=eth1:dhcp portcullis.net=eth0,2001:db8::7/64,gw=fe80::1", "30 eth1,dhcp eth0,2001:db8::7/64,gw=fe80::1"],
    ["ip=10.0.2.15::10.0.2.2:255.0.255.x::eth0:off", "exit 3"],
    ["ip=$(reboot)", "exit 3"],
    ["portcullis.wait=0", "exit 3"],
    ["portcullis.wait=601", "exit 3"],
  ])("%s", (line, plans) => {
    expect(plansOf(line)).toBe(plans);
  });
});

describe.skipIf(!hasDpkg)("the Debian package", () => {
  let work: string;
  let deb: string;
  beforeAll(() => {
    work = mkdtempSync(join(tmpdir(), "portcullis-package-"));
    writeFileSync(join(work, "agent"), "#!/bin/sh\nexit 12\n");
    deb = buildDebianPackage({ agent: join(work, "agent"), out: join(work, "one"), version: "1.0.0" });
  });
  afterAll(() => rmSync(work, { recursive: true }));

  const dpkg = (tree: string, ...words: string[]): { status: number | null; text: string } => {
    return run("dpkg", [`--root=${tree}`, "--force-script-chrootless,not-root,depends", `--log=${join(work, "dpkg.log")}`, ...words]);
  };
  const newTree = (name: string, files: Record<string, string>): string => {
    for (const [path, text] of Object.entries({ "var/lib/dpkg/status": "", "var/lib/dpkg/info/format": "1\n", ...files })) {
      mkdirSync(dirname(join(work, name, path)), { recursive: true });
      writeFileSync(join(work, name, path), text);
    }
    mkdirSync(join(work, name, "var/lib/dpkg/updates"));
    return join(work, name);
  };

  test("is the same twice", () => {
    const again = buildDebianPackage({ agent: join(work, "agent"), out: join(work, "two"), version: "1.0.0" });
    expect(readFileSync(again).equals(readFileSync(deb))).toBe(true);
  });
  test("holds the agent and its integrations, root's, and no conffiles", () => {
    const { text } = run("dpkg-deb", ["--contents", deb]);
    for (const { to } of integrationFiles) expect(text).toContain(` ./${to}\n`);
    expect(text).toMatch(/^-rwxr-xr-x root\/root .*\.\/usr\/lib\/portcullis\/portcullis-agent$/m);
    expect(run("dpkg-deb", ["--ctrl-tarfile", deb]).text).not.toContain("conffiles");
  });
  test("is configured where neither leaves a prompt", () => {
    expect(dpkg(newTree("good", { "etc/portcullis/kernel-command-line": `${good}\n` }), "--install", deb)).toMatchObject({ status: 0 });
  });
  test.each([
    ["no command line", {}],
    ["a break", { "etc/portcullis/kernel-command-line": `${good} break=mount\n` }],
    ["GRUB's line", { "etc/default/grub": 'GRUB_CMDLINE_LINUX_DEFAULT="quiet"\n' }],
    ["a passphrase", { "etc/portcullis/kernel-command-line": good, "etc/crypttab": "root UUID=1 none luks\n" }],
  ])("is not configured where there is %s", (name, files: Record<string, string>) => {
    const { status, text } = dpkg(newTree(`refused-${name.replaceAll(/\W/g, "-")}`, files), "--install", deb);
    expect(status).toBe(1);
    expect(text).toContain("portcullis-agent is not configured");
  });
});
