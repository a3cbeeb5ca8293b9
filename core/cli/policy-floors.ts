// What `portcullis policy floors` and `policy fill` answer: what is known of bulletins, and a policy with floors from them or from the owner's machines.
// Nothing uncertain is taken without the owner's word: without --certainty the table is shown and not used.
import { beyondFloors, knownFloors } from "../appraise/floors/known-floors.ts";
import { certainties, parseFloorTable, type Certainty, type FloorDemand, type KnownFloor } from "../appraise/floors/floor-table.ts";
import { fillFloors, shortOf, type Shortfall } from "../appraise/floors/fill.ts";
import { policyDifference } from "../appraise/policy-difference.ts";
import { failure } from "../base/failure.ts";
import { fail, ok, type Result } from "../base/result.ts";
import { parseReport, type Report } from "../snp/report.ts";
import type { CommonOptions } from "./command.ts";
import { type ExitCode, type Output, printable } from "./output.ts";
import { readPolicyFile, readJsonFile, refuseInput } from "./policy-file.ts";
import { policyYaml } from "../appraise/policy-yaml.ts";
import { maximumReport, readFile } from "./report-run.ts";

export interface FloorsOptions extends CommonOptions {
  readonly table?: string;
}

export interface FillOptions extends FloorsOptions {
  readonly report?: readonly string[];
  readonly certainty?: string;
  readonly yaml?: boolean;
}

export function floors({ table }: FloorsOptions, output: Output): ExitCode {
  const known = tableFrom(table);
  if (!known.ok) return refuseInput(output, known.failure);
  output.answer({ version: 1, floors: known.value }, () =>
    [
      "What projects that cite AMD's bulletins say; none of it is a default. `policy fill --certainty …` puts it into a policy.",
      "",
      ...known.value.map(floorLine),
      "",
      "What no floor shows:",
      ...beyondFloors.map(({ issue, helps }) => `  ${issue}: ${helps}`),
    ].join("\n"),
  );
  return 0;
}

export function fill(file: string, options: FillOptions, output: Output): ExitCode {
  const policy = readPolicyFile(file);
  if (!policy.ok) return refuseInput(output, policy.failure);
  const table = tableFrom(options.table);
  if (!table.ok) return refuseInput(output, table.failure);
  const certainty = certaintyOf(options.certainty);
  if (!certainty.ok) return refuseInput(output, certainty.failure);
  const reports = reportsFrom(options.report ?? []);
  if (!reports.ok) return refuseInput(output, reports.failure);
  if (reports.value.length === 0 && certainty.value === undefined)
    return refuseInput(output, failure("cli.usage", "floors come from --report, or from the table with --certainty"));
  const filled = fillFloors(policy.value, { table: table.value, certainty: certainty.value, reports: reports.value });
  for (const { sentence, title } of policyDifference(policy.value, filled)) output.note(`${title}: ${printable(sentence)}`);
  for (const shortfall of shortOf(reports.value, table.value)) output.note(shortfallLine(shortfall));
  output.answer(filled, () => (options.yaml === true ? policyYaml(filled) : JSON.stringify(filled, undefined, 2)));
  return 0;
}

function tableFrom(path: string | undefined): Result<readonly KnownFloor[]> {
  if (path === undefined) return ok(knownFloors);
  const json = readJsonFile(path, "appraise.floors-malformed");
  return json.ok ? parseFloorTable(json.value) : json;
}

function certaintyOf(word: string | undefined): Result<Certainty | undefined> {
  if (word === undefined) return ok(undefined);
  const certainty = certainties.find((one) => one === word);
  return certainty === undefined ? fail(failure("cli.usage", `--certainty is one of ${certainties.join(", ")}`)) : ok(certainty);
}

/** A report without a CPUID names no line of silicon, so no floor can be taken from it. */
function reportsFrom(paths: readonly string[]): Result<readonly Report[]> {
  const reports: Report[] = [];
  for (const path of paths) {
    const bytes = readFile(path, maximumReport);
    if (!bytes.ok) return bytes;
    const report = parseReport(bytes.value);
    if (!report.ok) return report;
    if (report.value.cpuid === undefined) return fail(failure("cli.usage", `${path} is of version 2 and does not name its processor`));
    reports.push(report.value);
  }
  return ok(reports);
}

function floorLine({ line, demand, issue, bulletin, cve, certainty, source, date }: KnownFloor): string {
  return `  ${line.padEnd(13)}  ${demandText(demand).padEnd(18)}  ${printable(`${issue} (${bulletin}, ${cve}); ${certainty}: ${source}, ${date}`)}`;
}

function demandText(demand: FloorDemand): string {
  if ("firmware" in demand) return `firmware ${demand.firmware}`;
  if ("mitigationBit" in demand) return `mitigation bit ${demand.mitigationBit}`;
  return `${demand.component} ${demand.least}`;
}

function shortfallLine({ line, issue, bulletin, demanded, found }: Shortfall): string {
  return printable(`A ${line} machine is below ${bulletin} (${issue}), which is said to ask for ${demanded}: found ${found}.`);
}
