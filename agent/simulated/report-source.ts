// Asks a simulated security processor for a report, so that the agent runs where there is no SEV-SNP: on a Unix socket, or in a VM on a virtio port.
// SECURITY: kept out of the release bundle, and imported by nothing in it; a manager takes such reports only for VMs enrolled as simulated.
import { statSync } from "node:fs";
import { connect } from "node:net";
import { failure } from "../../core/base/failure.ts";
import { fail, ok } from "../../core/base/result.ts";
import { FrameSplitter, encodePortRequest, maximumAnswer, parsePortAnswer } from "../../core/simulator/port-codec.ts";
import { askPort } from "./virtio-port.ts";
import type { Result } from "../../core/base/result.ts";
import type { PortAnswer } from "../../core/simulator/port-codec.ts";
import type { ReportSource } from "../report-source.ts";

/**
 * @param path of the socket that core/node/simulator/processor-server.ts listens on, or of a character device that leads there.
 * @param patience milliseconds for one report.
 */
export function simulatedReportSource(path: string, patience = 10_000): ReportSource {
  return {
    name: "simulated",
    report(reportData) {
      const request = encodePortRequest({ reportData, vmpl: 0 });
      return isCharacterDevice(path) ? askPort(path, request, patience) : ask(path, request, patience);
    },
  };
}

function isCharacterDevice(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isCharacterDevice() === true;
}

function ask(path: string, request: Uint8Array, patience: number): Promise<Result<PortAnswer>> {
  return new Promise((resolve) => {
    const splitter = new FrameSplitter(maximumAnswer);
    const bodies: Uint8Array[] = [];
    const socket = connect(path);
    const settle = (result: Result<PortAnswer>): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(result);
    };
    const unavailable = (detail: string, cause?: unknown): void =>
      settle(fail(failure("simulator.processor-unavailable", `${path}: ${detail}`, cause)));
    const timer = setTimeout(() => unavailable("no answer in time"), patience);
    socket.once("connect", () => socket.write(request));
    socket.on("data", (piece) => {
      const frames = splitter.push(new Uint8Array(piece as Buffer));
      if (!frames.ok) return settle(frames);
      bodies.push(...frames.value);
      const answer = parsePortAnswer(bodies);
      if (!answer.ok) return settle(answer);
      if (answer.value !== undefined) settle(ok(answer.value));
    });
    socket.on("error", (cause) => unavailable("cannot be used", cause));
    socket.once("close", () => unavailable("closed before it answered"));
  });
}
