// Which message is this frame body? Strict decoding for each direction (docs/protocol.md): exact and bounded, no unknown members.
// Never judges: a decoded message is well-formed, not honest.
import { encapsulatedLength, sealingKeyLength, tagLength } from "../base/hpke.ts";
import { failure } from "../base/failure.ts";
import { type JsonObject, JsonFault, parseJson } from "../base/json.ts";
import { type Result, fail, ok } from "../base/result.ts";
import { fromUtf8 } from "../base/utf8.ts";
import { reportLength } from "../snp/report.ts";
import { diskId, maximumDisks, uuid } from "./agent-configuration.ts";
import { maximumBody } from "./codec.ts";
import { MemberReader, ShapeFault } from "./message-reader.ts";
import type { AgentMessage, DiskOutcome, Evidence, ManagerMessage, RefusedCode, SealedDisk } from "./messages.ts";

/** For the manager: hello, evidence, outcome. */
export function decodeAgentMessage(body: Uint8Array): Result<AgentMessage> {
  return decode(body, agentMessages);
}

/** For the agent: challenge, pending, refused, release, recorded. */
export function decodeManagerMessage(body: Uint8Array): Result<ManagerMessage> {
  return decode(body, managerMessages);
}

type Readers<T> = Readonly<Record<string, (members: MemberReader) => T>>;

const agentMessages: Readers<AgentMessage> = {
  hello: (members) => ({
    type: "hello",
    vm: members.text("vm", uuid),
    nonce: members.bytes("nonce", nonceLength),
    tee: supported(members, "tee", "sev-snp"),
    agent: members.text("agent", agentName),
    configuration: members.bytes("configuration", digestLength),
  }),
  evidence: (members): Evidence => ({
    type: "evidence",
    tee: supported(members, "tee", "sev-snp"),
    report: members.bytes("report", reportLength),
    ...(members.has("certificates") ? { certificates: members.bytes("certificates", 1, maximumCertificates) } : {}),
    sealingKey: sealingKey(members.object("sealingKey")),
  }),
  outcome: (members) => {
    const disks = members.objects("disks", maximumDisks, diskOutcome);
    distinct(disks);
    if (!members.flag("wiped")) throw new ShapeFault("outcome.wiped");
    return { type: "outcome", disks, wiped: true };
  },
};

const managerMessages: Readers<ManagerMessage> = {
  challenge: (members) => ({
    type: "challenge",
    launch: members.text("launch", uuid),
    nonce: members.bytes("nonce", nonceLength),
    heartbeat: members.whole("heartbeat", 1, longestHeartbeat),
  }),
  pending: (members) => ({
    type: "pending",
    reason: members.text("reason", /^(?:collateral|approval)$/) as "collateral" | "approval",
    until: members.text("until", instant),
  }),
  refused: (members) => ({
    type: "refused",
    code: members.text("code", /^(?:not-accepted|try-later|unsupported|malformed|busy)$/) as RefusedCode,
    ...(members.has("retryAfter") ? { retryAfter: members.whole("retryAfter", 0, longestRetryAfter) } : {}),
  }),
  release: (members) => {
    const disks = members.objects("disks", maximumDisks, sealedDisk);
    distinct(disks);
    return { type: "release", disks };
  },
  recorded: () => ({ type: "recorded" }),
};

function decode<T>(body: Uint8Array, readers: Readers<T>): Result<T> {
  if (body.length > maximumBody) return fail(failure("launch.frame-length", `${body.length} bytes`));
  const json = object(body);
  if (!json.ok) return json;
  try {
    const members = new MemberReader(json.value, "message");
    const type = members.text("type", /^[a-z]{1,32}$/);
    const read = Object.hasOwn(readers, type) ? readers[type] : undefined;
    if (read === undefined) return fail(failure("launch.message-type", type));
    const message = read(members);
    members.end();
    return ok(message);
  } catch (fault) {
    if (fault instanceof UnsupportedFault) return fail(failure("launch.tee-unsupported", fault.message));
    if (fault instanceof ShapeFault) return fail(failure("launch.message-shape", fault.message));
    throw fault;
  }
}

function object(body: Uint8Array): Result<JsonObject> {
  const text = fromUtf8(body);
  if (text === undefined) return fail(failure("launch.message-json", "not UTF-8"));
  try {
    const json = parseJson(text);
    const isObject = json !== null && typeof json === "object" && !Array.isArray(json);
    return isObject ? ok(json as JsonObject) : fail(failure("launch.message-json", "not an object"));
  } catch (fault) {
    if (fault instanceof JsonFault) return fail(failure("launch.message-json", fault.message.slice(0, longestDetail)));
    throw fault;
  }
}

class UnsupportedFault extends Error {}

/** A well-formed name that is not the one we know is an answer of its own: a newer peer, not a broken one. */
function supported<Name extends string>(members: MemberReader, key: string, name: Name): Name {
  if (members.text(key, /^[a-z0-9-]{1,32}$/) !== name) throw new UnsupportedFault(key);
  return name;
}

function sealingKey(members: MemberReader): Evidence["sealingKey"] {
  const kem = supported(members, "kem", "x-wing");
  const key = members.bytes("key", sealingKeyLength);
  members.end();
  return { kem, key };
}

/** A code says why a disk did not open, and only that. */
function diskOutcome(members: MemberReader): DiskOutcome {
  const disk = members.text("disk", diskId);
  const opened = members.flag("opened");
  return opened ? { disk, opened } : { disk, opened, code: members.text("code", outcomeCode) };
}

function sealedDisk(members: MemberReader): SealedDisk {
  return {
    disk: members.text("disk", diskId),
    encapsulated: members.bytes("encapsulated", encapsulatedLength),
    ciphertext: members.bytes("ciphertext", tagLength + 1, tagLength + maximumDiskKey),
  };
}

function distinct(disks: readonly { readonly disk: string }[]): void {
  if (new Set(disks.map(({ disk }) => disk)).size !== disks.length) throw new ShapeFault("a disk is named twice");
}

/** A duplicate key is quoted, and may be as long as the frame. */
const longestDetail = 128;
const nonceLength = 32;
const digestLength = 32;
/** What fits into a frame beside the report and the key. */
export const maximumCertificates = 40_960;
const maximumDiskKey = 512;
const longestHeartbeat = 300;
const longestRetryAfter = 86_400;
const agentName = /^(?=.{3,64}$)[\x21-\x2e\x30-\x7e]+\/[\x21-\x2e\x30-\x7e]+$/;
const outcomeCode = /^[a-z0-9.-]{1,64}$/;
const instant = /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{3})?Z$/;
