// A liar inside the key service's TLS, over real HTTP: nothing that does not stand under the pinned root stays, and once the service is
// honest again, or the cache was poisoned before, everything recovers by itself.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import { must, ok } from "../../../core/base/result.ts";
import { openCollateralSource } from "../../../core/node/collateral/collateral-source.ts";
import { startKdsServer } from "../../../core/node/simulator/kds-server.ts";
import { systemTimers } from "../../../core/node/timers.ts";
import { Hierarchy, trustAnchorsOf } from "../../../core/simulator/hierarchy.ts";
import { SimulatedKds } from "../../../core/simulator/kds.ts";
import { revocationList } from "../../../core/simulator/revocation-list.ts";
import { encodeTcb } from "../../../core/snp/tcb.ts";
import { simulatedHierarchy, simulatedInstant } from "../../kit/simulated.ts";
import { codeOf, hearingLog, scratchFolder } from "../kit.ts";
import type { CollateralQuery } from "../../../core/manager/ports.ts";
import type { CollateralOptions } from "../../../core/node/collateral/collateral-source.ts";
import type { KdsAnswer, KdsFault } from "../../../core/simulator/kds.ts";
import type { RevocationKind } from "../../../core/simulator/revocation-list.ts";
import type { Tcb } from "../../../core/snp/tcb.ts";

const tcb: Tcb = { product: "Milan", fmc: undefined, bootloader: 4, tee: 0, snp: 24, microcode: 219 };
const timing = { requestMs: 20_000, patienceMs: 50_000, spacingMs: 0, pauseMs: 20, throttledPauseMs: 20 };
let milan: Hierarchy;
let genoa: Hierarchy;
/** Milan's names and extensions over keys that AMD never had. */
let forger: Hierarchy;
let query: CollateralQuery;

beforeAll(async () => {
  [milan, genoa] = await Promise.all([simulatedHierarchy("Milan"), simulatedHierarchy("Genoa")]);
  const { ark, ask, asvk } = milan.authorities;
  const other = genoa.authorities;
  forger = new Hierarchy({
    product: "Milan",
    secret: new Uint8Array(32).fill(9),
    crypto: milan.crypto,
    authorities: { ark: { ...ark, key: other.ark.key }, ask: { ...ask, key: other.ask.key }, asvk: { ...asvk, key: other.asvk.key } },
  });
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

const faults: readonly KdsFault[] = ["another-chip", "another-tcb", "wrong-product"];
test.each(faults)("a service that answers %s: malformed, nothing of it stays, and healthy again it recovers", async (fault) => {
  const { source, kds, names } = await world();
  kds.fault = fault;
  expect(codeOf(await source.fetch(query, () => {}))).toBe("kds.malformed");
  expect(names("vcek")).toEqual([]);
  kds.fault = undefined;
  expect(must(await source.fetch(query, () => {})).certificates).toHaveLength(3);
  expect(names("vcek")).toHaveLength(1);
});

test("a forged VCEK that fits in everything but its signature", async () => {
  const { source, kds, names } = await world();
  kds.lies.set("?", forgedVcek());
  expect(codeOf(await source.fetch(query, () => {}))).toBe("kds.malformed");
  // The same with issuers that came with the evidence: the service's are asked for, to know.
  expect(codeOf(await source.fetch({ ...query, issuersKnown: true, crlWanted: false }, () => {}))).toBe("kds.malformed");
  expect(names("vcek")).toEqual([]);
  kds.lies.clear();
  expect(codeOf(await source.fetch(query, () => {}))).toBe("ok");
});

test("a forged chain, and a leaf of it: neither stays", async () => {
  const { source, kds, cached } = await world();
  const { ask, ark } = genoa.authorities;
  kds.lies.set("cert_chain", Uint8Array.of(...pem(ask.certificate), ...pem(ark.certificate)));
  kds.lies.set("?", forgedVcek());
  expect(codeOf(await source.fetch(query, () => {}))).toBe("kds.malformed");
  expect([...cached.keys()]).toEqual([]);
  kds.lies.clear();
  expect(codeOf(await source.fetch(query, () => {}))).toBe("ok");
});

const lists: readonly RevocationKind[] = ["wrong-signature", "wrong-issuer", "delta", "no-next-update"];
test.each(lists)("a revocation list that is %s does not stay, and takes no good one's place", async (kind) => {
  const { source, kds, names, turn } = await world();
  kds.revocation = kind;
  expect(codeOf(await source.fetch(query, () => {}))).toBe("kds.malformed");
  expect(names("crl")).toEqual([]);
  kds.revocation = "empty";
  const good = must(await source.fetch(query, () => {})).crls;
  expect(good).toHaveLength(1);
  kds.revocation = kind;
  // Outdated, so the service is asked first; what it says is worse than the old one.
  turn(400 * 86_400_000);
  expect(must(await source.fetch(query, () => {})).crls).toEqual(good);
  kds.revocation = "empty";
  expect(must(await source.fetch(query, () => {})).crls).not.toEqual(good);
});

test("a forged list that is newer than any other does not stand in the way of the genuine one", async () => {
  const { source, kds, cached } = await world();
  kds.lies.set("/crl", revocationList(forger, simulatedInstant + 30 * 86_400_000));
  expect(codeOf(await source.fetch(query, () => {}))).toBe("kds.malformed");
  kds.lies.clear();
  expect(must(await source.fetch(query, () => {})).crls).toEqual(
    [...cached].filter(([name]) => name.includes("/crl/")).map(([, der]) => der),
  );
});

test("a cache that was poisoned before: what does not verify is dropped and fetched again", async () => {
  const { source, cached, asked } = await world();
  const first = must(await source.fetch(query, () => {}));
  const before = asked.length;
  for (const name of cached.keys()) {
    if (name.includes("/vcek/Milan")) cached.set(name, forgedVcek());
    if (name.includes("/crl/")) cached.set(name, revocationList(forger, simulatedInstant));
    if (name.includes("/chain/")) cached.set(name, pem(genoa.authorities.ark.certificate));
  }
  const again = must(await source.fetch(query, () => {}));
  expect(again.certificates).toEqual(first.certificates);
  expect(again.crls).toHaveLength(1);
  expect(asked.length).toBe(before + 3);
  must(await source.fetch(query, () => {}));
  expect(asked.length).toBe(before + 3);
});

test("the owner's folder comes before the cache; what is forged in it is passed over", async () => {
  const folder = scratchFolder();
  const { source, asked } = await world({ folder });
  const first = must(await source.fetch(query, () => {}));
  writeFileSync(join(folder, "forged.der"), forgedVcek());
  expect(must(await source.fetch(query, () => {})).certificates).toEqual(first.certificates);
  const own = milan.issue(simulatedInstant, tcb, { chipId: milan.chipId() });
  writeFileSync(join(folder, "own.der"), own);
  expect(must(await source.fetch(query, () => {})).certificates[0]).toEqual(own);
  expect(asked).toHaveLength(3);
});

test("issuers that cannot be had: what the service says is handed on for the verifier, and not kept", async () => {
  const { source, kds, names } = await world();
  kds.lies.set("cert_chain", new Uint8Array(3));
  const known = { ...query, issuersKnown: true };
  expect(must(await source.fetch(known, () => {})).certificates).toHaveLength(1);
  expect([...names("vcek"), ...names("crl"), ...names("chain")]).toEqual([]);
});

function forgedVcek(): Uint8Array {
  return forger.issue(simulatedInstant, tcb, { chipId: milan.chipId() });
}

function pem(der: Uint8Array): Uint8Array {
  const text = Buffer.from(der).toString("base64").replace(/.{64}/g, "$&\n");
  return new Uint8Array(Buffer.from(`-----BEGIN CERTIFICATE-----\n${text}\n-----END CERTIFICATE-----\n`));
}

class LyingKds extends SimulatedKds {
  /** Bodies by a part of the address. */
  readonly lies = new Map<string, Uint8Array>();

  override answer(client: string, target: string): KdsAnswer {
    const answer = super.answer(client, target);
    const lie = [...this.lies].find(([part]) => target.includes(part));
    return lie === undefined ? answer : { ...answer, body: lie[1] };
  }
}

async function world(more: Partial<CollateralOptions> = {}) {
  let passed = 0;
  const clock = { now: () => simulatedInstant + passed, monotonic: () => performance.now() + passed };
  const kds = new LyingKds({ hierarchies: [milan, genoa], chips: [milan.chipId()], clock, throttle: 0 });
  const asked: string[] = [];
  const server = must(await startKdsServer({ kds, onRequest: (target) => asked.push(target) }));
  const cached = new Map<string, Uint8Array>();
  const source = openCollateralSource({
    store: {
      collateral: (name) => cached.get(name),
      saveCollateral: (name, bytes) => (cached.set(name, bytes), ok(undefined)),
    },
    kds: { base: server.origin, timing },
    anchors: trustAnchorsOf([milan, genoa]),
    clock,
    timers: systemTimers,
    log: hearingLog().log,
    ...more,
  });
  onTestFinished(async () => {
    source.close();
    await server.close();
  });
  const names = (kind: string): string[] => [...cached.keys()].filter((name) => name.startsWith(`${server.origin}/${kind}/`));
  return { source, kds, asked, cached, names, turn: (ms: number) => (passed += ms) };
}
