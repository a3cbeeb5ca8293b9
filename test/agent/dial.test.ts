// Does the agent talk to its own manager, over TLS 1.3 and alp/1, and to nobody else? Over real sockets, with the manager's real listener.
import { X509Certificate, createPrivateKey } from "node:crypto";
import { createServer as createTcpServer } from "node:net";
import type { AddressInfo, Server } from "node:net";
import { type TlsOptions, createServer } from "node:tls";
import "reflect-metadata";
import { BasicConstraintsExtension, ExtendedKeyUsage, ExtendedKeyUsageExtension, X509CertificateGenerator } from "@peculiar/x509";
import { describe, expect, onTestFinished, test } from "vitest";
import { dial, isPinned } from "../../agent/dial.ts";
import { toHex } from "../../core/base/bytes.ts";
import { silentLog } from "../../core/base/log.ts";
import { must } from "../../core/base/result.ts";
import type { Channel } from "../../core/manager/ports.ts";
import { systemClock } from "../../core/node/clock.ts";
import { systemRandom } from "../../core/node/random.ts";
import { systemTimers } from "../../core/node/timers.ts";
import { listen } from "../../core/node/tls/listener.ts";
import { makeCaCertificate, makeCaKey, makeLeaf } from "../../core/node/tls/certificates.ts";
import { authority } from "./kit.ts";

const never = new AbortController().signal;

describe("the manager's listener", () => {
  test("gives a connection with the same exporter on both sides, bytes both ways, and an end", async () => {
    const own = await authority();
    const channels: Channel[] = [];
    const options = { host: "127.0.0.1", port: 0, authority: own, clock: systemClock, timers: systemTimers, log: silentLog };
    const listener = must(await listen({ ...options, onChannel: (channel) => channels.push(channel) }));
    onTestFinished(() => listener.close());
    const connection = must(await dial({ endpoint: `127.0.0.1:${listener.port}`, anchor: toHex(own.anchor), signal: never }));
    await expect.poll(() => channels.length).toBe(1);
    const channel = channels[0] as Channel;
    expect(connection.exporter).toEqual(channel.exporter);
    const heard: number[] = [];
    const ended = new Promise<void>((gone) => connection.listen({ chunk: (bytes) => heard.push(...bytes), gone }));
    channel.send(Uint8Array.of(1, 2, 3));
    connection.send(Uint8Array.of(4));
    for await (const chunk of channel.received) {
      expect([...chunk]).toEqual([4]);
      break;
    }
    channel.close();
    await ended;
    expect(heard).toEqual([1, 2, 3]);
    connection.close();
    connection.close();
  });

  test("after its leaf has rotated, is still the pinned one", async () => {
    const own = await authority();
    const before = own.leaf();
    must(await own.rotate());
    expect(own.leaf().chain).not.toBe(before.chain);
    const endpoint = await serverWith({ key: own.leaf().key, cert: own.leaf().chain });
    expect((await dial({ endpoint, anchor: toHex(own.anchor), signal: never })).ok).toBe(true);
  });
});

describe("is refused before a byte is sent", () => {
  test("a relay with TLS of its own", async () => {
    const [own, relay] = [await authority(), await authority()];
    const heard: Uint8Array[] = [];
    const endpoint = await serverWith({ key: relay.leaf().key, cert: relay.leaf().chain }, heard);
    expect(await dial({ endpoint, anchor: toHex(own.anchor), signal: never })).toMatchObject({
      failure: { code: "agent.manager-untrusted" },
    });
    expect(heard).toEqual([]);
  });

  test("a relay that shows the manager's CA behind a leaf of its own", async () => {
    const [own, relay] = [await authority(), await authority()];
    const [relayLeaf = ""] = relay.leaf().chain.split(/(?<=-----END CERTIFICATE-----\n)/);
    const cert = relayLeaf + new X509Certificate(own.certificate).toString();
    const endpoint = await serverWith({ key: relay.leaf().key, cert });
    expect(await dial({ endpoint, anchor: toHex(own.anchor), signal: never })).toMatchObject({
      failure: { code: "agent.manager-untrusted" },
    });
  });

  test("a chain without its CA", async () => {
    const own = await authority();
    const [leaf = ""] = own.leaf().chain.split(/(?<=-----END CERTIFICATE-----\n)/);
    const endpoint = await serverWith({ key: own.leaf().key, cert: leaf });
    expect(await dial({ endpoint, anchor: toHex(own.anchor), signal: never })).toMatchObject({
      failure: { code: "agent.manager-untrusted" },
    });
  });

  test.each([
    ["another protocol", { ALPNProtocols: ["http/1.1"] }],
    ["no protocol at all", { ALPNProtocols: undefined }],
    ["TLS 1.2", { maxVersion: "TLSv1.2" }],
  ] as const)("%s", async (_name, options) => {
    const own = await authority();
    const endpoint = await serverWith({ key: own.leaf().key, cert: own.leaf().chain, ...options });
    expect(await dial({ endpoint, anchor: toHex(own.anchor), signal: never })).toMatchObject({ failure: { code: "agent.tls-failed" } });
  });
});

describe("a pin", () => {
  test("holds for a leaf of the CA only: not for the CA itself, nor for another key", async () => {
    const { key } = await makeCaKey();
    const ca = new X509Certificate(await makeCaCertificate(key, Date.now(), systemRandom));
    const own = await authority();
    expect(isPinned(ca, toHex(own.anchor))).toBe(false);
    expect(isPinned(undefined, toHex(own.anchor))).toBe(false);
    // A certificate that was not received in a handshake has no issuer beside it.
    const leaf = await makeLeaf(key, ca.raw, Date.now(), systemRandom);
    expect(isPinned(new X509Certificate(leaf.chain), toHex(own.anchor))).toBe(false);
  });

  test("holds for a leaf that this key signed, and not for one that only says so", async () => {
    const [own, other] = [await makeCaKey(), await makeCaKey()];
    const ca = await makeCaCertificate(own.key, Date.now(), systemRandom);
    // Everything in it is as in a real leaf, the identifier of the CA's key too; only the signature is another key's.
    const forged = await makeLeaf({ ...own.key, privateKey: other.key.privateKey }, ca, Date.now(), systemRandom);
    expect(await dialled(forged, own.key.spki)).toBe("agent.manager-untrusted");
    expect(await dialled(await makeLeaf(own.key, ca, Date.now(), systemRandom), own.key.spki)).toBe("connected");
  });

  test.each([
    ["a leaf that may issue certificates", { leafIsCa: true }, "agent.manager-untrusted"],
    ["a leaf for another purpose", { purpose: ExtendedKeyUsage.clientAuth }, "agent.manager-untrusted"],
    ["a leaf for any purpose", { purpose: undefined }, "agent.manager-untrusted"],
    ["an issuer that is no authority", { issuerIsCa: false }, "agent.manager-untrusted"],
    ["all as it should be", {}, "connected"],
  ])("%s: %s", async (_what, choices, expected) => {
    const { chain, spki } = await chainWith(choices);
    expect(await dialled(chain, spki)).toBe(expected);
  });

  test("does not ask the clock: the host of the VM sets it", async () => {
    const { key } = await makeCaKey();
    const longAgo = Date.UTC(2001, 0, 1);
    const ca = await makeCaCertificate(key, longAgo, systemRandom);
    const leaf = await makeLeaf(key, ca, longAgo, systemRandom);
    const endpoint = await serverWith({ key: leaf.key, cert: leaf.chain });
    const anchor = toHex(await digestOf(key.spki));
    expect((await dial({ endpoint, anchor, signal: never })).ok).toBe(true);
  });
});

describe("time and silence", () => {
  test("nobody listens", async () => {
    const endpoint = await listening(createTcpServer(), true);
    expect(await dial({ endpoint, anchor: "00".repeat(32), signal: never })).toMatchObject({ failure: { code: "agent.unreachable" } });
  });

  test("a peer that accepts and says nothing is given up", async () => {
    const endpoint = await listening(createTcpServer(() => {}));
    const options = { endpoint, anchor: "00".repeat(32), signal: never, timeoutMs: 100 };
    expect(await dial(options)).toMatchObject({ failure: { code: "agent.tls-failed" } });
  });

  test("a signal ends a dial, before and during", async () => {
    const endpoint = await listening(createTcpServer(() => {}));
    const stop = new AbortController();
    const dialling = dial({ endpoint, anchor: "00".repeat(32), signal: stop.signal });
    stop.abort();
    expect(await dialling).toMatchObject({ failure: { code: "agent.stopped" } });
    expect(await dial({ endpoint, anchor: "00".repeat(32), signal: stop.signal })).toMatchObject({ failure: { code: "agent.stopped" } });
  });

  test("an endpoint that is none", async () => {
    expect(await dial({ endpoint: "nowhere", anchor: "", signal: never })).toMatchObject({ failure: { code: "agent.unreachable" } });
  });
});

async function dialled({ key, chain }: { readonly key: string; readonly chain: string }, spki: Uint8Array): Promise<string> {
  const endpoint = await serverWith({ key, cert: chain });
  const connection = await dial({ endpoint, anchor: toHex(await digestOf(spki)), signal: never });
  if (connection.ok) connection.value.close();
  return connection.ok ? "connected" : connection.failure.code;
}

interface ChainChoices {
  readonly leafIsCa?: boolean;
  readonly issuerIsCa?: boolean;
  readonly purpose?: ExtendedKeyUsage | undefined;
}

/** A leaf and its issuer as the manager makes them, but for the choices. */
async function chainWith({ leafIsCa = false, issuerIsCa = true, ...choices }: ChainChoices) {
  const purpose = "purpose" in choices ? choices.purpose : ExtendedKeyUsage.serverAuth;
  const signingAlgorithm = { name: "ECDSA", hash: "SHA-384" };
  const validity = { notBefore: new Date(Date.now() - 1000), notAfter: new Date(Date.now() + 3_600_000) };
  const [ca, pair] = await Promise.all(
    ["P-384", "P-256"].map((namedCurve) => crypto.subtle.generateKey({ name: "ECDSA", namedCurve }, true, ["sign", "verify"])),
  );
  if (ca === undefined || pair === undefined) throw new Error("no keys");
  const issuer = await X509CertificateGenerator.createSelfSigned({
    ...validity,
    name: "CN=issuer",
    keys: ca,
    signingAlgorithm,
    extensions: issuerIsCa ? [new BasicConstraintsExtension(true, undefined, true)] : [],
  });
  const leaf = await X509CertificateGenerator.create({
    ...validity,
    subject: "CN=leaf",
    issuer: "CN=issuer",
    publicKey: pair.publicKey,
    signingKey: ca.privateKey,
    signingAlgorithm,
    extensions: [
      new BasicConstraintsExtension(leafIsCa, undefined, true),
      ...(purpose === undefined ? [] : [new ExtendedKeyUsageExtension([purpose], true)]),
    ],
  });
  const pkcs8 = Buffer.from(await crypto.subtle.exportKey("pkcs8", pair.privateKey));
  const key = createPrivateKey({ key: pkcs8, format: "der", type: "pkcs8" }).export({ format: "pem", type: "pkcs8" }).toString();
  const chain = [leaf, issuer].map(({ rawData }) => new X509Certificate(new Uint8Array(rawData)).toString()).join("");
  return { chain: { key, chain }, spki: new Uint8Array(issuer.publicKey.rawData) };
}

function serverWith(options: TlsOptions, heard: Uint8Array[] = []): Promise<string> {
  const server = createServer({ ALPNProtocols: ["alp/1"], ...options }, (socket) => {
    socket.on("error", () => {});
    socket.on("data", (bytes: Uint8Array) => heard.push(bytes));
  });
  server.on("tlsClientError", () => {});
  return listening(server);
}

async function listening(server: Server, closed = false): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  if (closed) await new Promise((resolve) => server.close(resolve));
  else onTestFinished(() => void server.close());
  return `127.0.0.1:${port}`;
}

async function digestOf(bytes: Uint8Array): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes.slice()));
}
