// How does a guest talk to the simulated security processor outside it? Frames of a 4-byte big-endian length and that many bytes:
// a request is REPORT_DATA and perhaps a VMPL, an answer is two frames, report and certificate table. One request at a time.
// Knows no transport (Unix socket today, virtio-serial in a VM), and buffers nothing before the length is checked.
import { concat, u32be, viewOf } from "../base/bytes.ts";
import { failure } from "../base/failure.ts";
import { fail, ok } from "../base/result.ts";
import { reportLength } from "../snp/report.ts";
import type { Result } from "../base/result.ts";

export interface PortRequest {
  /** 64 bytes. */
  readonly reportData: Uint8Array;
  /** 0..3 */
  readonly vmpl: number;
}

export interface PortAnswer {
  /** 1184 bytes. */
  readonly report: Uint8Array;
  /** GHCB certificate table; may be empty. */
  readonly certificates: Uint8Array;
}

export function encodePortRequest({ reportData, vmpl }: PortRequest): Uint8Array {
  return frame(concat(reportData, Uint8Array.of(vmpl)));
}

/** @param body one whole frame without its length. */
export function parsePortRequest(body: Uint8Array): Result<PortRequest> {
  const vmpl = body[reportDataLength] ?? 0;
  if (body.length < reportDataLength || body.length > maximumRequest) return malformed(`request of ${body.length} bytes`);
  if (vmpl > maximumVmpl) return malformed(`VMPL ${vmpl}`);
  return ok({ reportData: body.slice(0, reportDataLength), vmpl });
}

export function encodePortAnswer({ report, certificates }: PortAnswer): Uint8Array {
  return concat(frame(report), frame(certificates));
}

/** @param bodies the frames that arrived so far. @returns undefined until both are there. */
export function parsePortAnswer(bodies: readonly Uint8Array[]): Result<PortAnswer | undefined> {
  const [report, certificates, ...more] = bodies;
  if (report !== undefined && report.length !== reportLength) return malformed(`report of ${report.length} bytes`);
  if (more.length > 0) return malformed("more than was asked for");
  return ok(report === undefined || certificates === undefined ? undefined : { report, certificates });
}

/** Cuts a stream of bytes, in whatever pieces it comes, into the bodies of its frames. */
export class FrameSplitter {
  readonly #limit: number;
  #held: Uint8Array = new Uint8Array(0);

  /** @param limit of one body in bytes. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** True while part of a frame has come, and its rest has not. */
  get partial(): boolean {
    return this.#held.length > 0;
  }

  /** @returns the bodies that are now whole. After a failure the stream is lost: close it. */
  push(piece: Uint8Array): Result<Uint8Array[]> {
    const bytes = concat(this.#held, piece);
    const bodies: Uint8Array[] = [];
    let at = 0;
    while (bytes.length - at >= lengthOctets) {
      const length = viewOf(bytes).getUint32(at);
      if (length > this.#limit) return malformed(`frame of ${length} bytes`);
      const end = at + lengthOctets + length;
      if (end > bytes.length) break;
      bodies.push(bytes.slice(at + lengthOctets, end));
      at = end;
    }
    this.#held = bytes.slice(at);
    return ok(bodies);
  }
}

function frame(body: Uint8Array): Uint8Array {
  return concat(u32be(body.length), body);
}

function malformed(detail: string): Result<never> {
  return fail(failure("simulator.frame-malformed", detail));
}

const lengthOctets = 4;
const reportDataLength = 64;
const maximumVmpl = 3;
/** Limits of one body: a request, and whichever part of an answer. */
export const maximumRequest = reportDataLength + 1;
export const maximumAnswer = 65_536;
