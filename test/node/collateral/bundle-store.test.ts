// Does a manager without internet verify a launch from a bundle alone, and is a bundle with one bad part kept out as a whole?
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { type VerifyInput, verifyReport } from "../../../core/appraise/verify.ts";
import { failure } from "../../../core/base/failure.ts";
import { fail, must, type Result } from "../../../core/base/result.ts";
import { utf8 } from "../../../core/base/utf8.ts";
import { encodeBundle, makeBundle, parseBundle } from "../../../core/endorse/bundle.ts";
import { itemsFromFile } from "../../../core/endorse/bundle-item.ts";
import { parseEndorsements } from "../../../core/endorse/endorsements.ts";
import { kdsBase } from "../../../core/endorse/kds-address.ts";
import { amdAnchors, type TrustAnchors } from "../../../core/endorse/roots.ts";
import { BundleStore, type CollateralShelf } from "../../../core/node/collateral/bundle-store.ts";
import { openCollateralSource } from "../../../core/node/collateral/collateral-source.ts";
import { nodePrimitives } from "../../../core/node/primitives.ts";
import { openStore, type SqliteStore } from "../../../core/node/store/sqlite-store.ts";
import { systemTimers } from "../../../core/node/timers.ts";
import { type Hierarchy, trustAnchorsOf } from "../../../core/simulator/hierarchy.ts";
import { revocationList } from "../../../core/simulator/revocation-list.ts";
import { parseReport } from "../../../core/snp/report.ts";
import type { Tcb } from "../../../core/snp/tcb.ts";
import { verifyInput } from "../../appraise/kit.ts";
import { MemoryStore } from "../../kit/memory-store.ts";
import { simulatedHierarchy, simulatedInstant, stoppedClock } from "../../kit/simulated.ts";
import { needsVectors, vector } from "../../kit/vectors.ts";
import { codeOf, hearingLog, scratchFolder } from "../kit.ts";
import type { Collateral, CollateralQuery, Store } from "../../../core/manager/ports.ts";

const day = 86_400_000;
const tcb: Tcb = { product: "Milan", fmc: undefined, bootloader: 4, tee: 0, snp: 24, microcode: 219 };
let milan: Hierarchy;
let anchors: TrustAnchors;

beforeAll(async () => {
  const hierarchies = await Promise.all([simulatedHierarchy("Milan"), simulatedHierarchy("Genoa"), simulatedHierarchy("Turin")]);
  [milan] = hierarchies;
  anchors = trustAnchorsOf(hierarchies);
});

describe("a launch without internet", () => {
  test.each([
    ["Milan", "vcek"],
    ["Genoa", "vcek"],
    ["Turin", "vcek"],
    ["Milan", "vlek"],
    ["Turin", "vlek"],
  ] as const)("%s, %s: nothing before the import, genuine and checked for revocation after it", async (product, signer) => {
    const store = sqliteStore();
    const input = await verifyInput({ product, request: { signer } });
    const query = queryOf(input, signer);
    expect(codeOf(await offline(store, query))).toMatch(/^kds\.(off|not-found)$/);
    expect(must(bundles(store).import(bundleOf(input))).added).toBe(5);
    expect(verifyWith(input, must(await offline(store, query)))).toMatchObject({ genuine: true, simulated: true });
    // And on, to a third machine.
    const other = sqliteStore();
    expect(must(bundles(other).import(must(bundles(store).export(product)))).added).toBe(5);
    expect(verifyWith(input, must(await offline(other, query)))).toMatchObject({ genuine: true });
  });

  test("a real report, with AMD's own certificates, up to the list that no vector has", needsVectors(), async () => {
    const store = sqliteStore();
    const names = ["reports/milan-v3.vek", "amd-roots/ARK-Milan", "amd-roots/SEV-Milan"];
    must(bundles(store, amdAnchors).import(packed(...names.map((name) => vector(...`${name}.der`.split("/"))))));
    const report = vector("reports", "milan-v3.report.bin");
    const { chipId, reportedTcb } = must(parseReport(report));
    const query = { ...common, product: "Milan", signer: "vcek", chipId, reportedTcb } as const;
    expect(codeOf(await offline(store, query, amdAnchors))).toBe("kds.off");
    const found = must(await offline(store, { ...query, crlWanted: false }, amdAnchors));
    const input = { reportBytes: report, anchors: amdAnchors, at: simulatedInstant, primitives: nodePrimitives };
    const [vek = new Uint8Array(), ...issuers] = found.certificates;
    const endorsements = must(parseEndorsements({ vek, issuers, crls: [] }));
    expect(verifyReport({ ...input, endorsements, revocation: { waived: "no list" } })).toMatchObject({ genuine: true, simulated: false });
    expect(verifyReport({ ...input, endorsements, revocation: { require: { graceHours: 0 } } })).toMatchObject({
      genuine: false,
      failures: [{ code: "endorse.revocation-unavailable" }],
    });
  });
});

describe("all or nothing", () => {
  test.each<[string, string, () => Promise<Uint8Array> | Uint8Array]>([
    ["a leaf of another hierarchy", "endorse.vek-issuer", forgedLeaf],
    [
      "a leaf that has expired",
      "endorse.certificate-expired",
      () => leaf({ notBefore: simulatedInstant - 2 * day, notAfter: simulatedInstant - day }),
    ],
    ["a list that the intermediate signed", "endorse.crl-signature", () => revocationList(milan, simulatedInstant, "wrong-signature")],
    ["a list from the future", "endorse.crl-not-yet-valid", () => revocationList(milan, simulatedInstant, "not-yet-valid")],
  ])("%s keeps the whole bundle out", async (_what, code, bad) => {
    const store = new MemoryStore();
    const good = [leaf(), ...milansIssuers()];
    expect(codeOf(bundles(store).import(packed(...good, await bad())))).toBe(code);
    expect(store.disk.collateral.size).toBe(0);
    expect(codeOf(bundles(store).import(packed(...good)))).toBe("ok");
  });

  test("AMD's roots do not believe a simulated bundle, and a leaf needs its issuers", () => {
    const store = new MemoryStore();
    expect(codeOf(bundles(store, amdAnchors).import(packed(leaf(), ...milansIssuers())))).toBe("endorse.root-not-pinned");
    expect(codeOf(bundles(store).import(packed(leaf())))).toBe("endorse.root-missing");
    expect(codeOf(bundles(store).import(utf8("{}")))).toBe("endorse.bundle-malformed");
    expect(store.disk.collateral.size).toBe(0);
  });

  test("a disk that takes nothing is said", () => {
    const full: CollateralShelf = {
      collateral: () => undefined,
      collateralNames: () => [],
      saveCollaterals: () => fail(failure("store.disk-full")),
    };
    expect(codeOf(bundles(full).import(packed(...milansIssuers())))).toBe("store.disk-full");
  });
});

describe("beside what is there", () => {
  test("later leaves and lists need no issuers of their own", () => {
    const store = new MemoryStore();
    must(bundles(store).import(packed(...milansIssuers())));
    expect(must(bundles(store).import(packed(leaf(), revocationList(milan, simulatedInstant)))).added).toBe(2);
  });

  test("an older list never takes the place of a newer one, whatever garbage is there", () => {
    const store = new MemoryStore();
    const [older, newer] = [revocationList(milan, simulatedInstant - 10 * day), revocationList(milan, simulatedInstant)];
    const name = `${kdsBase}/crl/vcek/Milan`;
    store.disk.collateral.set(name, revocationList(milan, simulatedInstant + 100 * day, "wrong-signature"));
    expect(must(bundles(store).import(packed(...milansIssuers(), older))).added).toBe(4);
    expect(store.disk.collateral.get(name)).toEqual(older);
    expect(must(bundles(store).import(packed(...milansIssuers(), newer))).added).toBe(1);
    expect(must(bundles(store).import(packed(...milansIssuers(), older))).added).toBe(0);
    expect(store.disk.collateral.get(name)).toEqual(newer);
    expect(store.disk.collateral.get(`${kdsBase}/crl/vlek/Milan`)).toEqual(newer);
  });

  test("certificates of two providers for one TCB both stay", () => {
    const store = new MemoryStore();
    const vlek = (cspId: string): Uint8Array => milan.issue(simulatedInstant, tcb, { cspId });
    must(bundles(store).import(packed(...milansIssuers(), vlek("one"))));
    must(bundles(store).import(packed(vlek("two"))));
    const found = bundles(store).summaries();
    expect(new Set(found.flatMap(({ vek }) => vek?.cspId ?? []))).toEqual(new Set(["one", "two"]));
  });
});

test("an export holds only what verifies, and only the product that was asked for", async () => {
  const store = new MemoryStore();
  must(bundles(store).import(packed(leaf(), ...milansIssuers())));
  must(bundles(store).import(bundleOf(await verifyInput({ product: "Turin" }))));
  store.disk.collateral.set(`${kdsBase}/vcek/Milan/forged`, await forgedLeaf());
  store.disk.collateral.set(`${kdsBase}/vcek/Milan/garbage`, utf8("garbage"));
  const listing = bundles(store);
  expect(listing.summaries()).toHaveLength(10);
  expect(listing.summaries()).toEqual(listing.summaries());
  expect(must(parseBundle(must(bundles(store).export()))).items).toHaveLength(9);
  expect(must(parseBundle(must(bundles(store).export("Milan")))).items.map(({ kind }) => kind)).toEqual(["ark", "ask", "asvk", "vcek"]);
  expect(must(parseBundle(must(bundles(store).export("Genoa")))).items).toEqual([]);
});

test("the store lists names by their beginning, wildcards taken as they are", () => {
  const store = sqliteStore();
  must(store.saveCollaterals(new Map(["b/2", "b/1", "a/%", "a/x"].map((name) => [name, Uint8Array.of(1)]))));
  expect(store.collateralNames("b/")).toEqual(["b/1", "b/2"]);
  expect(store.collateralNames("a/%")).toEqual(["a/%"]);
  const tooLarge = new Map([["c/1", Uint8Array.of(1)] as const, ["c/2", new Uint8Array(2 ** 20 + 1)] as const]);
  expect(codeOf(store.saveCollaterals(tooLarge))).toBe("store.not-applied");
  expect(store.collateralNames("c/")).toEqual([]);
});

const common = { vekKnown: false, issuersKnown: false, crlWanted: true } as const;

function queryOf({ reportBytes }: VerifyInput, signer: "vcek" | "vlek"): CollateralQuery {
  const { cpuid, chipId, reportedTcb } = must(parseReport(reportBytes));
  const product = cpuid?.family === 0x1a ? "Turin" : cpuid?.model === 0x01 ? "Milan" : "Genoa";
  return { ...common, product, signer, chipId, reportedTcb };
}

async function offline(
  store: Pick<Store, "collateral" | "saveCollateral">,
  query: CollateralQuery,
  believed = anchors,
): Promise<Result<Collateral>> {
  const source = openCollateralSource({
    store,
    kds: "off",
    anchors: believed,
    clock: stoppedClock(),
    timers: systemTimers,
    log: hearingLog().log,
  });
  onTestFinished(() => source.close());
  return source.fetch(query, () => {});
}

function verifyWith(input: VerifyInput, { certificates, crls }: Collateral) {
  const [vek = new Uint8Array(), ...issuers] = certificates;
  return verifyReport({ ...input, endorsements: must(parseEndorsements({ vek, issuers, crls })) });
}

function bundles(shelf: CollateralShelf, believed: TrustAnchors = anchors): BundleStore {
  return new BundleStore({ shelf, base: kdsBase, anchors: believed, clock: stoppedClock(), primitives: nodePrimitives });
}

function bundleOf({ endorsements: { vek, issuers, crls } }: VerifyInput): Uint8Array {
  return packed(...[vek, ...issuers, ...crls].map(({ der }) => der));
}

function packed(...files: readonly Uint8Array[]): Uint8Array {
  return encodeBundle(
    must(
      makeBundle(
        files.flatMap((file) => must(itemsFromFile(file))),
        simulatedInstant,
      ),
    ),
  );
}

function leaf(choices: Parameters<Hierarchy["issue"]>[3] = {}): Uint8Array {
  return milan.issue(simulatedInstant, tcb, { chipId: milan.chipId() }, choices);
}

function milansIssuers(): readonly Uint8Array[] {
  return Object.values(milan.authorities).map(({ certificate }) => certificate);
}

async function forgedLeaf(): Promise<Uint8Array> {
  return leaf({ issuer: (await simulatedHierarchy("Genoa")).authorities.ask });
}

function sqliteStore(): SqliteStore {
  const store = must(openStore({ folder: scratchFolder(), log: hearingLog().log }));
  onTestFinished(() => store.close());
  return store;
}
