// Collateral from the three places, against the simulated key service over HTTP: what is asked, how often, and what is believed.
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import { ok, must } from "../../../core/base/result.ts";
import { openCollateralSource } from "../../../core/node/collateral/collateral-source.ts";
import { startKdsServer } from "../../../core/node/simulator/kds-server.ts";
import { systemTimers } from "../../../core/node/timers.ts";
import { trustAnchorsOf } from "../../../core/simulator/hierarchy.ts";
import { revocationList } from "../../../core/simulator/revocation-list.ts";
import { SimulatedKds } from "../../../core/simulator/kds.ts";
import { encodeTcb } from "../../../core/snp/tcb.ts";
import { simulatedHierarchy, simulatedInstant } from "../../kit/simulated.ts";
import { codeOf, hearingLog, scratchFolder } from "../kit.ts";
import type { RequestListener } from "node:http";
import type { Hierarchy } from "../../../core/simulator/hierarchy.ts";
import type { CollateralQuery } from "../../../core/manager/ports.ts";
import type { CollateralOptions } from "../../../core/node/collateral/collateral-source.ts";
import type { KdsTiming } from "../../../core/node/collateral/kds-queue.ts";
import type { Tcb } from "../../../core/snp/tcb.ts";

const day = 86_400_000;
const tcb: Tcb = { product: "Milan", fmc: undefined, bootloader: 4, tee: 0, snp: 24, microcode: 219 };
const quick: Partial<KdsTiming> = { requestMs: 400, patienceMs: 1_500, spacingMs: 0, pauseMs: 20, throttledPauseMs: 60 };
/** For answers that are to come, on a machine that may be busy. */
const calm: Partial<KdsTiming> = { ...quick, requestMs: 20_000, patienceMs: 50_000 };
let milan: Hierarchy;
let query: CollateralQuery;

beforeAll(async () => {
  milan = await simulatedHierarchy("Milan");
  query = {
    product: "Milan",
    signer: "vcek",
    chipId: milan.chipId(),
    reportedTcb: encodeTcb(tcb),
    vekKnown: false,
    issuersKnown: false,
    crlWanted: true,
  };
});

test("everything from the service once, then from the cache", async () => {
  const { source, asked, waits } = await world();
  const first = must(await source.fetch(query, waits.push));
  expect(first.certificates).toHaveLength(3);
  expect(first.crls).toHaveLength(1);
  expect(new Set(asked.map((path) => path.split("/").at(-1)?.split("?")[0]))).toEqual(
    new Set([Buffer.from(milan.chipId()).toString("hex"), "cert_chain", "crl"]),
  );
  expect(waits.told.length).toBeGreaterThan(0);
  expect(must(await source.fetch(query, waits.push)).certificates).toEqual(first.certificates);
  expect(asked).toHaveLength(3);
});

test("what came with the evidence is not asked for", async () => {
  const { source, asked, waits } = await world();
  const all = { ...query, vekKnown: true, issuersKnown: true, crlWanted: false };
  expect(must(await source.fetch(all, waits.push))).toEqual({ certificates: [], crls: [] });
  expect(asked).toEqual([]);
});

test("the same question at once is asked once", async () => {
  const { source, asked, waits } = await world();
  const answers = await Promise.all(Array.from({ length: 20 }, () => source.fetch(query, waits.push)));
  expect(answers.map(codeOf)).toEqual(Array.from({ length: 20 }, () => "ok"));
  expect(asked).toHaveLength(3);
});

test("switched off: the cache and the folder still answer, the network is never asked", async () => {
  const folder = scratchFolder();
  const { source, asked, waits } = await world({ kds: "off", folder });
  expect(codeOf(await source.fetch(query, waits.push))).toBe("kds.off");
  fill(folder);
  const found = must(await source.fetch(query, waits.push));
  expect(found.certificates).toHaveLength(3);
  expect(found.crls).toHaveLength(1);
  expect(asked).toEqual([]);
});

test("the folder: DER and PEM, other chips and rubbish passed over, and asked before the service", async () => {
  const folder = scratchFolder();
  fill(folder);
  writeFileSync(join(folder, "rubbish"), "nothing");
  writeFileSync(join(folder, "large"), new Uint8Array(2 ** 20 + 1));
  writeFileSync(join(folder, "other.der"), milan.issue(simulatedInstant, tcb, { chipId: milan.chipId(7) }));
  mkdirSync(join(folder, "sub"));
  const { source, asked, waits } = await world({ folder });
  expect(must(await source.fetch({ ...query, crlWanted: false }, waits.push)).certificates).toHaveLength(3);
  expect(asked).toEqual([]);
  const another = { ...query, chipId: milan.chipId(7), issuersKnown: true, crlWanted: false };
  expect(must(await source.fetch(another, waits.push)).certificates).toHaveLength(1);
});

test("a throttled service is waited for, then had", async () => {
  const { source, kds, asked, waits } = await world();
  kds.fault = "throttled";
  const answer = source.fetch({ ...query, issuersKnown: true, crlWanted: false }, waits.push);
  await new Promise((resolve) => setTimeout(resolve, 100));
  kds.fault = undefined;
  expect(codeOf(await answer)).toBe("ok");
  expect(asked.length).toBeGreaterThan(1);
});

test.each([
  ["throttled", "kds.throttled"],
  ["error-500", "kds.unavailable"],
  ["hang", "kds.unavailable"],
  ["truncated", "kds.unavailable"],
  ["another-chip", "kds.malformed"],
  ["another-tcb", "kds.malformed"],
] as const)("a service that answers %s ends as %s within its time, and nothing of it is kept", async (fault, code) => {
  const { source, kds, waits, cached } = await world({ timing: quick });
  kds.fault = fault;
  const from = performance.now();
  expect(codeOf(await source.fetch({ ...query, issuersKnown: true, crlWanted: false }, waits.push))).toBe(code);
  expect(performance.now() - from).toBeLessThan(10_000);
  expect([...cached.keys()].filter((name) => name.includes("/vcek/Milan/"))).toEqual([]);
});

test("a chip that is not known is not asked about again and again", async () => {
  const { source, asked, waits } = await world();
  const unknown = { ...query, chipId: milan.chipId(99), issuersKnown: true, crlWanted: false };
  expect(codeOf(await source.fetch(unknown, waits.push))).toBe("kds.not-found");
  expect(codeOf(await source.fetch(unknown, waits.push))).toBe("kds.not-found");
  expect(asked.filter((path) => path.includes("?"))).toHaveLength(1);
});

test("a list that is current is used at once and renewed beside it; an outdated one is renewed first", async () => {
  const { source, asked, waits, turn } = await world();
  const crlOnly = { ...query, vekKnown: true, issuersKnown: true };
  const first = must(await source.fetch(crlOnly, waits.push)).crls[0];
  turn(day);
  expect(must(await source.fetch(crlOnly, waits.push)).crls[0]).toEqual(first);
  const lists = (): number => asked.filter((path) => path.endsWith("/crl")).length;
  while (lists() < 2) await new Promise((resolve) => setTimeout(resolve, 10));
  turn(400 * day);
  expect(must(await source.fetch(crlOnly, waits.push)).crls[0]).not.toEqual(first);
});

test("an outdated list is handed on where the service is down: the verifier says so", async () => {
  const { source, kds, waits, turn } = await world({ timing: { ...calm, patienceMs: 1_500 } });
  const crlOnly = { ...query, vekKnown: true, issuersKnown: true };
  const first = must(await source.fetch(crlOnly, waits.push)).crls;
  turn(400 * day);
  kds.fault = "error-500";
  expect(must(await source.fetch(crlOnly, waits.push)).crls).toEqual(first);
});

test("an older list never takes the place of a newer one", async () => {
  const folder = scratchFolder();
  const newer = revocationList(milan, simulatedInstant + 30 * day);
  writeFileSync(join(folder, "newer.crl"), newer);
  const { source, waits, cached } = await world({ folder });
  const crlOnly = { ...query, vekKnown: true, issuersKnown: true };
  // Not current yet by our clock, so the service is asked; its list is older.
  expect(must(await source.fetch(crlOnly, waits.push)).crls).toEqual([newer]);
  expect([...cached.keys()].filter((name) => name.includes("/crl/"))).toEqual([]);
});

test("the newest list of a product, of the cache and the folder; one that only lies in the folder counts once", async () => {
  const folder = scratchFolder();
  const { source, waits } = await world({ folder });
  expect(source.lists()).toEqual([]);
  writeFileSync(join(folder, "older.crl"), revocationList(milan, simulatedInstant - 30 * day));
  expect(source.lists()).toEqual([{ product: "Milan", signer: "vcek", until: simulatedInstant + 15 * day }]);
  rmSync(join(folder, "older.crl"));
  must(await source.fetch({ ...query, signer: "vlek", vekKnown: true, issuersKnown: true }, waits.push));
  expect(source.lists()).toEqual([{ product: "Milan", signer: "vlek", until: simulatedInstant + 45 * day }]);
  writeFileSync(join(folder, "newer.crl"), revocationList(milan, simulatedInstant + day));
  expect(source.lists().map(({ signer, until }) => [signer, until - simulatedInstant])).toEqual([
    ["vcek", 46 * day],
    ["vlek", 46 * day],
  ]);
});

test("fetched ahead: a list that does not last is asked for anew, one that does is left, and a failure is not repeated", async () => {
  const { source, kds, asked } = await world();
  const crlOnly = { ...query, vekKnown: true, issuersKnown: true };
  const lists = (): number => asked.filter((path) => path.endsWith("/crl")).length;
  expect(must(await source.fetchAhead(crlOnly, simulatedInstant + 14 * day))).toBe(true);
  expect(must(await source.fetchAhead(crlOnly, simulatedInstant + 45 * day - 1))).toBe(false);
  expect(lists()).toBe(1);
  expect(must(await source.fetchAhead(crlOnly, simulatedInstant + 45 * day))).toBe(true);
  expect(lists()).toBe(2);
  kds.fault = "error-500";
  expect(codeOf(await source.fetchAhead(crlOnly, simulatedInstant + 50 * day))).toBe("kds.unavailable");
  expect(lists()).toBe(3);
});

test("a TCB with reserved bytes is refused before anything is asked", async () => {
  const { source, asked, waits } = await world();
  const odd = { ...query, reportedTcb: Uint8Array.of(4, 0, 1, 0, 0, 0, 24, 219) };
  expect(codeOf(await source.fetch(odd, waits.push))).toBe("snp.tcb-reserved");
  expect(asked).toEqual([]);
});

test.each<[string, RequestListener, string]>([
  ["an endless body", (_request, response) => void setInterval(() => response.write(new Uint8Array(65_536)), 1).unref(), "kds.malformed"],
  ["a redirect", (_request, response) => void response.writeHead(302, { location: "http://127.0.0.1:1/" }).end(), "kds.unavailable"],
  // Followed, it would be a web page.
  [
    "a redirect to itself",
    (request, response) => void (request.url === "/p" ? response : response.writeHead(302, { location: "/p" })).end("<html>"),
    "kds.unavailable",
  ],
  ["a web page", (_request, response) => void response.end("<html>"), "kds.malformed"],
  ["a Retry-After beyond our patience", (_r, response) => void response.writeHead(429, { "retry-after": "600" }).end(), "kds.throttled"],
])("%s", async (_what, listener, code) => {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  const port = typeof address === "object" ? address?.port : 0;
  const { source, waits } = await world({ kds: { base: `http://127.0.0.1:${port}`, timing: quick } });
  expect(codeOf(await source.fetch({ ...query, issuersKnown: true, crlWanted: false }, waits.push))).toBe(code);
});

test("nothing listens there: unavailable", async () => {
  const { source, waits } = await world({ kds: { base: "http://127.0.0.1:1", timing: quick } });
  expect(codeOf(await source.fetch(query, waits.push))).toBe("kds.unavailable");
});

test("close ends what is under way", async () => {
  const { source, kds, waits } = await world({ timing: { patienceMs: 60_000, requestMs: 60_000 } });
  kds.fault = "hang";
  const vekOnly = { ...query, issuersKnown: true, crlWanted: false };
  // The second waits for its turn behind the first.
  const answers = [query, { ...vekOnly, chipId: new Uint8Array(64).fill(7) }].map((of) => source.fetch(of, waits.push));
  await new Promise((resolve) => setTimeout(resolve, 50));
  source.close();
  expect((await Promise.all(answers)).map(codeOf)).toEqual(["kds.unavailable", "kds.unavailable"]);
  expect(codeOf(await source.fetch(vekOnly, waits.push))).toBe("kds.unavailable");
});

function fill(folder: string): void {
  const { ask, ark } = milan.authorities;
  writeFileSync(join(folder, "vcek.der"), milan.issue(simulatedInstant, tcb, { chipId: milan.chipId() }));
  const pem = (der: Uint8Array): string =>
    `-----BEGIN CERTIFICATE-----\n${Buffer.from(der).toString("base64").replace(/.{64}/g, "$&\n")}\n-----END CERTIFICATE-----\n`;
  writeFileSync(join(folder, "chain.pem"), pem(ask.certificate) + pem(ark.certificate));
  writeFileSync(join(folder, "crl.der"), revocationList(milan, simulatedInstant));
}

async function world({ timing, ...more }: Partial<CollateralOptions> & { readonly timing?: Partial<KdsTiming> } = {}) {
  let passed = 0;
  const started = performance.now();
  const clock = {
    now: () => simulatedInstant + passed,
    monotonic: () => performance.now() - started + passed,
  };
  const kds = new SimulatedKds({ hierarchies: [milan], chips: [milan.chipId()], clock, throttle: 0 });
  const asked: string[] = [];
  const server = must(await startKdsServer({ kds, onRequest: (target) => asked.push(target) }));
  const cached = new Map<string, Uint8Array>();
  const store = {
    collateral: (name: string) => cached.get(name),
    saveCollateral: (name: string, bytes: Uint8Array) => (cached.set(name, bytes), ok(undefined)),
  };
  const source = openCollateralSource({
    store,
    kds: { base: server.origin, timing: { ...calm, ...timing } },
    anchors: trustAnchorsOf([milan]),
    clock,
    timers: systemTimers,
    log: hearingLog().log,
    ...more,
  });
  onTestFinished(async () => {
    source.close();
    await server.close();
  });
  const told: number[] = [];
  const waits = { told, push: (until: number) => void told.push(until) };
  return { source, kds, asked, waits, cached, turn: (ms: number) => (passed += ms) };
}
