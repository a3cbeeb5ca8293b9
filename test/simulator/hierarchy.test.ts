// Do simulated certificates chain, and does every choice show? Checked with Node's own X.509 reader.
import { X509Certificate } from "node:crypto";
import { describe, expect, test } from "vitest";
import { toHex } from "../../core/base/bytes.ts";
import { nodePrimitives } from "../../core/node/primitives.ts";
import { nodeSimulatorCrypto } from "../../core/node/simulator/signing.ts";
import { makeChip } from "../../core/simulator/chip.ts";
import { integer } from "../../core/simulator/der.ts";
import { trustAnchorsOf } from "../../core/simulator/hierarchy.ts";
import { vekExtensionOids } from "../../core/simulator/vek-extensions.ts";
import { simulatedHierarchy, simulatedInstant } from "../kit/simulated.ts";
import type { Hierarchy, LeafChoices } from "../../core/simulator/hierarchy.ts";
import type { VekExtensionName, VekHolder } from "../../core/simulator/vek-extensions.ts";

const csp: VekHolder = { cspId: "CN=csp.simulated.invalid" };

describe.each(["Milan", "Genoa", "Turin"] as const)("the hierarchy of %s", (product) => {
  test("every certificate is signed by its issuer and says SIMULATED", async () => {
    const hierarchy = await simulatedHierarchy(product);
    const { ark, ask, asvk } = parsedAuthorities(hierarchy);
    const vcek = leaf(hierarchy, { chipId: hierarchy.chipId() });
    const vlek = leaf(hierarchy, csp);
    for (const [subject, issuer] of [
      [ark, ark],
      [ask, ark],
      [asvk, ark],
      [vcek, ask],
      [vlek, asvk],
    ] as const) {
      expect(subject.verify(issuer.publicKey)).toBe(true);
      expect(subject.issuer).toBe(issuer.subject);
      expect(subject.subject).toContain("O=Portcullis SIMULATED");
      expect(subject.subject).toContain("OU=SIMULATED");
    }
    expect([ark.ca, ask.ca, asvk.ca, vcek.ca, vlek.ca]).toEqual([true, true, true, false, false]);
    expect(vcek.verify(asvk.publicKey)).toBe(false);
    expect(vlek.verify(ask.publicKey)).toBe(false);
  });

  test("both forms of PSS parameters verify", async () => {
    const hierarchy = await simulatedHierarchy(product);
    const { ask } = parsedAuthorities(hierarchy);
    const holder = { chipId: hierarchy.chipId() };
    const explicit = leaf(hierarchy, holder, { trailerField: "explicit" });
    const omitted = leaf(hierarchy, holder, { trailerField: "omitted" });
    expect(explicit.verify(ask.publicKey) && omitted.verify(ask.publicKey)).toBe(true);
    expect(explicit.raw.length - omitted.raw.length).toBe(10);
  });

  test("the anchors are the digests of its ARK", async () => {
    const hierarchy = await simulatedHierarchy(product);
    const { kind, ark } = trustAnchorsOf([hierarchy]);
    const { certificate, key } = hierarchy.authorities.ark;
    expect(kind).toBe("simulated");
    expect(Object.keys(ark)).toEqual([product]);
    expect(ark[product]).toEqual({
      certificate: nodePrimitives.digest("sha256", certificate),
      spki: nodePrimitives.digest("sha256", key.spki),
    });
  });
});

describe("a leaf", () => {
  test("is valid from the day before for seven years, a VLEK for one", async () => {
    const hierarchy = await simulatedHierarchy();
    const vcek = leaf(hierarchy, { chipId: hierarchy.chipId() });
    const vlek = leaf(hierarchy, csp);
    expect([vcek.validFromDate, vcek.validToDate].map((date) => date.toISOString().slice(0, 10))).toEqual(["2026-11-23", "2033-11-23"]);
    expect(vlek.validToDate.toISOString().slice(0, 10)).toBe("2027-11-23");
    expect(vcek.serialNumber).toBe("0");
  });

  test("its validity, serial number, name, key and issuer can be chosen", async () => {
    const hierarchy = await simulatedHierarchy();
    const { ark } = hierarchy.authorities;
    const key = nodeSimulatorCrypto.deriveP384(new Uint8Array(48).fill(5));
    const notBefore = Date.UTC(2048, 0, 1);
    const notAfter = Date.UTC(2051, 0, 1);
    const chosen = leaf(
      hierarchy,
      { chipId: hierarchy.chipId() },
      { notBefore, notAfter, serial: 0x80, subject: "SEV-OTHER", key, issuer: ark },
    );
    expect([chosen.validFromDate.getTime(), chosen.validToDate.getTime()]).toEqual([notBefore, notAfter]);
    expect(chosen.serialNumber).toBe("80");
    expect(chosen.subject).toContain("CN=SEV-OTHER");
    expect(chosen.publicKey.export({ format: "der", type: "spki" })).toEqual(Buffer.from(key.spki));
    expect(chosen.verify(parsedAuthorities(hierarchy).ark.publicKey)).toBe(true);
  });

  test.each(Object.keys(vekExtensionOids) as VekExtensionName[])("%s can be replaced and left out", async (name) => {
    const hierarchy = await simulatedHierarchy();
    const holder = { chipId: hierarchy.chipId() };
    const strange = integer(0x7a7b7c);
    expect(hexOf(hierarchy, holder, { overrides: { [name]: strange } })).toContain(toHex(strange));
    const oid = oidHex(vekExtensionOids[name]);
    expect(hexOf(hierarchy, holder, { overrides: { [name]: null } })).not.toContain(oid);
  });

  test("hwID is raw, and wrapped on demand", async () => {
    const hierarchy = await simulatedHierarchy();
    const chipId = hierarchy.chipId();
    expect(hexOf(hierarchy, { chipId })).toContain(`0440${toHex(chipId)}`);
    expect(hexOf(hierarchy, { chipId }, { hwIdForm: "wrapped" })).toContain(`04420440${toHex(chipId)}`);
  });

  test("hwID has 8 bytes on Turin", async () => {
    const hierarchy = await simulatedHierarchy("Turin");
    const chipId = hierarchy.chipId();
    expect(toHex(chipId.subarray(8))).toBe("00".repeat(56));
    expect(hexOf(hierarchy, { chipId })).toContain(`0408${toHex(chipId.subarray(0, 8))}`);
  });
});

describe("keys", () => {
  test("are the same whenever the same chip signs at the same TCB, and others otherwise", async () => {
    const hierarchy = await simulatedHierarchy();
    const { reportedTcb } = makeChip("Milan", hierarchy.chipId());
    const spki = (tcb = reportedTcb, holder: VekHolder = { chipId: hierarchy.chipId() }) => toHex(hierarchy.signingKey(tcb, holder).spki);
    expect(spki()).toBe(spki());
    const others = [spki({ ...reportedTcb, snp: 1 }), spki(reportedTcb, { chipId: hierarchy.chipId(1) }), spki(reportedTcb, csp)];
    expect(new Set([spki(), ...others]).size).toBe(4);
  });

  test("sign so that the Primitives port verifies", () => {
    const key = nodeSimulatorCrypto.deriveP384(new Uint8Array(48).fill(9));
    const message = Uint8Array.of(1, 2, 3);
    expect(nodePrimitives.verifyP384(key.spki, message, key.sign(message))).toBe(true);
  });
});

function leaf(hierarchy: Hierarchy, holder: VekHolder, choices: LeafChoices = {}): X509Certificate {
  const { reportedTcb } = makeChip(hierarchy.product, hierarchy.chipId());
  return new X509Certificate(hierarchy.issue(simulatedInstant, reportedTcb, holder, choices));
}

function hexOf(hierarchy: Hierarchy, holder: VekHolder, choices?: LeafChoices): string {
  return toHex(leaf(hierarchy, holder, choices).raw);
}

function parsedAuthorities({ authorities: { ark, ask, asvk } }: Hierarchy) {
  return {
    ark: new X509Certificate(ark.certificate),
    ask: new X509Certificate(ask.certificate),
    asvk: new X509Certificate(asvk.certificate),
  };
}

/** AMD's arc and the rest, which is below 128: one byte an arc. */
function oidHex(oid: string): string {
  const rest = oid.slice("1.3.6.1.4.1.3704.".length).split(".").map(Number);
  const body = `2b060104019c78${toHex(Uint8Array.from(rest))}`;
  return `06${toHex(Uint8Array.of(body.length / 2))}${body}04`;
}
