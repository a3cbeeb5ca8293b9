// What `portcullis report appraise` answers: files in, every check out, and the exit code. Exit 0 accepted, 1 refused, 2 where a file, the policy or
// a certificate cannot be read. It has no network, no state and no manager.
import { noHistory, type LaunchHistory } from "../appraise/history.ts";
import { parseHistory } from "../appraise/history-parser.ts";
import type { CheckResult } from "../appraise/result.ts";
import { fromHex, isZero } from "../base/bytes.ts";
import { failure } from "../base/failure.ts";
import { fail, ok, type Result } from "../base/result.ts";
import { configurationDigest, parseConfiguration } from "../launch/agent-configuration.ts";
import { nodePrimitives } from "../node/primitives.ts";
import type { CommonOptions } from "./command.ts";
import { type ExitCode, type Output, printable } from "./output.ts";
import { readPolicyFile, readJsonFile, refuseInput } from "./policy-file.ts";
import { type AppraisalAnswer, type AppraisalFiles, type AppraisalInput, appraiseReport } from "./report/appraise.ts";
import { instantOf, maximumFile, maximumReport, readFile, unreadable } from "./report-run.ts";

export interface AppraiseOptions extends CommonOptions {
  readonly policy: string;
  readonly vek: string;
  readonly chain: readonly string[];
  readonly crl?: readonly string[];
  readonly at?: string;
  readonly configuration?: string;
  readonly reportData?: string;
  readonly history?: string;
  readonly firstLaunch?: boolean;
  readonly simulatedArk?: string;
}

export function appraiseFiles(file: string, options: AppraiseOptions, output: Output): ExitCode {
  const input = inputOf(options);
  if (!input.ok) return refuseInput(output, input.failure);
  const files = filesOf(file, options);
  if (!files.ok) return output.refuse(files.failure);
  const answer = appraiseReport(files.value, input.value);
  if (!answer.ok) return unreadable(output, answer.failure);
  output.answer(answer.value, () => answerText(answer.value));
  return answer.value.verdict === "accepted" ? 0 : 1;
}

function inputOf(options: AppraiseOptions): Result<AppraisalInput> {
  const policy = readPolicyFile(options.policy);
  if (!policy.ok) return policy;
  const at = instantOf(options.at);
  if (!at.ok) return at;
  const digest = options.configuration === undefined ? ok(undefined) : digestOf(options.configuration);
  if (!digest.ok) return digest;
  const reportData = options.reportData === undefined ? ok(undefined) : reportDataOf(options.reportData);
  if (!reportData.ok) return reportData;
  const history = historyOf(options);
  if (!history.ok) return history;
  return ok({
    policy: policy.value,
    at: at.value,
    configurationDigest: digest.value,
    reportData: reportData.value,
    history: history.value,
    primitives: nodePrimitives,
  });
}

function filesOf(file: string, { vek, chain, crl = [], simulatedArk }: AppraiseOptions): Result<AppraisalFiles> {
  const report = readFile(file, maximumReport);
  if (!report.ok) return report;
  const contents: Uint8Array[] = [];
  for (const path of [vek, ...chain, ...crl, ...(simulatedArk === undefined ? [] : [simulatedArk])]) {
    const read = readFile(path, maximumFile);
    if (!read.ok) return read;
    contents.push(read.value);
  }
  const [leaf = new Uint8Array(0), ...others] = contents;
  const crls = others.slice(chain.length, chain.length + crl.length);
  const ark = simulatedArk === undefined ? undefined : others.at(-1);
  return ok({ report: report.value, vek: leaf, chain: others.slice(0, chain.length), crls, simulatedArk: ark });
}

/** A digest in hex, or the file that it is the digest of. */
function digestOf(given: string): Result<Uint8Array> {
  const digest = given.length === 2 * digestLength ? fromHex(given) : undefined;
  if (digest !== undefined) return ok(digest);
  const bytes = readFile(given, maximumFile);
  if (!bytes.ok) return bytes;
  const parsed = parseConfiguration(bytes.value);
  return parsed.ok ? ok(configurationDigest(parsed.value.bytes, nodePrimitives)) : parsed;
}

function historyOf({ history, firstLaunch }: AppraiseOptions): Result<LaunchHistory | undefined> {
  if (history !== undefined && firstLaunch === true) return fail(failure("cli.usage", "--first-launch says that there is no --history"));
  if (history === undefined) return ok(firstLaunch === true ? noHistory : undefined);
  const json = readJsonFile(history, "appraise.history-malformed");
  return json.ok ? parseHistory(json.value) : json;
}

/** SECURITY: zeros are what a report carries that nobody asked anything of. */
function reportDataOf(given: string): Result<Uint8Array> {
  const bytes = fromHex(given);
  return bytes?.length === reportDataLength && !isZero(bytes)
    ? ok(bytes)
    : fail(failure("cli.usage", "--report-data is 64 bytes of lower-case hex, not all zero"));
}

function answerText({ verdict, checks, simulated, product, signer }: AppraisalAnswer): string {
  const whose = product === null ? "" : ` (${product}${signer === null ? "" : `, ${signer}`})`;
  return [
    `${verdict === "accepted" ? "Accepted" : "Refused"}${whose}${simulated ? ", SIMULATED" : ""}`,
    ...checks.flatMap(checkLines),
  ].join("\n");
}

function checkLines({ verdict, title, expected, actual, sentence, code, signal }: CheckResult): string[] {
  const note = signal === undefined ? [] : [`  NOTE    ${printable(signal)}`];
  if (verdict === "pass") return [`  pass    ${title}: ${printable(actual)}`, ...note];
  if (verdict === "waived") return [`  waived  ${title}: ${printable(actual)}`, `          ${printable(sentence)}`, ...note];
  return [
    `  FAIL    ${title} [${code ?? ""}]`,
    `          expected: ${printable(expected)}`,
    `          actual:   ${printable(actual)}`,
    `          ${printable(sentence)}`,
  ];
}

const digestLength = 32;
const reportDataLength = 64;
