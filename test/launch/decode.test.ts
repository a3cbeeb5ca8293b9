// Is every message read exactly, and everything that is not exactly a message refused with its code?
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { must } from "../../core/base/result.ts";
import { encodeFrame, maximumBody } from "../../core/launch/codec.ts";
import { decodeAgentMessage, decodeManagerMessage, maximumCertificates } from "../../core/launch/decode.ts";
import type { Message } from "../../core/launch/messages.ts";
import {
  agentMessages,
  body,
  bytes,
  challenge,
  evidence,
  hello,
  managerMessages,
  outcome,
  pending,
  refused,
  release,
  wire,
} from "./kit.ts";

const decode = (json: unknown): unknown => {
  const encoded = body(json);
  const [agent, manager] = [decodeAgentMessage(encoded), decodeManagerMessage(encoded)];
  return agent.ok ? agent : manager.ok ? manager : agent.failure.code === "launch.message-type" ? manager : agent;
};
const refusedWith = (code: string): object => ({ ok: false, failure: { code } });
const base64 = (length: number): string => Buffer.from(bytes(length)).toString("base64");

describe("round trip", () => {
  test.each(agentMessages.map((message) => [message.type, message] as const))("%s", (_type, message) => {
    expect(must(decodeAgentMessage(encodeFrame(message).body))).toEqual(message);
    expect(decodeManagerMessage(encodeFrame(message).body)).toMatchObject(refusedWith("launch.message-type"));
  });

  test.each(managerMessages.map((message) => [message.type, message] as const))("%s", (_type, message) => {
    expect(must(decodeManagerMessage(encodeFrame(message).body))).toEqual(message);
    expect(decodeAgentMessage(encodeFrame(message).body)).toMatchObject(refusedWith("launch.message-type"));
  });

  test("with the members that may be left out", () => {
    const withTable = { ...evidence, certificates: bytes(maximumCertificates) };
    expect(must(decodeAgentMessage(encodeFrame(withTable).body))).toEqual(withTable);
    expect(must(decodeManagerMessage(encodeFrame({ ...refused, retryAfter: 30 }).body))).toEqual({ ...refused, retryAfter: 30 });
  });
});

describe("every message", () => {
  const all: readonly Message[] = [...agentMessages, ...managerMessages];

  test.each(all.map((message) => [message.type, message] as const))("%s lacks no member and has none too many", (_type, message) => {
    const json = wire(message);
    expect(decode({ ...json, extra: 1 })).toMatchObject(refusedWith("launch.message-shape"));
    for (const key of Object.keys(json)) {
      const { [key]: _gone, ...rest } = json;
      expect(decode(rest)).toMatchObject({ ok: false });
      for (const wrong of [null, 0, -1, 1.5, "", "x", [], {}, true, "\u0000"]) {
        if (JSON.stringify(wrong) !== JSON.stringify(json[key])) expect(decode({ ...json, [key]: wrong })).toMatchObject({ ok: false });
      }
    }
  });

  test.each(all.map((message) => [message.type, message] as const))("%s truncated anywhere is refused", (_type, message) => {
    const whole = encodeFrame(message).body;
    const step = Math.max(1, Math.floor(whole.length / 200));
    for (let length = 0; length < whole.length; length += step) {
      expect(decode(Buffer.from(whole.subarray(0, length)).toString())).toMatchObject(refusedWith("launch.message-json"));
    }
  });

  test("random bytes and random changes give a result and never throw", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (noise) => !decodeAgentMessage(noise).ok && !decodeManagerMessage(noise).ok));
    const whole = encodeFrame(hello).body;
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.integer({ min: 0, max: 7 }), (at, bit) => {
        const changed = whole.map((byte, index) => (index === at ? byte ^ (1 << bit) : byte));
        const decoded = decodeAgentMessage(changed);
        // Some flips make another sound value; none makes the same one.
        if (decoded.ok) expect(decoded.value).not.toEqual(hello);
      }),
    );
  });
});

describe("not one strict JSON object", () => {
  const text = JSON.stringify(wire(hello));
  test.each([
    ["a duplicate key", text.replace("{", '{"type":"hello",')],
    ["an escaped duplicate key", text.replace("{", '{"\\u0074ype":"hello",')],
    ["text after it", `${text}{}`],
    ["an array", `[${text}]`],
    ["a string", '"hello"'],
    ["a comment", `${text}//`],
    ["a byte order mark", `\ufeff${text}`],
    ["a lone surrogate", text.replace("portcullis", "\\ud800")],
    ["deep nesting", `{"type":${"[".repeat(40)}${"]".repeat(40)}}`],
  ])("%s", (_name, wrong) => {
    expect(decodeAgentMessage(body(wrong))).toMatchObject(refusedWith("launch.message-json"));
  });

  test("bytes that are not UTF-8", () => {
    expect(decodeAgentMessage(Uint8Array.of(0x7b, 0xff, 0x7d))).toMatchObject(refusedWith("launch.message-json"));
  });

  test("a body that is too long, and a key as long as the frame, whose name is not repeated at length", () => {
    expect(decodeAgentMessage(new Uint8Array(maximumBody + 1))).toMatchObject(refusedWith("launch.frame-length"));
    const key = "k".repeat(30_000);
    const twice = decodeAgentMessage(body(`{"${key}":1,"${key}":1}`));
    expect(twice).toMatchObject(refusedWith("launch.message-json"));
    expect(JSON.stringify(twice).length).toBeLessThan(400);
  });
});

describe("members", () => {
  test.each(["__proto__", "constructor", "toString", "hello2", ""])("type %j is none of ours", (type) => {
    expect(decodeAgentMessage(body({ ...wire(hello), type }))).toMatchObject({ ok: false });
  });

  test("another TEE and another KEM are unsupported, not malformed", () => {
    expect(decode({ ...wire(hello), tee: "tdx" })).toMatchObject(refusedWith("launch.tee-unsupported"));
    expect(decode({ ...wire(evidence), tee: "tdx" })).toMatchObject(refusedWith("launch.tee-unsupported"));
    expect(decode({ ...wire(evidence), sealingKey: { kem: "p-256", key: "" } })).toMatchObject(refusedWith("launch.tee-unsupported"));
  });

  test.each([
    ["hello.nonce", { ...wire(hello), nonce: base64(31) }],
    ["hello.nonce", { ...wire(hello), nonce: base64(33) }],
    ["hello.configuration", { ...wire(hello), configuration: base64(48) }],
    ["hello.vm in upper case", { ...wire(hello), vm: hello.vm.toUpperCase() }],
    ["hello.agent without a version", { ...wire(hello), agent: "agent" }],
    ["hello.agent too long", { ...wire(hello), agent: `a/${"1".repeat(63)}` }],
    ["hello.agent with a control character", { ...wire(hello), agent: "a/1\u001b" }],
    ["evidence.report", { ...wire(evidence), report: base64(1183) }],
    ["evidence.report", { ...wire(evidence), report: base64(1185) }],
    ["evidence.certificates that are empty, which is said by leaving them out", { ...wire(evidence), certificates: "" }],
    ["evidence.certificates", { ...wire(evidence), certificates: base64(maximumCertificates + 1) }],
    ["evidence.sealingKey.key", { ...wire(evidence), sealingKey: { kem: "x-wing", key: base64(1215) } }],
    ["evidence.sealingKey", { ...wire(evidence), sealingKey: { kem: "x-wing", key: base64(1216), more: 1 } }],
    ["outcome.disks empty", { ...wire(outcome), disks: [] }],
    ["outcome.disks twice the same", { ...wire(outcome), disks: [outcome.disks[0], outcome.disks[0]] }],
    ["outcome.disks too many", { ...wire(outcome), disks: Array.from({ length: 17 }, (_, i) => ({ disk: `d${i}`, opened: true })) }],
    ["outcome.disks.code of an open disk", { ...wire(outcome), disks: [{ disk: "root", opened: true, code: "x" }] }],
    ["outcome.disks.code missing", { ...wire(outcome), disks: [{ disk: "root", opened: false }] }],
    ["outcome.wiped false", { ...wire(outcome), wiped: false }],
    ["challenge.heartbeat 0", { ...wire(challenge), heartbeat: 0 }],
    ["challenge.heartbeat 301", { ...wire(challenge), heartbeat: 301 }],
    ["pending.reason", { ...wire(pending), reason: "lunch" }],
    ["pending.until", { ...wire(pending), until: "tomorrow" }],
    ["refused.code", { ...wire(refused), code: "vcek-revoked" }],
    ["refused.retryAfter", { ...wire(refused), retryAfter: -1 }],
    ["release.disks.encapsulated", { ...wire(release), disks: [{ disk: "root", encapsulated: base64(1119), ciphertext: base64(48) }] }],
    [
      "release.disks.ciphertext, only a tag",
      { ...wire(release), disks: [{ disk: "root", encapsulated: base64(1120), ciphertext: base64(16) }] },
    ],
    [
      "release.disks.ciphertext too long",
      { ...wire(release), disks: [{ disk: "root", encapsulated: base64(1120), ciphertext: base64(529) }] },
    ],
    ["release.disks.disk", { ...wire(release), disks: [{ disk: "../x", encapsulated: base64(1120), ciphertext: base64(48) }] }],
  ])("%s", (_name, wrong) => {
    expect(decode(wrong)).toMatchObject(refusedWith("launch.message-shape"));
  });

  test("base64 in any form but the canonical one", () => {
    const nonce = Buffer.from(new Uint8Array(32)).toString("base64");
    for (const form of [
      nonce.replace("=", ""),
      `${nonce}=`,
      nonce.replace(/A=$/, "B="),
      ` ${nonce}`,
      nonce.replace("A", "-"),
      `${nonce}\n`,
    ]) {
      expect(decode({ ...wire(hello), nonce: form })).toMatchObject(refusedWith("launch.message-shape"));
    }
    expect(decode({ ...wire(hello), nonce })).toMatchObject({ ok: true });
  });
});
