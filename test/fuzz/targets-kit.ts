// Fuzz target for the checker of hosts' own configurations: QEMU command lines, libvirt domain XMLs, Proxmox VE configurations.
import { must } from "../../core/base/result.ts";
import { fromUtf8, utf8 } from "../../core/base/utf8.ts";
import { checkHost } from "../../core/kit/check/check-host.ts";
import { isClean } from "../../core/kit/check/finding.ts";
import { makeKit } from "../../core/kit/kit.ts";
import { hosts } from "../../core/kit/launch-kit.ts";
import { kitInput } from "../launch-kit/input.ts";
import { mutateWith } from "./mutate-bytes.ts";
import { mutateText } from "./mutate-text.ts";
import { expectThat, outcomeOf, type Target } from "./target.ts";

const inputs = hosts.map((host) => kitInput("/srv/db", { plan: { host, disks: [{ path: "/srv/db/root.raw", format: "raw" }] } }));
const [expected = kitInput()] = inputs;

const hostText: Target = {
  name: "host-text",
  seeds: [
    ...inputs.map((input) => utf8(must(makeKit(input)).files[0]?.text ?? "")),
    utf8("A=1; B=\"$A\" exec /usr/bin/qemu-system-x86_64 -M 'q35' -smp ${A:-4} $'-m' 4G <x 2>&1 # it's\n"),
    utf8('qemu-kvm -object \'{"qom-type":"sev-snp-guest","id":"a","policy":196608}\' -machine confidential-guest-support=a'),
    utf8("<domain type='kvm'><os><loader>x</loader></os><![CDATA[x]]><!-- y --><cpu mode='host-model'/>&#65;&lt;</domain>"),
    utf8('# x\namd-sev: snp\nargs: -append "a \\" b" \'c d\' e\\ f\n[snap]\ncores: 2\n'),
  ],
  mutate: mutateWith(
    mutateText({
      pieces: /([\s,='"<>/]+)/,
      texts: [
        ..."-object -machine -readconfig -set {} [] <a> </a> <a/> <!DOCTYPE &#0; &amp; ]]> policy=0xb0000 amd-sev: args: [x] ${ $( ` \\ ,, sev0 -1 1e9 \u{f5a0f}".split(
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
