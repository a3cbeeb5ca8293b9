// Does the checker read what people really have: scripts, what a process list shows, libvirt's own lines, Proxmox VE's defaults, and every way to spell a number?
import { describe, expect, test } from "vitest";
import { must } from "../../core/base/result.ts";
import { checkHost } from "../../core/kit/check/check-host.ts";
import type { Host } from "../../core/kit/launch-kit.ts";
import { kitInput } from "./input.ts";

const hostData = `${"QUFB".repeat(10)}QUE=`;

function found(text: string, host?: Host): Record<string, string> {
  const check = must(checkHost(text, undefined, host));
  return Object.fromEntries(check.findings.map(({ id, severity }) => [id, severity]));
}

describe("QEMU", () => {
  const sound = `qemu-system-x86_64 -accel kvm -machine q35,confidential-guest-support=sev0,memory-backend=ram1 \\
    -object memory-backend-memfd,id=ram1,size=4G,share=true \\
    -object sev-snp-guest,id=sev0,cbitpos=51,reduced-phys-bits=1,policy=0x30000,kernel-hashes=on,host-data=${hostData} \\
    -bios OVMF.amdsev.fd -kernel vmlinuz -append 'a b' -m 4G`;

  test("a sound line has no finding", () => expect(found(sound)).toEqual({}));

  test("a line without a policy has QEMU's own, which is safe", () => expect(found(sound.replace("policy=0x30000,", ""))).toEqual({}));

  test("a line of a study: firmware in flash, nothing of the boot measured, no configuration attested", () => {
    const text = `#!/bin/bash
# it's for the lab
./usr/local/bin/qemu-system-x86_64 \\
    -enable-kvm \\
    -cpu EPYC-v4,host-phys-bits=true -smp 16 \\
    -machine type=q35,confidential-guest-support=sev0,memory-backend=ram1,vmport=off \\
    -object memory-backend-memfd,id=ram1,size=16G,share=true \\
    -object sev-snp-guest,id=sev0,policy=0xb0000,cbitpos=51,reduced-phys-bits=1 \\
    -drive if=pflash,format=raw,unit=0,file=/srv/OVMF_CODE.fd,readonly=on \\
    -drive file=/srv/sev.img,if=none,id=disk0,format=raw -nographic`;
    expect(found(text)).toEqual({
      "policy-debug": "unsafe",
      "host-data-missing": "missing",
      "firmware-flash": "missing",
      "no-kernel": "note",
    });
  });

  test("host data of zeros is none", () =>
    expect(found(sound.replace(hostData, `${"A".repeat(43)}=`))).toEqual({ "host-data-missing": "missing" }));

  test("the older spelling of the machine counts", () =>
    expect(found(sound.replace("confidential-guest-support=", "memory-encryption="))).toEqual({}));

  test("two ways to say one thing that do not agree are not judged, and of one way the last counts", () => {
    expect(found(`${sound} -machine memory-encryption=other`)).toMatchObject({ "protection-unread": "missing" });
    expect(must(checkHost(`${sound} -machine kernel=/boot/other`, kitInput())).findings.map(({ id }) => id)).toContain("kernel-unread");
    expect(found(`${sound} -M confidential-guest-support=other`)).toEqual({ "protection-unread": "missing" });
    expect(found(`qemu-kvm -M confidential-guest-support=other ${sound.slice("qemu-system-x86_64".length)}`)).toEqual({});
    expect(found(`${sound} -append quiet -bios other.fd -cpu host`)).toEqual({});
  });

  test("a number that two readers read differently is not read", () => {
    expect(found(sound.replace("policy=0x30000", "policy=0600000"))).toEqual({ "policy-unread": "missing" });
    expect(found(sound.replace("policy=0x30000", "policy=196608"))).toEqual({});
    expect(found(sound.replace("cbitpos=51", "cbitpos=063"))).toEqual({ "cbitpos-unread": "missing" });
  });

  test("plain SEV, SEV-ES and others are not SNP", () => {
    const told = (type: string, policy: string): string | undefined =>
      must(checkHost(sound.replace("sev-snp-guest,", `${type},`).replace("policy=0x30000", policy))).findings[0]?.sentence;
    expect(told("sev-guest", "policy=0x1")).toContain("plain SEV");
    expect(told("sev-guest", "policy=5")).toContain("SEV-ES");
    expect(told("tdx-guest", "x=1")).toContain("another kind");
  });

  test("no protection at all is the first thing that is said", () => {
    const [first] = must(checkHost("qemu-system-x86_64 -machine q35 -m 4G -drive file=a.img")).findings;
    expect(first).toMatchObject({ id: "no-protection", severity: "unsafe" });
    expect(first?.fix).toContain("-object sev-snp-guest,id=sev0,");
    // What is given to put there is what was missing.
    expect(found(`qemu-system-x86_64 -accel kvm -bios x ${first?.fix.replace("HOST_DATA-IN-BASE64", hostData)}`)).toEqual({
      "no-kernel": "note",
    });
  });

  test("libvirt's log: objects in JSON, and variables before the program", () => {
    const object = JSON.stringify({
      "qom-type": "sev-snp-guest",
      id: "lsec0",
      cbitpos: 51,
      "reduced-phys-bits": 1,
      policy: 0xb0000,
      "kernel-hashes": false,
      "host-data": hostData,
    });
    const backend = JSON.stringify({ "qom-type": "memory-backend-memfd", id: "pc.ram", share: true, size: 4294967296 });
    const text = `LC_ALL=C \\\nPATH=/usr/bin \\\n/usr/bin/qemu-system-x86_64 \\
-name guest=db,debug-threads=on \\
-machine pc-q35-9.1,usb=off,confidential-guest-support=lsec0,memory-backend=pc.ram \\
-accel kvm -bios /usr/share/OVMF.fd -object '${backend}' -object '${object}' -kernel /boot/vmlinuz`;
    expect(found(text)).toEqual({ "policy-debug": "unsafe", "kernel-hashes-off": "unsafe" });
  });

  test("what the kernel tells of a process needs no quotes", () => {
    const words = ["/usr/bin/qemu-system-x86_64", "-accel", "kvm", "-kernel", "/boot/vm linuz", "-append", "a 'b", "-machine", "q35"];
    expect(found(`${words.join("\0")}\0`)).toMatchObject({ "no-protection": "unsafe" });
    const { input, text } = {
      input: kitInput(),
      text: `qemu-system-x86_64\0-machine\0q35\0-append\0${kitInput().set.direct?.commandLine}\0-kernel\0vmlinuz`,
    };
    expect(must(checkHost(text, input)).findings.map(({ id }) => id)).not.toContain("append-different");
  });

  test("a command line that lost its quotes is seen by the words that are left over", () => {
    expect(found(`${sound} -nographic quiet splash`)).toEqual({ aside: "note" });
  });

  test("variables of the text are followed where they can be, and named where not", () => {
    const script = (head: string): string => `${head}\n${sound.replace("policy=0x30000", '"policy=$POLICY"')}`;
    expect(found(script("POLICY=0xb0000"))).toEqual({ "policy-debug": "unsafe" });
    expect(found(script("export POLICY='0x30000'"))).toEqual({});
    expect(found(script(""))).toEqual({ "policy-unread": "missing" });
    expect(found(script("POLICY=0x30000\nPOLICY=0xb0000"))).toEqual({ "policy-unread": "missing" });
    expect(found(script("if test -e lab; then POLICY=0xb0000; fi\nX=1"))).toEqual({ "policy-unread": "missing" });
    expect(found(script("[ -n lab ] && POLICY=0x30000"))).toEqual({ "policy-unread": "missing" });
    expect(found(script("POLICY=$(cat policy)"))).toEqual({ "policy-unread": "missing" });
    expect(found(script("BITS=0x30000; POLICY=$BITS"))).toEqual({ "policy-unread": "missing" });
    expect(found(script("BITS=0xb0000\nPOLICY=$BITS"))).toEqual({ "policy-debug": "unsafe" });
    expect(found(script("[ -n lab ] && BITS=0x30000\nPOLICY=$BITS"))).toEqual({ "policy-unread": "missing" });
    expect(found(script("POLICY=0x30000\nsource ./lab.sh"))).toEqual({ "policy-unread": "missing" });
    expect(found(`${script("")}\nPOLICY=0x30000`)).toEqual({ "policy-unread": "missing" });
    expect(must(checkHost(sound.replace("vmlinuz", "/boot/vmlinuz-*"), kitInput())).findings.map(({ id }) => id)).toContain(
      "kernel-unread",
    );
    expect(found(`MORE="-m 8G -smp 4"\n${sound} $MORE`)).toEqual({});
    expect(found(`${sound} "\${ARGS[@]}"`)).toEqual({ "unread-part": "missing" });
    expect(found(`${sound} $(cat more)`)).toMatchObject({ "unread-part": "missing" });
    expect(found(sound.replace("0x30000", "`cat policy`"))).toMatchObject({ "policy-unread": "missing" });
  });

  test("where a program pipes, redirects and waits, only QEMU's own words are its own", () => {
    expect(found(`cd /srv && ${sound} 2>&1 >log.txt | tee out; echo -kernel`)).toEqual({});
    expect(found(`${sound} &\nwait`)).toEqual({});
  });

  test("a second command line in the text is not judged, and that is said", () =>
    expect(found(`qemu-system-x86_64 --version\n${sound}\n${sound}`)).toEqual({ "unread-part": "missing" }));

  test.each([
    ["-smp 4", 4],
    ["-smp cpus=4", 4],
    ["-smp 4,sockets=2,cores=1,threads=2", 4],
    ["-smp sockets=2,cores=3,threads=2", 12],
    ["-smp maxcpus=6", 6],
    ["-smp 2,maxcpus=8", 2],
    ["-smp 2 -smp cores=2,maxcpus=4", 2],
    ["-machine smp.cpus=3", 3],
    ["-machine smp.sockets=2,smp.cores=4", 8],
    ["-smp sockets=2,dies=2,clusters=1,cores=2", 8],
    ["", 1],
  ])("%s means that many vCPUs", (option, vcpus) => {
    const input = kitInput("/srv", { set: { vcpus } });
    const ids = must(checkHost(`${sound} ${option}`, input)).findings.map(({ id }) => id);
    expect(ids).not.toContain("vcpus-different");
    const more = kitInput("/srv", { set: { vcpus: vcpus + 1 } });
    expect(must(checkHost(`${sound} ${option}`, more)).findings.map(({ id }) => id)).toContain("vcpus-different");
  });

  test.each([
    ["-m 4096", true],
    ["-m 4096M", true],
    ["-m 4G", true],
    ["-m size=4G,slots=2,maxmem=8G", true],
    ["-m 4194304K", true],
    ["-m 4095", false],
  ])("%s is 4096 MiB: %s", (option, same) => {
    const ids = must(checkHost(sound.replace("-m 4G", option), kitInput("/srv", { plan: { memoryMib: 4096 } }))).findings.map(
      ({ id }) => id,
    );
    expect(ids.includes("memory-different")).toBe(!same);
  });
});

describe("Proxmox VE", () => {
  test("its own `amd-sev: type=snp` allows debugging, and the exact line that mends it is given", () => {
    const text = "bios: ovmf\ncores: 4\ncpu: EPYC-Milan\namd-sev: type=snp\nmemory: 4096\nname: db-1\nargs: -kernel /boot/vmlinuz";
    const check = must(checkHost(text));
    expect(check.host).toBe("proxmox");
    expect(check.findings.map(({ id, severity, option, fix }) => [id, severity, option, fix])).toEqual([
      ["kernel-hashes-off", "unsafe", "amd-sev", "amd-sev: type=snp,no-debug=1,kernel-hashes=1"],
      ["policy-debug", "unsafe", "amd-sev", "amd-sev: type=snp,no-debug=1,kernel-hashes=1"],
      ["host-data-missing", "missing", "args", expect.stringContaining("host-data=") as string],
    ]);
    expect(check.findings[1]?.sentence).toContain("0xb0000");
  });

  test.each([
    ["snp", { "policy-debug": "unsafe" }],
    ["type=snp,no-debug=0", { "policy-debug": "unsafe" }],
    ["type=snp,no-debug=1", {}],
    ["type=snp,no-debug=1,allow-smt=0", {}],
    ["type=snp,no-debug=on,allow-smt=no", {}],
    ["type=snp,no-debug=yes", {}],
    ["type=snp,no-debug=maybe", { "policy-debug": "unsafe", "unread-part": "missing" }],
    ["type=es,no-debug=1", { "not-snp": "unsafe" }],
    ["std", { "not-snp": "unsafe" }],
  ])("amd-sev: %s", (line, expected) => {
    const { "host-data-missing": _h, "no-kernel": _k, "firmware-flash": _f, ...rest } = found(`bios: ovmf\namd-sev: ${line}`);
    expect(rest).toEqual(expected);
  });

  test("without amd-sev nothing is protected", () =>
    expect(found("bios: ovmf\ncores: 2\nname: x")).toMatchObject({ "no-protection": "unsafe" }));

  test("snapshots are other sections, and what they say does not count", () => {
    const text = `bios: ovmf\namd-sev: type=snp,no-debug=1,kernel-hashes=1\n\n[before]\namd-sev: type=std\nargs: 'x`;
    expect(found(text)).toEqual({ "host-data-missing": "missing", "no-kernel": "note", aside: "note" });
  });

  test("a description may hold anything", () => {
    expect(found(`# qemu-system-x86_64 -machine <domain> 'x\nbios: ovmf\namd-sev: type=snp`, undefined)).toMatchObject({
      "policy-debug": "unsafe",
    });
  });

  test("host data set from outside is not believed", () => {
    const text = `bios: ovmf\namd-sev: type=snp,no-debug=1,kernel-hashes=1\nargs: -set object.sev0.host-data=${hostData}`;
    expect(found(text)).toEqual({ "host-data-missing": "missing", "unread-part": "missing", "no-kernel": "note" });
  });
});

describe("libvirt", () => {
  const domain = (security: string, more = ""): string => `<?xml version='1.0'?>
<!-- written by virsh edit -->
<domain type='kvm' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>
  <memory unit='GiB'>4</memory><vcpu>4</vcpu>
  <memoryBacking><source type='memfd'/><access mode='shared'/></memoryBacking>
  <os><type>hvm</type><loader type='rom'>/usr/share/OVMF.amdsev.fd</loader></os>
  ${security}${more}
</domain>`;
  const sound = `<launchSecurity type='sev-snp'><cbitpos>51</cbitpos><reducedPhysBits>1</reducedPhysBits><policy>0x00030000</policy><hostData>${hostData}</hostData></launchSecurity>`;

  test("a sound domain without a kernel of its own is told what is not measured", () =>
    expect(found(domain(sound))).toEqual({ "no-kernel": "note" }));

  test("plain SEV is not SNP", () => {
    const sev =
      "<launchSecurity type='sev'><cbitpos>47</cbitpos><reducedPhysBits>1</reducedPhysBits><policy>0x0003</policy></launchSecurity>";
    expect(found(domain(sev))).toMatchObject({ "not-snp": "unsafe" });
  });

  test("no launchSecurity is no protection", () => expect(found(domain(""))).toMatchObject({ "no-protection": "unsafe" }));

  test("firmware that libvirt chooses is not the one that was measured", () => {
    const text = domain(sound).replace(/<os>.*<\/os>/, "<os firmware='efi'><type>hvm</type></os>");
    expect(found(text)).toMatchObject({ "firmware-missing": "missing" });
  });

  test("its policy is hex with 0x or without, as libvirt reads it", () => {
    expect(found(domain(sound.replace("0x00030000", "30000")))).toEqual({ "no-kernel": "note" });
    expect(found(domain(sound.replace("0x00030000", "b0000")))).toMatchObject({ "policy-debug": "unsafe" });
    expect(found(domain(sound.replace("0x00030000", "lax")))).toMatchObject({ "policy-unread": "missing" });
  });

  test("what goes past libvirt is seen under any prefix", () => {
    const words =
      "<q:commandline xmlns:q='http://libvirt.org/schemas/domain/qemu/1.0'><q:arg value='-machine'/><q:arg value='x'/></q:commandline>";
    expect(found(domain(sound, words))).toMatchObject({ "unread-part": "missing" });
  });

  test("references to characters are read, and a comment hides nothing", () => {
    expect(found(domain(sound.replace("0x00030000", "&#48;&#x78;b0000")))).toMatchObject({ "policy-debug": "unsafe" });
    expect(found(domain(`<!-- ${sound} -->`))).toMatchObject({ "no-protection": "unsafe" });
    const hidden = checkHost(domain(sound.replace("0x00030000", "<![CDATA[0xb0000]]>")));
    expect(hidden).toMatchObject({ failure: { code: "kit.check-malformed" } });
  });
});
