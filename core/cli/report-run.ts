// What `portcullis report decode` and `report verify` answer: files in, words or JSON out, and the exit code.
// Exit 2 where a file cannot be read or a certificate cannot be parsed; a report that is not genuine is exit 1.
import { rfc3339 } from "../base/clock.ts";
import { type Failure, failure, failureTable } from "../base/failure.ts";
import { fail, ok, type Result } from "../base/result.ts";
import { systemClock } from "../node/clock.ts";
import { readBounded } from "../node/files.ts";
import { nodePrimitives } from "../node/primitives.ts";
import type { ExitCode, Output } from "./output.ts";
import type { CommonOptions } from "./command.ts";
import { productNamed } from "./product-option.ts";
import { decodeReport } from "./report/decode.ts";
import { reportText } from "./report-text.ts";
import { verifyReportFiles } from "./report/verify.ts";

export interface DecodeOptions extends CommonOptions {
  readonly product?: string;
}

export interface VerifyOptions extends DecodeOptions {
  readonly vek: string;
  readonly chain: readonly string[];
  readonly crl?: readonly string[];
  readonly at?: string;
}

export function decode(file: string, options: DecodeOptions, output: Output): ExitCode {
  const product = productNamed(options.product);
  if (!product.ok) return output.refuse(product.failure);
  const bytes = readFile(file, maximumReport);
  if (!bytes.ok) return output.refuse(bytes.failure);
  const decoded = decodeReport(bytes.value, { product: product.value });
  if (!decoded.ok) return unreadable(output, decoded.failure);
  output.answer(decoded.value, () => reportText(decoded.value));
  return 0;
}

export function verify(file: string, options: VerifyOptions, output: Output): ExitCode {
  const product = productNamed(options.product);
  if (!product.ok) return output.refuse(product.failure);
  const at = instantOf(options.at);
  if (!at.ok) return output.refuse(at.failure);
  const report = readFile(file, maximumReport);
  if (!report.ok) return output.refuse(report.failure);
  const [vek, ...others] = [options.vek, ...options.chain, ...(options.crl ?? [])].map((path) => readFile(path, maximumFile));
  const contents: Uint8Array[] = [];
  for (const read of others) {
    if (!read.ok) return output.refuse(read.failure);
    contents.push(read.value);
  }
  if (vek?.ok !== true) return output.refuse(vek?.failure ?? failure("cli.unreadable", options.vek));
  const files = {
    report: report.value,
    vek: vek.value,
    chain: contents.slice(0, options.chain.length),
    crls: contents.slice(options.chain.length),
  };
  const verdict = verifyReportFiles(files, { at: at.value, primitives: nodePrimitives, product: product.value });
  if (!verdict.ok) return unreadable(output, verdict.failure);
  const { genuine, failures, revocation, signer } = verdict.value;
  output.answer(verdict.value, () =>
    [
      genuine ? `Genuine: signed with a ${signer ?? ""} of an AMD ${verdict.value.product ?? ""} processor.` : "Not genuine.",
      ...failures.map(({ code, message }) => `  ${message} [${code}]`),
      revocation === "checked" ? "Revocation was checked." : "Revocation was not checked: no list was given.",
    ].join("\n"),
  );
  return genuine ? 0 : 1;
}

/** The refusal of an input that cannot be read is exit 2, whichever room it comes from. */
export function unreadable(output: Output, of: Failure): ExitCode {
  const code = output.refuse(of);
  return ["malformed", "unsupported"].includes(failureTable[of.code].family) ? 2 : code;
}

/** RFC 3339, or now. */
export function instantOf(text: string | undefined): Result<number> {
  if (text === undefined) return ok(systemClock.now());
  const instant = rfc3339Form.test(text) ? Date.parse(text) : Number.NaN;
  // Date.parse takes 31 February for a day in March: the date must come back as it was written.
  const midnight = Date.parse(`${text.slice(0, 10)}T00:00:00Z`);
  const real = !Number.isNaN(midnight) && rfc3339(midnight).startsWith(text.slice(0, 10)) && text.slice(11, 13) !== "24";
  return Number.isNaN(instant) || !real
    ? fail(failure("cli.usage", `--at is an RFC 3339 time like 2026-11-24T00:00:00Z, not ${text}`))
    : ok(instant);
}

export function readFile(path: string, maximum: number): Result<Uint8Array> {
  const read = readBounded(path, maximum);
  if (read.ok && read.value !== undefined) return ok(read.value);
  return fail(failure("cli.unreadable", path, read.ok ? undefined : read.failure));
}

const rfc3339Form = /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:[Zz]|[+-]\d{2}:\d{2})$/;
/** Far more than a report, so that a wrong file is told by its length. */
export const maximumReport = 1_048_576;
/** AMD's lists and chains are a few kilobytes. */
export const maximumFile = 4_194_304;
