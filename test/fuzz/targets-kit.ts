// Fuzz target for the checker of hosts' own configurations: QEMU command lines, libvirt domain XMLs, Proxmox VE configurations.
import { fromHex } from "../../core/base/bytes.ts";
import { must } from "../../core/base/result.ts";
import { fromUtf8, utf8 } from "../../core/base/utf8.ts";
import { checkHost } from "../../core/kit/check/check-host.ts";
import { isClean } from "../../core/kit/check/finding.ts";
import { makeKit } from "../../core/kit/kit.ts";
import { hosts, type Host, type KitInput } from "../../core/kit/launch-kit.ts";
import { configurationDigest, makeConfiguration } from "../../core/launch/agent-configuration.ts";
import { measureBootSet } from "../../core/measure/boot-set.ts";
import { nodePrimitives } from "../../core/node/primitives.ts";
import { encodeIdAuth, encodeIdBlock } from "../../core/snp/id-block.ts";
import { kernel } from "../manager/boot-kit.ts";
import { mutateWith } from "./mutate-bytes.ts";
import { mutateText } from "./mutate-text.ts";
import { pattern } from "./seeds.ts";
import { expectThat, outcomeOf, type Target } from "./target.ts";

const vm = "0b5f5a38-3c53-4a57-9f0e-6c5b8f2f3a11";
const configuration = must(
  makeConfiguration({
    vm,
    manager: { endpoints: ["manager.example:443"], anchor: "ab".repeat(32) },
    disks: [{ id: "root", device: "/dev/vda", name: "root" }],
    retry: { firstDelaySeconds: 1, maximumDelaySeconds: 60, giveUpAfterSeconds: 0 },
  }),
);
const set = must(measureBootSet(kernel(1), nodePrimitives));
const measurement = fromHex(set.measurement) ?? new Uint8Array(48);
const [familyId, imageId] = [pattern(16), pattern(16)];
const idBlock = {
  block: encodeIdBlock({ launchDigest: measurement, familyId, imageId, guestSvn: 1, policy: 0x3_0000n }),
  auth: encodeIdAuth({ idKey: new Uint8Array(96).fill(4), idBlockSignature: new Uint8Array(96).fill(5), author: undefined }),
  authorKey: false,
};

function inputFor(host: Host): KitInput {
  const disks = [{ path: "/srv/db/root.raw", format: "raw" }] as const;
  const usual = { memoryMib: 512, guestPolicy: "0x30000", delivery: "fw-cfg", folder: "/srv/db", cbitpos: 51, reducedPhysBits: 1 } as const;
  return {
    vm: { id: vm, name: "db" },
    plan: { ...usual, host, disks, ...(host === "proxmox" ? { proxmoxId: 101 } : {}) },
    set,
    configuration: configuration.text,
    hostData: configurationDigest(configuration.bytes, nodePrimitives),
    idBlock,
  };
}

const inputs = hosts.map(inputFor);
const expected = inputFor("qemu");

const hostText: Target = {
  name: "host-text",
  // The longest texts that are read take up to 220 ms on an idle machine, in a shell's words as in XML.
  milliseconds: 1_000,
  seeds: [
    ...inputs.map((input) => utf8(must(makeKit(input)).files[0]?.text ?? "")),
    utf8("A=1; B=\"$A\" exec /usr/bin/qemu-system-x86_64 -M 'q35' -smp ${A:-4} $'-m' 4G <x 2>&1 # it's\n"),
    utf8('qemu-kvm -object \'{"qom-type":"sev-snp-guest","id":"a","policy":196608}\' -machine confidential-guest-support=a'),
    utf8("<domain type='kvm'><os><loader>x</loader></os><!-- y --><cpu mode='host-model'/>&#65;&lt;</domain>"),
    utf8("V=xxxx\nV=$V$V W=$V$V\nX=$W$W\nY=$X$X\nqemu-system-x86_64 -machine q35 -append $Y -object sev-snp-guest,id=a\n"),
    utf8("<domain type='kvm'><commandline xmlns='q'><arg value='-object'/></commandline><override/></domain>"),
    utf8('# x\namd-sev: snp\nargs: -append "a \\" b" \'c d\' e\\ f\n[snap]\ncores: 2\n'),
  ],
  mutate: mutateWith(
    mutateText({
      pieces: /([\s,='"<>/]+)/,
      texts: [
        ..."-object -machine -readconfig -set {} [] <a> </a> <a/> <!DOCTYPE <![CDATA[ &#0; &amp; ]]> [PENDING] IFS=, P[0]=1 policy=0xb0000 amd-sev: args: [x] ${ $( ` \\ ,, sev0 -1 1e9 \u{f5a0f}".split(
          " ",
        ),
        "\n",
        "\\\n",
        "\0",
      ],
      wraps: [
        ["'", "'"],
        ['"', '"'],
        ["<a>", "</a>"],
        ["${", "}"],
        ["$(", ")"],
      ],
    }),
  ),
  examine: (input) => {
    const text = fromUtf8(input);
    if (text === undefined) return "not UTF-8";
    return outcomeOf(checkHost(text, expected), ({ findings }) => {
      expectThat(findings.length <= 100, "more findings than one reads");
      for (const { option, sentence } of findings)
        expectThat(!/[\p{Cc}\p{Cs}]/u.test(option + sentence) && sentence.length < 1_000, "a finding that cannot be shown");
      // SECURITY: nothing that asks for no SNP is found good.
      expectThat(!isClean(findings) || text.includes("sev-snp"), "good without SNP");
    });
  },
};

export const kitTargets: readonly Target[] = [hostText];
