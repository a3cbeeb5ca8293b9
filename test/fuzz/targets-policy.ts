// Fuzz targets for what an owner writes: a policy as text, YAML or JSON, the expressions of own rules, and the history file of `report appraise`.
import type { CelInput } from "@bufbuild/cel";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { stringify } from "yaml";
import { parseHistory } from "../../core/appraise/history-parser.ts";
import { jsonFromText, policyFromText, policyTextFaults } from "../../core/appraise/policy-text.ts";
import { policyYaml } from "../../core/appraise/policy-yaml.ts";
import { simulatedPreset, standardPreset } from "../../core/appraise/presets.ts";
import { type ClaimForm, claimForms } from "../../core/appraise/rules/claim-forms.ts";
import type { Claims } from "../../core/appraise/rules/claims.ts";
import { compileRule } from "../../core/appraise/rules/compile.ts";
import { toHex } from "../../core/base/bytes.ts";
import { canonicalJson } from "../../core/base/json.ts";
import { fromUtf8, utf8 } from "../../core/base/utf8.ts";
import { fullPolicy } from "../kit/policies.ts";
import { mutateWith } from "./mutate-bytes.ts";
import { mutateJson } from "./mutate-json.ts";
import { mutateText } from "./mutate-text.ts";
import { pattern } from "./seeds.ts";
import { expectThat, isOneOf, longestPolicyDetail, outcomeOf, type Target, yamlMilliseconds } from "./target.ts";

const policyText: Target = {
  name: "policy-text",
  milliseconds: yamlMilliseconds,
  seeds: [
    utf8(policyYaml(fullPolicy, ["for the build server"])),
    ...[standardPreset(), simulatedPreset()].map((policy) => utf8(stringify(policy))),
    utf8(JSON.stringify(standardPreset())),
    utf8("a: &x [1, 2.5, null, ~, true]\nb: {c: \"d\\u00e9\", 'e': |\n  block\n}\n? f\n: - 1\n  - >-\n    folded\n"),
  ],
  mutate: mutateWith(
    mutateText({
      pieces: /(\n *|: |- |"|[[\]{},#])/,
      texts: [
        ..."&x *x !!binary !!str !foo | |2- >- ? : - # --- ... %YAML_1.1 <<: ~ null true yes .nan .inf 0o17 0x1f 1e400 1_0 -0 ' \" [] {} [ { , \\x".split(
          " ",
        ),
        "\n",
        "\t",
        "\r\n",
        "\u0085",
        "\u2028",
        "\u0000",
        "\ufeff",
        "__proto__: 1\n",
        "constructor: {}\n",
        "%TAG ! tag:x,2026:\n",
        '"\\ud800"',
        "9".repeat(400),
        "é".repeat(3_000),
        `a: &a [x]\nb: &b [${"*a,".repeat(40)}]\nc: &c [${"*b,".repeat(40)}]\nd: [${"*c,".repeat(40)}]\n`,
      ],
      wraps: [
        ["[", "]"],
        ["{a: ", "}"],
        ["- ", ""],
        ["? ", ""],
        ["  ", ""],
        ["!!seq ", ""],
        ['"', '"'],
      ],
    }),
  ),
  examine: (input) => {
    const text = fromUtf8(input);
    if (text === undefined) return "not UTF-8";
    const policy = policyFromText(text);
    if (isOneOf(8, input))
      expectThat(policy.ok === (policyTextFaults(text).length === 0), "the faults of a text and its policy contradict each other");
    return outcomeOf(
      policy,
      (value) => {
        const json = jsonFromText(text);
        expectThat(json.ok && canonicalJson(json.value) === canonicalJson(value), "a policy says something else than its text");
        const again = isOneOf(4, input) ? policyFromText(policyYaml(value)) : policy;
        expectThat(again.ok && canonicalJson(again.value) === canonicalJson(value), "a policy in YAML is not read as it was written");
      },
      longestPolicyDetail,
    );
  },
};

const rule: Target = {
  name: "rule",
  seeds: [
    "report.guestSvn > 0",
    "report.measurement.startsWith('abab') && product == 'Milan'",
    "line in ['Milan', 'Milan-X'] || !(signer in ['vlek'])",
    "signer == 'vcek' && !has(tcb.reported.fmc)",
    "tcb.reported.snp >= 4 && tcb.committed.microcode >= tcb.launch.microcode",
    "firmware.current.major * 1000 + firmware.current.minor >= 1055",
    "policy.debug ? false : platform.aliasCheckComplete",
    "size(platform.unknownBits) == 0 && 3 in mitigations.launch",
    "at < timestamp('2030-01-01T00:00:00Z') && at.getFullYear() == 2026",
    "at - timestamp('2026-01-01T00:00:00Z') < duration('720h') && at.getHours() % 2 == 0",
    "has(cpuid.family) && cpuid.family - 25 == -cpuid.model / 1",
    "provider.endsWith('.example') && firmware.current.text.contains('1.5') && size(provider) > 3",
  ].map(utf8),
  mutate: mutateWith(
    mutateText({
      pieces: /([A-Za-z_][\w.]*|\d+|'[^']*'|[^\w\s'])/,
      texts: [
        ...claimForms.keys(),
        ..."__proto__ constructor toString has() has(a) matches all exists map filter type int string bytes dyn null size duration".split(
          " ",
        ),
        ..."0 -1 9223372036854775807 9223372036854775808 -9223372036854775809 1u 1.5 1e400 0x7f '' \"a\" '''b''' r'\\' b'c' '\\u00e4' '\\ud800'".split(
          " ",
        ),
        ..."&& || ! - == != < >= in ? : + * / % . , ( ) [ ] { } // .matches('(a+)+$') .all(x,x) [0] {1:2} a.b{} ?. 😀".split(" "),
        "timestamp('2026-02-30T00:00:00Z')",
        "timestamp('9999-12-31T23:59:59.999999999Z')",
        "duration('9999999999999h')",
        "9".repeat(300),
        "a".repeat(900),
      ],
      wraps: [
        ["(", ")"],
        ["!", ""],
        ["-", ""],
        ["[", "]"],
        ["has(", ")"],
        ["size(", ")"],
        ["true && ", ""],
        ["true ? ", " : false"],
        ["", ".a"],
      ],
    }),
  ),
  examine: (input) => {
    const expression = fromUtf8(input);
    if (expression === undefined) return "not UTF-8";
    return outcomeOf(compileRule(expression), ({ reads, asked, run }) => {
      for (const path of [...reads, ...asked]) expectThat(claimForms.has(path), "a rule reads what is no claim");
      // It never throws, whatever a report has, and says the same each time.
      for (const claims of [{}, ...everyClaim]) {
        const [first, second] = [run(claims), run(claims)].map(textOf);
        expectThat(first === second, "a rule says two things");
      }
    });
  },
};

const everyClaim: readonly Claims[] = [0, 1].map((which) =>
  Object.fromEntries([...claimForms].map(([path, form]) => [path, claimOf(form, which)])),
);

function claimOf({ type, texts }: ClaimForm, which: number): CelInput {
  if (type === "bool") return which === 0;
  if (type === "int") return which === 0 ? 0n : 4_294_967_295n;
  if (type === "ints") return which === 0 ? [] : [3n, 63n];
  if (type === "time") return timestampFromMs(Date.UTC(2026, 10, 24, 12 + which));
  if (texts === undefined) return which === 0 ? "" : "cloud.example";
  return "bytes" in texts ? toHex(pattern(texts.bytes)) : (texts[which] ?? "");
}

function textOf(result: unknown): string {
  return typeof result === "boolean" || typeof result === "bigint" ? String(result) : typeof result;
}

const history: Target = {
  name: "history",
  milliseconds: yamlMilliseconds,
  seeds: [
    { chips: [], instances: [] },
    {
      chips: [1, 2].map((chip) => ({
        chipId: toHex(pattern(64).fill(chip, 0, 2)),
        reportedTcb: toHex(pattern(8)),
        committedTcb: toHex(pattern(8)),
        firstAt: "2026-11-01T12:00:00.000Z",
        lastAt: "2026-11-24T12:00:00.000Z",
      })),
      instances: [
        {
          reportId: toHex(pattern(32)),
          chipId: toHex(pattern(64)),
          launch: "0b0f5f4e-9a53-4f0b-9d1c-3a1f0a3f7c11",
          at: "2026-11-24T12:00:00.000Z",
        },
      ],
    },
  ].map((value) => utf8(JSON.stringify(value))),
  mutate: mutateWith(mutateJson),
  examine: (input) => {
    const text = fromUtf8(input);
    if (text === undefined) return "not UTF-8";
    const json = jsonFromText(text);
    if (!json.ok) return outcomeOf(json, () => undefined, longestPolicyDetail);
    return outcomeOf(
      parseHistory(json.value),
      ({ chips, instances }) => {
        const iso = (at: number): string => new Date(at).toISOString();
        const written = {
          chips: chips.map((chip) => ({ ...chip, firstAt: iso(chip.firstAt), lastAt: iso(chip.lastAt) })),
          instances: instances.map((instance) => ({ ...instance, at: iso(instance.at) })),
        };
        expectThat(canonicalJson(written) === canonicalJson(json.value), "a history says something else than its text");
      },
      longestPolicyDetail,
    );
  },
};

export const policyTargets: readonly Target[] = [policyText, rule, history];
