// Sound messages of every type, so that a test changes one thing and knows what it changed.
import { randomBytes } from "node:crypto";
import { utf8 } from "../../core/base/utf8.ts";
import { encodeFrame } from "../../core/launch/codec.ts";
import type {
  Challenge,
  Evidence,
  Hello,
  Message,
  OutcomeMessage,
  Pending,
  Recorded,
  Refused,
  Release,
} from "../../core/launch/messages.ts";

export const vm = "0b0f5f4e-9a53-4f0b-9d1c-3a1f0a3f7c11";
export const launchId = "5a1f7c11-0b0f-4e9a-934f-0b9d1c3a1f0a";
export const until = "2026-11-24T06:00:00.000Z";

export const bytes = (length: number): Uint8Array => new Uint8Array(randomBytes(length));

export const hello: Hello = {
  type: "hello",
  vm,
  nonce: bytes(32),
  tee: "sev-snp",
  agent: "portcullis-agent/0.1.0",
  configuration: bytes(32),
};
export const challenge: Challenge = { type: "challenge", launch: launchId, nonce: bytes(32), heartbeat: 15 };
export const evidence: Evidence = {
  type: "evidence",
  tee: "sev-snp",
  report: bytes(1184),
  sealingKey: { kem: "x-wing", key: bytes(1216) },
};
export const pending: Pending = { type: "pending", reason: "approval", until };
export const refused: Refused = { type: "refused", code: "not-accepted" };
export const release: Release = {
  type: "release",
  disks: [
    { disk: "root", encapsulated: bytes(1120), ciphertext: bytes(48) },
    { disk: "data", encapsulated: bytes(1120), ciphertext: bytes(48) },
  ],
};
export const outcome: OutcomeMessage = {
  type: "outcome",
  disks: [
    { disk: "root", opened: true },
    { disk: "data", opened: false, code: "agent.disk-key" },
  ],
  wiped: true,
};
export const recorded: Recorded = { type: "recorded" };

export const agentMessages = [hello, evidence, outcome] as const;
export const managerMessages = [challenge, pending, refused, release, recorded] as const;

/** The message as plain JSON, as it is on the wire. */
export function wire(message: Message): Record<string, unknown> {
  return JSON.parse(Buffer.from(encodeFrame(message).body).toString("utf8")) as Record<string, unknown>;
}

export function body(json: unknown): Uint8Array {
  return utf8(typeof json === "string" ? json : JSON.stringify(json));
}
