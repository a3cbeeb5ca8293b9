// Fuzz targets for what the manager itself keeps (launches, simulated hierarchies) and for the files that `portcullis report` is given together.
import { simulatedPreset } from "../../core/appraise/presets.ts";
import { concat, toHex, u32be } from "../../core/base/bytes.ts";
import { fromUtf8, utf8 } from "../../core/base/utf8.ts";
import { appraiseReport } from "../../core/cli/report/appraise.ts";
import { decodeReport } from "../../core/cli/report/decode.ts";
import { verifyReportFiles } from "../../core/cli/report/verify.ts";
import type { LaunchRecord } from "../../core/manager/records.ts";
import { nodePrimitives } from "../../core/node/primitives.ts";
import { encodeHierarchyFile, parseHierarchyFile } from "../../core/node/simulator/hierarchy-file.ts";
import { launchFrom, launchRow } from "../../core/node/store/record-rows.ts";
import { makeAuthorities } from "../../core/simulator/authority.ts";
import { simulatedInstant } from "../kit/simulated.ts";
import { missingVectors, vector } from "../kit/vectors.ts";
import type { Draw } from "./draw.ts";
import { type FixedKey, fixedRsaKey } from "./fixed-rsa.ts";
import { mutateInPlace, mutateWith } from "./mutate-bytes.ts";
import { mutateDer } from "./mutate-der.ts";
import { mutateJson } from "./mutate-json.ts";
import { crlSeeds, pattern } from "./seeds.ts";
import { expectSame, expectThat, outcomeOf, parsed, type Mutate, type Target } from "./target.ts";

const vm = "0b0f5f4e-9a53-4f0b-9d1c-3a1f0a3f7c11";
const launch = "5d0c7a0e-2f0b-4c55-8d2e-9f1b2c3d4e5f";
const begun: LaunchRecord = {
  id: launch,
  vm,
  simulated: true,
  peer: "192.0.2.7:40112",
  agent: "portcullis-agent/0.1.0",
  startedAt: simulatedInstant,
  updatedAt: simulatedInstant,
  state: "attesting",
  waitingFor: { what: "collateral", until: simulatedInstant + 60_000, ahead: 3 },
};
const ended: LaunchRecord = {
  id: launch,
  vm,
  vmName: "build server",
  simulated: false,
  peer: begun.peer,
  agent: begun.agent,
  startedAt: simulatedInstant,
  updatedAt: simulatedInstant + 9_000,
  state: "opened",
  evidenceDigest: toHex(pattern(48)),
  claimsDigest: toHex(pattern(48)),
  checks: [
    { id: "vmpl", group: "identity", title: "VMPL", expected: "0", actual: "0", verdict: "pass", sentence: "As expected.", signal: "new" },
    { id: "chip", group: "identity", title: "Chip", expected: "-", actual: "ab", verdict: "waived", sentence: "Any.", waiver: "one host" },
    { id: "tcb", group: "tcb", title: "TCB", expected: "4", actual: "3", verdict: "fail", sentence: "Too old.", code: "appraise.vmpl" },
  ],
  decision: { verdict: "release", at: simulatedInstant, by: "person", reason: "expected", approvedEvidence: toHex(pattern(48)), entry: 12 },
  because: { reason: "new", differences: [{ title: "Chip", approved: "ab", now: "cd" }] },
  outcome: [
    { disk: "root", opened: true },
    { disk: "data", opened: false, code: "agent.disk-key" },
  ],
  alert: "a second one knocked",
};

const storedLaunch: Target = {
  name: "stored-launch",
  seeds: [begun, ended].map((record) => utf8(launchRow(record).record)),
  mutate: mutateWith(mutateJson),
  examine: (input) => {
    const record = fromUtf8(input);
    if (record === undefined) return "not UTF-8";
    // The columns of either seed: where the record says something else, it is refused.
    const rows = [begun, ended].map((one) => ({ ...launchRow(one), record, report: pattern(1184), certificates: null }));
    const read = rows.map(launchFrom).find((one) => one !== undefined);
    if (read === undefined) return "refused";
    expectThat(launchRow(read).record === record, "a stored launch is not read as it was written");
    expectSame("report", read.report ?? new Uint8Array(0), pattern(1184));
    return parsed;
  },
};

const [arkKey, askKey, asvkKey] = [1, 2, 3].map(fixedRsaKey) as [FixedKey, FixedKey, FixedKey];
const keys = { ark: arkKey, ask: askKey, asvk: asvkKey };

const hierarchyFile: Target = {
  name: "hierarchy-file",
  seeds: (["Milan", "Turin"] as const).map((product) => {
    const signing = { ark: arkKey.signing, ask: askKey.signing, asvk: asvkKey.signing };
    const made = makeAuthorities(product, signing, { ...nodePrimitives, deriveP384: () => arkKey.signing });
    const saved = (role: keyof typeof keys) => ({ key: keys[role].key, certificate: made[role].certificate });
    return encodeHierarchyFile({
      product,
      secret: pattern(32),
      authorities: { ark: saved("ark"), ask: saved("ask"), asvk: saved("asvk") },
    });
  }),
  mutate: mutateWith(mutateJson),
  examine: (input) => {
    const read = parseHierarchyFile(input, "Milan");
    if (read === undefined) return "refused";
    const again = encodeHierarchyFile(read);
    const reread = parseHierarchyFile(again, "Milan");
    expectThat(reread !== undefined, "a hierarchy that is written is not read");
    if (reread !== undefined) expectSame("hierarchy", encodeHierarchyFile(reread), again);
    // SECURITY: whatever is read can only sign under the simulator's own name.
    for (const { certificate } of Object.values(read.authorities))
      expectThat(Buffer.from(certificate).includes("Portcullis SIMULATED"), "a hierarchy without the mark of the simulator");
    return parsed;
  },
};

/** Report, VEK, chain and perhaps lists; each with its length before it. */
const reportFiles: Target = {
  name: "report-files",
  seeds: missingVectors() ? [] : filesSeeds(),
  mutate: (seed, draw, seeds) => {
    const parts = partsOf(seed);
    const index = draw.chance(40) ? 0 : draw.below(parts.length);
    const others = seeds.map((other) => partsOf(other)[index] ?? new Uint8Array(0));
    return joined(parts.with(index, damaged(index)(parts[index] ?? new Uint8Array(0), draw, others)));
  },
  examine: (input) => {
    const [report = new Uint8Array(0), vek = new Uint8Array(0), ask, ark, ...crls] = partsOf(input);
    const files = { report, vek, chain: [ask, ark].flatMap((one) => (one === undefined ? [] : [one])), crls };
    const decoded = decodeReport(report);
    const verdict = verifyReportFiles(files, { at: simulatedInstant, primitives: nodePrimitives });
    const answer = appraiseReport(
      { ...files, simulatedArk: undefined },
      {
        policy: simulatedPreset(),
        at: simulatedInstant,
        configurationDigest: report.slice(0xc0, 0xe0),
        reportData: report.slice(0x50, 0x90),
        history: undefined,
        primitives: nodePrimitives,
      },
    );
    expectThat(verdict.ok === answer.ok, "verify and appraise disagree on whether the files can be read");
    const outcome = outcomeOf(verdict, () => undefined);
    if (!verdict.ok || !answer.ok) return outcome;
    expectThat(answer.value.verdict === "refused", "AMD's report is accepted as simulated");
    if (!verdict.value.genuine) return verdict.value.failures[0]?.code ?? "no reason";
    expectThat(decoded.ok, "a genuine report cannot be decoded");
    // SECURITY: nobody signed another report than these.
    expectThat(
      reportFiles.seeds.some((seed) => Buffer.compare(partsOf(seed)[0] ?? seed, report) === 0),
      "a changed report is genuine",
    );
    return parsed;
  },
};

function damaged(index: number): Mutate {
  const usual = index === 0 ? mutateInPlace : mutateWith(mutateDer);
  return (part, draw: Draw, others) => (draw.chance(15) ? draw.pick(others).slice() : usual(part, draw, others));
}

function filesSeeds(): Uint8Array[] {
  const chains = [
    ["milan-v2", "SEV-Milan", "ARK-Milan"],
    ["milan-v2-debug", "SEV-Milan", "ARK-Milan"],
    ["milan-v3", "SEV-Milan", "ARK-Milan"],
    ["genoa-v3", "SEV-Genoa", "ARK-Genoa"],
    ["turin-v5", "SEV-Turin", "ARK-Turin"],
    ["vlek-milan-v3-vmpl1", "SEV-VLEK-Milan", "ARK-Milan"],
  ] as const;
  const [list = new Uint8Array(0)] = crlSeeds();
  return chains.flatMap(([name, issuer, root]) => {
    const parts = [
      vector("reports", `${name}.report.bin`),
      vector("reports", `${name}.vek.der`),
      ...[issuer, root].map((authority) => vector("amd-roots", `${authority}.der`)),
    ];
    return [joined(parts), joined([...parts, list])];
  });
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  return concat(...parts.flatMap((part) => [u32be(part.length), part]));
}

/** As far as they can be read. */
function partsOf(bytes: Uint8Array): Uint8Array[] {
  const parts: Uint8Array[] = [];
  for (let at = 0; at + 4 <= bytes.length && parts.length < 8; ) {
    const length = Buffer.from(bytes.buffer, bytes.byteOffset + at, 4).readUInt32BE();
    parts.push(bytes.slice(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return parts;
}

export const fileTargets: readonly Target[] = [storedLaunch, hierarchyFile, ...(missingVectors() ? [] : [reportFiles])];
