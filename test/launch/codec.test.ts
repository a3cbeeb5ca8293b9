// Is a stream cut into frames whatever its chunks, and is one that is too long, empty or cut off refused before anything is kept?
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { concat, u32be } from "../../core/base/bytes.ts";
import { must } from "../../core/base/result.ts";
import { FrameReader, encodeFrame, maximumBody } from "../../core/launch/codec.ts";
import { agentMessages, hello, managerMessages, recorded } from "./kit.ts";

const frameOf = (body: Uint8Array): Uint8Array => concat(u32be(body.length), body);

describe("frames", () => {
  test("a frame is four bytes of length, big endian, and the body", () => {
    const { frame, body } = encodeFrame(recorded);
    expect(Buffer.from(body).toString()).toBe('{"type":"recorded"}');
    expect(frame).toEqual(concat(Uint8Array.of(0, 0, 0, body.length), body));
  });

  test("comes whole out of any cut of the stream", () => {
    const bodies = [...agentMessages, ...managerMessages].map((message) => encodeFrame(message).body);
    const stream = concat(...bodies.map(frameOf));
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 4000 }), { maxLength: 40 }), (sizes) => {
        const reader = new FrameReader();
        const read: Uint8Array[] = [];
        let at = 0;
        for (const size of [...sizes, stream.length]) {
          read.push(...must(reader.push(stream.subarray(at, at + size))));
          at = Math.min(at + size, stream.length);
        }
        expect(read).toEqual(bodies);
        expect(reader.end().ok).toBe(true);
      }),
    );
  });

  test("byte by byte", () => {
    const { frame, body } = encodeFrame(hello);
    const reader = new FrameReader();
    const read = [...frame].flatMap((byte) => must(reader.push(Uint8Array.of(byte))));
    expect(read).toEqual([body]);
  });

  test("every truncation is told at the end of the stream", () => {
    const { frame } = encodeFrame(recorded);
    for (let length = 1; length < frame.length; length++) {
      const reader = new FrameReader();
      expect(must(reader.push(frame.subarray(0, length)))).toEqual([]);
      expect(reader.end()).toMatchObject({ failure: { code: "launch.frame-truncated" } });
    }
  });

  test.each([
    [0, false],
    [1, true],
    [maximumBody - 1, true],
    [maximumBody, true],
    [maximumBody + 1, false],
    [0x7fffffff, false],
    [0xffffffff, false],
  ])("an announced length of %i: accepted %s", (length, accepted) => {
    const reader = new FrameReader();
    const pushed = reader.push(u32be(length));
    expect(pushed.ok).toBe(accepted);
    if (!accepted) expect(pushed).toMatchObject({ failure: { code: "launch.frame-length" } });
  });

  test("the longest body comes through", () => {
    const body = new Uint8Array(maximumBody).fill(0x20);
    expect(must(new FrameReader().push(frameOf(body)))).toEqual([body]);
  });

  test("after a failure nothing more is read", () => {
    const reader = new FrameReader();
    reader.push(u32be(0));
    expect(reader.push(encodeFrame(recorded).frame)).toMatchObject({ failure: { code: "launch.frame-length" } });
    expect(reader.end()).toMatchObject({ failure: { code: "launch.frame-length" } });
  });

  test("does not keep the caller's buffer", () => {
    const { frame, body } = encodeFrame(recorded);
    const chunk = frame.slice();
    const read = must(new FrameReader().push(chunk));
    chunk.fill(0);
    expect(read).toEqual([body]);
  });
});
