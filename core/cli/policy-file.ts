// What does a policy file demand? Reads it whole and strictly; a file that is no policy is as unreadable as one that is not there (exit 2).
import { jsonFromText, maximumPolicyText } from "../appraise/policy-text.ts";
import { parsePolicy } from "../appraise/policy-parser.ts";
import type { AppraisalPolicy } from "../appraise/policy.ts";
import { type Failure, failure, type FailureCode } from "../base/failure.ts";
import type { Json } from "../base/json.ts";
import { fail, type Result } from "../base/result.ts";
import { fromUtf8 } from "../base/utf8.ts";
import type { ExitCode, Output } from "./output.ts";
import { readFile } from "./report-run.ts";

export function readPolicyFile(path: string): Result<AppraisalPolicy> {
  const json = readJsonFile(path);
  return json.ok ? parsePolicy(json.value) : json;
}

/** @param otherwise the code where it is neither JSON nor YAML of the same meaning. */
export function readJsonFile(path: string, otherwise: FailureCode = "appraise.policy-malformed"): Result<Json> {
  const bytes = readFile(path, maximumPolicy);
  if (!bytes.ok) return bytes;
  const text = fromUtf8(bytes.value);
  if (text === undefined) return fail(failure(otherwise, `${path} is not UTF-8`));
  const json = jsonFromText(text);
  return json.ok ? json : fail(failure(otherwise, `${path}: ${json.failure.detail ?? ""}`));
}

/** For what the person gave us and we cannot use: exit 2, whatever its family. */
export function refuseInput(output: Output, of: Failure): ExitCode {
  output.refuse(of);
  return 2;
}

/** Bytes: every character that is read may take four. */
export const maximumPolicy = 4 * maximumPolicyText;
