// Are the hashes exactly those of docs/protocol.md? Computed a second time here, straight from the page, with node:crypto.
import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { toHex } from "../../core/base/bytes.ts";
import { utf8 } from "../../core/base/utf8.ts";
import { addToTranscript, diskAad, openTranscript, releaseInfo, reportData } from "../../core/launch/transcript.ts";
import { nodePrimitives } from "../../core/node/primitives.ts";

const exporter = new Uint8Array(32).fill(0x11);
const hello = utf8('{"type":"hello"}');
const challenge = utf8('{"type":"challenge"}');
const sealingKey = new Uint8Array(1216).fill(0x22);

const sha = (name: string, ...parts: readonly (string | Uint8Array)[]): Uint8Array => {
  const hash = createHash(name);
  for (const part of parts) hash.update(part);
  return new Uint8Array(hash.digest());
};
const length = (bytes: number): Uint8Array => Uint8Array.of(0, 0, bytes >> 8, bytes & 255);

describe("the transcript", () => {
  const t0 = openTranscript(exporter, nodePrimitives);
  const t1 = addToTranscript(t0, "agent", hello, nodePrimitives);
  const t2 = addToTranscript(t1, "manager", challenge, nodePrimitives);

  test("T(0), T(1) and T(2)", () => {
    const expected0 = sha("sha384", "alp/1 transcript", exporter);
    const expected1 = sha("sha384", expected0, Uint8Array.of(0x41), length(hello.length), hello);
    const expected2 = sha("sha384", expected1, Uint8Array.of(0x4d), length(challenge.length), challenge);
    expect([t0, t1, t2].map(toHex)).toEqual([expected0, expected1, expected2].map(toHex));
  });

  test("REPORT_DATA is 64 bytes over transcript and sealing key", () => {
    const expected = sha("sha512", "alp/1 report-data", t2, length(1216), sealingKey);
    expect(toHex(reportData(t2, sealingKey, nodePrimitives))).toBe(toHex(expected));
  });

  test("HPKE info and associated data", () => {
    expect(toHex(releaseInfo(t2))).toBe(toHex(new Uint8Array(Buffer.concat([Buffer.from("alp/1 release"), t2]))));
    expect(diskAad("root")).toEqual(utf8("root"));
  });

  test("differs by channel, sender, order and body", () => {
    const other = openTranscript(new Uint8Array(32).fill(0x12), nodePrimitives);
    const all = [
      t1,
      addToTranscript(other, "agent", hello, nodePrimitives),
      addToTranscript(t0, "manager", hello, nodePrimitives),
      addToTranscript(t0, "agent", challenge, nodePrimitives),
      addToTranscript(addToTranscript(t0, "manager", challenge, nodePrimitives), "agent", hello, nodePrimitives),
      t2,
    ];
    expect(new Set(all.map(toHex)).size).toBe(all.length);
  });

  test.each([0, 31, 33])("an exporter value of %i bytes is a bug", (bytes) => {
    expect(() => openTranscript(new Uint8Array(bytes), nodePrimitives)).toThrow("32 bytes");
  });
});
