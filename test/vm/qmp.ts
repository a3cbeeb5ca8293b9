// What does QEMU say about the VM, and what is it asked to do? QMP over a socket that this side listens on, so that no event can be missed.
// (QEMU's documentation, "QEMU Machine Protocol".)
import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { createInterface } from "node:readline";

interface Line {
  readonly event?: string;
  readonly data?: { readonly reason?: string };
  readonly return?: unknown;
  readonly error?: { readonly desc: string };
}

export class Qmp {
  readonly #server: Server;
  #socket: Socket | undefined;
  readonly #answers: { readonly resolve: (value: unknown) => void; readonly reject: (cause: Error) => void }[] = [];
  /** Called with an event's name and its reason. */
  onEvent: (name: string, reason: string | undefined) => void = () => {};
  /** Resolves when QEMU can be asked: before its VM runs. */
  readonly ready: Promise<void>;

  private constructor(server: Server) {
    this.#server = server;
    this.ready = once(server, "connection").then(([socket]) => this.#greet(socket as Socket));
  }

  /** QEMU connects to this path by `-qmp unix:PATH`. */
  static async listen(path: string): Promise<Qmp> {
    const server = createServer();
    const qmp = new Qmp(server);
    server.listen(path);
    await once(server, "listening");
    return qmp;
  }

  execute(command: string, words: Readonly<Record<string, unknown>> = {}): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.#socket?.writable !== true) return reject(new Error(`${command}: QEMU is not there`));
      this.#answers.push({ resolve, reject });
      this.#socket.write(`${JSON.stringify({ execute: command, arguments: words })}\n`);
    });
  }

  close(): void {
    this.#socket?.destroy();
    this.#server.close();
  }

  async #greet(socket: Socket): Promise<void> {
    this.#socket = socket;
    socket.on("error", () => {});
    socket.once("close", () => this.#answers.splice(0).forEach(({ reject }) => reject(new Error("QEMU has gone"))));
    const lines = createInterface({ input: socket }).on("line", (text) => this.#take(JSON.parse(text) as Line));
    // It repeats the socket's errors: QEMU that is killed leaves a question unread.
    lines.on("error", () => {});
    await this.execute("qmp_capabilities");
  }

  #take(line: Line): void {
    if (line.event !== undefined) return this.onEvent(line.event, line.data?.reason);
    if (line.error !== undefined) this.#answers.shift()?.reject(new Error(line.error.desc));
    else if ("return" in line) this.#answers.shift()?.resolve(line.return);
  }
}
