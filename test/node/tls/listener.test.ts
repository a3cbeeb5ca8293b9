// The listener over real sockets: who gets in, who is cut, and that nobody can make it wait.
import { connect as connectTcp } from "node:net";
import { connect as connectTls } from "node:tls";
import { once } from "node:events";
import { X509Certificate } from "node:crypto";
import { expect, onTestFinished, test } from "vitest";
import { must } from "../../../core/base/result.ts";
import { systemClock } from "../../../core/node/clock.ts";
import { systemRandom } from "../../../core/node/random.ts";
import { systemTimers } from "../../../core/node/timers.ts";
import { openAuthority } from "../../../core/node/tls/authority.ts";
import { listen } from "../../../core/node/tls/listener.ts";
import { codeOf, hearingLog, MemoryKeychain, MemorySettings } from "../kit.ts";
import type { ConnectionOptions, TLSSocket } from "node:tls";
import type { Socket } from "node:net";
import type { Channel } from "../../../core/manager/ports.ts";
import type { ListenerLimits } from "../../../core/node/tls/listener.ts";

test("an agent: bytes both ways, the same exporter on both sides, hybrid key exchange, and an end", async () => {
  const { dial, channel } = await service();
  const socket = await dial();
  const served = await channel();
  expect(served.exporter).toEqual(new Uint8Array(socket.exportKeyingMaterial(32, "EXPORTER-Channel-Binding", Buffer.alloc(0))));
  expect(served.exporter.length).toBe(32);
  expect(served.peer).toBe(`127.0.0.1:${socket.localPort}`);
  expect(JSON.stringify(socket.getEphemeralKeyInfo())).toContain("X25519MLKEM768");
  socket.end("hello");
  const chunks: Uint8Array[] = [];
  for await (const chunk of served.received) chunks.push(chunk);
  expect(Buffer.concat(chunks).toString()).toBe("hello");
  expect(chunks.some((chunk) => Buffer.isBuffer(chunk))).toBe(false);
});

test("what was sent arrives before the close", async () => {
  const { dial, channel } = await service();
  const socket = await dial();
  const served = await channel();
  served.send(new Uint8Array(100_000).fill(7));
  served.close();
  served.close();
  let length = 0;
  for await (const chunk of socket) length += (chunk as Uint8Array).length;
  expect(length).toBe(100_000);
});

test("two connections never share an exporter value", async () => {
  const { dial, channel } = await service();
  await dial();
  const first = await channel();
  await dial();
  expect((await channel()).exporter).not.toEqual(first.exporter);
});

test.each<[string, ConnectionOptions]>([
  ["no ALPN", { ALPNProtocols: [] }],
  ["another ALPN", { ALPNProtocols: ["http/1.1"] }],
  ["TLS 1.2", { minVersion: "TLSv1.2", maxVersion: "TLSv1.2" }],
])("%s is cut and never becomes a channel", async (_name, options) => {
  const { options: own, lines, channels } = await service();
  const socket = connectTls({ ...own, ...options });
  socket.on("error", () => {});
  await closed(socket);
  expect(channels).toHaveLength(0);
  expect(lines.find(({ event }) => event === "listener.refused")?.fields.code).toBe("listener.tls");
});

test("bytes that are no TLS are cut", async () => {
  const { port, channels } = await service();
  const socket = rawSocket(port);
  socket.write("GET / HTTP/1.1\r\n\r\n");
  await closed(socket);
  expect(channels).toHaveLength(0);
});

test("a silent peer and a slow one are cut at the handshake deadline", async () => {
  const { port, lines } = await service({ handshakeMs: 300 });
  const silent = rawSocket(port);
  const slow = rawSocket(port);
  slow.on("connect", () => {
    const drip = setInterval(() => slow.write(Uint8Array.of(0x16)), 20);
    slow.on("close", () => clearInterval(drip));
  });
  await Promise.all([closed(silent), closed(slow)]);
  expect(lines.find(({ event }) => event === "listener.refused")).toBeDefined();
});

test("the handshake deadline does not end a finished handshake", async () => {
  const { dial, channel } = await service({ handshakeMs: 200 });
  const socket = await dial();
  const served = await channel();
  await new Promise((resolve) => setTimeout(resolve, 400));
  served.send(Uint8Array.of(1));
  expect(await once(socket, "data")).toEqual([Buffer.from([1])]);
});

test("nothing is resumed", async () => {
  const { dial } = await service();
  const first = await dial();
  const session = await Promise.race([
    once(first, "session").then(([ticket]) => ticket as Buffer),
    new Promise<undefined>((resolve) => setTimeout(resolve, 300)),
  ]);
  const second = await dial(session === undefined ? {} : { session });
  expect(second.isSessionReused()).toBe(false);
});

test("connections beyond the cap of an address are cut at once", async () => {
  const { port } = await service({ connectionsPerAddress: 3 });
  const sockets = Array.from({ length: 5 }, () => rawSocket(port));
  const cut = await Promise.all(
    sockets.map((socket) => Promise.race([closed(socket).then(() => true), new Promise((resolve) => setTimeout(resolve, 300, false))])),
  );
  expect(cut.filter(Boolean)).toHaveLength(2);
});

test("a peer that sends too much is cut", async () => {
  const { dial, channel, lines } = await service({ receivedBytes: 10_000 });
  const socket = await dial();
  const served = await channel();
  socket.write(new Uint8Array(10_001));
  let received = 0;
  for await (const chunk of served.received) received += chunk.length;
  expect(received).toBeLessThanOrEqual(10_000);
  await closed(socket);
  expect(lines.at(-1)?.fields.code).toBe("listener.too-much");
});

test("back-pressure: what the manager does not read stays with the peer", async () => {
  const { dial, channel } = await service({ receivedBytes: 2 ** 30 });
  const socket = await dial();
  await channel();
  const megabyte = new Uint8Array(2 ** 20);
  for (let i = 0; i < 64; i++) socket.write(megabyte);
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(socket.writableLength).toBeGreaterThan(32 * 2 ** 20);
});

test("a peer that does not read is cut, while sending and at the close", async () => {
  const { dial, channel, lines } = await service({ closeMs: 200, waitingBytes: 2 ** 24 });
  const first = await dial();
  first.pause();
  const served = await channel();
  for (let i = 0; i < 40; i++) served.send(new Uint8Array(2 ** 20));
  expect(lines.at(-1)?.fields.code).toBe("listener.not-reading");
  const second = await dial();
  second.pause();
  const other = await channel();
  for (let i = 0; i < 15; i++) other.send(new Uint8Array(2 ** 20));
  const cut = lines.length;
  other.close();
  while (lines.length === cut) await new Promise((resolve) => setTimeout(resolve, 20));
  expect(lines.at(-1)?.fields.code).toBe("listener.not-reading");
});

test("a broken connection ends the received bytes instead of throwing", async () => {
  const { dial, channel, port } = await service();
  const carrier = rawSocket(port);
  await dial({ socket: carrier });
  const served = await channel();
  carrier.resetAndDestroy();
  for await (const chunk of served.received) expect(chunk).toBeDefined();
  served.send(Uint8Array.of(1));
  served.close();
});

test("a rotated leaf is served without a restart, and the anchor stays", async () => {
  const { dial, authority } = await service();
  const before = (await dial()).getPeerX509Certificate()?.serialNumber;
  must(await authority.rotate());
  const after = (await dial()).getPeerX509Certificate();
  expect(after?.serialNumber).not.toBe(before);
  expect(after?.verify(new X509Certificate(authority.certificate).publicKey)).toBe(true);
});

test("a port in use and a foreign address have their own sentences", async () => {
  const { port, again } = await service();
  expect(codeOf(await again({ host: "127.0.0.1", port }))).toBe("listener.port-in-use");
  expect(codeOf(await again({ host: "192.0.2.1", port: 0 }))).toBe("listener.address");
  expect(codeOf(await again({ host: "no.such.host.invalid", port: 0 }))).toBe("listener.address");
  expect(codeOf(await again({ host: "127.0.0.1", port: 65_536 }))).toBe("listener.address");
});

test("close ends idle, half-open and live connections, and frees the port", async () => {
  const { dial, channel, listener, port, again } = await service({ closeMs: 200 });
  const socket = await dial();
  await channel();
  const half = rawSocket(port);
  await once(half, "connect");
  await new Promise((resolve) => setTimeout(resolve, 50));
  const gone = [closed(socket), closed(half)];
  await Promise.all([listener.close(), listener.close(), ...gone]);
  const next = must(await again({ host: "127.0.0.1", port }));
  expect(next.port).toBe(port);
  await next.close();
});

async function service(limits: Partial<ListenerLimits> = {}) {
  const { log, lines } = hearingLog();
  const ports = { clock: systemClock, timers: systemTimers, log };
  const authority = must(
    await openAuthority({ ...ports, store: new MemorySettings(), keychain: new MemoryKeychain(), random: systemRandom }),
  );
  const channels: Channel[] = [];
  const waiting: ((channel: Channel) => void)[] = [];
  const onChannel = (channel: Channel): void => {
    const next = waiting.shift();
    if (next === undefined) channels.push(channel);
    else next(channel);
  };
  const again = (where: { host: string; port: number }) => listen({ ...ports, ...where, authority, limits, onChannel });
  const listener = must(await again({ host: "127.0.0.1", port: 0 }));
  onTestFinished(async () => {
    authority.close();
    await listener.close();
  });
  const ca = new X509Certificate(authority.certificate).toString();
  const options: ConnectionOptions = {
    host: "127.0.0.1",
    port: listener.port,
    ca,
    ALPNProtocols: ["alp/1"],
    servername: "manager.portcullis.internal",
  };
  const dial = async (more: ConnectionOptions = {}): Promise<TLSSocket> => {
    const socket = connectTls({ ...options, ...more });
    onTestFinished(() => void socket.destroy());
    await once(socket, "secureConnect");
    expect(socket.authorized).toBe(true);
    socket.on("error", () => {});
    return socket;
  };
  const channel = (): Promise<Channel> => {
    const ready = channels.shift();
    return ready === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(ready);
  };
  return { listener, port: listener.port, options, authority, lines, channels, dial, channel, again };
}

/** Not `once`: that rejects where an error comes before the close. */
function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.resume().once("close", () => resolve()));
}

function rawSocket(port: number): Socket {
  const socket = connectTcp(port, "127.0.0.1");
  socket.on("error", () => {});
  onTestFinished(() => void socket.destroy());
  return socket;
}
