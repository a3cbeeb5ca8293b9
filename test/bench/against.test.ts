// Is another verifier measured only where it verifies? It says yes to the genuine report and no to a changed one, or no figure of it is given.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { benchAgainstCommand } from "./against/command.ts";
import { splitCommand, withFiles } from "./against/command-line.ts";
import { changes } from "./against/fit.ts";
import { benchAgainstModule } from "./against/module.ts";
import { NotComparable } from "./against/not-comparable.ts";
import { loadVector, simulatedVector, type Vector } from "./against/vector.ts";
import { verifyReport } from "../../core/appraise/verify.ts";
import { needsVectors } from "../kit/vectors.ts";

const standIn = join(import.meta.dirname, "against/stand-in.ts");
const node = process.execPath;
let vector: Vector;

beforeAll(async () => {
  vector = await loadVector(simulatedVector, undefined);
});

describe("a command's words", () => {
  test.each([
    ["v {report}", ["v", "{report}"]],
    ["  v\t--r={report}  'two words' ", ["v", "--r={report}", "two words"]],
    [`v "it's {report}" --x='a "b"'`, ["v", "it's {report}", '--x=a "b"']],
    ["v {report} '' $HOME;ls", ["v", "{report}", "", "$HOME;ls"]],
  ])("%s", (command, words) => {
    expect(splitCommand(command)).toEqual(words);
  });

  test.each([
    ["", "empty"],
    ["v", "{report}"],
    ["v {report} {vcek}", "{vcek}"],
    ["v {report} {}", "{}"],
    ["v 'open {report}", "quote"],
    ['v {report} "', "quote"],
  ])("%j is refused in words about %s", (command, about) => {
    expect(splitCommand(command)).toEqual(expect.stringContaining(about));
  });

  test("a path is put in as it is, whatever is in it", () => {
    const files = { report: "/a b/$& {ask} '", vek: "v", ask: "i", ark: undefined, crl: undefined };
    expect(withFiles(["p", "--r={report},{vek}", "{ask}"], files)).toEqual(["p", "--r=/a b/$& {ask} ',v", "i"]);
  });
});

test("each change is one bit, and we ourselves refuse it", () => {
  for (const [, { report, vek }] of changes(vector.parts)) {
    const before = Buffer.concat([vector.parts.report, vector.parts.vek]);
    const after = Buffer.concat([report, vek]);
    expect(before.filter((byte, at) => byte !== after[at])).toHaveLength(1);
  }
  const [[, { report }] = ["", vector.parts]] = changes(vector.parts);
  expect(verifyReport(vector.input)).toMatchObject({ genuine: true });
  expect(verifyReport({ ...vector.input, reportBytes: report })).toMatchObject({
    genuine: false,
    failures: [{ code: "appraise.report-signature" }],
  });
});

describe("a module", () => {
  test.each(["verify", "later", "throwing"])("%s: measured beside ours and the bare signature", async (exported) => {
    const { ratios, figures } = await benchAgainstModule(standIn, exported, vector, 3);
    expect(figures.map(({ name }) => name)).toEqual([`the module's ${exported}()`, "our warm verification", "bare P-384 verify"]);
    expect([...ratios.map(({ value }) => value), ...figures.map(({ p50 }) => p50)].every((number) => number > 0)).toBe(true);
  });

  test.each([
    ["yesToAll", "says yes although one bit of the report's measurement"],
    ["reportAlone", "says yes although one bit of the signature under the VEK certificate"],
    ["noToAll", "does not say yes to the genuine report"],
    ["noAnswer", "answers string"],
    ["absent", "no function absent"],
  ])("%s: not measured, because it %s", async (exported, why) => {
    const asked = benchAgainstModule(standIn, exported, vector, 3);
    await expect(asked).rejects.toThrow(NotComparable);
    await expect(asked).rejects.toThrow(why);
  });

  test("that is not there is said to be so", async () => {
    await expect(benchAgainstModule(join(import.meta.dirname, "absent.mjs"), "verify", vector, 3)).rejects.toThrow("could not be loaded");
  });
});

describe("a command", () => {
  test("that verifies is measured", async () => {
    const { figures, ratios } = await benchAgainstCommand([node, standIn, "{report}", "{vek}", "{ask}", "{ark}", "{crl}"], vector, 2);
    expect(figures.map(({ name }) => name)).toEqual(["the command"]);
    // Our own command believes AMD's roots alone.
    expect(ratios).toEqual([]);
  });

  test.each([
    [[node, "-e", "0", "{report}"], "says yes although one bit of the report's measurement"],
    [[node, "-e", "console.error('no such option'); process.exit(3)", "{report}"], "genuine report: exit 3, no such option"],
    [["/absent/verifier", "{report}"], "/absent/verifier was not found"],
    [[node, "-e", "process.kill(process.pid, 'SIGKILL')", "{report}"], "was ended by SIGKILL"],
  ])("%j: %s", async (words, why) => {
    const asked = benchAgainstCommand(words, vector, 2);
    await expect(asked).rejects.toThrow(NotComparable);
    await expect(asked).rejects.toThrow(why);
  });
});

describe("the whole bench", () => {
  const folder = mkdtempSync(join(tmpdir(), "portcullis-bench-test-"));
  const file = join(folder, "verifier.mjs");
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test.each([
    ["a module", () => ["--against-module", file]],
    ["a command", () => ["--against-command", `${node} -e 0 {report}`]],
  ])("prints no figure of %s that says yes to everything, and ends with 1", (_, words) => {
    writeFileSync(file, "export const verify = () => true;\n");
    for (const form of [[], ["--json"]]) {
      const { status, stdout, stderr } = bench(...words(), ...form);
      expect([status, stdout]).toEqual([1, ""]);
      expect(stderr).toContain("says yes although one bit of the report's measurement was changed");
    }
  });

  test("ends with 2 where it is not understood", () => {
    expect(bench("--against-command", "v {vek}")).toMatchObject({ status: 2, stdout: "" });
  });

  function bench(...words: readonly string[]) {
    return spawnSync(node, [join(import.meta.dirname, "main.ts"), ...words, "--vector", simulatedVector], { encoding: "utf8" });
  }
});

describe("a real report", needsVectors(), () => {
  test("is verified by our own command as well, measured the same way", async () => {
    const real = await loadVector("milan-v3", undefined);
    const { figures, ratios } = await benchAgainstCommand([node, standIn, "{report}", "{vek}", "{ask}", "{ark}"], real, 1);
    expect(figures.map(({ name }) => name)).toEqual(["the command", "portcullis report verify", "the same through its launcher"]);
    expect(ratios.every(({ value }) => value > 0)).toBe(true);
    await expect(benchAgainstCommand([node, standIn, "{report}", "{crl}"], real, 1)).rejects.toThrow("--crl FILE");
  });

  test("that is not among the vectors is said to be so", async () => {
    await expect(loadVector("milan-v9", undefined)).rejects.toThrow("no vector milan-v9");
    await expect(loadVector("milan-v3", "/absent/list.der")).rejects.toThrow("/absent/list.der cannot be read");
  });
});
