// Does the simulated processor's port take exactly its own frames, in whatever pieces they come?
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { concat, u32be } from "../../core/base/bytes.ts";
import { must } from "../../core/base/result.ts";
import {
  FrameSplitter,
  encodePortAnswer,
  encodePortRequest,
  maximumAnswer,
  maximumRequest,
  parsePortAnswer,
  parsePortRequest,
} from "../../core/simulator/port-codec.ts";

const reportData = Uint8Array.from({ length: 64 }, (_, index) => index);
const report = new Uint8Array(1184).fill(3);
const malformed = { ok: false, failure: { code: "simulator.frame-malformed" } };

describe("frames", () => {
  const bodies = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 6 });
  test("come out as they went in, however the stream is cut", () => {
    fc.assert(
      fc.property(bodies, fc.array(fc.nat(30), { maxLength: 20 }), (sent, cuts) => {
        const stream = concat(...sent.flatMap((body) => [u32be(body.length), body]));
        const splitter = new FrameSplitter(40);
        const received: Uint8Array[] = [];
        let at = 0;
        for (const cut of [...cuts, stream.length]) {
          received.push(...must(splitter.push(stream.subarray(at, at + cut))));
          at += cut;
        }
        received.push(...must(splitter.push(stream.subarray(at))));
        expect(received).toEqual(sent);
        expect(splitter.partial).toBe(false);
      }),
    );
  });

  test("below and at the limit pass, above is refused before its body comes", () => {
    for (const length of [39, 40])
      expect(new FrameSplitter(40).push(concat(u32be(length), new Uint8Array(length)))).toMatchObject({ ok: true });
    expect(new FrameSplitter(40).push(u32be(41))).toMatchObject(malformed);
    expect(new FrameSplitter(40).push(u32be(0xffff_ffff))).toMatchObject(malformed);
  });

  test("a frame that has not all come is partial", () => {
    const splitter = new FrameSplitter(40);
    expect(splitter.partial).toBe(false);
    expect(must(splitter.push(Uint8Array.of(0, 0)))).toEqual([]);
    expect(splitter.partial).toBe(true);
  });
});

describe("requests", () => {
  test.each([0, 1, 2, 3])("round trip at VMPL %d", (vmpl) => {
    const [body] = must(new FrameSplitter(maximumRequest).push(encodePortRequest({ reportData, vmpl })));
    expect(parsePortRequest(body ?? new Uint8Array())).toEqual({ ok: true, value: { reportData, vmpl } });
  });

  test("without a VMPL ask at 0", () => {
    expect(must(parsePortRequest(reportData)).vmpl).toBe(0);
  });

  test("of any other length, or at another VMPL, are refused", () => {
    for (const length of [0, 1, 63, 66]) expect(parsePortRequest(new Uint8Array(length))).toMatchObject(malformed);
    expect(parsePortRequest(concat(reportData, Uint8Array.of(4)))).toMatchObject(malformed);
  });
});

describe("answers", () => {
  test("round trip, with certificates and without", () => {
    for (const certificates of [new Uint8Array(0), new Uint8Array(5000).fill(1)]) {
      const bodies = must(new FrameSplitter(maximumAnswer).push(encodePortAnswer({ report, certificates })));
      expect(parsePortAnswer(bodies)).toEqual({ ok: true, value: { report, certificates } });
    }
  });

  test("are not there before both frames are", () => {
    expect(parsePortAnswer([])).toEqual({ ok: true, value: undefined });
    expect(parsePortAnswer([report])).toEqual({ ok: true, value: undefined });
  });

  test("with a report of another length, or more than two frames, are refused", () => {
    expect(parsePortAnswer([report.subarray(1)])).toMatchObject(malformed);
    expect(parsePortAnswer([report, report, report])).toMatchObject(malformed);
  });
});
