// `portcullis report compare` and `launches compare`: what differs between two launches, field by field in words? The first reads two files, the second asks
// the manager. Exit 1 where something differs. Neither says whether a report is genuine.
import type { Command } from "commander";
import { compareReports } from "../appraise/report-difference.ts";
import type { ComparisonView } from "../api/explain-schemas.ts";
import { ok, type Result } from "../base/result.ts";
import { products } from "../snp/product.ts";
import { parseReport, type Report } from "../snp/report.ts";
import { askManager, makeCommand, makeManagerCommand, type ManagerOptions, offlineOutput } from "./command.ts";
import { type ExitCode, type Output, printable } from "./output.ts";
import { refuseInput } from "./policy-file.ts";
import { productNamed } from "./product-option.ts";
import { type DecodeOptions, maximumReport, readFile } from "./report-run.ts";

export function compareReportsCommand(): Command {
  return makeCommand("compare", "what differs between two reports, field by field in words; exit 1 where something does", [
    "report compare before.bin after.bin",
    "report compare before.bin after.bin --json",
  ])
    .argument("<before>", "a report, exactly 1184 bytes")
    .argument("<after>", "another")
    .option("--product <name>", `for version 2, which does not name its processor: ${products.join(", ")}`)
    .action((before: string, after: string, options: DecodeOptions) => {
      process.exitCode = compareFiles(before, after, options, offlineOutput(options));
    });
}

export function compareLaunchesCommand(): Command {
  return makeManagerCommand("compare", "what differs between two launches, field by field in words; exit 1 where something does", [
    "launches compare EARLIER LATER",
    "launches compare EARLIER LATER --json",
  ])
    .argument("<before>", "the earlier launch's id")
    .argument("<after>", "the later one's")
    .action((before: string, after: string, options: ManagerOptions) =>
      askManager(options, async (api, output) => answer(await api.launches.compare({ before, after }), output)),
    );
}

function compareFiles(before: string, after: string, options: DecodeOptions, output: Output): ExitCode {
  const product = productNamed(options.product);
  if (!product.ok) return refuseInput(output, product.failure);
  const [old, now] = [reportFrom(before), reportFrom(after)];
  if (!old.ok) return refuseInput(output, old.failure);
  if (!now.ok) return refuseInput(output, now.failure);
  const { differences, always } = compareReports(old.value, now.value, product.value);
  return answer({ differences: [...differences], always }, output);
}

function reportFrom(path: string): Result<Report> {
  const bytes = readFile(path, maximumReport);
  if (!bytes.ok) return bytes;
  const parsed = parseReport(bytes.value);
  return parsed.ok ? ok(parsed.value) : parsed;
}

function answer(comparison: ComparisonView, output: Output): ExitCode {
  output.answer(comparison, () => comparisonText(comparison));
  return comparison.differences.length === 0 ? 0 : 1;
}

function comparisonText({ differences, always }: ComparisonView): string {
  const lines = differences.flatMap(({ group, name, before, after, sentence }, index) => [
    ...(group === differences[index - 1]?.group ? [] : ["", group]),
    `  ${name}: ${sentence}`,
    ...(sentence.includes(before) && sentence.includes(after) ? [] : [`    before ${before}`, `    after  ${after}`]),
  ]);
  const [first = "Nothing differs.", ...others] = lines.filter((line, index) => index > 0 || line !== "");
  return [first, ...others, "", always].map(printable).join("\n");
}
