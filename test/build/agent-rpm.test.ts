// Does the agent's rpm package hold what the deb holds, with the same bytes each time, and does rpm refuse it where the system leaves a prompt?
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildAgentPackages } from "../../build/agent-package.ts";
import { buildRpmPackage } from "../../build/agent-package/rpm.ts";
import { agentPath, integrationFiles } from "../../build/agent-package/tree.ts";
import { debianFolder } from "../../build/debian-packages.mjs";
import { root } from "../../build/runtime.mjs";
import { missing, needs, pathOf } from "../kit/needs.ts";

const good = "console=ttyS0 root=/dev/mapper/root ro panic=-1 rd.shell=0 rd.emergency=poweroff\n";
const own = "etc/portcullis/kernel-command-line";

describe("the rpm package", needs("rpmbuild", "rpm"), () => {
  let work: string;
  let path: string;
  beforeAll(() => {
    work = mkdtempSync(join(tmpdir(), "portcullis-rpm-test-"));
    writeFileSync(join(work, "agent"), "#!/bin/sh\nexit 12\n");
    path = buildRpmPackage({ agent: join(work, "agent"), out: join(work, "one"), version: "1.0.0" });
  });
  afterAll(() => rmSync(work, { recursive: true }));

  const rpm = (...words: string[]): { status: number | null; text: string } => {
    const result = spawnSync(pathOf("rpm"), words, { encoding: "utf8", env: { ...process.env, LC_ALL: "C", HOME: work } });
    // Debian's says each time that dpkg is meant to install packages there.
    return { status: result.status, text: result.stdout + result.stderr.replaceAll(/^rpm: .*\n/gm, "") };
  };
  const query = (...words: string[]): string => rpm("-qp", ...words, path).text;

  test("is the same twice, whatever the builder's own settings are", () => {
    writeFileSync(join(work, ".rpmmacros"), "%vendor somebody\n%_binary_payload w2.gzdio\n");
    const again = buildRpmPackage({ agent: join(work, "agent"), out: join(work, "two"), version: "1.0.0" });
    expect(readFileSync(again).equals(readFileSync(path))).toBe(true);
  });
  test("is called as others are, also before a release", () => {
    expect(basename(path)).toBe("portcullis-agent-1.0.0-1.x86_64.rpm");
    const early = buildRpmPackage({ agent: join(work, "agent"), out: join(work, "early"), version: "1.0.0-rc.1" });
    expect(rpm("-qp", "--qf", "%{VERSION}", early).text).toBe("1.0.0~rc.1");
  });
  test("holds the agent and its integrations, root's, with their modes and digests, and nothing of rpm's own", () => {
    const files = query("--qf", "[%{FILENAMES} %{FILEMODES:octal} %{FILEUSERNAME} %{FILEGROUPNAME} %{FILEMTIMES}\n]").trim().split("\n");
    const wanted = [
      ...integrationFiles,
      { to: agentPath, mode: 0o755 },
      { to: "usr/share/licenses/portcullis-agent/LICENSE", mode: 0o644 },
    ].map(({ to, mode }) => `/${to} 10${mode.toString(8).padStart(4, "0")} root root 1767225600`);
    const folders = [
      "usr/lib/portcullis",
      dirname(integrationFiles.find(({ to }) => to.endsWith("/module-setup.sh"))?.to ?? ""),
      "usr/share/doc/portcullis-agent",
      "usr/share/licenses/portcullis-agent",
    ];
    expect(files.sort()).toEqual([...wanted, ...folders.map((folder) => `/${folder} 40755 root root 1767225600`)].sort());
    expect(query("--qf", "%{BUILDHOST} %{BUILDTIME} %{PAYLOADCOMPRESSOR} %{ARCH} %{OS}")).toBe("portcullis 1767225600 zstd x86_64 linux");
  });
  test("asks for what the agent and its module call, and excludes shells over the network", () => {
    const requires = query("--requires").trim().split("\n");
    expect(requires.filter((one) => !one.startsWith("rpmlib(") && one !== "/bin/sh")).toEqual(
      ["(iproute or iproute2)", "coreutils", "cryptsetup >= 2.3", "diffutils", "dracut"].concat([
        "libc.so.6(GLIBC_2.28)(64bit)",
        "libgcc_s.so.1()(64bit)",
        "libstdc++.so.6()(64bit)",
      ]),
    );
    expect(query("--conflicts").trim().split("\n")).toEqual(["dracut-crypt-ssh", "dracut-sshd"]);
  });
  test("has the command line check as its first script, letter for letter", () => {
    const check = readFileSync(join(root, "agent/initramfs/command-line-check"), "utf8").replace(/^#!.*\n/, "");
    expect(query("--qf", "%{PREIN}").trim()).toBe(`set --\n${check}`.trim());
    expect(query("--qf", "%{POSTTRANS}")).toContain("dracut --force --regenerate-all");
    expect(query("--qf", "%{POSTIN}")).toBe("(none)");
  });
  test("stands with its digest beside the deb", () => {
    const made = buildAgentPackages({ agent: join(work, "agent"), out: join(work, "both"), version: "1.0.0" });
    expect(made).toHaveLength(2);
    for (const one of made.filter((line) => existsSync(line))) {
      const check = spawnSync("sha256sum", ["--check", `${basename(one)}.sha256`], { cwd: dirname(one), encoding: "utf8" });
      expect(check.status).toBe(0);
    }
  });

  // Scripts run in a chroot, which only root may enter.
  describe.skipIf(process.getuid?.() !== 0 || missing("debian"))("in a system of its own", () => {
    const newTree = (name: string, files: Record<string, string>): string => {
      const tree = join(work, name);
      mkdirSync(join(tree, "usr/bin"), { recursive: true });
      mkdirSync(join(tree, "bin"));
      cpSync(join(debianFolder, "bookworm/bin/busybox"), join(tree, "bin/sh"));
      writeFileSync(join(tree, "usr/bin/dracut"), '#!/bin/sh\necho "$*" >> /made\n', { mode: 0o755 });
      for (const [to, text] of Object.entries(files)) {
        mkdirSync(dirname(join(tree, to)), { recursive: true });
        writeFileSync(join(tree, to), text);
      }
      return tree;
    };
    const install = (tree: string, file: string): { status: number | null; text: string } =>
      rpm("--root", tree, "--dbpath", "/var/lib/rpm", "--nodeps", "--noplugins", "-U", file);
    const made = (tree: string): string => (existsSync(join(tree, "made")) ? readFileSync(join(tree, "made"), "utf8") : "");
    const once = "--force --regenerate-all\n";

    test("installs, upgrades and is removed, with new initrds each time; the owner's settings stay", () => {
      const tree = newTree("tree", { [own]: good });
      expect(install(tree, path)).toEqual({ status: 0, text: "" });
      expect(readFileSync(join(tree, agentPath))).toEqual(readFileSync(join(work, "agent")));
      expect(made(tree)).toBe(once);
      const next = buildRpmPackage({ agent: join(work, "agent"), out: join(work, "next"), version: "1.0.1" });
      expect(install(tree, next)).toEqual({ status: 0, text: "" });
      expect(made(tree)).toBe(once.repeat(2));
      expect(rpm("--root", tree, "--dbpath", "/var/lib/rpm", "--noplugins", "-V", "--nodeps", "portcullis-agent")).toEqual({
        status: 0,
        text: "",
      });
      expect(rpm("--root", tree, "--dbpath", "/var/lib/rpm", "--noplugins", "-e", "portcullis-agent").status).toBe(0);
      expect(made(tree)).toBe(once.repeat(3));
      expect([existsSync(join(tree, "usr/lib/portcullis")), existsSync(join(tree, own))]).toEqual([false, true]);
    });
    test.each([
      ["no command line", {}, "no kernel command line was found"],
      ["a break", { [own]: `${good.trim()} break=mount\n` }, "break=mount stops in a shell"],
      [
        "an entry of Fedora's",
        { "boot/loader/entries/a.conf": "options root=UUID=1 ro rhgb quiet\n" },
        "/boot/loader/entries/a.conf: root=UUID=1",
      ],
      ["a passphrase", { [own]: good, "etc/crypttab": "luks-1 UUID=1 none discard\n" }, "asks for a passphrase"],
    ])("is not installed where there is %s", (name, files: Record<string, string>, sentence) => {
      const tree = newTree(`refused-${name.replaceAll(/\W/g, "-")}`, files);
      const { status, text } = install(tree, path);
      expect(status).not.toBe(0);
      expect(text).toContain(sentence);
      expect([existsSync(join(tree, "usr/lib/portcullis")), made(tree)]).toEqual([false, ""]);
    });
    test("stays as it was where an upgrade is refused", () => {
      const tree = newTree("kept", { [own]: good });
      expect(install(tree, path).status).toBe(0);
      writeFileSync(join(tree, own), `${good.trim()} rd.shell\n`);
      const next = buildRpmPackage({ agent: join(work, "agent"), out: join(work, "later"), version: "1.0.1" });
      expect(install(tree, next).status).not.toBe(0);
      expect(rpm("--root", tree, "--dbpath", "/var/lib/rpm", "--noplugins", "-q", "portcullis-agent").text).toBe(
        "portcullis-agent-1.0.0-1.x86_64\n",
      );
    });
    test("says what to do where no initrd could be made", () => {
      const tree = newTree("no-initrd", { [own]: good, "usr/bin/dracut": "#!/bin/sh\nexit 1\n" });
      expect(install(tree, path).text).toContain("then run: dracut --force --regenerate-all");
    });
  });
});
