// Does a kit hold everything that a host needs, the same every time, and is whatever would fail or weaken the launch refused with its code?
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { must } from "../../core/base/result.ts";
import { makeKit } from "../../core/kit/kit.ts";
import { hosts, type KitInput } from "../../core/kit/launch-kit.ts";
import { kitInput, type InputChoices } from "./input.ts";

describe.each(hosts)("%s", (host) => {
  const kit = (choices: InputChoices = {}) => must(makeKit(kitInput("/srv/vms/db", { ...choices, plan: { ...choices.plan, host } })));
  const launch = (choices: InputChoices = {}): string => kit(choices).files[0]?.text ?? "";

  test("the same input gives the same kit", () => {
    expect(kit()).toEqual(kit());
  });

  test("the launch names every file of the boot set, HOST_DATA, ID block, vCPUs and policy", () => {
    const { hostData, idBlock } = kitInput();
    const base64 = [hostData, idBlock?.block, idBlock?.auth].map((bytes) => Buffer.from(bytes ?? []).toString("base64"));
    const files = ["OVMF.amdsev.fd", "vmlinuz", "initrd.img", "agent.json", "root.raw", "data.raw"].map((name) => `/srv/vms/db/${name}`);
    for (const words of [...base64, ...files, "EPYC-Milan-v2", "0x30000", "console=ttyS0 root=/dev/mapper/root ro"])
      expect(launch()).toContain(words);
  });

  test("the agent's configuration is delivered in one way only", () => {
    const names = (choices: InputChoices): readonly string[] =>
      kit(choices)
        .files.map(({ name }) => name)
        .slice(1);
    expect(names({})).toEqual(["agent.json", "SHA256SUMS"]);
    expect(names({ plan: { delivery: "config-disk" } })).toEqual(["SHA256SUMS"]);
    expect(launch({ plan: { delivery: "config-disk" } })).toContain("/srv/vms/db/agent-configuration.img");
    expect(launch({ plan: { delivery: "initramfs" } })).not.toMatch(/agent\.json|agent-configuration/);
    expect(kit({ plan: { delivery: "initramfs" } }).steps.join("\n")).toContain("baked in");
  });

  test("agent.json is the very text whose digest is HOST_DATA, and the sums are those of the boot set", () => {
    const { configuration, set } = kitInput();
    const file = (name: string): string | undefined => kit().files.find((one) => one.name === name)?.text;
    expect(file("agent.json")).toBe(configuration);
    expect(file("SHA256SUMS")).toBe(
      `${set.firmware.sha256}  OVMF.amdsev.fd\n${set.direct?.kernel.sha256}  vmlinuz\n${set.direct?.initrd?.sha256}  initrd.img\n`,
    );
  });

  test("traps say what weakens or hides: no kernel, no console, the host's own vCPU, other features, a long command line", () => {
    const traps = (choices: InputChoices): string => kit(choices).traps.join("\n");
    const plain = traps({});
    const trapped: readonly (readonly [InputChoices, string])[] = [
      [{ firmwareOnly: true }, "No kernel is measured"],
      [{ commandLine: "quiet" }, "no console=ttyS0"],
      [{ set: { vcpuModel: "host" } }, "the host's own"],
      [{ set: { guestFeatures: "0x21" } }, "DebugSwap"],
      [{ set: { vcpuModel: "EPYC-Venice" } }, "does not know the vCPU model EPYC-Venice"],
      [{ commandLine: `console=ttyS0 ${"x".repeat(2034)}` }, "longer than the 2047 bytes"],
    ];
    for (const [choices, words] of trapped) {
      expect(traps(choices)).toContain(words);
      expect(plain).not.toContain(words);
    }
    expect(traps({ commandLine: `console=ttyS0 ${"x".repeat(2033)}` })).not.toContain("longer than");
  });
});

describe("what is refused, for every host", () => {
  const otherIdBlock = kitInput(undefined, { commandLine: "another" }).idBlock;
  const unsigned = kitInput(undefined, { withoutAuthor: true }).idBlock;
  const rows: readonly Row[] = [
    ["a policy that lets the host decrypt the guest", "kit.plan-debug", { plan: { guestPolicy: "0xb0000" }, withoutIdBlock: true }],
    ["a policy with a migration agent", "kit.plan-migration", { plan: { guestPolicy: "0x70000" }, withoutIdBlock: true }],
    ["a policy without the bit that must be one", "snp.guest-policy-reserved", { plan: { guestPolicy: "0x10000" } }],
    ["a policy with a reserved bit", "snp.guest-policy-reserved", { plan: { guestPolicy: "0x4030000" } }],
    ["a policy in decimal", "kit.plan-malformed", { plan: { guestPolicy: "196608" } }],
    ["too little memory", "kit.plan-malformed", { plan: { memoryMib: 351 } }],
    ["a part of a MiB", "kit.plan-malformed", { plan: { memoryMib: 512.5 } }],
    ["an encryption bit among the addresses", "kit.plan-malformed", { plan: { cbitpos: 31 } }],
    ["no reduced address bits", "kit.plan-malformed", { plan: { reducedPhysBits: 0 } }],
    ["a folder that is not absolute", "kit.plan-malformed", { plan: { folder: "vms/db" } }],
    ["a folder with a way up", "kit.plan-malformed", { plan: { folder: "/srv/../etc" } }],
    ["a folder with a line break", "kit.plan-malformed", { plan: { folder: "/srv/a\nb" } }],
    ["a folder with a direction mark", "kit.plan-malformed", { plan: { folder: "/srv/a\u202eb" } }],
    ["a disk that is not absolute", "kit.plan-malformed", { plan: { disks: [{ path: "d.raw", format: "raw" }] } }],
    ["a disk twice", "kit.plan-malformed", { plan: { disks: [0, 1].map(() => ({ path: "/d.raw", format: "raw" as const })) } }],
    [
      "17 disks",
      "kit.plan-malformed",
      { plan: { disks: Array.from({ length: 17 }, (_, i) => ({ path: `/d${i}`, format: "raw" as const })) } },
    ],
    ["a name with a line break", "kit.plan-malformed", { name: "db\n1" }],
    ["no name", "kit.plan-malformed", { name: "" }],
    ["a vCPU model that is no EPYC", "kit.vcpu-model", { set: { vcpuModel: "qemu64" } }],
    ["a vCPU model with an option", "kit.vcpu-model", { set: { vcpuModel: "EPYC-Milan,vendor=x" } }],
    ["a vCPU model with another signature than was measured", "kit.vcpu-model", { set: { vcpuModel: "EPYC-Genoa" } }],
    ["a set for another hypervisor", "kit.other-vmm", { set: { vmm: "gce" } }],
    ["features that no option turns on", "kit.guest-features", { set: { guestFeatures: "0x201" } }],
    ["a measurement that is no digest", "measure.boot-set", { set: { measurement: "00\nrm -rf /" }, withoutIdBlock: true }],
    ["a firmware's digest that is none", "measure.boot-set", {}, (input) => withFirmwareDigest(input, "../x")],
    ["no vCPU", "measure.vcpus", { set: { vcpus: 0 } }],
    [
      "an ID block for another measurement",
      "kit.id-block",
      {},
      (input) => ({ ...input, ...(otherIdBlock === undefined ? {} : { idBlock: otherIdBlock }) }),
    ],
    ["an ID block for another policy", "kit.id-block", {}, (input) => ({ ...input, plan: { ...input.plan, guestPolicy: "0x20000" } })],
    [
      "an author key that ID_AUTH lacks",
      "kit.id-block",
      {},
      (input) => ({ ...input, ...(unsigned === undefined ? {} : { idBlock: { ...unsigned, authorKey: true } }) }),
    ],
    ["an ID_AUTH of another length", "snp.id-block-malformed", {}, (input) => shortened(input)],
    [
      "HOST_DATA of another configuration",
      "kit.configuration",
      {},
      (input) => ({ ...input, hostData: input.hostData.with(0, (input.hostData[0] ?? 0) ^ 1) }),
    ],
    [
      "a configuration of another VM",
      "kit.configuration",
      {},
      (input) => ({ ...input, vm: { ...input.vm, id: "1b5f5a38-3c53-4a57-9f0e-6c5b8f2f3a11" } }),
    ],
    [
      "a configuration that is not canonical",
      "launch.configuration-canonical",
      {},
      (input) => ({ ...input, configuration: ` ${input.configuration}` }),
    ],
    ["a kernel whose firmware cannot measure it", "measure.firmware-no-hashes", {}, (input) => withoutHashTable(input)],
    ["a command line with NUL", "measure.command-line", {}, (input) => withCommandLine(input, "a\0b")],
    ["a command line with half a surrogate", "kit.not-sayable", {}, (input) => withCommandLine(input, "a\ud800")],
    ["two boot files of one name", "kit.file-names", {}, (input) => withKernel(input, "elsewhere/initrd.img")],
    ["a boot file with the name of a kit's file", "kit.file-names", {}, (input) => withKernel(input, "/boot/agent.json")],
    ["a boot file without a name", "kit.file-names", {}, (input) => withKernel(input, "/boot/")],
  ];
  test.each(rows.map((row) => ({ name: row[0], row })))("$name", ({ row: [, code, choices, change = unchanged] }) => {
    for (const host of hosts) {
      const made = makeKit(change(kitInput("/srv/vms/db", { ...choices, plan: { ...choices.plan, host } })));
      expect([host, made.ok ? "a kit" : made.failure.code]).toEqual([host, code]);
    }
  });
});

test("a laboratory's guest policy is written where the appraisal policy allows it, with a trap that says what it means", () => {
  for (const host of hosts) {
    const input = kitInput("/srv/vms/db", { plan: { host, guestPolicy: "0xb0000" } });
    const { files, traps } = must(makeKit({ ...input, allowed: ["debug"] }));
    expect(traps.join("\n")).toContain("lets the host decrypt the guest");
    expect(files[0]?.text).toContain("0xb0000");
    expect(makeKit({ ...input, allowed: ["migrateMa"] })).toMatchObject({ failure: { code: "kit.plan-debug" } });
  }
});

test("what one host cannot say, only that host refuses", () => {
  const refusals = (choices: InputChoices): readonly string[] =>
    hosts.map((host) => {
      const made = makeKit(kitInput("/srv/vms/db", { ...choices, plan: { ...choices.plan, host } }));
      return made.ok ? "a kit" : made.failure.code;
    });
  expect(refusals({ commandLine: "console=ttyS0\n" })).toEqual(["a kit", "a kit", "kit.not-sayable"]);
  expect(refusals({ commandLine: "console=ttyS0 \u0007" })).toEqual(["a kit", "kit.not-sayable", "kit.not-sayable"]);
  expect(refusals({ name: "a/b" })).toEqual(["a kit", "kit.plan-malformed", "a kit"]);
  expect(refusals({ plan: { disks: [{ path: "/srv/a b.raw", format: "raw" }] } })).toEqual(["a kit", "a kit", "kit.not-sayable"]);
  expect(refusals({ plan: { disks: [{ path: "/srv/a=b.raw", format: "raw" }] } })).toEqual(["a kit", "a kit", "kit.not-sayable"]);
  const { proxmoxId: _, ...plan } = kitInput("/srv/vms/db", { plan: { host: "proxmox" } }).plan;
  expect(makeKit({ ...kitInput(), plan })).toMatchObject({ failure: { code: "kit.plan-malformed", detail: "proxmoxId" } });
});

test("whatever text comes as a name, a folder or a command line, it is refused or it is a kit", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: "binary" }),
      fc.string({ unit: "binary" }),
      fc.string({ unit: "binary" }),
      fc.constantFrom(...hosts),
      (name, folder, line, host) => {
        const made = makeKit(withCommandLine(kitInput(`/${folder}`, { name, plan: { host } }), line));
        if (!made.ok) return;
        // The first line break of a script after its comments must be the script's own.
        for (const { text } of made.value.files) expect(text.isWellFormed()).toBe(true);
      },
    ),
  );
});

function unchanged(input: KitInput): KitInput {
  return input;
}

type Row = readonly [name: string, code: string, choices: InputChoices, change?: (input: KitInput) => KitInput];

function withCommandLine(input: KitInput, commandLine: string): KitInput {
  const { direct } = input.set;
  return direct === undefined ? input : { ...input, set: { ...input.set, direct: { ...direct, commandLine } } };
}

function withKernel(input: KitInput, name: string): KitInput {
  const { direct } = input.set;
  return direct === undefined ? input : { ...input, set: { ...input.set, direct: { ...direct, kernel: { ...direct.kernel, name } } } };
}

function withoutHashTable(input: KitInput): KitInput {
  const { hashTable: _, ...firmware } = input.set.firmware;
  return { ...input, set: { ...input.set, firmware } };
}

function withFirmwareDigest(input: KitInput, sha256: string): KitInput {
  return { ...input, set: { ...input.set, firmware: { ...input.set.firmware, sha256 } } };
}

function shortened(input: KitInput): KitInput {
  return input.idBlock === undefined ? input : { ...input, idBlock: { ...input.idBlock, auth: input.idBlock.auth.slice(1) } };
}
