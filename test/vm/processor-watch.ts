// Does the VM's processor stand still? OVMF ends a boot that it refuses in a loop without an end, and its release build says no word: the loop is what can
// be seen, through QEMU's monitor (QMP). It changes nothing in the VM.
import type { Duplex } from "node:stream";

/** To be given to QEMU with {@link monitorDescriptor} as a pipe. */
export const monitorDescriptor = 3;
export const monitorWords: readonly string[] = [
  "-chardev",
  `socket,id=monitor,fd=${monitorDescriptor}`,
  "-mon",
  "chardev=monitor,mode=control",
];

export class Monitor {
  readonly #stream: Duplex;
  readonly #waiting: ((answer: unknown) => void)[] = [];
  #text = "";

  constructor(stream: Duplex) {
    this.#stream = stream;
    // A VM that has ended answers no more.
    stream.on("error", () => undefined);
    stream.on("data", (piece: Buffer) => this.#read(piece.toString("latin1")));
    void this.#ask({ execute: "qmp_capabilities" });
  }

  /** What QEMU's own monitor prints. Never resolves where the VM has ended. */
  async prints(line: string): Promise<string> {
    const answer = await this.#ask({ execute: "human-monitor-command", arguments: { "command-line": line } });
    return typeof answer === "string" ? answer : "";
  }

  #ask(question: object): Promise<unknown> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#stream.write(`${JSON.stringify(question)}\n`);
    });
  }

  #read(piece: string): void {
    const lines = (this.#text + piece).split("\n");
    this.#text = lines.pop() ?? "";
    for (const line of lines) {
      const answer: unknown = JSON.parse(line);
      // Greetings and events are not asked for.
      if (typeof answer !== "object" || answer === null || !("return" in answer || "error" in answer)) continue;
      this.#waiting.shift()?.("return" in answer ? answer.return : undefined);
    }
  }
}

/** Looks again and again at where the processor is. */
export class ProcessorWatch {
  readonly #monitor: Monitor;
  #seen: bigint[] = [];

  constructor(monitor: Monitor) {
    this.#monitor = monitor;
  }

  /**
   * One more look. True where the processor was in the same few bytes nearly every time of the last {@link looks}, awake, and they hold the instruction
   * of a waiting loop: a timer that interrupts the loop is seen now and then, and a hash or a copy holds no such instruction.
   */
  async standsStill(): Promise<boolean> {
    const registers = await this.#monitor.prints("info registers");
    const at = /^RIP=([0-9a-f]+).* HLT=0$/m.exec(registers.replaceAll("\r", ""))?.[1];
    this.#seen = [...this.#seen, at === undefined ? -1n : BigInt(`0x${at}`)].slice(-looks);
    const most = this.#seen.toSorted(byValue)[looks / 2];
    if (this.#seen.length < looks || most === undefined || most < 0n) return false;
    const near = this.#seen.filter((one) => one > most - reach && one < most + reach);
    if (near.length < looks * share) return false;
    const code = await this.#monitor.prints(`x /${2n * reach}xb 0x${(most - reach).toString(16)}`);
    return code
      .replaceAll(/^[^:]*:/gm, "")
      .replaceAll(/\s+/g, " ")
      .includes(pause);
  }
}

function byValue(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

const looks = 40;
const share = 0.7;
/** Bytes before and after. */
const reach = 16n;
/** The x86 instruction of that name, as the monitor prints bytes. */
const pause = "0xf3 0x90";
