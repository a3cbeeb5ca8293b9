// What is an agent told before it launches? One canonical JSON object whose SHA-256 is the VM's HOST_DATA (docs/protocol.md, RFC 8785).
// Public by design: it must never hold a secret, and nothing in it is trusted before the CPU attested its digest.
import type { Primitives } from "../base/crypto.ts";
import { equalBytes } from "../base/bytes.ts";
import { failure } from "../base/failure.ts";
import { type Json, type JsonObject, JsonFault, canonicalJson, parseJson } from "../base/json.ts";
import { type Result, fail, ok } from "../base/result.ts";
import { fromUtf8, utf8 } from "../base/utf8.ts";

export interface AgentConfiguration {
  readonly version: 1;
  /** UUID, lower case. */
  readonly vm: string;
  readonly manager: {
    /** host:port, tried in order; an IPv6 address in brackets. 1 to 8. */
    readonly endpoints: readonly string[];
    /** SHA-256 of the SubjectPublicKeyInfo of the manager's CA, 64 lower-case hex digits. */
    readonly anchor: string;
  };
  /** 1 to 16; ids and names are unique. */
  readonly disks: readonly ConfiguredDisk[];
  readonly retry: RetryPlan;
}

export interface ConfiguredDisk {
  readonly id: string;
  /** Absolute path of the block device (or image) in the VM. */
  readonly device: string;
  /** Name of the opened mapping. */
  readonly name: string;
  /** Of its LUKS2 header, lower case; absent where the owner has not said. It tells disks apart, and proves nothing: the host can write it. */
  readonly uuid?: string;
}

export interface RetryPlan {
  /** 1 to 600. */
  readonly firstDelaySeconds: number;
  /** At least the first delay, at most 3600. */
  readonly maximumDelaySeconds: number;
  /** 0 means never; at most a week. */
  readonly giveUpAfterSeconds: number;
}

export type ConfigurationFields = Omit<AgentConfiguration, "version">;

/** A configuration with the exact bytes that are attested. */
export interface CanonicalConfiguration {
  readonly configuration: AgentConfiguration;
  readonly text: string;
  readonly bytes: Uint8Array;
}

/** For the enrolment of a VM. Failures: `launch.configuration-shape`, naming the member. */
export function makeConfiguration(fields: ConfigurationFields): Result<CanonicalConfiguration> {
  const { vm, manager, disks, retry } = fields;
  const plain: JsonObject = {
    version: 1,
    vm,
    manager: { endpoints: [...manager.endpoints], anchor: manager.anchor },
    disks: disks.map((disk) => ({ ...copyOfDisk(disk) })),
    retry: {
      firstDelaySeconds: retry.firstDelaySeconds,
      maximumDelaySeconds: retry.maximumDelaySeconds,
      giveUpAfterSeconds: retry.giveUpAfterSeconds,
    },
  };
  const fault = faultOf(plain);
  if (fault !== undefined) return fail(failure("launch.configuration-shape", fault));
  return parseConfiguration(utf8(canonicalJson(plain)));
}

/** These members and no others; without `uuid` where there is none, so that the canonical form of a configuration without it stays. */
export function copyOfDisk({ id, device, name, uuid: header }: ConfiguredDisk): ConfiguredDisk {
  return { id, device, name, ...(header === undefined ? {} : { uuid: header }) };
}

/** Strict: the bytes must be the canonical form itself, because only its digest is attested. */
export function parseConfiguration(bytes: Uint8Array): Result<CanonicalConfiguration> {
  if (bytes.length > maximumConfigurationBytes) return fail(failure("launch.configuration-json", `${bytes.length} bytes`));
  const text = fromUtf8(bytes);
  if (text === undefined) return fail(failure("launch.configuration-json", "not UTF-8"));
  const json = strictJson(text);
  if (!json.ok) return json;
  const fault = faultOf(json.value);
  if (fault !== undefined) return fail(failure("launch.configuration-shape", fault));
  if (!equalBytes(utf8(canonicalJson(json.value)), bytes)) return fail(failure("launch.configuration-canonical"));
  // Every member was looked at just above; this line is the only one that gives the type.
  return ok({ configuration: json.value as unknown as AgentConfiguration, text, bytes: bytes.slice() });
}

/** 32 bytes: HOST_DATA of a VM that runs with this configuration. */
export function configurationDigest(canonicalBytes: Uint8Array, primitives: Primitives): Uint8Array {
  return primitives.digest("sha256", canonicalBytes);
}

function strictJson(text: string): Result<Json> {
  try {
    return ok(parseJson(text));
  } catch (fault) {
    if (fault instanceof JsonFault) return fail(failure("launch.configuration-json", fault.message));
    throw fault;
  }
}

/** The first member that is not as it must be, or undefined. */
function faultOf(json: Json): string | undefined {
  if (!hasKeys(json, ["disks", "manager", "retry", "version", "vm"])) return "members";
  const { version, vm, manager, disks, retry } = json;
  if (version !== 1) return "version";
  if (!matches(vm, uuid)) return "vm";
  if (!hasKeys(manager, ["anchor", "endpoints"])) return "manager";
  if (!matches(manager["anchor"], /^[0-9a-f]{64}$/)) return "manager.anchor";
  const endpoints = manager["endpoints"];
  if (!isList(endpoints, maximumEndpoints) || !endpoints.every(isEndpoint)) return "manager.endpoints";
  if (new Set(endpoints).size !== endpoints.length) return "manager.endpoints";
  if (!isList(disks, maximumDisks) || !disks.every(isDisk)) return "disks";
  for (const key of ["id", "name", "device", "uuid"] as const) {
    const given = disks.flatMap((disk) => disk[key] ?? []);
    if (new Set(given).size !== given.length) return `disks.${key}`;
  }
  if (!hasKeys(retry, ["firstDelaySeconds", "giveUpAfterSeconds", "maximumDelaySeconds"])) return "retry";
  const { firstDelaySeconds: first, maximumDelaySeconds: maximum, giveUpAfterSeconds: giveUp } = retry;
  if (!isWhole(first, 1, longestFirstDelay)) return "retry.firstDelaySeconds";
  if (!isWhole(maximum, first, longestDelay)) return "retry.maximumDelaySeconds";
  if (!isWhole(giveUp, 0, longestPatience)) return "retry.giveUpAfterSeconds";
  return undefined;
}

function isDisk(json: Json): json is { readonly [key: string]: string } {
  if (!hasKeys(json, ["device", "id", "name"]) && !hasKeys(json, ["device", "id", "name", "uuid"])) return false;
  const { id, device, name, uuid: header } = json;
  if (header !== undefined && !matches(header, uuid)) return false;
  return matches(id, diskId) && matches(device, devicePath) && !device.includes("/../") && matches(name, mappingName);
}

function isEndpoint(json: Json): boolean {
  if (typeof json !== "string") return false;
  return parseEndpoint(json) !== undefined;
}

/** "name:443", "192.0.2.1:443" or "[2001:db8::1]:443" to its parts. */
export function parseEndpoint(text: string): { readonly host: string; readonly port: number } | undefined {
  const parts = endpoint.exec(text);
  const port = Number(parts?.[3]);
  const host = parts?.[1] ?? parts?.[2];
  return host !== undefined && port >= 1 && port <= 65_535 ? { host, port } : undefined;
}

function hasKeys(json: Json | undefined, keys: readonly string[]): json is JsonObject {
  if (json === null || typeof json !== "object" || Array.isArray(json)) return false;
  return Object.keys(json).length === keys.length && keys.every((key) => Object.hasOwn(json, key));
}

function isList(json: Json | undefined, maximum: number): json is readonly Json[] {
  return Array.isArray(json) && json.length >= 1 && json.length <= maximum;
}

function matches(json: Json | undefined, form: RegExp): json is string {
  return typeof json === "string" && form.test(json);
}

function isWhole(json: Json | undefined, least: number, most: number): json is number {
  return typeof json === "number" && Number.isInteger(json) && json >= least && json <= most;
}

/** A UUID in the one form that the protocol knows: lower case with hyphens. */
export const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
export const diskId = /^[a-z0-9][a-z0-9._-]{0,63}$/;
const devicePath = /^\/[A-Za-z0-9._:@+,=/-]{1,254}$/;
const mappingName = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$/;
const endpoint = /^(?:\[([0-9a-f:.]{2,45})\]|([A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?)):([1-9][0-9]{0,4})$/;
export const maximumConfigurationBytes = 16_384;
export const maximumDisks = 16;
const maximumEndpoints = 8;
const longestFirstDelay = 600;
const longestDelay = 3600;
const longestPatience = 604_800;
