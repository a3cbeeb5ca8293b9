// Does the bench understand what it is asked, and say what it does not understand?
import { expect, test } from "vitest";
import { benchNames, planOf } from "./arguments.ts";

test("without words, every bench with its own number of rounds", () => {
  expect(planOf([])).toEqual({ benches: benchNames, rounds: undefined, json: false, against: undefined });
});

test("its own benches, rounds and form", () => {
  const plan = planOf(["--only", "verify", "--only", "startup", "--rounds", "1", "--json"]);
  expect(plan).toMatchObject({ benches: ["verify", "startup"], rounds: 1, json: true });
  expect(planOf(["--help"])).toBe("help");
});

test("another verifier, beside our verification alone unless something else is named", () => {
  const words = ["--against-command", "v -r {report} --vcek={vek}", "--against-module", "v.mjs", "--export", "check", "--crl", "list.der"];
  const against = {
    command: ["v", "-r", "{report}", "--vcek={vek}"],
    module: { file: "v.mjs", exported: "check" },
    vector: "milan-v3",
    crl: "list.der",
  };
  expect(planOf(words)).toEqual({ benches: ["verify"], rounds: undefined, json: false, against });
  expect(planOf(["--only", "launch", "--against-module", "v.mjs", "--vector", "simulated"])).toMatchObject({
    benches: ["launch"],
    against: { command: undefined, module: { file: "v.mjs", exported: "verify" }, vector: "simulated" },
  });
});

test.each([
  [["--rounds", "0"], "--rounds"],
  [["--rounds", "1.5"], "--rounds"],
  [["--rounds", "many"], "--rounds"],
  [["--only", "everything"], "there is no bench everything"],
  [["--against"], "--against"],
  [["more"], "more"],
  [["--vector", "milan-v3"], "--vector"],
  [["--crl", "list.der"], "--crl"],
  [["--against-command", "v {report}", "--export", "check"], "--export"],
  [["--against-module", "v.mjs", "--vector", "simulated", "--crl", "list.der"], "--crl"],
  [["--against-command", ""], "empty"],
  [["--against-command", "v {vek}"], "{report}"],
])("%j is refused in words about %s", (words, about) => {
  expect(planOf(words)).toEqual({ wrong: expect.stringContaining(about) as string });
});
