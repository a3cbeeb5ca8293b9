// Fuzz targets for strict JSON and what is written in it: policies, agent configurations, audit entries, stored VMs, LUKS2 headers.
import { checkHeader } from "../../core/luks/header.ts";
import { noHistory } from "../../core/appraise/history.ts";
import { standardPreset, simulatedPreset } from "../../core/appraise/presets.ts";
import { parsePolicy } from "../../core/appraise/policy-parser.ts";
import type { AppraisalPolicy } from "../../core/appraise/policy.ts";
import { emptyTip, parseEntry, sealEntry } from "../../core/audit/entry.ts";
import { toHex } from "../../core/base/bytes.ts";
import { canonicalBytes, canonicalJson, type Json, JsonFault, parseJson } from "../../core/base/json.ts";
import { must } from "../../core/base/result.ts";
import { fromUtf8, utf8 } from "../../core/base/utf8.ts";
import { makeConfiguration, parseConfiguration } from "../../core/launch/agent-configuration.ts";
import { nodePrimitives } from "../../core/node/primitives.ts";
import { vmFrom, vmRow } from "../../core/node/store/record-rows.ts";
import { mutateWith } from "./mutate-bytes.ts";
import { mutateJson } from "./mutate-json.ts";
import { pattern } from "./seeds.ts";
import { fullPolicy } from "../kit/policies.ts";
import { fullVm } from "../node/store/records.ts";
import { expectSame, expectThat, longestPolicyDetail, outcomeOf, parsed, type Target } from "./target.ts";

const hex = (length: number): string => toHex(pattern(length));
const vm = "0b0f5f4e-9a53-4f0b-9d1c-3a1f0a3f7c11";
const at = Date.UTC(2026, 10, 24, 12);
const mutate = mutateWith(mutateJson);

const configurations = [1, 16].map((count) =>
  must(
    makeConfiguration({
      vm,
      manager: { endpoints: ["[2001:db8::1]:8443", "manager.example:443"], anchor: hex(32) },
      disks: Array.from({ length: count }, (_, disk) => ({ id: `disk-${disk}`, device: `/dev/disk/by-id/x${disk}`, name: `d${disk}` })),
      retry: { firstDelaySeconds: 1, maximumDelaySeconds: 60, giveUpAfterSeconds: 0 },
    }),
  ),
);

const json: Target = {
  name: "json",
  seeds: [
    ...[fullPolicy, [null, true, -1.5e-7, '\u{1f511}\u0000"\\/', [], {}, { a: { b: [{ c: 0 }] } }], "text", 0].map((value) =>
      utf8(JSON.stringify(value)),
    ),
    utf8(' { "a" : [ 1 , 2 ] ,\n "\\u00e9" : "\\ud83d\\udd11" } '),
  ],
  mutate,
  examine: (input) => {
    const text = fromUtf8(input);
    if (text === undefined) return "not UTF-8";
    const value = strict(text);
    if (value === undefined) return "refused";
    // What is taken must mean the same to the reader that everybody else has.
    const canonical = canonicalJson(value);
    expectThat(canonical === canonicalJson(JSON.parse(text) as Json), "JSON.parse reads something else");
    expectThat(canonicalJson(parseJson(canonical)) === canonical, "canonical text is not its own canonical form");
    return parsed;
  },
};

const policy: Target = {
  name: "policy",
  seeds: [standardPreset(), simulatedPreset(), fullPolicy].map((value) => utf8(JSON.stringify(value))),
  mutate,
  examine: (input) => {
    const value = strict(fromUtf8(input) ?? "");
    if (value === undefined) return "refused";
    const expectSameAgain = (read: AppraisalPolicy): void => {
      const text = JSON.stringify(read);
      const again = parsePolicy(parseJson(text));
      expectThat(canonicalJson(JSON.parse(text) as Json) === canonicalJson(value), "a policy says something else than its text");
      expectThat(again.ok && JSON.stringify(again.value) === text, "a policy is not read as it was written");
    };
    return outcomeOf(parsePolicy(value), expectSameAgain, longestPolicyDetail);
  },
};

const configuration: Target = {
  name: "configuration",
  seeds: configurations.map(({ bytes }) => bytes),
  mutate,
  examine: (input) =>
    outcomeOf(parseConfiguration(input), (read) => {
      expectSame("bytes", read.bytes, input);
      const again = makeConfiguration(read.configuration);
      expectThat(again.ok, "the fields make no configuration");
      if (again.ok) expectSame("configuration", again.value.bytes, input);
    }),
};

const auditEntry: Target = {
  name: "audit-entry",
  seeds: [
    { kind: "launch-released", facts: { vm, disks: ["root", "data"], simulated: true, reason: "Grüße \u{1f511}" } },
    { kind: "manager-started", facts: {} },
    { kind: "refusals-counted", facts: { count: 12, since: null, nested: { a: [1, [2, [3]]] } } },
  ].map((entry) => sealEntry(emptyTip, at, entry as Parameters<typeof sealEntry>[2], nodePrimitives).bytes),
  mutate,
  examine: (input) =>
    outcomeOf(parseEntry(input), ({ sequence, previous, at: instant, kind, facts }) => {
      const sealed = sealEntry({ sequence: sequence - 1, hash: previous }, instant, { kind, facts }, nodePrimitives);
      expectSame("entry", sealed.bytes, input);
    }),
};

const storedVm: Target = {
  name: "stored-vm",
  seeds: [true, false].map((simulated) =>
    utf8(
      vmRow({
        id: vm,
        name: "build server",
        createdAt: at,
        enabled: true,
        configurations: configurations.map(({ text }) => ({ digest: hex(32), text, issuedAt: at })),
        disks: [{ id: "root", device: "/dev/vda2", name: "root" }],
        policy: fullPolicy,
        policyVersions: [
          { number: 2, digest: hex(48), since: at, reason: "a new kernel" },
          { number: 1, digest: hex(48), since: at, reason: "enrolled with it" },
        ],
        pins: [],
        bootSets: simulated ? [] : fullVm.bootSets,
        history: noHistory,
        failedOpens: 0,
        ...(simulated ? { simulatedAnchors: { Milan: { certificate: hex(32), spki: hex(32) } } } : {}),
      }).record,
    ),
  ),
  mutate,
  examine: (input) => {
    const record = fromUtf8(input);
    if (record === undefined) return "not UTF-8";
    const read = vmFrom({ id: vm, created_at: at, record });
    if (read === undefined) return "refused";
    expectThat(vmRow(read).record === record, "a stored VM is not read as it was written");
    return parsed;
  },
};

const area = { type: "raw", encryption: "aes-xts-plain64", key_size: 64, offset: "32768", size: "258048" };
const pbkdf2 = { type: "pbkdf2", hash: "sha256", iterations: 1000 };
const argon2 = { type: "argon2id", time: 4, memory: 65_536, cpus: 1 };
const luksSeed = (kdf: Readonly<Record<string, string | number>>): Uint8Array =>
  canonicalBytes({
    keyslots: { "0": { type: "luks2", key_size: 64, area, kdf } },
    segments: { "0": { type: "crypt", encryption: "aes-xts-plain64", offset: "16777216" } },
    tokens: {},
    digests: { "0": pbkdf2 },
    config: { json_size: "12288", keyslots_size: "16744448" },
  });
const luksHeader: Target = {
  name: "luks-header",
  seeds: [luksSeed(pbkdf2), luksSeed(argon2)],
  mutate,
  examine: (input) => {
    const outcome = outcomeOf(checkHeader(input), () => undefined);
    // SECURITY: by another reader, whatever passes has one segment, encrypted with the one cipher, and no number that cryptsetup would count to for hours.
    if (outcome !== parsed) return outcome;
    const header = JSON.parse(fromUtf8(input) ?? "") as {
      segments: Record<string, { type: unknown; encryption: unknown }>;
      keyslots: Record<string, { kdf: Partial<Record<"iterations" | "time" | "memory", number>> }>;
    };
    const { segments, keyslots } = header;
    const all = Object.values(segments);
    expectThat(
      all.length === 1 && all.every(({ type, encryption }) => type === "crypt" && encryption === "aes-xts-plain64"),
      "unencrypted",
    );
    for (const { kdf } of Object.values(keyslots))
      expectThat((kdf.iterations ?? 1) <= 2 ** 25 && (kdf.time ?? 1) * (kdf.memory ?? 1) <= 2 ** 25, "costs too much");
    return outcome;
  },
};

export const textTargets: readonly Target[] = [json, policy, configuration, auditEntry, storedVm, luksHeader];

function strict(text: string): Json | undefined {
  try {
    return parseJson(text);
  } catch (fault) {
    if (fault instanceof JsonFault) return undefined;
    throw fault;
  }
}
