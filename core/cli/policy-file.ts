// What does a policy file demand? Reads it whole and strictly; a file that is no policy is as unreadable as one that is not there (exit 2).
import { parsePolicy } from "../appraise/policy-parser.ts";
import type { AppraisalPolicy } from "../appraise/policy.ts";
import { type Failure, failure } from "../base/failure.ts";
import { type Json, JsonFault, parseJson } from "../base/json.ts";
import { fail, ok, type Result } from "../base/result.ts";
import { fromUtf8 } from "../base/utf8.ts";
import type { ExitCode, Output } from "./output.ts";
import { readFile } from "./report-run.ts";

export function readPolicyFile(path: string): Result<AppraisalPolicy> {
  const json = readPolicyJson(path);
  return json.ok ? parsePolicy(json.value) : json;
}

/** `appraise.policy-malformed` where it is not strict JSON. */
export function readPolicyJson(path: string): Result<Json> {
  const bytes = readFile(path, maximumPolicy);
  if (!bytes.ok) return bytes;
  const text = fromUtf8(bytes.value);
  if (text === undefined) return fail(failure("appraise.policy-malformed", `${path} is not UTF-8`));
  try {
    return ok(parseJson(text));
  } catch (cause) {
    if (cause instanceof JsonFault) return fail(failure("appraise.policy-malformed", `${path}: ${cause.message}`));
    throw cause;
  }
}

/** For what the person gave us and we cannot use: exit 2, whatever its family. */
export function refuseInput(output: Output, of: Failure): ExitCode {
  output.refuse(of);
  return 2;
}

/** The longest lists of the longest digests stay far below. */
const maximumPolicy = 1_048_576;
