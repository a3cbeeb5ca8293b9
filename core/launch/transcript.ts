// What ties every message of a launch to one channel and one sealing key? docs/protocol.md, "Framing and transcript".
// Hashes the exact bytes on the wire, so that an auditor can recompute all of it. Never decodes a message.
import type { Brand } from "../base/brand.ts";
import { concat, u32be } from "../base/bytes.ts";
import type { Primitives } from "../base/crypto.ts";
import { utf8 } from "../base/utf8.ts";

/** 48 bytes: SHA-384 over everything that was said so far. */
export type Transcript = Brand<Uint8Array, "Transcript">;

export type Sender = "agent" | "manager";

/** T(0). `exporter`: 32 bytes, RFC 9266 tls-exporter. Throws for another length: the listener or the dialler is wrong then. */
export function openTranscript(exporter: Uint8Array, primitives: Primitives): Transcript {
  if (exporter.length !== exporterLength) throw new Error("the TLS exporter value is not 32 bytes");
  return hashed(primitives, transcriptDomain, exporter);
}

/** T(i) from T(i-1). `body`: the bytes of the frame after its length. `pending` frames must not be added. */
export function addToTranscript(transcript: Transcript, sender: Sender, body: Uint8Array, primitives: Primitives): Transcript {
  return hashed(primitives, transcript, senderBytes[sender], u32be(body.length), body);
}

/** 64 bytes: what the CPU's report must carry. `transcript` is up to and with the challenge. */
export function reportData(transcript: Transcript, sealingKey: Uint8Array, primitives: Primitives): Uint8Array {
  return primitives.digest("sha512", reportDataDomain, transcript, u32be(sealingKey.length), sealingKey);
}

/** HPKE info. `transcript` is up to and with the evidence. */
export function releaseInfo(transcript: Transcript): Uint8Array {
  return concat(releaseDomain, transcript);
}

/** HPKE associated data. */
export function diskAad(disk: string): Uint8Array {
  return utf8(disk);
}

function hashed(primitives: Primitives, ...parts: readonly Uint8Array[]): Transcript {
  return primitives.digest("sha384", ...parts) as Transcript;
}

export const exporterLength = 32;
const transcriptDomain = utf8("alp/1 transcript");
const reportDataDomain = utf8("alp/1 report-data");
const releaseDomain = utf8("alp/1 release");
const senderBytes: Readonly<Record<Sender, Uint8Array>> = { agent: Uint8Array.of(0x41), manager: Uint8Array.of(0x4d) };
