// Is a collateral bundle one value of one spelling, does it say nothing that its DER does not, and does each part go back to a pin?
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { concat, toBase64 } from "../../core/base/bytes.ts";
import { rfc3339 } from "../../core/base/clock.ts";
import { canonicalBytes, type Json, type JsonObject, parseJson } from "../../core/base/json.ts";
import { must, type Result } from "../../core/base/result.ts";
import { fromUtf8, utf8 } from "../../core/base/utf8.ts";
import { bundleExpiry, encodeBundle, expirySoon, makeBundle, maximumBundleBytes, parseBundle } from "../../core/endorse/bundle.ts";
import { type CollateralItem, itemsFromFile } from "../../core/endorse/bundle-item.ts";
import { itemFailure } from "../../core/endorse/bundle-verify.ts";
import { amdAnchors } from "../../core/endorse/roots.ts";
import { nodePrimitives } from "../../core/node/primitives.ts";
import { type Hierarchy, trustAnchorsOf } from "../../core/simulator/hierarchy.ts";
import { type RevocationKind, revocationList } from "../../core/simulator/revocation-list.ts";
import type { Tcb } from "../../core/snp/tcb.ts";
import { simulatedHierarchy, simulatedInstant } from "../kit/simulated.ts";
import { needsVectors, vector } from "../kit/vectors.ts";

const tcb: Tcb = { product: "Milan", fmc: undefined, bootloader: 4, tee: 0, snp: 24, microcode: 219 };
let milan: Hierarchy;
let items: readonly CollateralItem[];
let bytes: Uint8Array;

beforeAll(async () => {
  milan = await simulatedHierarchy("Milan");
  const { ark, ask, asvk } = milan.authorities;
  const chip = milan.issue(simulatedInstant, tcb, { chipId: milan.chipId() });
  const provider = milan.issue(simulatedInstant, tcb, { cspId: "example" });
  const files = [chip, provider, ark.certificate, ask.certificate, asvk.certificate, revocationList(milan, simulatedInstant)];
  items = files.flatMap((file) => must(itemsFromFile(file, simulatedInstant)));
  bytes = encodeBundle(must(makeBundle(items, simulatedInstant)));
});

describe("a bundle", () => {
  test("comes back as it was, in one order, each part once", () => {
    const read = must(parseBundle(bytes));
    expect(read.items.map(({ kind }) => kind)).toEqual(["ark", "ask", "asvk", "crl", "vcek", "vlek"]);
    expect(read.createdAt).toBe(simulatedInstant);
    expect(encodeBundle(read)).toEqual(bytes);
    expect(encodeBundle(must(makeBundle([...items, ...items].reverse(), simulatedInstant)))).toEqual(bytes);
  });

  test("states the chip, the provider, the TCB and the times that the DER says", () => {
    const [, , , crl, vcek, vlek] = parts();
    expect(Object.keys(crl ?? {}).sort()).toEqual(["der", "fetchedAt", "kind", "nextUpdate", "product", "thisUpdate"]);
    expect(vcek).toMatchObject({ chipId: Buffer.from(milan.chipId()).toString("hex"), tcb: "04000000000018db", kind: "vcek" });
    expect(vlek).toMatchObject({ cspId: "example", kind: "vlek", fetchedAt: rfc3339(simulatedInstant) });
  });

  test("is refused where it states anything else", () => {
    const other = rfc3339(simulatedInstant + 1000);
    for (const [index, changed] of [
      [0, { kind: "ask" }],
      [0, { product: "Genoa" }],
      [0, { notAfter: other }],
      [3, { thisUpdate: other }],
      [3, { nextUpdate: null }],
      [4, { tcb: "0400000000001800" }],
      [4, { chipId: "00".repeat(64) }],
      [5, { cspId: "another" }],
    ] as const) {
      expect([changed, codeOf(parseBundle(edited(index, changed)))]).toEqual([changed, "endorse.bundle-misstated"]);
    }
    expect(codeOf(parseBundle(edited(3, { kind: "ark" })))).toBe("endorse.certificate-malformed");
    expect(codeOf(parseBundle(edited(0, { kind: "crl" })))).toBe("endorse.crl-malformed");
  });

  test("is refused with unknown keys, a part twice, another order, another spelling", () => {
    const [ark, ask] = parts();
    const code = (value: Json): string => codeOf(parseBundle(canonicalBytes(value)));
    const malformed = "endorse.bundle-malformed";
    expect(codeOf(parseBundle(edited(0, { note: "x" })))).toBe(malformed);
    expect(codeOf(parseBundle(edited(0, { fetchedAt: "2026-11-24" })))).toBe(malformed);
    expect(codeOf(parseBundle(edited(0, { der: "AA" })))).toBe(malformed);
    expect(code({ ...whole(), note: "x" })).toBe(malformed);
    expect(code({ ...whole(), items: [ark ?? null, ark ?? null] })).toBe(malformed);
    expect(code({ ...whole(), items: [ask ?? null, ark ?? null] })).toBe(malformed);
    expect(code({ ...whole(), items: [1] })).toBe(malformed);
    expect(code({ ...whole(), items: {} })).toBe(malformed);
    expect(code({ ...whole(), createdAt: "+010000-01-01T00:00:00.000Z" })).toBe(malformed);
    expect(code({ ...whole(), format: "another" })).toBe(malformed);
    expect(code([])).toBe(malformed);
    expect(codeOf(parseBundle(concat(bytes, utf8("\n"))))).toBe(malformed);
    expect(codeOf(parseBundle(utf8(`{"createdAt":"${rfc3339(simulatedInstant)}",${text().slice(1)}`)))).toBe(malformed);
    for (const version of [0, 2, "1", null]) expect(code({ ...whole(), version })).toBe("endorse.bundle-version");
  });

  test("is refused where it is larger than any fleet needs", () => {
    expect(codeOf(parseBundle(new Uint8Array(maximumBundleBytes + 1)))).toBe("endorse.bundle-too-large");
    expect(codeOf(parseBundle(utf8(`"${"A".repeat(maximumBundleBytes - 2)}"`)))).toBe("endorse.bundle-malformed");
    const [ark] = parts();
    const many = (count: number): Uint8Array => canonicalBytes({ ...whole(), items: Array.from({ length: count }, () => null) });
    expect(codeOf(parseBundle(many(1_501)))).toBe("endorse.bundle-too-large");
    expect(codeOf(parseBundle(many(1_500)))).toBe("endorse.bundle-malformed");
    expect(ark).toBeDefined();
  });

  test("is refused at every truncation, and a changed byte is never taken for the same bundle", () => {
    for (let length = 0; length < bytes.length; length += 97) expect(parseBundle(bytes.subarray(0, length)).ok).toBe(false);
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (offset, mask) => {
        const changed = bytes.slice();
        changed[offset] = (changed[offset] ?? 0) ^ mask;
        const read = parseBundle(changed);
        return !read.ok || Buffer.compare(encodeBundle(read.value), changed) === 0;
      }),
      { numRuns: 200 },
    );
  });

  test("takes nothing that is not of AMD's hierarchy", () => {
    const { ark, ask } = milan.authorities;
    const stranger = milan.issue(simulatedInstant, tcb, { chipId: milan.chipId() }, { subject: "SEV-Else" });
    expect(codeOf(itemsFromFile(stranger))).toBe("endorse.bundle-item");
    expect(codeOf(itemsFromFile(utf8("nothing")))).toBe("endorse.certificate-malformed");
    const pem = [ask, ark].map(({ certificate }) => `-----BEGIN CERTIFICATE-----\n${toBase64(certificate)}\n-----END CERTIFICATE-----\n`);
    expect(must(itemsFromFile(utf8(pem.join("")))).map(({ kind }) => kind)).toEqual(["ask", "ark"]);
  });
});

test("what has expired and what soon will: below, at and above", () => {
  const [item] = items;
  const until = item?.until ?? 0;
  const counts = (at: number): readonly number[] => {
    const { expired, soon } = bundleExpiry({ items: items.slice(0, 1) }, at);
    return [expired.length, soon.length];
  };
  expect(counts(until - expirySoon - 1)).toEqual([0, 0]);
  expect(counts(until - expirySoon)).toEqual([0, 1]);
  expect(counts(until)).toEqual([0, 1]);
  expect(counts(until + 1)).toEqual([1, 0]);
  expect(counts(Number.NaN)).toEqual([1, 0]);
});

describe("each part", () => {
  test("goes back to the pinned root", () => {
    expect(items.map((item) => failureOf(item, "simulated"))).toEqual(items.map(() => undefined));
  });

  test("is believed under no other roots", () => {
    expect(new Set(items.map((item) => failureOf(item, "amd")))).toEqual(new Set(["endorse.root-not-pinned"]));
    expect(failureOf(items[0], "none")).toBe("endorse.product-not-anchored");
  });

  test("is refused without its issuers", () => {
    const alone = items.map((item) => failureOf(item, "simulated", []));
    expect(alone).toEqual([...Array.from({ length: 2 }, () => "endorse.root-missing"), undefined, ...missing(3)]);
    function missing(count: number): string[] {
      return Array.from({ length: count }, () => "endorse.root-missing");
    }
  });

  test("is refused outside its time, a list only before it", () => {
    const after = items.map((item) => failureOf(item, "simulated", undefined, item.until + 1));
    expect(after).toEqual(items.map(({ kind }) => (kind === "crl" ? undefined : "endorse.certificate-expired")));
    const before = items.map((item) => failureOf(item, "simulated", undefined, item.from - 1));
    expect(before).toEqual(items.map(({ kind }) => (kind === "crl" ? "endorse.crl-not-yet-valid" : "endorse.certificate-not-yet-valid")));
  });

  test.each<[RevocationKind, string | undefined]>([
    ["wrong-signature", "endorse.crl-signature"],
    ["not-yet-valid", "endorse.crl-not-yet-valid"],
    ["stale", undefined],
    // SECURITY: a list that withdraws an issuer of the same bundle is the one that must not be kept out.
    ["ask-revoked", undefined],
  ])("as a list that is %s", (kind, code) => {
    const [list] = must(itemsFromFile(revocationList(milan, simulatedInstant, kind)));
    expect(failureOf(list, "simulated")).toBe(code);
  });

  test("as an intermediate that the root did not sign", async () => {
    const genoa = await simulatedHierarchy("Genoa");
    const forged = genoa.issue(simulatedInstant, tcb, { chipId: milan.chipId() }, { subject: "SEV-Milan", issuer: genoa.authorities.ark });
    const [item] = must(itemsFromFile(forged));
    expect(item?.kind).toBe("ask");
    expect(failureOf(item, "simulated")).toBe("endorse.issuer-missing");
    const named = { name: milan.authorities.ark.name, key: genoa.authorities.ark.key };
    const [other] = must(
      itemsFromFile(genoa.issue(simulatedInstant, tcb, { chipId: milan.chipId() }, { subject: "SEV-Milan", issuer: named })),
    );
    expect(failureOf(other, "simulated")).toBe("endorse.issuer-signature");
  });
});

describe("AMD's own certificates", needsVectors(), () => {
  test("all nine issuers and the leaves of three products make one bundle that verifies", () => {
    const issuers = ["Milan", "Genoa", "Turin"].flatMap((product) => [`ARK-${product}`, `SEV-${product}`, `SEV-VLEK-${product}`]);
    const leaves = ["milan-v2", "milan-v3", "genoa-v3", "turin-v5", "vlek-milan-v3-vmpl1"];
    const files = [
      ...issuers.map((name) => vector("amd-roots", `${name}.der`)),
      ...leaves.map((name) => vector("reports", `${name}.vek.der`)),
    ];
    const real = files.flatMap((file) => must(itemsFromFile(file)));
    const bundle = must(parseBundle(encodeBundle(must(makeBundle(real, simulatedInstant)))));
    const certificates = bundle.items.flatMap((item) => ("certificate" in item ? [item.certificate] : []));
    for (const item of bundle.items) {
      const at = item.from + 1000;
      const failure = itemFailure(item, { issuers: certificates, anchors: amdAnchors, at, primitives: nodePrimitives });
      expect([item.kind, item.product, failure]).toEqual([item.kind, item.product, undefined]);
    }
    expect(new Set(bundle.items.map(({ kind, product }) => `${product} ${kind}`)).size).toBe(13);
  });

  test("a forged leaf says whose it would be, and does not verify", () => {
    const [forged] = must(itemsFromFile(vector("reports", "forged-vcek-milan-v2.vek.der")));
    if (forged === undefined) throw new Error("no item");
    const authorities = ["ARK-Milan", "SEV-Milan"].flatMap((name) => must(itemsFromFile(vector("amd-roots", `${name}.der`))));
    const issuers = authorities.flatMap((item) => ("certificate" in item ? [item.certificate] : []));
    const failure = itemFailure(forged, { issuers, anchors: amdAnchors, at: simulatedInstant, primitives: nodePrimitives });
    expect(failure?.code).toBe("endorse.vek-signature");
  });
});

function failureOf(item: CollateralItem | undefined, kind: "simulated" | "amd" | "none", issuers = all(), at = simulatedInstant) {
  if (item === undefined) throw new Error("no item");
  const anchors = { simulated: trustAnchorsOf([milan]), amd: amdAnchors, none: { kind: "amd", ark: {} } as const }[kind];
  return itemFailure(item, { issuers, anchors, at, primitives: nodePrimitives })?.code;
}

function all() {
  return items.flatMap((item) => ("certificate" in item ? [item.certificate] : []));
}

function text(): string {
  return fromUtf8(bytes) ?? "";
}

function whole(): JsonObject {
  return parseJson(text()) as JsonObject;
}

function parts(): readonly JsonObject[] {
  return whole()["items"] as readonly JsonObject[];
}

function edited(index: number, changes: JsonObject): Uint8Array {
  return canonicalBytes({ ...whole(), items: parts().map((part, at) => (at === index ? { ...part, ...changes } : part)) });
}

function codeOf(result: Result<unknown>): string {
  return result.ok ? "read" : result.failure.code;
}
