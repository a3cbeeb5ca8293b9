// Does somebody at the console get anywhere? Keys are sent from the VM's first moment to its last, on the serial line and on the keyboard: what stops a
// program, what answers a question, and a command whose answer only a shell can give.
import type { ChildProcess } from "node:child_process";
import type { Qmp } from "./qmp.ts";

/** @returns what ends the typing. */
export function typeKeys(child: ChildProcess, qmp: Qmp): () => void {
  let count = 0;
  child.stdin?.on("error", () => {});
  const timer = setInterval(() => {
    child.stdin?.write(lines[count % lines.length] ?? "\r");
    const keys = keyboard[count % keyboard.length] ?? [];
    qmp.execute("send-key", { keys: keys.map((data) => ({ type: "qcode", data })) }).catch(() => {});
    count++;
  }, pauseMilliseconds);
  return () => clearInterval(timer);
}

/** The sign of a shell or of a question on this console; undefined where there is none. */
export function promptIn(console: string): string | undefined {
  return signs.map((sign) => sign.exec(console)?.[0]).find((found) => found !== undefined);
}

const pauseMilliseconds = 250;
/** Whoever sees it echoed sees no 42 in it. */
const command = "echo shell-$((6 * 7))-answers\r";
const lines: readonly string[] = [
  "\r",
  "\u0003",
  command,
  "\u0004",
  "\u001a",
  "\u001c",
  "\u001b",
  "root\r",
  "y\r",
  "\u0018",
  command,
  "\u0007q\r",
];
const keyboard: readonly (readonly string[])[] = [
  ["ret"],
  ["ctrl", "c"],
  ["esc"],
  ["ctrl", "d"],
  ["alt", "f2"],
  ["ctrl", "z"],
  ["r"],
  ["spc"],
];
const signs: readonly RegExp[] = [
  /shell-42-answers/,
  /\(initramfs\)/,
  /passphrase/i,
  /password/i,
  /login:/i,
  /press (?:any key|enter|control)/i,
  /emergency (?:mode|shell)/i,
  /^(?:\S*[:@]\S*)?[#$] /m,
];
