// Does the VM's processor stand still? OVMF ends a boot that it refuses in a loop without an end, and its release build says no word: the loop is what can
// be seen, through QEMU's monitor. It changes nothing in the VM.
import type { Qmp } from "./qmp.ts";

/** Looks again and again at where the processor is. */
export class ProcessorWatch {
  readonly #qmp: Qmp;
  #seen: bigint[] = [];

  constructor(qmp: Qmp) {
    this.#qmp = qmp;
  }

  /**
   * One more look. True where the processor was in the same few bytes nearly every time of the last {@link looks}, awake, and they hold the instruction
   * of a waiting loop: a timer that interrupts the loop is seen now and then, and a hash or a copy holds no such instruction.
   */
  async standsStill(): Promise<boolean> {
    const registers = await this.#prints("info registers");
    const at = /^RIP=([0-9a-f]+).* HLT=0$/m.exec(registers.replaceAll("\r", ""))?.[1];
    this.#seen = [...this.#seen, at === undefined ? -1n : BigInt(`0x${at}`)].slice(-looks);
    const most = this.#seen.toSorted(byValue)[looks / 2];
    if (this.#seen.length < looks || most === undefined || most < 0n) return false;
    const near = this.#seen.filter((one) => one > most - reach && one < most + reach);
    if (near.length < looks * share) return false;
    const code = await this.#prints(`x /${2n * reach}xb 0x${(most - reach).toString(16)}`);
    return code
      .replaceAll(/^[^:]*:/gm, "")
      .replaceAll(/\s+/g, " ")
      .includes(pause);
  }

  /** What the monitor for people answers; nothing while QEMU is not there yet, or no more. */
  async #prints(line: string): Promise<string> {
    const answer = await this.#qmp.execute("human-monitor-command", { "command-line": line }).catch(() => undefined);
    return typeof answer === "string" ? answer : "";
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
