// Is a text called good that the host reads otherwise? What stands twice, what comes later, what goes past the reader; and texts that are made to be dear.
import { describe, expect, test } from "vitest";
import { must } from "../../core/base/result.ts";
import { checkHost } from "../../core/kit/check/check-host.ts";
import { isClean } from "../../core/kit/check/finding.ts";
import type { Host } from "../../core/kit/launch-kit.ts";

const hostData = `${"QUFB".repeat(10)}QUE=`;

function found(text: string, host?: Host): readonly string[] {
  const { findings } = must(checkHost(text, undefined, host));
  const ids = findings.filter(({ severity }) => severity !== "note").map(({ id, option }) => `${id}: ${option}`);
  expect(isClean(findings)).toBe(ids.length === 0);
  return ids;
}

describe("QEMU", () => {
  const guest = `sev-snp-guest,id=sev0,cbitpos=51,reduced-phys-bits=1,policy=0x30000,kernel-hashes=on,host-data=${hostData}`;
  const sound = `qemu-system-x86_64 -accel kvm -machine q35,confidential-guest-support=sev0,memory-backend=ram1 \\
    -object memory-backend-memfd,id=ram1,size=4G,share=true -object ${guest} -bios OVMF.amdsev.fd -kernel vmlinuz -m 4G`;

  test.each([
    ["another object of the same name", `-object ${guest.replace("0x30000", "0xb0000")}`, "unread-part: -object id=sev0"],
    ["flash by its own option", "-pflash OVMF.fd", "firmware-flash: -bios"],
    ["the machine's own firmware", "-machine firmware=other.fd", "firmware-unread: -bios"],
    ["a shim", "-shim shim.efi", "unread-part: -shim"],
    ["an option that may be another's value", "-name -kernel other", "unread-part: -name"],
    ["another accelerator that the machine names", "-enable-kvm -machine accel=tcg", "kvm-missing: -accel"],
  ])("%s", (_, more, expected) => {
    const line = more.includes("accel=") ? sound.replace("-accel kvm", "") : sound;
    expect(found(`${line} ${more}`)).toEqual([expected]);
  });

  test.each(["debug-swap=on", "kernel_hashes=off", "legacy-vm-type=on"])("a member of the object that is not known: %s", (member) =>
    expect(found(sound.replace(guest, `${guest},${member}`))).toEqual([`unread-part: -object sev-snp-guest,${member.replace(/=.*/, "")}=`]),
  );

  test("a switch that QEMU does not take is no switch", () =>
    expect(found(sound.replace("kernel-hashes=on", "kernel-hashes=1"))).toEqual([
      "kernel-hashes-unread: -object sev-snp-guest,kernel-hashes=",
    ]));

  test("the machine's own way to ask for KVM is one", () =>
    expect(found(sound.replace("-accel kvm", "").replace("q35,", "q35,accel=kvm,"))).toEqual([]));

  test.each([": ${P:=0xb0000}", "P[0]=0xb0000", ": $[P=0xb0000]"])("a variable that is also given a value by %s is not believed", (line) =>
    expect(found(`P=0x30000\n${line}\n${sound.replace("0x30000", "$P")}`)).toEqual(["policy-unread: -object sev-snp-guest,policy="]),
  );

  test("braces that a shell may make options of are not passed over", () =>
    expect(found(`${sound} {-kernel,other}`)).toEqual(["unread-part: {-kernel,other}"]));

  test("where a script says how words are split, no variable is believed", () => {
    const text = sound.replace("0x30000", "$P");
    expect(found(`P=0x30000\n${text}`)).toEqual([]);
    expect(found(`IFS=,\nP=0x30000\n${text}`)).toEqual(["policy-unread: -object sev-snp-guest,policy="]);
  });
});

describe("libvirt", () => {
  const passed = "http://libvirt.org/schemas/domain/qemu/1.0";
  const sound = `<domain type='kvm' xmlns:qemu='${passed}'><memoryBacking><source type='memfd'/><access mode='shared'/></memoryBacking>
    <os><type>hvm</type><loader type='rom'>/f/OVMF.fd</loader><kernel>/f/vmlinuz</kernel></os><launchSecurity type='sev-snp' kernelHashes='yes'>
    <cbitpos>51</cbitpos><reducedPhysBits>1</reducedPhysBits><policy>0x30000</policy><hostData>${hostData}</hostData></launchSecurity></domain>`;
  const before = (more: string) => sound.replace("<launchSecurity", `${more}<launchSecurity`);

  test("a sound domain has no finding", () => expect(found(sound)).toEqual([]));

  test.each([
    ["options in the namespace itself", `<commandline xmlns='${passed}'><arg value='-object'/><arg value='x'/></commandline>`, "object"],
    ["flash by an option", "<qemu:commandline><qemu:arg value='-pflash'/><qemu:arg value='x'/></qemu:commandline>", "pflash"],
  ])("%s", (_, more, name) => expect(found(before(more))).toEqual([`unread-part: <qemu:arg value='-${name}'>`]));

  test("what overrides libvirt's own options", () =>
    expect(found(before("<qemu:override><qemu:device alias='a'/></qemu:override>"))).toEqual(["unread-part: <qemu:override>"]));

  test.each(["kernel", "policy"])("a second %s", (name) => {
    const [one = ""] = new RegExp(`<${name}>.*?</${name}>`).exec(sound) ?? [];
    expect(found(sound.replace(one, `${one}<${name}>0x20000</${name}>`))).toEqual([`unread-part: <${name}>`]);
  });

  test("text is all that libvirt takes for it, from elements within, too", () =>
    expect(found(sound.replace("0x30000", "0x3<a>b</a>0000"))).toEqual(["policy-debug: <policy>"]));

  test("text that would be decoded, and must not be, is refused", () =>
    expect(checkHost(sound.replace("/f/vmlinuz", "<![CDATA[/f/a&amp;b]]>"))).toMatchObject({ failure: { code: "kit.check-malformed" } }));
});

describe("Proxmox VE", () => {
  const args = `-bios /f/OVMF.fd -kernel /f/k -object memory-backend-memfd,id=ram1,size=4096M,share=true -object sev-snp-guest,id=portcullis0,cbitpos=51,reduced-phys-bits=1,policy=0x30000,kernel-hashes=on,host-data=${hostData} -machine confidential-guest-support=portcullis0,memory-backend=ram1`;
  const sound = `bios: ovmf\namd-sev: type=snp,no-debug=1,kernel-hashes=1\ncpu: EPYC-Milan\ncores: 4\nmemory: 4096\nargs: ${args}\n`;

  test("a sound configuration has no finding, with a snapshot or without", () => {
    expect(found(sound)).toEqual([]);
    expect(found(`${sound}[before-update]\nargs: -kernel other\n`)).toEqual([]);
  });

  test("what comes into effect at the next start is not passed over", () =>
    expect(found(`${sound}[PENDING]\ndelete: args\n`)).toEqual(["unread-part: [PENDING]"]));

  test("brackets that begin no section for Proxmox VE end nothing", () =>
    expect(found(`${sound}[not a section]\nkvm: 0\n`)).toEqual(["kvm-missing: kvm", "unread-part: line 7"]));

  test("a line that stands twice, of which only one may count", () => {
    const twice = `amd-sev: type=snp,kernel-hashes=1\n${sound.replace("no-debug=1", "no-debug=1,unknown=1")}`;
    expect(found(twice)).toEqual(["unread-part: amd-sev", "unread-part: amd-sev"]);
  });

  test.each([
    ["a key that it does not know", "type=snp,no-debug=1,kernel-hashes=1,unknown=1"],
    ["a key without a value", "type=snp,no-debug=1,kernel-hashes"],
    ["a key twice", "type=snp,no-debug=1,no-debug=1,kernel-hashes=1"],
    ["a switch of another kind", "type=snp,no-debug=2,kernel-hashes=1"],
    ["no type", "no-debug=1"],
  ])("an amd-sev line that Proxmox VE would leave out: %s", (_, line) =>
    expect(found(sound.replace(/(amd-sev:) .*/, `$1 ${line}`))).toContain("unread-part: amd-sev"),
  );
});

describe("a text that is made to be dear is read in no time", () => {
  const qemu = "qemu-system-x86_64 -machine q35";

  test.each<[string, string, Host]>([
    [
      "variables that double",
      `V0=xxxxxxxxxx\n${Array.from({ length: 60 }, (_, at) => `V${at + 1}=$V${at}$V${at}`).join("\n")}\n${qemu} -append $V60`,
      "qemu",
    ],
    ["a long variable many times", `V=${"x".repeat(60_000)}\n${qemu} ${"$V ".repeat(20_000)}`, "qemu"],
    ["a line of spaces", `args: x${" ".repeat(131_000)}y`, "proxmox"],
  ])("%s", (_, text, host) => {
    const began = performance.now();
    expect(found(text, host)).not.toEqual([]);
    expect(performance.now() - began).toBeLessThan(3_000);
  });
});
