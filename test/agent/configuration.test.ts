// Is the configuration read from the first place that has one, whole, bounded, and never repaired by a later place?
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parseArguments } from "../../agent/arguments.ts";
import { loadConfiguration } from "../../agent/configuration.ts";
import { must } from "../../core/base/result.ts";
import { maximumConfigurationBytes } from "../../core/launch/agent-configuration.ts";
import { configurationFor, scratchFolder } from "./kit.ts";

const sound = configurationFor([{ endpoint: "192.0.2.1:7443", anchor: "ab".repeat(32) }], [{ id: "root", device: "/dev/vda" }]);

describe("the configuration", () => {
  test("of a named file", async () => {
    const file = join(scratchFolder(), "agent.json");
    writeFileSync(file, sound.bytes);
    expect(must(await loadConfiguration(file, []))).toEqual(sound);
  });

  test("of the first place that has one", async () => {
    const folder = scratchFolder();
    const places = ["a", "b", "c"].map((name) => join(folder, name));
    writeFileSync(places[1] ?? "", sound.bytes);
    writeFileSync(places[2] ?? "", "not looked at");
    expect(must(await loadConfiguration(undefined, places))).toEqual(sound);
  });

  test("that is wrong in an earlier place is not looked for in a later one", async () => {
    const folder = scratchFolder();
    const places = ["a", "b"].map((name) => join(folder, name));
    writeFileSync(places[0] ?? "", `${sound.text}\n`);
    writeFileSync(places[1] ?? "", sound.bytes);
    expect(await loadConfiguration(undefined, places)).toMatchObject({ failure: { code: "launch.configuration-canonical" } });
  });

  test("that is nowhere, a folder, or endless", async () => {
    const folder = scratchFolder();
    mkdirSync(join(folder, "folder"));
    expect(await loadConfiguration(join(folder, "absent"))).toMatchObject({ failure: { code: "agent.configuration-unreadable" } });
    expect(await loadConfiguration(undefined, [])).toMatchObject({ failure: { code: "agent.configuration-unreadable" } });
    expect(await loadConfiguration(join(folder, "folder"))).toMatchObject({ failure: { code: "agent.configuration-unreadable" } });
    expect(await loadConfiguration("/dev/zero")).toMatchObject({
      failure: { code: "launch.configuration-json", detail: `${maximumConfigurationBytes + 1} bytes` },
    });
  });
});

describe("the command line", () => {
  test("is taken as it is", () => {
    expect(must(parseArguments(["--configuration", "f", "--disk-mode", "test", "--cryptsetup", "/x", "--scratch", "/y"], false))).toEqual({
      help: false,
      configuration: "f",
      diskMode: "test",
      cryptsetup: "/x",
      scratch: "/y",
      processor: undefined,
    });
    expect(must(parseArguments([], false))).toMatchObject({ diskMode: "open", scratch: "/run", configuration: undefined });
    expect(must(parseArguments(["--processor", "s"], true))).toMatchObject({ processor: "s" });
  });

  test.each([
    [["--nonsense"]],
    [["file"]],
    [["--disk-mode", "maybe"]],
    [["--disk-mode"]],
    [["--cryptsetup", "cryptsetup"]],
    [["--scratch", "tmp"]],
    [["--configuration"]],
    [["--processor", "/simulated"]],
  ])("%j is refused", (words) => {
    expect(parseArguments(words, false)).toMatchObject({ failure: { code: "agent.usage" } });
  });

  test("the simulated agent must be told where its processor is", () => {
    expect(parseArguments([], true)).toMatchObject({ failure: { code: "agent.usage", detail: "--processor" } });
    expect(parseArguments(["--help"], true)).toMatchObject({ value: { help: true } });
  });
});
