// The real agent as a process, beside a simulated processor on a real socket, with a real LUKS2 image: what a proof needs of a VM.
import { spawn, type ChildProcess } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { evidenceDigest } from "../../core/appraise/evidence.ts";
import { toHex } from "../../core/base/bytes.ts";
import { must } from "../../core/base/result.ts";
import { Secret } from "../../core/base/secret.ts";
import { utf8 } from "../../core/base/utf8.ts";
import { configurationDigest } from "../../core/launch/agent-configuration.ts";
import { nodePrimitives } from "../../core/node/primitives.ts";
import { makeScratchDisk } from "../../core/node/service/simulation/scratch-disk.ts";
import { startProcessorServer, type ProcessorServer } from "../../core/node/simulator/processor-server.ts";
import type { SimulatedGuest } from "../../core/simulator/processor.ts";
import { root } from "../../build/runtime.mjs";
import { codeCache } from "../bench/child.ts";
import { pathOf } from "../kit/needs.ts";
import { simulatedProcessor } from "../kit/simulated.ts";
import { expectedMeasurement } from "./real-manager.ts";

export interface AgentChoices {
  /** For this VM alone. */
  readonly folder: string;
  /** Canonical JSON. */
  readonly configuration: string;
  readonly measurement?: Uint8Array;
}

export class AgentProcess {
  /** Lines of its log, as they came. */
  readonly lines: string[] = [];
  /** SHA-384 of each piece of evidence that its processor made, hex. */
  readonly evidence: string[] = [];
  readonly ended: Promise<number | undefined>;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, evidence: string[], processor: ProcessorServer) {
    this.#child = child;
    this.evidence = evidence;
    for (const stream of [child.stdout, child.stderr]) {
      if (stream !== null) createInterface({ input: stream }).on("line", (line) => this.lines.push(line));
    }
    this.ended = endOf(child, processor);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  static async start({ folder, configuration, measurement = expectedMeasurement }: AgentChoices): Promise<AgentProcess> {
    const path = join(folder, "configuration.json");
    writeFileSync(path, configuration, { mode: 0o600 });
    const hostData = configurationDigest(utf8(configuration), nodePrimitives);
    const guest = (await simulatedProcessor("Milan", {}, Date.now())).launch({ hostData, measurement });
    const evidence: string[] = [];
    const processor = must(await startProcessorServer({ guest: recorded(guest, evidence), path: join(folder, "processor.sock") }));
    const words = ["--configuration", path, "--processor", processor.path, "--disk-mode", "test", "--scratch", folder];
    const child = spawn(process.execPath, [join(root, "agent/simulated-main.ts"), ...words], {
      stdio: ["ignore", "pipe", "pipe"],
      env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", NODE_COMPILE_CACHE: codeCache },
    });
    return new AgentProcess(child, evidence, processor);
  }

  /** Launches whose release reached it: the challenge before each tells which. */
  released(): readonly string[] {
    const released: string[] = [];
    let launch = "";
    for (const line of this.lines) {
      const { event, launch: named } = JSON.parse(line) as { readonly event: string; readonly launch?: string };
      if (event === "agent.challenged") launch = named ?? "";
      if (event === "agent.released") released.push(launch);
    }
    return released;
  }

  kill(): void {
    this.#child.kill("SIGKILL");
  }
}

async function endOf(child: ChildProcess, processor: ProcessorServer): Promise<number | undefined> {
  const code = await new Promise<number | undefined>((resolve) => child.once("close", (exit) => resolve(exit ?? undefined)));
  await processor.close();
  return code;
}

/** A LUKS2 image that this key opens. @returns its path. */
export async function makeImage(folder: string, key: Uint8Array): Promise<string> {
  const device = join(folder, "disk.img");
  const secret = new Secret(key.slice());
  must(await makeScratchDisk(pathOf("cryptsetup"), folder, device, secret));
  secret.wipe();
  return device;
}

function recorded(guest: SimulatedGuest, evidence: string[]): Pick<SimulatedGuest, "report" | "certTable"> {
  return {
    certTable: (signer) => guest.certTable(signer),
    report(request) {
      const reportBytes = guest.report(request);
      const parts = { reportBytes, certificateTable: guest.certTable(request.signer) };
      evidence.push(toHex(evidenceDigest(parts, nodePrimitives)));
      return reportBytes;
    },
  };
}
