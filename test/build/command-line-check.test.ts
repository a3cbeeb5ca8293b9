// Does the packages' check refuse every way to a shell or a prompt that a kernel command line, a boot loader's files or crypttab can name?
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { root } from "../../build/runtime.mjs";

const half = "console=ttyS0 root=/dev/mapper/root";
const rest = "ro panic=-1 rd.shell=0 rd.emergency=poweroff";
const good = `${half} ${rest}`;
const own = "etc/portcullis/kernel-command-line";
const shells = ["/bin/sh", "/bin/bash"].filter((shell) => existsSync(shell));
const work = mkdtempSync(join(tmpdir(), "portcullis-line-"));
afterAll(() => rmSync(work, { recursive: true }));

/** In the shell of Debian and in that of Fedora, which must agree; without a program beside the shell. */
function run(words: readonly string[], tree = "/nonexistent"): { status: number | null; text: string } {
  const script = join(root, "agent/initramfs/command-line-check");
  const answers = shells.map((shell) => {
    const { status, stdout, stderr } = spawnSync(shell, [script, ...words], {
      encoding: "utf8",
      env: { PORTCULLIS_ROOT: tree, PATH: "/nowhere" },
    });
    return { status, text: stdout + stderr };
  });
  const [first = { status: null, text: "no shell" }] = answers;
  for (const answer of answers) expect(answer).toEqual(first);
  return first;
}

let trees = 0;
/** What is said of a system with these files; empty where it is accepted. */
function saidOf(files: Readonly<Record<string, string>>): string {
  const tree = join(work, String((trees += 1)));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(tree, path)), { recursive: true });
    writeFileSync(join(tree, path), text);
  }
  const { status, text } = run([], tree);
  expect(status === 0).toBe(text === "");
  return text;
}

describe("a line's words", () => {
  test("pass where they are what the operator's page asks for", () => {
    expect(run(good.split(" "))).toEqual({ status: 0, text: "" });
  });
  test.each([
    "rd.luks=0",
    "systemd.unit=multi-user.target",
    "init=/sbin/init",
    "panic=30",
    "quiet",
    "resume=/dev/mapper/swap",
    "mount.usr=/dev/mapper/usr",
  ])("%s passes", (word) => expect(run([...good.split(" "), word])).toEqual({ status: 0, text: "" }));
  test.each(
    (
      "break break=premount rdbreak rd.break rd.break=mount systemd.break=pre-mount rd.systemd.break rd.shell rd.shell=1 rd.shell=yes rdshell rdshell=0 rd.cmdline=ask init=/bin/sh " +
      "init=/sbin/sulogin rdinit=/bin/sh single S s 1 -b rescue emergency recovery rd.rescue rd.emergency rd.emergency=shell systemd.debug_shell " +
      "systemd.debug-shell=1 rd.systemd.debug_shell systemd.crash_shell systemd.confirm_spawn=1 systemd.unit=rescue.target rd.systemd.unit=x.service " +
      "systemd.wants=debug-shell.service rd.systemd.mask=portcullis-agent.service systemd.run=/bin/sh systemd.setenv=SYSTEMD_SULOGIN_FORCE=1 " +
      "SYSTEMD_SULOGIN_FORCE=1 systemd.set_credential=a:b kgdboc=ttyS0 kgdbwait panic panic=0 panic=-0 panic=-2 panic=1x panic= panic=9999999999 " +
      "boot=live cryptopts=source=/dev/vda cryptdevice=/dev/vda:root rd.luks.name=1=root rd.luks.uuid=1 luks.options=x rd.luks luks=1 root=UUID=1 " +
      "root=/dev/vda1 root=/dev/mapper/ resume=/dev/vda2 mount.usr=LABEL=usr netroot=nbd:1 rd.live.image systemd.mount-extra=/dev/vdb:/ -- #ro"
    ).split(" "),
  )("%s is refused, with its name", (word) => {
    const { status, text } = run([...good.split(" "), word]);
    expect([status, text.includes(`: ${word} `)]).toEqual([1, true]);
  });
  test.each(["panic=0", "rd.shell=1", "rd.emergency=shell", "root=/dev/vda1"])(
    "%s is refused before the right one as well as after it",
    (word) => {
      expect([run([word, ...good.split(" ")]).status, run([...good.split(" "), word]).status]).toEqual([1, 1]);
    },
  );
  test.each(["panic=-1", "rd.shell=0", "rd.emergency=poweroff", "root=/dev/mapper/root"])("a line without %s is refused", (word) => {
    expect(run(good.split(" ").filter((other) => other !== word)).text).toContain("is missing");
  });
  test.each(['dyndbg="file', "x='", "a\\b", "$kernelopts", "a;b"])("%s is refused: programs read it in different ways", (word) => {
    expect(run([...good.split(" "), word]).text).toContain("in different ways");
  });
});

describe("where the line comes from", () => {
  test("the launch kit's is the only one where it is there", () => {
    expect(saidOf({ [own]: `${good}\n`, "etc/default/grub": "GRUB_CMDLINE_LINUX=break\n" })).toBe("");
    expect(saidOf({ [own]: `${good} break\n`, "etc/kernel/cmdline": good })).toContain(`/${own}: break stops in a shell`);
    expect(saidOf({ [own]: "", "etc/kernel/cmdline": good })).toContain("panic=-1 is missing");
  });
  test("no line is no good line", () => expect(saidOf({})).toContain("no kernel command line was found"));
  test("/etc/kernel/cmdline, over several lines and without a last newline", () => {
    expect(saidOf({ "etc/kernel/cmdline": good.replaceAll(" ", "\n") })).toBe("");
    expect(saidOf({ "etc/kernel/cmdline": `${good}\n# single\n` })).toContain("/etc/kernel/cmdline: # is no comment");
    expect(saidOf({ "usr/lib/kernel/cmdline": "quiet" })).toContain("/usr/lib/kernel/cmdline: panic=-1 is missing");
  });
  test("every entry of the Boot Loader Specification", () => {
    const entry = `title Fedora\n# options break\nlinux /vmlinuz\noptions ${half}\noptions\t${rest}\n`;
    expect(saidOf({ "boot/loader/entries/a.conf": entry })).toBe("");
    expect(saidOf({ "boot/loader/entries/a.conf": entry, "efi/loader/entries/b.conf": `${entry}options rd.break` })).toContain(
      "/efi/loader/entries/b.conf: rd.break stops in a shell",
    );
    expect(saidOf({ "boot/loader/entries/a.conf": `options ${good} $tuned_params\n` })).toContain("$tuned_params has a sign");
    expect(saidOf({ "boot/loader/entries/a.conf": "title no options\n" })).toContain("panic=-1 is missing");
    expect(saidOf({ "etc/kernel/cmdline": good, "boot/efi/EFI/Linux/a.efi": "MZ" })).toContain(
      "/boot/efi/EFI/Linux/a.efi brings a command line",
    );
  });
});

describe("GRUB's settings", () => {
  const end = "GRUB_DISABLE_RECOVERY=true\n";
  test.each([
    ["in double quotes", `GRUB_CMDLINE_LINUX="${good}"\n`],
    ["in single quotes, with a comment", `GRUB_CMDLINE_LINUX='${good}' # "break\n`],
    ["half in each variable", `GRUB_CMDLINE_LINUX_DEFAULT="${half}"\nexport GRUB_CMDLINE_LINUX="${rest}"\n`],
    ["appended to", `GRUB_CMDLINE_LINUX="${half}"\nGRUB_CMDLINE_LINUX="$GRUB_CMDLINE_LINUX "'${rest}'\n`],
    ["appended to, with braces", `GRUB_CMDLINE_LINUX="${good}"\n  GRUB_CMDLINE_LINUX="\${GRUB_CMDLINE_LINUX} quiet"\n`],
    ["right in the last assignment", `GRUB_CMDLINE_LINUX="break single"\nGRUB_CMDLINE_LINUX="${good}"\n`],
    ["between comments", `#GRUB_CMDLINE_LINUX="break"\n\n  # GRUB_CMDLINE_LINUX=break\nGRUB_CMDLINE_LINUX="${good}"\n`],
    [
      "among what distributions write",
      `GRUB_DEFAULT=0\nGRUB_TIMEOUT=5 # don't wait\nGRUB_DISTRIBUTOR=\`lsb_release -i -s 2> /dev/null || echo Debian\`\n` +
        `GRUB_DISTRIBUTOR="$(sed 's, release .*$,,g' /etc/system-release)"\nGRUB_CMDLINE_LINUX_RECOVERY="single"\nGRUB_CMDLINE_LINUX="${good}"\n`,
    ],
  ])("pass %s", (_, text) => {
    expect(saidOf({ "etc/default/grub": text + end })).toBe("");
  });
  test.each([
    ["a break", `GRUB_CMDLINE_LINUX="${good} break"\n`, "GRUB: break stops"],
    ["an overwritten good line", `GRUB_CMDLINE_LINUX="${good}"\nGRUB_CMDLINE_LINUX="quiet"\n`, "GRUB: panic=-1 is missing"],
    ["a commented good line", `#GRUB_CMDLINE_LINUX="${good}"\n`, "panic=-1 is missing"],
    ["a duplicate", `GRUB_CMDLINE_LINUX="${good}"\nGRUB_CMDLINE_LINUX_DEFAULT="panic=0"\n`, "panic=0 stops"],
    ["a command", `GRUB_CMDLINE_LINUX="${good} $(cat /etc/more)"\n`, "not understood"],
    ["backticks", `GRUB_CMDLINE_LINUX="${good} \`cat /etc/more\`"\n`, "not understood"],
    ["another variable", `GRUB_CMDLINE_LINUX="${good} $MORE"\n`, "not understood"],
    ["a variable of GRUB's own", `GRUB_CMDLINE_LINUX="${good} \\$more"\n`, "$more has a sign"],
    ["+=", `GRUB_CMDLINE_LINUX="${good}"\nGRUB_CMDLINE_LINUX+=" break"\n`, "not understood"],
    ["an open quote", `GRUB_CMDLINE_LINUX="${good}\n quiet"\n`, "not understood"],
    ["a second command on a line", `GRUB_CMDLINE_LINUX="${good}"; GRUB_CMDLINE_LINUX=break\n`, "not understood"],
    ["a condition", `GRUB_CMDLINE_LINUX="${good}"\nif true; then\n  GRUB_CMDLINE_LINUX=break\nfi\n`, "not understood for certain: if true"],
    ["another file", `GRUB_CMDLINE_LINUX="${good}"\n. /etc/default/more\n`, "not understood for certain: . /etc/default/more"],
    ["one hidden behind another name", `GRUB_CMDLINE_LINUX="${good}"\nGRUB_TIMEOUT=5; GRUB_CMDLINE_LINUX=break\n`, "not understood"],
    ["a command behind another name", `GRUB_CMDLINE_LINUX="${good}"\nGRUB_TIMEOUT=5; . /etc/default/more\n`, "not understood"],
    ["a root that GRUB names", `GRUB_CMDLINE_LINUX="${good.replace("root=/dev/mapper/root ", "")}"\n`, "root=/dev/mapper/NAME is missing"],
  ])("are refused with %s", (_, text, sentence) => {
    expect(saidOf({ "etc/default/grub": text + end })).toContain(sentence);
  });
  test("are read in the order of grub-mkconfig, and recovery entries are refused", () => {
    const line = `GRUB_CMDLINE_LINUX="${good}"\n`;
    expect(saidOf({ "etc/default/grub": line })).toContain("recovery entries give a shell");
    expect(saidOf({ "etc/default/grub": `${line}GRUB_DISABLE_RECOVERY=1\n` })).toContain("recovery entries give a shell");
    expect(
      saidOf({ "etc/default/grub": `${line}${end}`, "etc/default/grub.d/b.cfg": 'GRUB_CMDLINE_LINUX="$GRUB_CMDLINE_LINUX break"' }),
    ).toContain("GRUB: break stops");
    expect(saidOf({ "etc/default/grub": "GRUB_CMDLINE_LINUX=break\n", "etc/default/grub.d/b.cfg": line + end })).toBe("");
    const rootless = `GRUB_CMDLINE_LINUX="${good.replace("root=/dev/mapper/root ", "")}"\nGRUB_DISABLE_LINUX_UUID=true\n`;
    expect(saidOf({ "etc/default/grub": rootless + end })).toBe("");
  });
  test("are never run", () => {
    const text = saidOf({ "etc/default/grub": `GRUB_CMDLINE_LINUX="$(echo ran >&2)"\nGRUB_DISTRIBUTOR=\`echo ran >&2\`\n` });
    expect(text).not.toMatch(/^ran$/m);
  });
});

describe("crypttab", () => {
  const said = (line: string): string => saidOf({ [own]: good, "etc/crypttab": line });
  test.each([
    "root UUID=1 none luks,keyscript=/bin/false",
    "root UUID=1 none luks,headless=true,tries=1,timeout=0",
    "data /dev/vdb /etc/key headless",
    "swap /dev/vdc /dev/urandom swap,cipher=aes-xts-plain64",
    "# root UUID=1 none luks",
    "",
  ])("passes with %j", (line) => expect(said(line)).toBe(""));
  test.each([
    "root UUID=1 none luks",
    "root UUID=1",
    "root UUID=1 - noauto",
    "data /dev/vdb /etc/key luks",
    "root UUID=1 none headless=false",
    "root UUID=1 none headless=true,headless=false",
    "root UUID=1 none luks,xheadless=true",
    "root UUID=1 /dev/urandom luks",
  ])("is refused with %j", (line) => expect(said(line)).toContain("asks for a passphrase"));
});

test("a shell over the network is refused", () => {
  expect(saidOf({ [own]: good, "usr/share/initramfs-tools/hooks/dropbear": "" })).toContain("over the network");
});
