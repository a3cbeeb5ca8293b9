// Which DER values does a file hold? One DER value, or PEM blocks of one label (RFC 7468, strict form). Never both in one file.
import { fromBase64, toBase64 } from "../base/bytes.ts";
import { failure, type FailureCode } from "../base/failure.ts";
import { fail, ok, type Result } from "../base/result.ts";
import { fromUtf8 } from "../base/utf8.ts";

export type PemLabel = "CERTIFICATE" | "X509 CRL" | "PUBLIC KEY";

/** @returns undefined where `bytes` is neither. Whether a value is well formed is the caller's question. */
function derValuesOf(bytes: Uint8Array, label: PemLabel): Uint8Array[] | undefined {
  if (bytes[0] === derSequence) return [bytes];
  const text = fromUtf8(bytes)?.trim();
  if (text === undefined) return undefined;
  const values: Uint8Array[] = [];
  // Blocks follow each other directly: text between them is refused rather than skipped.
  let rest = text;
  while (rest !== "") {
    const begin = `-----BEGIN ${label}-----`;
    const end = `-----END ${label}-----`;
    const stop = rest.indexOf(end);
    if (!rest.startsWith(begin) || stop === -1) return undefined;
    const value = fromBase64(rest.slice(begin.length, stop).replaceAll(/[ \t\r\n]/g, ""));
    if (value === undefined || value.length === 0) return undefined;
    values.push(value);
    rest = rest.slice(stop + end.length).trimStart();
  }
  return values.length === 0 ? undefined : values;
}

export interface PemContent<T> {
  readonly label: PemLabel;
  /** Bytes of the whole file. */
  readonly maximum: number;
  readonly malformed: FailureCode;
  readonly parse: (der: Uint8Array) => Result<T>;
}

/** All values of a file, or the first fault. */
export function parseEach<T>(bytes: Uint8Array, { label, maximum, malformed, parse }: PemContent<T>): Result<T[]> {
  if (bytes.length > maximum) return fail(failure(malformed, `${bytes.length} bytes`));
  const values = derValuesOf(bytes, label);
  if (values === undefined) return fail(failure(malformed, "neither DER nor PEM"));
  const parsed: T[] = [];
  for (const value of values) {
    const one = parse(value);
    if (!one.ok) return one;
    parsed.push(one.value);
  }
  return ok(parsed);
}

export function encodePem(der: Uint8Array, label: PemLabel): string {
  const lines = toBase64(der).match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`;
}

const derSequence = 0x30;
