// Can an owner change a policy from the command line, and look at every version of it? Real processes: serve, and a command for each step.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { standardPreset, strictPreset } from "../../core/appraise/presets.ts";
import { policyYaml } from "../../core/appraise/policy-yaml.ts";
import { parseHistory } from "../../core/appraise/history-parser.ts";
import type { Json } from "../../core/base/json.ts";
import { type Answer, type Installation, makeInstallation, portcullis, type Served, serve } from "./kit.ts";

let installation: Installation;
let served: Served;
let file = "";
const disk = ["--disk", "id=root,device=/dev/vda2,name=root", "--endpoint", "192.0.2.10:7443"];
const vm = (...args: readonly string[]): Promise<Answer> => portcullis("vm", ...args, ...installation.data);

beforeAll(async () => {
  installation = await makeInstallation();
  served = await serve(installation);
  file = join(installation.folder, "..", "strict.yaml");
  writeFileSync(file, policyYaml(strictPreset()));
  const added = await vm("add", "--name", "db-1", ...disk);
  if (added.code !== 0) throw new Error(added.stderr);
});
afterAll(async () => {
  await served.stop();
  installation.remove();
});

test("a change is said in words, needs a yes, is a new version, and the old one can be read", async () => {
  const unasked = await vm("set-policy", "db-1", file, "--reason", "stricter");
  expect([unasked.code, unasked.stderr]).toEqual([2, expect.stringContaining("cli.needs-terminal")]);
  expect(unasked.stderr).toContain("stricter: Guest policy");
  const set = await vm("set-policy", "db-1", file, "--reason", "stricter", "--yes", "--json");
  expect([set.code, set.json()]).toMatchObject([0, { policyVersion: { number: 2, reason: "stricter" } }]);
  expect((await vm("policy", "db-1", "--json")).json()).toEqual(strictPreset());
  expect((await vm("policy", "db-1", "--number", "1", "--json")).json()).toEqual(standardPreset());
  const versions = (await vm("policy", "db-1", "--versions", "--json")).json();
  expect(versions).toMatchObject([{ number: 2 }, { number: 1, reason: "enrolled with it" }]);
  const yaml = await vm("policy", "db-1", "--yaml");
  expect(yaml.stdout).toContain("# Which kind of key may have signed the report.");
});

test.each([
  [["policy", "db-1", "--number", "9"], "api.no-such-policy"],
  [["policy", "db-1", "--number", "x"], "cli.usage"],
  [["policy", "nobody"], "api.no-such-vm"],
  [["set-policy", "db-1", "/nowhere", "--reason", "x", "--yes"], "cli.unreadable"],
  [["add", "--name", "x", ...disk, "--preset", "loose"], "cli.usage"],
] as const)("%j is refused", async (args, code) => {
  expect((await vm(...args, "--json")).json()).toMatchObject({ failure: { code } });
});

test("a VM may start from another preset, with its measurement", async () => {
  const measurement = "ab".repeat(48);
  const added = await vm("add", "--name", "db-2", ...disk, "--preset", "strict", "--measurement", measurement, "--json");
  const named = { digest: measurement, label: "named at the enrolment" };
  expect([added.code, JSON.parse((added.json() as { readonly policy: string }).policy)]).toEqual([
    0,
    strictPreset({ measurements: [named] }),
  ]);
});

test("a VM that never launched has a history that says so, and nothing approved", async () => {
  const history = await vm("history", "db-1", "--json");
  expect(parseHistory(history.json() as Json)).toEqual({ ok: true, value: { chips: [], instances: [] } });
  expect((await vm("history", "db-1")).stdout).toContain("never given its keys");
  expect((await vm("forget-approvals", "db-1", "--json")).json()).toMatchObject({ pins: [] });
});
