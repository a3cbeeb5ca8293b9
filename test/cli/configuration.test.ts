// Does a VM get another configuration from the command line, and does each open its own disks? Real processes: serve, enrol, launch, reconfigure, launch
// again with two LUKS2 disks, retire; and the files in which a configuration reaches a VM.
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ConfigurationView } from "../../core/api/configuration-schemas.ts";
import type { LaunchDetail, SimulationView } from "../../core/api/schemas.ts";
import { must } from "../../core/base/result.ts";
import { utf8 } from "../../core/base/utf8.ts";
import { configurationPiece } from "../../core/kit/initramfs.ts";
import { makeConfigDisk } from "../../core/kit/config-disk.ts";
import { needs } from "../kit/needs.ts";
import { type Answer, type Installation, makeInstallation, portcullis, type Served, serve } from "./kit.ts";

let installation: Installation;
let served: Served;
const run = (...args: readonly string[]): Promise<Answer> => portcullis(...args, ...installation.data);
const device = (name: string): string => join(installation.folder, "simulated-disks", `${name}.img`);
const disk = (name: string): string => `id=${name},device=${device(name)},name=${name}`;
const configurations = async (vm = "try-1"): Promise<ConfigurationView[]> =>
  (await run("vm", "configuration", vm, "--json")).json() as ConfigurationView[];

beforeAll(async () => {
  installation = await makeInstallation(true);
  served = await serve(installation);
  const added = await run("vm", "add", "--name", "try-1", "--simulated", "--disk", disk("root"));
  if (added.code !== 0) throw new Error(added.stderr);
});
afterAll(async () => {
  await served.stop();
  installation.remove();
});

describe("another configuration", needs("cryptsetup"), () => {
  let first = "";
  let second = "";

  test("is issued beside the first, whose endpoint and retry plan it keeps", async () => {
    expect(await launchedDisks()).toEqual(["root"]);
    first = (await configurations())[0]?.digest ?? "";
    const issued = await run("vm", "reconfigure", "try-1", "--disk", disk("root"), "--disk", disk("data"), "--reason", "a data disk");
    expect([issued.code, issued.stdout]).toEqual([0, expect.stringContaining("Issued. Start the VM with this one from now on:")]);
    expect(issued.stdout).toContain("Those before it stay accepted (1)");
    const [newest, before] = await configurations();
    second = newest?.digest ?? "";
    expect([newest, before]).toMatchObject([
      { current: true, reason: "a data disk" },
      { current: false, digest: first, lastLaunch: { state: "opened" } },
    ]);
    const [now, then] = [newest?.text ?? "", before?.text ?? ""].map((text) => JSON.parse(text) as Record<string, unknown>);
    expect([now?.["manager"], now?.["retry"]]).toEqual([then?.["manager"], then?.["retry"]]);
  });

  test("opens its own disks at the next launch, new ones with a key of their own", async () => {
    expect(await launchedDisks()).toEqual(["root", "data"]);
  });

  test("again is no change, and what it must not be is refused", async () => {
    const again = await run("vm", "reconfigure", "try-1", "--reason", "again");
    expect([again.code, again.stdout]).toEqual([0, expect.stringContaining("nothing changed")]);
    expect(await configurations()).toHaveLength(2);
    for (const [args, code] of [
      [["--endpoint", "no-port"], "cli.usage"],
      [["--disk", "id=root"], "cli.usage"],
      [["--retry", "5,120"], "cli.usage"],
      [["--retry", "9,8,0"], "configuration.malformed"],
    ] as const) {
      expect((await run("vm", "reconfigure", "try-1", "--reason", "r", "--json", ...args)).json()).toMatchObject({ failure: { code } });
    }
  });

  test("is shown with its state, its disks and its last launch", async () => {
    const text = (await run("vm", "configuration", "try-1")).stdout;
    for (const part of [
      `accepted, to launch with: HOST_DATA ${second}`,
      `accepted still: HOST_DATA ${first}`,
      `disk data: ${device("data")} as data`,
      "The last launch with it:",
      "tries again after 5 to 120 s, never gives up",
    ])
      expect(text).toContain(part);
  });

  test("takes the place of the first, which is retired after a look at who had it last", async () => {
    const unasked = await run("vm", "retire-configuration", "try-1", first, "--reason", "moved");
    expect([unasked.code, unasked.stderr]).toEqual([2, expect.stringContaining("cli.needs-terminal")]);
    expect(unasked.stderr).toContain("The last launch with it:");
    expect(unasked.stderr).not.toContain("NO OTHER CONFIGURATION");
    const warned = await run("vm", "retire-configuration", "try-1", second, "--reason", "moved");
    expect(warned.stderr).toContain("NO OTHER CONFIGURATION WAS LAUNCHED SINCE");
    expect((await configurations()).every(({ retiredAt }) => retiredAt === undefined)).toBe(true);

    const retired = await run("vm", "retire-configuration", "try-1", first, "--reason", "moved", "--yes", "--json");
    expect([retired.code, retired.json()]).toMatchObject([0, [{ digest: second }, { digest: first, retiredReason: "moved" }]]);
    const last = await run("vm", "retire-configuration", "try-1", second, "--reason", "moved", "--yes", "--json");
    expect([last.code, last.json()]).toMatchObject([1, { failure: { code: "configuration.last" } }]);
    expect(await launchedDisks()).toEqual(["root", "data"]);
  });

  test("--help of each has examples", async () => {
    for (const command of ["configuration", "reconfigure", "retire-configuration"])
      expect((await portcullis("vm", command, "--help")).stdout).toContain(`$ portcullis vm ${command} db-1`);
  });

  /** Of a launch that a person approves: the disks that its agent opened. */
  async function launchedDisks(): Promise<readonly string[]> {
    const { launch = "", exitCode } = (await run("simulate", "launch", "--vm", "try-1", "--approve", "--json")).json() as SimulationView;
    expect(exitCode).toBe(0);
    const { state, outcome = [] } = (await run("launches", "show", launch, "--json")).json() as LaunchDetail;
    expect([state, outcome.every(({ opened }) => opened)]).toEqual(["opened", true]);
    return outcome.map(({ disk: id }) => id);
  }
});

describe("a configuration as a file", () => {
  const written = (...args: readonly string[]): Promise<Answer> => run("vm", "configuration", "try-1", ...args);

  test("in each form, which is readable for all and never written over", async () => {
    const folder = join(installation.folder, "..", "kit");
    const current = (await configurations()).find((one) => one.current);
    const text = utf8(current?.text ?? "");
    for (const [form, name, bytes] of [
      ["fw-cfg", "agent.json", text],
      ["config-disk", "agent-configuration.img", must(makeConfigDisk(text, new Uint8Array(Buffer.from(current?.digest ?? "", "hex"))))],
      ["initramfs", "agent-configuration.cpio", configurationPiece(text)],
    ] as const) {
      const answer = await written("--write", folder, "--form", form, "--json");
      const file = join(folder, name);
      const sha256 = createHash("sha256").update(bytes).digest("hex");
      expect([answer.code, answer.json()]).toMatchObject([0, { file, form, bytes: bytes.length, sha256, digest: current?.digest }]);
      expect(new Uint8Array(readFileSync(file))).toEqual(bytes);
      expect((await written("--write", folder, "--form", form)).code).toBe(0);
      writeFileSync(file, "something else");
      const refused = await written("--write", folder, "--form", form, "--json");
      expect([refused.code, refused.json()]).toMatchObject([1, { failure: { code: "kit.file-exists" } }]);
      expect(readFileSync(file, "utf8")).toBe("something else");
    }
  });

  test("before an initrd, whose digest is to be measured anew", async () => {
    const [initrd, out] = ["initrd.img", "with.img"].map((name) => join(installation.folder, "..", name));
    if (initrd === undefined || out === undefined) throw new Error("two names");
    writeFileSync(initrd, gzipSync("an archive"));
    const answer = await written("--initrd", initrd, "--out", out);
    const whole = readFileSync(out);
    expect(answer.stdout).toContain(`SHA-256 ${createHash("sha256").update(whole).digest("hex")}`);
    expect(answer.stdout).toContain("This is another initrd, and so another measurement");
    const text = utf8((await configurations()).find(({ current }) => current)?.text ?? "");
    expect(new Uint8Array(whole)).toEqual(new Uint8Array(Buffer.concat([configurationPiece(text), readFileSync(initrd)])));
    expect((await written("--initrd", initrd, "--out", out, "--json")).json()).toMatchObject({ failure: { code: "kit.file-exists" } });
    expect((await written("--initrd", out, "--out", `${out}.2`, "--json")).json()).toMatchObject({
      failure: { code: "kit.initrd-configured" },
    });
    expect(existsSync(`${out}.2`)).toBe(false);
  });

  test.each([
    [["--write", "x"], "cli.usage"],
    [["--form", "fw-cfg"], "cli.usage"],
    [["--initrd", "x"], "cli.usage"],
    [["--write", "x", "--form", "fw-cfg", "--initrd", "a", "--out", "b"], "cli.usage"],
    [["--write", "x", "--form", "floppy"], "cli.usage"],
    [["--digest", "00".repeat(32)], "configuration.unknown"],
  ] as const)("%j is refused", async (args, code) => {
    expect((await written(...args, "--json")).json()).toMatchObject({ failure: { code } });
  });
});
