// Does an approval hold for the next launch, from the command line? Real processes: serve, enrol, another rule, approve once, and a second launch
// that goes by itself; then the history that `report appraise` reads, and the approval taken back.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { LaunchDetail, LaunchSummary, SimulationView, VmDetail } from "../../core/api/schemas.ts";
import { parseHistory } from "../../core/appraise/history-parser.ts";
import { policyYaml } from "../../core/appraise/policy-yaml.ts";
import { simulatedPreset } from "../../core/appraise/presets.ts";
import { parseJson } from "../../core/base/json.ts";
import { needs } from "../kit/needs.ts";
import { type Answer, type Installation, makeInstallation, portcullis, type Served, serve } from "./kit.ts";

describe("a VM that asks once", needs("cryptsetup"), () => {
  let installation: Installation;
  let served: Served;
  let approved = "";
  const run = (...args: readonly string[]): Promise<Answer> => portcullis(...args, ...installation.data);

  beforeAll(async () => {
    installation = await makeInstallation(true);
    served = await serve(installation);
    const added = await run("vm", "add", "--name", "once-1", "--simulated");
    if (added.code !== 0) throw new Error(added.stderr);
  });
  afterAll(async () => {
    await served.stop();
    installation.remove();
  });

  test("is given that rule, which is looser", async () => {
    const file = join(installation.folder, "..", "once.yaml");
    writeFileSync(file, policyYaml({ ...simulatedPreset(), release: "first-launch-manual" }));
    const set = await run("vm", "set-policy", "once-1", file, "--reason", "ask once", "--yes");
    expect([set.code, set.stderr]).toEqual([0, expect.stringContaining("LOOSER: Release. A person approves what is new")]);
  });

  test("is approved the first time, and pins what was seen", async () => {
    const launched = await launch("--approve");
    approved = launched.launch ?? "";
    expect(launched).toMatchObject({ phase: "ended", exitCode: 0 });
    expect(await shown(approved)).toMatchObject({ state: "opened", because: { reason: "first-launch" }, decision: { by: "person" } });
    const vm = (await run("vm", "show", "once-1", "--json")).json() as VmDetail;
    expect(vm.pins.map(({ launch: id }) => id)).toEqual([approved]);
    const text = (await run("vm", "show", "once-1")).stdout;
    for (const part of [
      "release rule first-launch-manual",
      "policy version 2 since",
      `approved in launch ${approved}`,
      "had its keys on chip",
    ])
      expect(text).toContain(part);
  });

  test("goes by itself the second time, and says whose approval covers it", async () => {
    const { launch: id = "" } = await launch();
    expect(await shown(id)).toMatchObject({ state: "opened", decision: { by: "policy", pinnedBy: approved } });
    expect((await run("launches", "show", id)).stdout).toContain(`it shows what a person approved in launch ${approved}`);
    const history = await run("vm", "history", "once-1", "--json");
    const read = parseHistory(parseJson(history.stdout));
    expect(read.ok && read.value.instances.map(({ launch: of }) => of)).toEqual([id, approved]);
    expect((await run("vm", "history", "once-1")).stdout).toContain(`launch ${approved}`);
  });

  test("asks again once its approvals are forgotten", async () => {
    expect((await run("vm", "forget-approvals", "once-1")).stdout).toContain("nothing is approved in advance any more");
    const running = launch();
    const pending = await firstPending();
    expect(await shown(pending.id)).toMatchObject({ because: { reason: "first-launch" } });
    const evidence = pending.evidence ?? "";
    expect((await run("launches", "deny", pending.id, "--evidence", evidence, "--reason", "not today")).code).toBe(0);
    expect(await running).toMatchObject({ phase: "ended", progress: "The launch was denied." });
    expect(((await run("vm", "show", "once-1", "--json")).json() as VmDetail).pins).toEqual([]);
  });

  async function launch(...more: readonly string[]): Promise<SimulationView> {
    return (await run("simulate", "launch", "--vm", "once-1", "--json", ...more)).json() as SimulationView;
  }

  async function shown(id: string): Promise<LaunchDetail> {
    return (await run("launches", "show", id, "--json")).json() as LaunchDetail;
  }

  async function firstPending(): Promise<LaunchSummary> {
    for (;;) {
      const [first] = (await run("launches", "list", "--state", "pending", "--json")).json() as LaunchSummary[];
      if (first !== undefined) return first;
    }
  }
});
