// Is this the manager that the VM is bound to? Pinned TLS 1.3 with ALPN alp/1 (docs/protocol.md, step 1; RFC 9266 for the exporter).
// The public web's roots, host names and dates mean nothing here: only the digest of the manager's own CA key does.
import { type X509Certificate, createHash } from "node:crypto";
import { type TLSSocket, connect } from "node:tls";
import { toHex } from "../core/base/bytes.ts";
import { failure } from "../core/base/failure.ts";
import { type Result, fail, ok } from "../core/base/result.ts";
import { parseEndpoint } from "../core/launch/agent-configuration.ts";
import { protocolName } from "../core/launch/messages.ts";

export interface Connection {
  /** 32 bytes, RFC 9266 tls-exporter. */
  readonly exporter: Uint8Array;
  send(bytes: Uint8Array): void;
  /** To be called once. */
  listen(listener: Listener): void;
  /** Flushes what was sent, within a bound. Idempotent. */
  close(): void;
}

export interface Listener {
  /** As bytes arrive. */
  readonly chunk: (bytes: Uint8Array) => void;
  /** Once, when no more can come. */
  readonly gone: () => void;
}

export interface DialOptions {
  /** host:port. */
  readonly endpoint: string;
  /** SHA-256 of the CA's SubjectPublicKeyInfo, lower-case hex. */
  readonly anchor: string;
  readonly signal: AbortSignal;
  /** For connecting and the handshake together. */
  readonly timeoutMs?: number;
}

/** Failures: `agent.unreachable`, `agent.tls-failed`, `agent.manager-untrusted`, `agent.stopped`. */
export function dial({ endpoint, anchor, signal, timeoutMs = handshakeMs }: DialOptions): Promise<Result<Connection>> {
  const place = parseEndpoint(endpoint);
  if (place === undefined) return Promise.resolve(fail(failure("agent.unreachable", endpoint)));
  if (signal.aborted) return Promise.resolve(fail(failure("agent.stopped")));
  return new Promise((resolve) => {
    // Never a session of before: no resumption and no early data.
    const socket = connect({
      ...place,
      ALPNProtocols: [protocolName],
      minVersion: "TLSv1.3",
      maxVersion: "TLSv1.3",
      ecdhCurve: groups,
      // SECURITY: Node's own check knows no pin; `isPinned` replaces it, and nothing is sent before it has passed.
      rejectUnauthorized: false,
    });
    let connected = false;
    let settled = false;
    const settle = (result: Result<Connection>): void => {
      if (settled) return;
      settled = true;
      clearTimeout(timer);
      signal.removeEventListener("abort", stop);
      socket.removeListener("error", onError);
      if (!result.ok) {
        socket.on("error", () => {});
        socket.destroy();
      }
      resolve(result);
    };
    const stop = (): void => settle(fail(failure("agent.stopped")));
    const onError = (cause?: Error): void => settle(fail(failure(connected ? "agent.tls-failed" : "agent.unreachable", endpoint, cause)));
    const timer = setTimeout(onError, timeoutMs);
    signal.addEventListener("abort", stop);
    socket.once("connect", () => (connected = true));
    socket.once("error", onError);
    socket.once("close", () => onError());
    socket.once("secureConnect", () => {
      if (socket.getProtocol() !== "TLSv1.3" || socket.alpnProtocol !== protocolName)
        return settle(fail(failure("agent.tls-failed", endpoint)));
      if (!isPinned(socket.getPeerX509Certificate(), anchor)) return settle(fail(failure("agent.manager-untrusted", endpoint)));
      settle(ok(new PinnedConnection(socket)));
    });
  });
}

/**
 * The leaf must be issued directly by a CA whose key has the pinned digest. Dates are not looked at: the clock of an initramfs is the
 * host's, so they would prove nothing; a manager that must be cut off gets another CA, and the VM another configuration.
 */
export function isPinned(leaf: X509Certificate | undefined, anchor: string): boolean {
  const ca = leaf?.issuerCertificate;
  if (leaf === undefined || ca === undefined) return false;
  try {
    const spki = ca.publicKey.export({ type: "spki", format: "der" });
    const digest = toHex(createHash("sha256").update(spki).digest());
    if (digest !== anchor || !ca.ca) return false;
    const forServers = leaf.keyUsage?.includes(serverAuth) ?? false;
    return !leaf.ca && forServers && leaf.checkIssued(ca) && leaf.verify(ca.publicKey);
  } catch {
    // A key of a kind that the library does not know cannot be the pinned one.
    return false;
  }
}

class PinnedConnection implements Connection {
  readonly exporter: Uint8Array;
  readonly #socket: TLSSocket;

  constructor(socket: TLSSocket) {
    this.#socket = socket;
    this.exporter = new Uint8Array(socket.exportKeyingMaterial(exporterLength, exporterLabel, Buffer.alloc(0)));
    // Whatever breaks the connection also closes it, and `gone` is told of that.
    socket.on("error", () => {});
  }

  send(bytes: Uint8Array): void {
    if (this.#socket.writable) this.#socket.write(bytes);
  }

  listen({ chunk, gone }: Listener): void {
    const socket = this.#socket;
    socket.on("data", (bytes: Uint8Array) => chunk(new Uint8Array(bytes)));
    let told = false;
    const tell = (): void => {
      if (!told) gone();
      told = true;
    };
    socket.once("end", tell);
    socket.once("close", tell);
    if (socket.destroyed || socket.readableEnded) queueMicrotask(tell);
  }

  close(): void {
    const socket = this.#socket;
    if (socket.destroyed) return;
    const timer = setTimeout(() => socket.destroy(), closeMs);
    socket.once("close", () => clearTimeout(timer));
    socket.end(() => socket.destroy());
  }
}

const exporterLabel = "EXPORTER-Channel-Binding";
const exporterLength = 32;
/** Hybrid first; the classical groups for managers whose TLS library has no ML-KEM. */
const groups = "X25519MLKEM768:X25519:P-384";
/** id-kp-serverAuth; Node calls the extended key usage `keyUsage`. */
const serverAuth = "1.3.6.1.5.5.7.3.1";
const handshakeMs = 15_000;
const closeMs = 2_000;
