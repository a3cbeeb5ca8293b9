// Does the first attested launch work from the command line, with real processes: serve, enrol, simulate, approve, opened?
import { statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { LaunchDetail, LaunchSummary, SimulationView, VmDetail } from "../../core/api/schemas.ts";
import { needs } from "../kit/needs.ts";
import { makeFirmware } from "../measure/kit.ts";
import { type Installation, makeInstallation, portcullis, type Served, serve } from "./kit.ts";

describe("a simulated launch", needs("cryptsetup"), () => {
  let installation: Installation;
  let served: Served;

  beforeAll(async () => {
    installation = await makeInstallation(true);
    served = await serve(installation);
  });
  afterAll(async () => {
    await served.stop();
    installation.remove();
  });

  test("of an enrolled VM goes pending, is approved by digest, opens its disk and is recorded", async () => {
    const { data, folder } = installation;
    const device = join(folder, "simulated-disks", "try-1.img");
    const added = await portcullis(
      "vm",
      "add",
      "--name",
      "try-1",
      "--simulated",
      "--disk",
      `name=root,device=${device},id=root`,
      ...data,
      "--json",
    );
    expect([added.code, added.stderr]).toEqual([0, ""]);
    const vm = added.json() as VmDetail;
    expect(vm.simulated).toBe(true);
    expect(vm.configurations[0]?.text).toContain(`"vm":"${vm.id}"`);

    const started = await portcullis("simulate", "launch", "--vm", "try-1", "--no-wait", "--json", ...data);
    expect(started.code).toBe(0);
    const busy = await portcullis("simulate", "launch", "--vm", "try-1", "--no-wait", "--json", ...data);
    expect([busy.code, busy.json()]).toMatchObject([1, { failure: { code: "simulation.running" } }]);

    const pending = await pendingLaunch();
    const shown = await portcullis("launches", "show", pending.id, ...data);
    expect(shown.stdout).toContain("SIMULATED");
    expect(shown.stdout).toMatch(/HOST_DATA: [0-9a-f]{64}/);

    const withoutEvidence = await portcullis("launches", "approve", pending.id, "--reason", "no terminal", ...data);
    expect([withoutEvidence.code, withoutEvidence.stderr]).toEqual([2, expect.stringContaining("[cli.needs-terminal]")]);
    const wrong = await portcullis(
      "launches",
      "approve",
      pending.id,
      "--evidence",
      "0".repeat(96),
      "--reason",
      "another",
      "--json",
      ...data,
    );
    expect([wrong.code, wrong.json()]).toMatchObject([1, { failure: { code: "approval.evidence-changed" } }]);

    const approved = await portcullis(
      "launches",
      "approve",
      pending.id,
      "--evidence",
      pending.evidence ?? "",
      "--reason",
      "test",
      "--json",
      ...data,
    );
    expect([approved.code, approved.stderr]).toEqual([0, ""]);
    const ended = await launchWhen(pending.id, ({ state }) => state !== "pending" && state !== "released");
    expect(ended.state).toBe("opened");
    expect(ended.outcome).toEqual([{ disk: "root", opened: true }]);
    expect(ended.decision).toMatchObject({ verdict: "release", by: "person", reason: "test" });

    const alike = await portcullis("launches", "compare", pending.id, pending.id, "--json", ...data);
    expect([alike.code, alike.json()]).toEqual([0, { differences: [], always: "It is one and the same report." }]);
    const nothing = await portcullis("launches", "explain", pending.id, "--json", ...data);
    expect([nothing.code, nothing.json()]).toMatchObject([1, { failure: { code: "measure.no-boot-set" } }]);
    writeFileSync(join(folder, "ovmf.fd"), makeFirmware());
    const boot = ["--label", "6.12.9", "--ovmf", join(folder, "ovmf.fd"), "--vcpus", "1", "--vcpu-type", "EPYC-Milan"];
    expect((await portcullis("vm", "boot", "add", "try-1", ...boot, ...data)).code).toBe(0);
    const explained = await portcullis("launches", "explain", pending.id, ...data);
    expect([explained.code, explained.stdout]).toEqual([1, expect.stringContaining('Compared with the boot set "6.12.9": None of ')]);
  });

  test("of the built-in VM, approved at once, exits 0 and leaves nothing behind", async () => {
    const launched = await portcullis("simulate", "launch", "--approve", "--json", ...installation.data);
    expect([launched.code, launched.stderr]).toEqual([0, ""]);
    const view = launched.json() as SimulationView;
    expect(view).toMatchObject({ phase: "ended", exitCode: 0, progress: "The disk opened." });
    expect(statSync(join(installation.folder, "simulated-disks")).isDirectory()).toBe(true);
  });

  test("that is denied exits 1", async () => {
    const running = portcullis("simulate", "launch", "--json", ...installation.data);
    const pending = await pendingLaunch();
    const denied = await portcullis(
      "launches",
      "deny",
      pending.id,
      "--evidence",
      pending.evidence ?? "",
      "--reason",
      "not today",
      ...installation.data,
    );
    expect(denied.code).toBe(0);
    const ended = await running;
    expect([ended.code, ended.json()]).toMatchObject([1, { phase: "ended", progress: "The launch was denied." }]);
  });

  test("of a VM with a disk elsewhere formats nothing", async () => {
    const { data } = installation;
    const disk = "id=root,device=/dev/null,name=root";
    expect((await portcullis("vm", "add", "--name", "elsewhere", "--simulated", "--disk", disk, ...data)).code).toBe(0);
    const refused = await portcullis("simulate", "launch", "--vm", "elsewhere", "--json", ...data);
    expect([refused.code, refused.json()]).toMatchObject([1, { failure: { code: "simulation.disk-elsewhere" } }]);
  });

  test("of a real VM is refused", async () => {
    const { data } = installation;
    expect((await portcullis("vm", "add", "--name", "real", "--disk", "id=root,device=/dev/vda,name=root", ...data)).code).toBe(0);
    const refused = await portcullis("simulate", "launch", "--vm", "real", "--json", ...data);
    expect([refused.code, refused.json()]).toMatchObject([1, { failure: { code: "simulation.not-simulated" } }]);
  });

  async function pendingLaunch(): Promise<LaunchSummary> {
    for (;;) {
      const listed = await portcullis("launches", "list", "--state", "pending", "--json", ...installation.data);
      const [first] = listed.json() as LaunchSummary[];
      if (first !== undefined) return first;
    }
  }

  async function launchWhen(id: string, isDone: (launch: LaunchDetail) => boolean): Promise<LaunchDetail> {
    for (;;) {
      const launch = (await portcullis("launches", "show", id, "--json", ...installation.data)).json() as LaunchDetail;
      if (isDone(launch)) return launch;
    }
  }
});
