// Does the simulated processor answer on its socket, and close on everything that is not a request? Over a real Unix socket.
import { mkdtemp, stat } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { simulatedReportSource } from "../../agent/simulated/report-source.ts";
import { concat, u32be } from "../../core/base/bytes.ts";
import { must } from "../../core/base/result.ts";
import { startProcessorServer } from "../../core/node/simulator/processor-server.ts";
import { encodePortRequest } from "../../core/simulator/port-codec.ts";
import { parseReport } from "../../core/snp/report.ts";
import { simulatedProcessor } from "../kit/simulated.ts";
import type { Server, Socket } from "node:net";
import type { ProcessorServer, ProcessorServerLimits } from "../../core/node/simulator/processor-server.ts";
import type { SimulatedGuest } from "../../core/simulator/processor.ts";

const reportData = new Uint8Array(64).fill(0x11);
const request = encodePortRequest({ reportData, vmpl: 0 });
let path: string;
let guest: SimulatedGuest;
let server: ProcessorServer | undefined;
const sockets: Socket[] = [];

beforeEach(async () => {
  path = join(await mkdtemp(join(tmpdir(), "portcullis-chip-")), "chip");
  guest = (await simulatedProcessor()).launch();
});

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await server?.close();
  server = undefined;
});

describe("the agent's simulated source", () => {
  test("gets a report over its own REPORT_DATA, and the certificate table", async () => {
    await start();
    const source = simulatedReportSource(path);
    const answer = must(await source.report(reportData));
    expect(must(parseReport(answer.report))).toMatchObject({ reportData, vmpl: 0, reportId: guest.launch.reportId });
    expect(answer.certificates).toEqual(guest.certTable());
    expect(must(await source.report(new Uint8Array(64))).report).not.toEqual(answer.report);
  });

  test("says where no processor listens", async () => {
    expect(await simulatedReportSource(path).report(reportData)).toMatchObject({
      ok: false,
      failure: { code: "simulator.processor-unavailable" },
    });
  });

  const liars: readonly (readonly [what: string, code: string, answer: (socket: Socket) => void])[] = [
    ["hangs up", "simulator.processor-unavailable", (socket) => socket.end()],
    ["hangs up in the middle", "simulator.processor-unavailable", (socket) => socket.end(u32be(1184))],
    ["says nothing", "simulator.processor-unavailable", () => {}],
    ["sends a short report", "simulator.frame-malformed", (socket) => socket.write(concat(u32be(4), new Uint8Array(4)))],
    ["announces too much", "simulator.frame-malformed", (socket) => socket.write(u32be(0xffff_ffff))],
  ];
  test.each(liars)("a processor that %s: %s", async (_what, code, answer) => {
    const liar = createServer((socket) => {
      sockets.push(socket);
      socket.on("error", () => {});
      socket.once("data", () => answer(socket));
    });
    await listening(liar);
    expect(await simulatedReportSource(path, 200).report(reportData)).toMatchObject({ ok: false, failure: { code } });
    liar.close();
  });
});

describe("the socket", () => {
  test("belongs to this user alone", async () => {
    await start();
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  test("in use is said so", async () => {
    await start();
    expect(await startProcessorServer({ guest, path })).toMatchObject({ ok: false, failure: { code: "simulator.address-unusable" } });
  });

  test("is gone after close, and free for another", async () => {
    await start();
    await server?.close();
    await start();
    expect(await simulatedReportSource(path).report(reportData)).toMatchObject({ ok: true });
  });

  test("answers with a VLEK where told so", async () => {
    server = must(await startProcessorServer({ guest, path, signer: "vlek" }));
    const answer = must(await simulatedReportSource(path).report(reportData));
    expect(must(parseReport(answer.report)).signingKey).toBe("vlek");
  });
});

describe("a connection", () => {
  test("may ask several times, one after the other, in any pieces", async () => {
    await start();
    const peer = open();
    for (let round = 0; round < 3; round++) {
      for (const byte of request) peer.socket.write(Uint8Array.of(byte));
      await peer.received((1 + round) * answerLength());
    }
    expect(peer.socket.bytesRead).toBe(3 * answerLength());
  });

  const refused: readonly (readonly [what: string, bytes: Uint8Array])[] = [
    ["a frame that is too long", u32be(66)],
    ["a frame of four gigabytes", u32be(0xffff_ffff)],
    ["a frame that is too short", concat(u32be(63), new Uint8Array(63))],
    ["an empty frame", u32be(0)],
    ["a VMPL that does not exist", encodePortRequest({ reportData, vmpl: 4 })],
    ["two requests at once", concat(request, request)],
    ["a request and the beginning of another", concat(request, Uint8Array.of(0))],
    ["an HTTP request", new TextEncoder().encode("GET / HTTP/1.1\r\n\r\n")],
  ];
  test.each(refused)("that sends %s is closed without an answer", async (_what, bytes) => {
    await start();
    const peer = open();
    peer.socket.write(bytes);
    expect(await peer.closed).toBe(0);
  });

  test("that stops in the middle of a request is closed, however it drips", async () => {
    await start({ request: 150 });
    const peer = open();
    const drip = setInterval(() => peer.socket.write(Uint8Array.of(0)), 40);
    peer.socket.write(request.subarray(0, 10));
    expect(await peer.closed).toBe(0);
    clearInterval(drip);
  });

  test("that asks nothing is closed", async () => {
    await start({ idle: 100 });
    expect(await open().closed).toBe(0);
  });

  test("that leaves in the middle harms nobody", async () => {
    await start();
    const peer = open();
    peer.socket.write(request.subarray(0, 10), () => peer.socket.destroy());
    await peer.closed;
    expect(await simulatedReportSource(path).report(reportData)).toMatchObject({ ok: true });
  });

  test("beyond the limit is closed at once, and there is room again when one leaves", async () => {
    await start({ connections: 1 });
    const first = open();
    first.socket.write(request);
    await first.received(answerLength());
    expect(await open().closed).toBe(0);
    first.socket.destroy();
    await first.closed;
    expect(await simulatedReportSource(path).report(reportData)).toMatchObject({ ok: true });
  });
});

async function start(limits: Partial<ProcessorServerLimits> = {}): Promise<void> {
  server = must(await startProcessorServer({ guest, path, limits }));
}

function listening(other: Server): Promise<void> {
  return new Promise((resolve) => other.listen(path, resolve));
}

function answerLength(): number {
  return 4 + 1184 + 4 + guest.certTable().length;
}

/** `closed` resolves to how many bytes had come. */
function open() {
  const socket = connect(path);
  sockets.push(socket);
  let count = 0;
  socket.on("error", () => {});
  socket.on("data", (piece) => (count += piece.length));
  const closed = new Promise<number>((resolve) => socket.once("close", () => resolve(count)));
  const received = (length: number): Promise<void> =>
    new Promise((resolve) => {
      const look = (): void => {
        if (count < length) return;
        socket.off("data", look);
        resolve();
      };
      socket.on("data", look);
      look();
    });
  return { socket, closed, received };
}
