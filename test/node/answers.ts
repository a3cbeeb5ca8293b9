// One word for a result, so that a test can assert codes. Apart from kit.ts because child processes use it outside vitest.
import type { FailureCode } from "../../core/base/failure.ts";
import type { Result } from "../../core/base/result.ts";

export function codeOf<T>(result: Result<T>): FailureCode | "ok" {
  return result.ok ? "ok" : result.failure.code;
}
