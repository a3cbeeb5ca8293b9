// Does the agent ask a simulated processor over a character device, without ever waiting in the kernel? On a terminal in raw mode whose other end is the
// test: like a virtio port it takes what fits, and says EAGAIN where there is nothing to read. A real port is in the VM test.
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, onTestFinished, test } from "vitest";
import { simulatedReportSource } from "../../../agent/simulated/report-source.ts";
import { askPort } from "../../../agent/simulated/virtio-port.ts";
import { concat, u32be } from "../../../core/base/bytes.ts";
import { must } from "../../../core/base/result.ts";
import { encodePortAnswer, FrameSplitter, maximumAnswer, maximumRequest, parsePortRequest } from "../../../core/simulator/port-codec.ts";
import { parseReport } from "../../../core/snp/report.ts";
import { needs, pathOf } from "../../kit/needs.ts";
import { simulatedProcessor } from "../../kit/simulated.ts";
import { bytes } from "../../launch/kit.ts";
import { scratchFolder } from "../kit.ts";

interface Port {
  /** Of the guest's end. */
  readonly path: string;
  /** What the guest writes comes out here. */
  readonly heard: Readable;
  readonly said: Writable;
}

/** script(1) joins the other end of a new terminal to two pipes. */
async function openPort(): Promise<Port> {
  const named = join(scratchFolder(), "name");
  const words = `stty raw -echo && tty > ${named}.new && mv ${named}.new ${named} && exec sleep 60`;
  const child: ChildProcessByStdio<Writable, Readable, null> = spawn(pathOf("script"), ["-qec", words, "/dev/null"], {
    stdio: ["pipe", "pipe", "ignore"],
  });
  // The terminal is gone with it, and who runs on it is hung up.
  onTestFinished(() => void child.kill("SIGKILL"));
  child.stdin.on("error", () => {});
  await expect.poll(() => existsSync(named), { timeout: 10_000 }).toBe(true);
  return { path: readFileSync(named, "utf8").trim(), heard: child.stdout, said: child.stdin };
}

/** Answers each request with what `answer` makes of it, in pieces of `piece` bytes. */
function serve({ heard, said }: Port, answer: (reportData: Uint8Array) => Uint8Array, piece = 1_000_000): void {
  const splitter = new FrameSplitter(maximumRequest);
  heard.on("data", (chunk: Uint8Array) => {
    for (const body of must(splitter.push(new Uint8Array(chunk)))) void say(answer(must(parsePortRequest(body)).reportData));
  });
  const say = async (whole: Uint8Array): Promise<void> => {
    for (let at = 0; at < whole.length; at += piece) {
      said.write(whole.subarray(at, at + piece));
      await sleep(1);
    }
  };
}

const reportData = new Uint8Array(64).fill(0x11);
const late = { ok: false, failure: { code: "simulator.processor-unavailable" } };
const malformed = { ok: false, failure: { code: "simulator.frame-malformed" } };

describe("a port", needs("script"), () => {
  test("gives a report over its own REPORT_DATA and the certificate table, again and again", async () => {
    const guest = (await simulatedProcessor()).launch();
    const port = await openPort();
    serve(port, (asked) => encodePortAnswer({ report: guest.report({ reportData: asked }), certificates: guest.certTable() }));
    const source = simulatedReportSource(port.path);
    for (const asked of [reportData, new Uint8Array(64)]) {
      const answer = must(await source.report(asked));
      expect(must(parseReport(answer.report))).toMatchObject({ reportData: asked });
      expect(answer.certificates).toEqual(guest.certTable());
    }
  });

  test("is read until the longest answer is whole, in whatever pieces it comes", async () => {
    const [port, report, certificates] = [await openPort(), bytes(1184), bytes(maximumAnswer)];
    serve(port, () => encodePortAnswer({ report, certificates }), 1009);
    expect(must(await simulatedReportSource(port.path).report(reportData))).toEqual({ report, certificates });
  });

  test("is written to until a request that does not fit at once is through", async () => {
    const [port, request, report] = [await openPort(), bytes(200_000), bytes(1184)];
    const parts: Uint8Array[] = [];
    port.heard.on("data", (chunk: Uint8Array) => {
      parts.push(new Uint8Array(chunk));
      if (parts.reduce((sum, { length }) => sum + length, 0) === request.length)
        port.said.write(encodePortAnswer({ report, certificates: new Uint8Array(0) }));
    });
    expect(must(await askPort(port.path, request, 10_000)).report).toEqual(report);
    expect(concat(...parts)).toEqual(request);
  });

  test("is emptied of what came too late for an earlier request", async () => {
    const [port, report, certificates] = [await openPort(), bytes(1184), bytes(16)];
    let asked = 0;
    serve(port, () => (asked++ === 0 ? new Uint8Array(0) : encodePortAnswer({ report, certificates })));
    expect(await simulatedReportSource(port.path, 50).report(reportData)).toMatchObject(late);
    port.said.write(encodePortAnswer({ report: bytes(1184), certificates: bytes(5000) }).subarray(0, 3000));
    await sleep(200);
    expect(must(await simulatedReportSource(port.path).report(reportData))).toEqual({ report, certificates });
  });

  test("whose other end is silent, or stops in the middle, or never reads, is given up in time", async () => {
    const port = await openPort();
    const began = performance.now();
    expect(await simulatedReportSource(port.path, 200).report(reportData)).toMatchObject(late);
    serve(port, () => u32be(1184));
    expect(await simulatedReportSource(port.path, 200).report(reportData)).toMatchObject(late);
    const deaf = await openPort();
    expect(await askPort(deaf.path, new Uint8Array(4_000_000), 200)).toMatchObject(late);
    expect(performance.now() - began).toBeLessThan(10_000);
  });

  test.each([
    ["a short report", concat(u32be(4), new Uint8Array(4))],
    ["too much", u32be(maximumAnswer + 1)],
    ["more than was asked for", concat(encodePortAnswer({ report: bytes(1184), certificates: bytes(1) }), u32be(0))],
  ])("that says %s is malformed", async (_what, said) => {
    const port = await openPort();
    serve(port, () => said);
    expect(await simulatedReportSource(port.path).report(reportData)).toMatchObject(malformed);
  });
});

test.each(["/dev/null", "/dev/zero", "/dev/full"])("%s is no processor, and is left in time", async (path) => {
  expect(await simulatedReportSource(path, 200).report(reportData)).toMatchObject(late);
});
