// Which launches does an owner vouch for? An in-toto Statement v1 whose subjects are launch measurements, with what went into each: digests
// of boot files, vCPUs, guest policy. A predicate of our own type, read strictly: one value for one subject. Whether it was signed is
// envelope.ts's question.
import { fromHex } from "../../base/bytes.ts";
import { rfc3339, type Instant } from "../../base/clock.ts";
import { failure } from "../../base/failure.ts";
import { canonicalBytes, type Json, type JsonObject } from "../../base/json.ts";
import { fail, ok, type Result } from "../../base/result.ts";
import { isList, isObject, objectFrom } from "./json-shapes.ts";

export interface ReferenceFile {
  readonly name: string;
  /** Hex, 32 bytes. */
  readonly sha256: string;
}

/** One launch that is vouched for. All but the measurement is for people, and for whoever measures again. */
export interface SignedReference {
  readonly label: string;
  /** Hex, 48 bytes. */
  readonly measurement: string;
  readonly vmm: string;
  readonly vcpus: number;
  readonly vcpuModel: string;
  /** CPUID Fn0000_0001 EAX. */
  readonly vcpuSignature: number;
  /** "0x…". */
  readonly guestFeatures: string;
  readonly firmware: ReferenceFile;
  readonly kernel?: ReferenceFile;
  readonly initrd?: ReferenceFile;
  readonly commandLine?: string;
  /** POLICY of the launch, "0x…", where it is known. */
  readonly guestPolicy?: string;
  readonly guestSvn?: number;
}

export interface ReferenceStatement {
  readonly madeAt: Instant;
  readonly values: readonly SignedReference[];
}

/** The bytes that are signed: canonical JSON. */
export function encodeStatement({ madeAt, values }: ReferenceStatement): Uint8Array {
  return canonicalBytes({
    _type: statementType,
    subject: values.map(({ label, measurement }) => ({ name: label, digest: { sha384: measurement } })),
    predicateType,
    predicate: { madeAt: rfc3339(madeAt), values: values.map(encodeValue) },
  });
}

/** `reference.malformed`, `reference.predicate-type`. */
export function parseStatement(bytes: Uint8Array): Result<ReferenceStatement> {
  const json = objectFrom(bytes);
  if (!json.ok) return json;
  const { _type, subject, predicateType: type, predicate, ...others } = json.value;
  if (_type !== statementType) return malformed("not an in-toto Statement of version 1");
  if (type !== predicateType) return fail(failure("reference.predicate-type", typeof type === "string" ? type.slice(0, 100) : undefined));
  if (!isObject(predicate) || !isList(subject) || Object.keys(others).length > 0) return malformed("statement");
  const { madeAt, values, ...more } = predicate;
  const instant = typeof madeAt === "string" ? Date.parse(madeAt) : Number.NaN;
  if (!Number.isFinite(instant) || rfc3339(instant) !== madeAt) return malformed("madeAt");
  if (!isList(values) || Object.keys(more).length > 0) return malformed("predicate");
  if (values.length < 1 || values.length > maximumValues || values.length !== subject.length) return malformed(`${values.length} values`);
  const read: SignedReference[] = [];
  for (const [index, value] of values.entries()) {
    const one = valueFrom(value, subject[index]);
    if (one === undefined) return malformed(`value ${index}`);
    read.push(one);
  }
  if (new Set(read.map(({ measurement }) => measurement)).size !== read.length) return malformed("a measurement twice");
  return ok({ madeAt: instant, values: read });
}

function encodeValue({ vcpuSignature, ...value }: SignedReference): JsonObject {
  const { kernel, initrd, commandLine, guestPolicy, guestSvn, firmware, ...plain } = value;
  return {
    ...plain,
    vcpuSignature: `0x${vcpuSignature.toString(16).padStart(8, "0")}`,
    firmware: { ...firmware },
    ...(kernel === undefined ? {} : { kernel: { ...kernel } }),
    ...(initrd === undefined ? {} : { initrd: { ...initrd } }),
    ...(commandLine === undefined ? {} : { commandLine }),
    ...(guestPolicy === undefined ? {} : { guestPolicy }),
    ...(guestSvn === undefined ? {} : { guestSvn }),
  };
}

/** @returns undefined where it is not exactly one value, or not what its subject says. */
function valueFrom(json: Json, subject: Json | undefined): SignedReference | undefined {
  if (!isObject(json) || !isObject(subject) || !isObject(subject["digest"])) return undefined;
  const { label, measurement, vmm, vcpus, vcpuModel, vcpuSignature, guestFeatures, firmware, ...optional } = json;
  const { kernel, initrd, commandLine, guestPolicy, guestSvn, ...others } = optional;
  if (!isText(label, 200) || !isHex(measurement, 48) || !isText(vmm, 16) || !isText(vcpuModel, 200)) return undefined;
  if (!isWhole(vcpus, 1, 4096) || !isNumber(vcpuSignature, 8) || !isNumber(guestFeatures, 16) || !isFile(firmware)) return undefined;
  const saysTheSame = subject["name"] === label && subject["digest"]["sha384"] === measurement;
  const exactly = Object.keys(subject).length === 2 && Object.keys(subject["digest"]).length === 1 && Object.keys(others).length === 0;
  if (!saysTheSame || !exactly) return undefined;
  if ((kernel !== undefined && !isFile(kernel)) || (initrd !== undefined && !isFile(initrd))) return undefined;
  if (commandLine !== undefined && !(typeof commandLine === "string" && commandLine.length <= 4096)) return undefined;
  if ((guestPolicy !== undefined && !isNumber(guestPolicy, 16)) || (guestSvn !== undefined && !isWhole(guestSvn, 0, 0xffff_ffff)))
    return undefined;
  return {
    label,
    measurement,
    vmm,
    vcpus,
    vcpuModel,
    guestFeatures,
    firmware,
    vcpuSignature: Number(vcpuSignature),
    ...(kernel === undefined ? {} : { kernel }),
    ...(initrd === undefined ? {} : { initrd }),
    ...(commandLine === undefined ? {} : { commandLine }),
    ...(guestPolicy === undefined ? {} : { guestPolicy }),
    ...(guestSvn === undefined ? {} : { guestSvn }),
  };
}

function isFile(json: Json | undefined): json is { readonly name: string; readonly sha256: string } {
  return isObject(json) && isText(json["name"], 200) && isHex(json["sha256"], 32) && Object.keys(json).length === 2;
}

/** It is shown, and may go into a policy: no control characters. */
function isText(json: Json | undefined, most: number): json is string {
  return typeof json === "string" && json.length >= 1 && json.length <= most && !/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u.test(json);
}

function isHex(json: Json | undefined, bytes: number): json is string {
  return typeof json === "string" && fromHex(json)?.length === bytes;
}

/** "0x…" of at most so many digits. */
function isNumber(json: Json | undefined, digits: number): json is string {
  return typeof json === "string" && json.length <= digits + 2 && /^0x[0-9a-f]+$/.test(json);
}

function isWhole(json: Json | undefined, least: number, most: number): json is number {
  return typeof json === "number" && Number.isInteger(json) && json >= least && json <= most;
}

function malformed(detail: string): Result<never> {
  return fail(failure("reference.malformed", detail));
}

const statementType = "https://in-toto.io/Statement/v1";
/** A name, not an address. */
export const predicateType = "urn:portcullis:sev-snp-reference-values:v1";
/** As many as a policy may name (policy-reader.ts). */
const maximumValues = 256;
