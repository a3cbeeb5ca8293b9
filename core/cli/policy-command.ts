// `portcullis policy`: a policy to start from, what is wrong with one, and what changed between two. Works alone, without a manager and without
// a network. Only its options are here; policy-run.ts answers.
import type { Command } from "commander";
import { collect, type CommonOptions, makeCommand, makeGroup, offlineOutput } from "./command.ts";
import { createOutput, type Output } from "./output.ts";
import type { FillOptions, FloorsOptions } from "./policy-floors.ts";
import type { PresetOptions } from "./policy-run.ts";

export function policyCommand(): Command {
  const command = makeGroup("policy", "make, check and compare policies, without a manager", [
    "policy preset standard --yaml > policy.yaml",
    "policy check policy.yaml",
    "policy fill policy.yaml --report host-1.bin --certainty two-sources",
    "policy diff old.json new.yaml",
  ]);
  command.addCommand(presetCommand());
  command.addCommand(checkCommand());
  command.addCommand(diffCommand());
  command.addCommand(floorsCommand());
  command.addCommand(fillCommand());
  command.addCommand(schemaCommand());
  return command;
}

function presetCommand(): Command {
  return makeCommand("preset", "print a policy to start from", [
    "policy preset standard --yaml > policy.yaml",
    "policy preset strict --measurement HEX --chip HEX",
    "policy preset simulated",
  ])
    .argument("<name>", "strict, standard (where a new VM starts), lab, or simulated; --yaml says what each is for")
    .option("--yaml", "as YAML, with a comment on each field")
    .option("--measurement <hex>", "a launch measurement that is accepted, 48 bytes; may be given more than once", collect)
    .option("--chip <hex>", "a chip on which the VM may run, 64 bytes; may be given more than once", collect)
    .action(async (name: string, options: PresetOptions) => {
      const { preset } = await import("./policy-run.ts");
      process.exitCode = preset(name, options, policyOutput(options));
    });
}

function checkCommand(): Command {
  return makeCommand("check", "is this file a policy? Names everything that is wrong with it", ["policy check policy.json"])
    .argument("<file>", "the policy, JSON or YAML")
    .action(async (file: string, options: CommonOptions) => {
      const { check } = await import("./policy-run.ts");
      process.exitCode = check(file, offlineOutput(options));
    });
}

function diffCommand(): Command {
  return makeCommand("diff", "what became stricter, looser or waived? Exit 1 where anything became looser", [
    "policy diff old.json new.json",
  ])
    .argument("<before>", "a policy, JSON or YAML")
    .argument("<after>", "a policy, JSON or YAML")
    .action(async (before: string, after: string, options: CommonOptions) => {
      const { diff } = await import("./policy-run.ts");
      process.exitCode = diff(before, after, offlineOutput(options));
    });
}

function floorsCommand(): Command {
  return makeCommand("floors", "what AMD's bulletins are said to ask for, with source, date and certainty of each line", [
    "policy floors",
    "policy floors --json > floors.json",
    "policy floors --table floors.json",
  ])
    .option("--table <file>", "a table of your own of the same form, instead of the built-in one")
    .action(async (options: FloorsOptions) => {
      const { floors } = await import("./policy-floors.ts");
      process.exitCode = floors(options, offlineOutput(options));
    });
}

function fillCommand(): Command {
  return makeCommand("fill", "print a policy with floors for TCB, firmware and mitigations", [
    "policy fill policy.yaml --report host-1.bin --report host-2.bin > filled.json",
    "policy fill policy.yaml --certainty two-sources --yaml",
  ])
    .argument("<file>", "the policy, JSON or YAML")
    .option(
      "--report <file>",
      "a report of a machine on which the VM shall run: no lower than the lowest of them; may be given more than once",
      collect,
    )
    .option("--certainty <least>", "use the table's lines that are at least as sure: bulletin, two-sources, one-source, disputed")
    .option("--table <file>", "a table of your own, instead of the built-in one")
    .option("--yaml", "as YAML, with a comment on each field")
    .action(async (file: string, options: FillOptions) => {
      const { fill } = await import("./policy-floors.ts");
      process.exitCode = fill(file, options, policyOutput(options));
    });
}

/** YAML is asked for by name, also where a pipe reads. */
function policyOutput(options: CommonOptions & { readonly yaml?: boolean }): Output {
  return options.yaml === true && options.json !== true ? createOutput(false) : offlineOutput(options);
}

function schemaCommand(): Command {
  return makeCommand("schema", "print the form of a policy as JSON Schema, for editors", ["policy schema > policy.schema.json"]).action(
    async (options: CommonOptions) => {
      const { schema } = await import("./policy-run.ts");
      process.exitCode = schema(offlineOutput(options));
    },
  );
}
