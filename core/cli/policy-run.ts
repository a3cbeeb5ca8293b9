// What `portcullis policy` answers: policies in, words or JSON out, and the exit code. Exit 1 where a file is no policy, or where one became looser;
// exit 2 where a file cannot be read.
import { type PolicyChange, policyDifference } from "../appraise/policy-difference.ts";
import { policySchema } from "../appraise/policy-schema.ts";
import { parsePolicy, policyFaults } from "../appraise/policy-parser.ts";
import { presetNames, presets } from "../appraise/presets.ts";
import { policyYaml } from "../appraise/policy-yaml.ts";
import { waivers } from "../appraise/waivers.ts";
import { failure } from "../base/failure.ts";
import type { CommonOptions } from "./command.ts";
import { type ExitCode, type Output, printable } from "./output.ts";
import { readPolicyFile, readJsonFile, refuseInput } from "./policy-file.ts";

export interface PresetOptions extends CommonOptions {
  readonly measurement?: readonly string[];
  readonly chip?: readonly string[];
  readonly yaml?: boolean;
}

export function preset(name: string, { measurement = [], chip = [], yaml }: PresetOptions, output: Output): ExitCode {
  const chosen = presetNames.find((one) => one === name);
  if (chosen === undefined) return output.refuse(failure("cli.usage", `presets are ${presetNames.join(", ")}`));
  if (chosen === "simulated" && measurement.length + chip.length > 0)
    return output.refuse(failure("cli.usage", "a simulated VM has no measurement and no chip of yours"));
  const measurements = measurement.map((digest) => ({ digest, label: "named on the command line" }));
  const policy = presets[chosen].policy({ measurements, chipIds: chip });
  // What was typed is read like a file.
  const parsed = parsePolicy(policy);
  if (!parsed.ok) return refuseInput(output, parsed.failure);
  output.answer(policy, () => (yaml === true ? policyYaml(policy, presets[chosen].notes) : JSON.stringify(policy, undefined, 2)));
  return 0;
}

export function schema(output: Output): ExitCode {
  output.answer(policySchema, () => JSON.stringify(policySchema, undefined, 2));
  return 0;
}

export function check(file: string, output: Output): ExitCode {
  const json = readJsonFile(file);
  if (!json.ok) return refuseInput(output, json.failure);
  const faults = policyFaults(json.value);
  const policy = parsePolicy(json.value);
  const waived = policy.ok ? waivers(policy.value) : [];
  output.answer({ policy: policy.ok, faults, waived }, () =>
    [
      policy.ok ? "A policy: every check is required or waived with a reason." : `Not a policy. Faults: ${faults.length}`,
      ...faults.map((fault) => `  ${printable(fault)}`),
      ...waived.map(({ title, reason }) => `  waived  ${title}: ${printable(reason)}`),
    ].join("\n"),
  );
  return policy.ok ? 0 : 1;
}

export function diff(before: string, after: string, output: Output): ExitCode {
  const old = readPolicyFile(before);
  if (!old.ok) return refuseInput(output, old.failure);
  const now = readPolicyFile(after);
  if (!now.ok) return refuseInput(output, now.failure);
  const changes = policyDifference(old.value, now.value);
  const looser = changes.some(({ direction }) => direction === "looser");
  output.answer({ looser, changes }, () => (changes.length === 0 ? "Both demand the same." : changes.map(changeText).join("\n")));
  return looser ? 1 : 0;
}

function changeText({ direction, title, sentence }: PolicyChange): string {
  return `${direction.padEnd(8)}  ${title}: ${printable(sentence)}`;
}
