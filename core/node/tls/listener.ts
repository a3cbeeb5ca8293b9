// Who may talk to the manager, and how? TLS 1.3 with ALPN alp/1 only, no resumption, no early data (docs/protocol.md, step 1); caps,
// rates and a deadline before a connection becomes a Channel. Never reads a message, never authenticates a peer: evidence does that.
import { createServer as createTcpServer } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { constants } from "node:crypto";
import { failure } from "../../base/failure.ts";
import { fail, ok } from "../../base/result.ts";
import { protocolName } from "../../launch/messages.ts";
import { isSystemError } from "../files.ts";
import { SocketChannel } from "./channel.ts";
import { ConnectionGate } from "./connection-gate.ts";
import type { AddressInfo, Server as TcpServer, Socket } from "node:net";
import type { SecureContextOptions, Server as TlsServer, TLSSocket } from "node:tls";
import type { Clock } from "../../base/clock.ts";
import type { FailureCode } from "../../base/failure.ts";
import type { Log } from "../../base/log.ts";
import type { Result } from "../../base/result.ts";
import type { Channel, Timers } from "../../manager/ports.ts";
import type { TlsAuthority } from "./authority.ts";
import type { Leaf } from "./certificates.ts";
import type { ChannelLimits } from "./channel.ts";
import type { GateLimits } from "./connection-gate.ts";

export interface ListenerLimits extends GateLimits, ChannelLimits {
  readonly handshakeMs: number;
}

export const defaultListenerLimits: ListenerLimits = {
  // The manager's sessions, and as many again that are being opened or closed.
  connections: 1024,
  // A whole fleet may reach us through one address. Who holds as many connections as a stranger meets the manager's own, lower cap.
  connectionsPerAddress: 512,
  burst: 256,
  refillPerSecond: 32,
  addresses: 4096,
  handshakeMs: 10_000,
  // A launch needs two or three frames of at most 64 KiB; each further challenge one more.
  receivedBytes: 2 ** 20,
  waitingBytes: 2 ** 18,
  closeMs: 5_000,
};

export interface ListenerOptions {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  readonly authority: TlsAuthority;
  readonly limits?: Partial<ListenerLimits>;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly log: Log;
  /** Owns the channel from here on. */
  onChannel(channel: Channel): void;
}

export interface Listener {
  readonly address: string;
  readonly port: number;
  /** Takes no more connections, gives the live ones the close time-out to end, then cuts them. Idempotent. */
  close(): Promise<void>;
}

/** `listener.port-in-use`, `listener.address`, `listener.failed`. */
export function listen(options: ListenerOptions): Promise<Result<Listener>> {
  const listener = new TlsListener(options);
  return listener.start();
}

class TlsListener {
  readonly #options: ListenerOptions;
  readonly #limits: ListenerLimits;
  readonly #gate: ConnectionGate;
  /** TCP is taken in here first, so that a refused connection costs no TLS state. */
  readonly #tcp: TcpServer;
  readonly #tls: TlsServer;
  readonly #live = new Map<string, Arrival>();
  readonly #forgetRotation: () => void;
  #quietUntil = 0;
  #unsaid = 0;
  #closing: Promise<void> | undefined;

  constructor(options: ListenerOptions) {
    this.#options = options;
    this.#limits = { ...defaultListenerLimits, ...options.limits };
    this.#gate = new ConnectionGate(this.#limits);
    this.#tls = createTlsServer({
      ...contextOf(options.authority.leaf()),
      ALPNProtocols: [protocolName],
      handshakeTimeout: longerThanOurs,
    });
    this.#tls.on("secureConnection", (socket) => this.#secured(socket));
    this.#tls.on("tlsClientError", (_error, socket) => this.#refuse(socket, "listener.tls"));
    this.#tcp = createTcpServer({ noDelay: true, keepAlive: true }, (socket) => this.#arrived(socket));
    this.#forgetRotation = options.authority.onRotation((leaf) => this.#tls.setSecureContext(contextOf(leaf)));
  }

  start(): Promise<Result<Listener>> {
    const { host, port, log } = this.#options;
    return new Promise((resolve) => {
      const refused = (error: unknown): void => {
        this.#forgetRotation();
        resolve(fail(failure(listenCode(error), `${host}:${port}`, error)));
      };
      this.#tcp.once("error", refused);
      this.#tcp.once("listening", () => {
        this.#tcp.off("error", refused);
        // From here on an error is about one accept (no more files, say); the next one may work.
        this.#tcp.on("error", () => log.write("error", "listener.accept", { code: "listener.failed" }));
        const bound = this.#tcp.address() as AddressInfo;
        log.write("info", "listener.open", { address: bound.address, port: bound.port });
        resolve(ok({ address: bound.address, port: bound.port, close: () => this.#close() }));
      });
      try {
        this.#tcp.listen({ host, port });
      } catch (error) {
        // A number that is no port.
        refused(error);
      }
    });
  }

  #arrived(socket: Socket): void {
    const { clock, timers } = this.#options;
    const name = nameOf(socket);
    socket.on("error", () => socket.destroy());
    const leave = this.#gate.admit(socket.remoteAddress ?? "", clock.monotonic());
    if (leave === undefined || name === undefined) {
      leave?.();
      this.#say("listener.too-many", socket.remoteAddress);
      socket.resetAndDestroy();
      return;
    }
    // Node's own handshake time-out only reports; the socket would stay.
    const cancel = timers.after(this.#limits.handshakeMs, () => {
      this.#say("listener.handshake-deadline", name);
      socket.destroy();
    });
    this.#live.set(name, { socket, cancel });
    socket.once("close", () => {
      cancel();
      leave();
      this.#live.delete(name);
    });
    this.#tls.emit("connection", socket);
  }

  #secured(socket: TLSSocket): void {
    const { timers, log } = this.#options;
    const name = nameOf(socket);
    const arrival = name === undefined ? undefined : this.#live.get(name);
    // A client that offers no protocol at all gets this far.
    if (
      arrival === undefined ||
      name === undefined ||
      socket.destroyed ||
      socket.alpnProtocol !== protocolName ||
      socket.getProtocol() !== "TLSv1.3"
    ) {
      this.#refuse(socket, "listener.tls");
      return;
    }
    arrival.cancel();
    const peer = peerText(socket);
    const channel = new SocketChannel({ socket, peer, limits: this.#limits, timers, log });
    this.#live.set(name, { ...arrival, channel });
    this.#options.onChannel(channel);
  }

  #refuse(socket: TLSSocket, code: FailureCode): void {
    this.#say(code, socket.remoteAddress);
    socket.destroy();
  }

  /** One line in ten seconds: whoever knocks must not fill the disk with our log. */
  #say(code: FailureCode, address = "unknown"): void {
    const now = this.#options.clock.monotonic();
    this.#unsaid++;
    if (now < this.#quietUntil) return;
    this.#options.log.write("warn", "listener.refused", { code, address, count: this.#unsaid });
    this.#quietUntil = now + quietMs;
    this.#unsaid = 0;
  }

  #close(): Promise<void> {
    this.#closing ??= new Promise((resolve) => {
      this.#forgetRotation();
      this.#tcp.close(() => resolve());
      for (const { socket, channel, cancel } of this.#live.values()) {
        cancel();
        if (channel === undefined) socket.destroy();
        else channel.close();
      }
    });
    return this.#closing;
  }
}

interface Arrival {
  readonly socket: Socket;
  readonly cancel: () => void;
  readonly channel?: Channel;
}

function contextOf({ key, chain }: Leaf): SecureContextOptions {
  return {
    key,
    cert: chain,
    minVersion: "TLSv1.3",
    maxVersion: "TLSv1.3",
    ecdhCurve: groups,
    secureOptions: constants.SSL_OP_NO_TICKET,
  };
}

/** As a person reads it: host:port, an IPv6 address in brackets. */
function peerText({ remoteAddress = "", remotePort = 0 }: Socket): string {
  return `${remoteAddress.includes(":") ? `[${remoteAddress}]` : remoteAddress}:${remotePort}`;
}

/** The same for a socket and for the TLS socket over it; undefined where the peer is gone already. */
function nameOf({ remoteAddress, remotePort, localAddress }: Socket): string | undefined {
  return remoteAddress === undefined ? undefined : `${remoteAddress} ${remotePort} ${localAddress}`;
}

function listenCode(error: unknown): FailureCode {
  if (isSystemError(error, "EADDRINUSE")) return "listener.port-in-use";
  return isSystemError(error, "EADDRNOTAVAIL", "EACCES", "ENOTFOUND", "EAI_AGAIN", "EINVAL", "ERR_SOCKET_BAD_PORT")
    ? "listener.address"
    : "listener.failed";
}

/** Hybrid first; classical groups for agents whose TLS library has no ML-KEM. */
const groups = "X25519MLKEM768:X25519:P-384";
const quietMs = 10_000;
const longerThanOurs = 2 ** 30;
