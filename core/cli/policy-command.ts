// `portcullis policy`: a policy to start from, what is wrong with one, and what changed between two. Works alone, without a manager and without
// a network. Only its options are here; policy-run.ts answers.
import type { Command } from "commander";
import { collect, type CommonOptions, makeCommand, makeGroup, offlineOutput } from "./command.ts";
import type { PresetOptions } from "./policy-run.ts";

export function policyCommand(): Command {
  const command = makeGroup("policy", "make, check and compare policies, without a manager", [
    "policy preset manual > policy.json",
    "policy check policy.json",
    "policy diff old.json new.json",
  ]);
  command.addCommand(presetCommand());
  command.addCommand(checkCommand());
  command.addCommand(diffCommand());
  command.addCommand(schemaCommand());
  return command;
}

function presetCommand(): Command {
  return makeCommand("preset", "print a policy to start from, as JSON", [
    "policy preset manual > policy.json",
    "policy preset manual --measurement HEX --chip HEX",
    "policy preset simulated",
  ])
    .argument("<name>", "manual: a person approves every launch; simulated: for VMs that are enrolled as simulated")
    .option("--measurement <hex>", "a launch measurement that is accepted, 48 bytes; may be given more than once", collect)
    .option("--chip <hex>", "a chip on which the VM may run, 64 bytes; may be given more than once", collect)
    .action(async (name: string, options: PresetOptions) => {
      const { preset } = await import("./policy-run.ts");
      process.exitCode = preset(name, options, offlineOutput(options));
    });
}

function checkCommand(): Command {
  return makeCommand("check", "is this file a policy? Names everything that is wrong with it", ["policy check policy.json"])
    .argument("<file>", "the policy, JSON")
    .action(async (file: string, options: CommonOptions) => {
      const { check } = await import("./policy-run.ts");
      process.exitCode = check(file, offlineOutput(options));
    });
}

function diffCommand(): Command {
  return makeCommand("diff", "what became stricter, looser or waived? Exit 1 where anything became looser", [
    "policy diff old.json new.json",
  ])
    .argument("<before>", "a policy, JSON")
    .argument("<after>", "a policy, JSON")
    .action(async (before: string, after: string, options: CommonOptions) => {
      const { diff } = await import("./policy-run.ts");
      process.exitCode = diff(before, after, offlineOutput(options));
    });
}

function schemaCommand(): Command {
  return makeCommand("schema", "print the form of a policy as JSON Schema, for editors", ["policy schema > policy.schema.json"]).action(
    async (options: CommonOptions) => {
      const { schema } = await import("./policy-run.ts");
      process.exitCode = schema(offlineOutput(options));
    },
  );
}
