// The next kernel from the command line: measured, kept, shown before it is approved, and gone again; and a simulated VM whose next launch goes by itself
// because its boot set was approved ahead. Real processes.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { KeptBootSetView } from "../../core/api/boot-schemas.ts";
import type { LaunchDetail, SimulationView, VmDetail } from "../../core/api/schemas.ts";
import { policyYaml } from "../../core/appraise/policy-yaml.ts";
import { simulatedPreset } from "../../core/appraise/presets.ts";
import { needs } from "../kit/needs.ts";
import { makeFirmware } from "../measure/kit.ts";
import { type Answer, type Installation, makeInstallation, portcullis, type Served, serve } from "./kit.ts";

let installation: Installation;
let served: Served;
let folder = "";
const run = (...args: readonly string[]): Promise<Answer> => portcullis(...args, ...installation.data);
const boot = (...args: readonly string[]): Promise<Answer> => run("vm", "boot", ...args);
const file = (name: string): string => join(folder, name);
const measurementOf = (answer: Answer): string => (answer.json() as KeptBootSetView).set.measurement;

/** As both `measure` and `vm boot add` take them. */
const files = (number: number): readonly string[] =>
  [
    ["--ovmf", file("ovmf.fd")],
    ["--kernel", file(`vmlinuz-${number}`)],
    ["--initrd", file("initrd")],
    ["--append", "ro  quiet "],
  ]
    .concat([["--vcpus", "2", "--vcpu-type", "EPYC-Milan-v2"]])
    .flat();

beforeAll(async () => {
  installation = await makeInstallation(true);
  folder = join(installation.folder, "..", "boot");
  mkdirSync(folder);
  writeFileSync(file("ovmf.fd"), makeFirmware());
  writeFileSync(file("initrd"), new Uint8Array(2 ** 20).fill(0x1d));
  for (const number of [1, 2, 3]) writeFileSync(file(`vmlinuz-${number}`), new Uint8Array(4096).fill(number));
  served = await serve(installation);
  const disk = ["--disk", "id=root,device=/dev/vda2,name=root", "--endpoint", "192.0.2.10:7443"];
  const added = await run("vm", "add", "--name", "db-1", ...disk);
  if (added.code !== 0) throw new Error(added.stderr);
});
afterAll(async () => {
  await served.stop();
  installation.remove();
});

test("a candidate has the measurement that `measure` says, and lets nothing pass", async () => {
  const added = await boot("add", "db-1", "--label", "6.12.1", ...files(1), "--json");
  const measured = (await portcullis("measure", ...files(1), "--json")).json() as { readonly measurement: string };
  expect([added.code, measurementOf(added)]).toEqual([0, measured.measurement]);
  const listed = await boot("list", "db-1");
  expect(listed.stdout).toContain(`measurement ${measured.measurement}`);
  expect(listed.stdout).toContain('command line "ro  quiet "');
  expect(listed.stdout).toContain("a candidate since");
  const vm = (await run("vm", "show", "db-1", "--json")).json() as VmDetail;
  expect([vm.policyVersion.number, vm.policy.includes(measured.measurement)]).toEqual([1, false]);
});

test("an approval is said in words, needs a yes, and names both in the policy from then on", async () => {
  const unasked = await boot("approve", "db-1", "6.12.1", "--reason", "tested");
  expect([unasked.code, unasked.stderr]).toEqual([2, expect.stringContaining("cli.needs-terminal")]);
  expect(unasked.stderr).toContain("Required now; it was waived");
  expect(unasked.stderr).toContain(`4096 bytes, called ${JSON.stringify(file("vmlinuz-1"))}`);
  const approved = await boot("approve", "db-1", "6.12.1", "--reason", "tested", "--yes", "--json");
  expect([approved.code, approved.json()]).toMatchObject([
    0,
    { bootSet: { label: "6.12.1", approvalReason: "tested" }, policyVersion: { number: 2, reason: "tested" } },
  ]);
  const last = await boot("retire", "db-1", "6.12.1", "--reason", "x", "--yes", "--json");
  expect([last.code, last.json()]).toMatchObject([1, { failure: { code: "boot.last" } }]);
  const next = await boot("add", "db-1", "--label", "6.12.2", ...files(2), "--json");
  const more = await boot("approve", "db-1", (next.json() as KeptBootSetView).id, "--reason", "tested, too", "--yes");
  expect(more.stderr).toContain(`LOOSER: Launch measurement. Accepted now: ${measurementOf(next)} (6.12.2).`);
  expect((await run("vm", "show", "db-1")).stdout).toContain(`boot set “6.12.2”, approved ahead`);
  const retired = await boot("retire", "db-1", "6.12.1", "--reason", "of the past", "--yes");
  expect(retired.stdout).toContain("Policy version 4: launches of db-1 with it are refused.");
  const sets = (await boot("list", "db-1", "--json")).json() as readonly KeptBootSetView[];
  expect(sets.map(({ label, retiredAt }) => [label, retiredAt === undefined])).toEqual([
    ["6.12.2", true],
    ["6.12.1", false],
  ]);
});

test("a candidate is dropped, and what is not right is refused", async () => {
  await boot("add", "db-1", "--label", "6.12.3", ...files(3));
  expect((await boot("remove", "db-1", "6.12.3")).stdout).toContain("6.12.3 is no candidate any more.");
  const refusals: readonly (readonly [readonly string[], number, string])[] = [
    [["remove", "db-1", "6.12.3"], 1, "boot.unknown"],
    [["remove", "db-1", "6.12.2"], 1, "boot.approved"],
    [["approve", "db-1", "6.12.2", "--reason", "x", "--yes"], 1, "boot.already-approved"],
    [["add", "db-1", "--label", "again", ...files(2)], 1, "boot.same-measurement"],
    [["add", "db-1", "--label", "6.12.2", ...files(3)], 1, "boot.label-taken"],
    [["add", "nobody", "--label", "x", ...files(3)], 1, "api.no-such-vm"],
    [["add", "db-1", "--label", "x", "--ovmf", "/nowhere", "--vcpus", "1", "--vcpu-type", "EPYC"], 2, "cli.unreadable"],
    [["add", "db-1", "--label", "x", "--vcpus", "1", "--vcpu-type", "EPYC"], 2, "cli.usage"],
    [["list", "nobody"], 1, "api.no-such-vm"],
  ];
  for (const [args, code, failure] of refusals) {
    const answer = await boot(...args, "--json");
    expect([args, answer.code, answer.json()]).toMatchObject([args, code, { failure: { code: failure } }]);
  }
}, 120_000);

test.each(["boot", "boot add", "boot approve", "boot retire", "boot remove", "boot list"])(
  "%s says what it does, with examples",
  async (name) => {
    const help = await portcullis("vm", ...name.split(" "), "--help");
    expect([help.code, help.stdout]).toEqual([0, expect.stringContaining("Examples:")]);
  },
);

describe("a simulated VM", needs("cryptsetup"), () => {
  const launch = async (...more: readonly string[]): Promise<LaunchDetail> => {
    const ended = (await run("simulate", "launch", "--vm", "sim-1", "--json", ...more)).json() as SimulationView;
    return (await run("launches", "show", ended.launch ?? "", "--json")).json() as LaunchDetail;
  };

  test("goes by itself with boot files that were approved ahead, and says so", async () => {
    const rule = file("once.yaml");
    writeFileSync(rule, policyYaml({ ...simulatedPreset(), release: "first-launch-manual" }));
    await run("vm", "add", "--name", "sim-1", "--simulated");
    await run("vm", "set-policy", "sim-1", rule, "--reason", "ask once", "--yes");
    const first = await launch("--approve");
    expect(first).toMatchObject({ state: "opened", decision: { by: "person" } });
    const added = (await boot("add", "sim-1", "--label", "next", ...files(2), "--json")).json() as KeptBootSetView;
    await boot("approve", "sim-1", "next", "--reason", "tested on db-1", "--yes");
    const second = await launch();
    expect(second).toMatchObject({
      state: "opened",
      decision: { by: "policy", pinnedBy: first.id, bootSet: { id: added.id, label: "next" } },
    });
    expect((await run("launches", "show", second.id)).stdout).toContain(
      `its measurement was approved ahead: boot set “next” (${added.id})`,
    );
  }, 120_000);
});
