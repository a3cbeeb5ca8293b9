// Does the simulated key service answer as AMD's does: addresses, 404s, throttle; and do faults show?
import { X509Certificate } from "node:crypto";
import { beforeEach, describe, expect, test } from "vitest";
import { toHex } from "../../core/base/bytes.ts";
import { must } from "../../core/base/result.ts";
import { certificatesFrom, parseCertificate } from "../../core/endorse/certificate.ts";
import { parseCrl } from "../../core/endorse/crl.ts";
import { chainUrl, crlUrl, vcekUrl } from "../../core/endorse/kds-address.ts";
import { parseVek } from "../../core/endorse/vek.ts";
import { makeChip } from "../../core/simulator/chip.ts";
import { SimulatedKds } from "../../core/simulator/kds.ts";
import { simulatedHierarchy, stoppedClock } from "../kit/simulated.ts";
import type { Hierarchy } from "../../core/simulator/hierarchy.ts";
import type { KdsAnswer } from "../../core/simulator/kds.ts";
import type { Product } from "../../core/snp/product.ts";

const all = ["Milan", "Genoa", "Turin"] as const;
const clock = stoppedClock();
let hierarchies: Record<Product, Hierarchy>;
let kds: SimulatedKds;

beforeEach(async () => {
  const [Milan, Genoa, Turin] = await Promise.all(all.map((product) => simulatedHierarchy(product)));
  if (Milan === undefined || Genoa === undefined || Turin === undefined) throw new Error("no hierarchies");
  hierarchies = { Milan, Genoa, Turin };
  kds = new SimulatedKds({
    hierarchies: Object.values(hierarchies),
    chips: Object.values(hierarchies).map((hierarchy) => hierarchy.chipId()),
    clock,
    throttle: 0,
  });
});

describe.each(all)("%s", (product) => {
  test("a VCEK at the address that core/endorse makes", () => {
    const vek = must(parseVek(must(parseCertificate(ask(vcekTarget(product)).body))));
    expect(vek).toMatchObject({ product, signer: "vcek", tcb: chipOf(product).reportedTcb });
    expect(toHex(vek.hwId ?? new Uint8Array())).toBe(toHex(hierarchies[product].chipId()).slice(0, product === "Turin" ? 16 : 128));
    expect(
      new X509Certificate(ask(vcekTarget(product)).body).verify(
        new X509Certificate(hierarchies[product].authorities.ask.certificate).publicKey,
      ),
    ).toBe(true);
  });

  test("the same VCEK when asked again", () => {
    expect(ask(vcekTarget(product)).body).toEqual(ask(vcekTarget(product)).body);
  });

  test("levels without leading zeros too", () => {
    expect(ask(vcekTarget(product).replaceAll("=0", "=")).status).toBe(200);
  });

  test.each(["vcek", "vlek"] as const)("the chain of the %s, its issuer first", (signer) => {
    const { ark, ask: vcekIssuer, asvk } = hierarchies[product].authorities;
    const chain = must(certificatesFrom(ask(chainUrl(product, signer, "")).body));
    expect(chain.map(({ der }) => der)).toEqual([(signer === "vcek" ? vcekIssuer : asvk).certificate, ark.certificate]);
  });

  test.each(["vcek", "vlek"] as const)("a revocation list for the %s", (signer) => {
    expect(must(parseCrl(ask(crlUrl(product, signer, "")).body)).revoked.size).toBe(0);
    kds.revocation = "ask-revoked";
    expect([...must(parseCrl(ask(crlUrl(product, signer, "")).body)).revoked]).toEqual([
      BigInt(hierarchies[product].authorities.ask.serial),
    ]);
  });
});

describe("what is not there", () => {
  const levels = "blSPL=04&teeSPL=00&snpSPL=24&ucodeSPL=219";
  const unknown = "ab".repeat(64);
  const targets: readonly (readonly [what: string, status: number, target: string])[] = [
    ["the root", 404, "/"],
    ["an empty target", 404, ""],
    ["another version", 404, "/vcek/v2/Milan/crl"],
    ["another service", 404, "/vdek/v1/Milan/crl"],
    ["an unknown product", 404, "/vcek/v1/Naples/crl"],
    ["a product in lower case", 404, "/vcek/v1/milan/crl"],
    ["a longer path", 404, "/vcek/v1/Milan/crl/more"],
    ["a trailing slash", 404, "/vcek/v1/Milan/"],
    ["a chip that was never sold", 404, `/vcek/v1/Milan/${unknown}?${levels}`],
    ["a short id", 404, `/vcek/v1/Milan/${unknown.slice(0, 16)}?${levels}`],
    ["a 64-byte id on Turin", 404, `/vcek/v1/Turin/${unknown}?fmcSPL=01&${levels}`],
    ["an id that is not hex", 404, `/vcek/v1/Milan/${"zz".repeat(64)}?${levels}`],
    ["a VLEK, which needs a credential", 404, `/vlek/v1/Milan/cert?${levels}`],
    ["no levels", 400, `/vcek/v1/Milan/${unknown}`],
    ["a level that is missing", 400, `/vcek/v1/Milan/${unknown}?blSPL=04&teeSPL=00&snpSPL=24`],
    ["a level twice", 400, `/vcek/v1/Milan/${unknown}?${levels}&blSPL=04`],
    ["a level above 255", 400, `/vcek/v1/Milan/${unknown}?${levels.replace("219", "256")}`],
    ["fmcSPL off Turin", 400, `/vcek/v1/Milan/${unknown}?fmcSPL=01&${levels}`],
    ["Turin without fmcSPL", 400, `/vcek/v1/Turin/${unknown.slice(0, 16)}?${levels}`],
  ];
  test.each(targets)("%s: %d", (_what, status, target) => {
    expect(ask(target).status).toBe(status);
  });
});

describe("the throttle", () => {
  beforeEach(() => {
    kds = new SimulatedKds({ hierarchies: [hierarchies.Milan], chips: [hierarchies.Milan.chipId()], clock });
    clock.advance(60_000);
  });

  test("lets one VCEK through in ten seconds, per client", () => {
    expect(ask(vcekTarget("Milan")).status).toBe(200);
    clock.advance(9_999);
    expect(ask(vcekTarget("Milan")).status).toBe(429);
    expect(kds.answer("192.0.2.2", vcekTarget("Milan")).status).toBe(200);
    clock.advance(1);
    expect(ask(vcekTarget("Milan")).status).toBe(200);
  });

  test("leaves chains and lists alone", () => {
    expect(ask(vcekTarget("Milan")).status).toBe(200);
    expect(ask(chainUrl("Milan", "vcek", "")).status).toBe(200);
    expect(ask(crlUrl("Milan", "vcek", "")).status).toBe(200);
  });
});

describe("faults", () => {
  test.each([
    ["error-500", 500, "whole"],
    ["hang", 500, "never"],
    ["throttled", 429, "whole"],
    ["slow", 200, "slow"],
    ["truncated", 200, "truncated"],
  ] as const)("%s: %d, delivered %s", (fault, status, delivery) => {
    kds.fault = fault;
    expect(ask(vcekTarget("Milan"))).toMatchObject({ status, delivery });
  });

  test("the certificate of another chip, of another TCB, of another product", () => {
    const vek = (): ReturnType<typeof parseVek> => parseVek(must(parseCertificate(ask(vcekTarget("Milan")).body)));
    kds.fault = "another-chip";
    expect(must(vek()).hwId).not.toEqual(hierarchies.Milan.chipId());
    kds.fault = "another-tcb";
    expect(must(vek()).tcb.snp).not.toBe(chipOf("Milan").reportedTcb.snp);
    kds.fault = "wrong-product";
    expect(must(vek()).product).toBe("Genoa");
  });
});

function chipOf(product: Product) {
  return makeChip(product, hierarchies[product].chipId());
}

function vcekTarget(product: Product): string {
  const { chipId, reportedTcb } = chipOf(product);
  return vcekUrl(product, chipId, reportedTcb, "");
}

function ask(target: string): KdsAnswer {
  return kds.answer("192.0.2.1", target);
}
