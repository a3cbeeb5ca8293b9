// Is each kind of simulated revocation list right, or wrong in exactly the way it says? Judged by core/endorse.
import { describe, expect, test } from "vitest";
import { must } from "../../core/base/result.ts";
import { parseCertificate } from "../../core/endorse/certificate.ts";
import { parseCrl } from "../../core/endorse/crl.ts";
import { checkRevocation } from "../../core/endorse/revocation.ts";
import { nodePrimitives } from "../../core/node/primitives.ts";
import { revocationKinds, revocationList } from "../../core/simulator/revocation-list.ts";
import { simulatedHierarchy, simulatedInstant } from "../kit/simulated.ts";
import type { AuthorityRole } from "../../core/simulator/authority.ts";
import type { RevocationKind } from "../../core/simulator/revocation-list.ts";

const cases: readonly (readonly [kind: RevocationKind, forAsk: string, forAsvk: string])[] = [
  ["empty", "ok", "ok"],
  ["ark-revoked", "endorse.issuer-revoked", "endorse.issuer-revoked"],
  ["ask-revoked", "endorse.issuer-revoked", "ok"],
  ["asvk-revoked", "ok", "endorse.issuer-revoked"],
  // Every leaf has serial 0, and the root's list speaks of what the root issued: such an entry names nobody.
  ["leaf-revoked", "ok", "ok"],
  ["stale", "endorse.crl-expired", "endorse.crl-expired"],
  ["not-yet-valid", "endorse.crl-not-yet-valid", "endorse.crl-not-yet-valid"],
  ["no-next-update", "endorse.crl-malformed", "endorse.crl-malformed"],
  ["delta", "endorse.crl-malformed", "endorse.crl-malformed"],
  ["wrong-issuer", "endorse.revocation-unavailable", "endorse.revocation-unavailable"],
  ["wrong-signature", "endorse.crl-signature", "endorse.crl-signature"],
  ["signed-by-ask", "endorse.crl-signature", "endorse.crl-signature"],
];

test("each kind has its row", () => {
  expect(cases.map(([kind]) => kind)).toEqual(revocationKinds);
});

async function verdictOf(product: "Milan" | "Turin", kind: RevocationKind, role: "ask" | "asvk", graceHours = 0): Promise<string> {
  const hierarchy = await simulatedHierarchy(product);
  const crl = parseCrl(revocationList(hierarchy, simulatedInstant, kind));
  if (!crl.ok) return crl.failure.code;
  const certificate = (of: AuthorityRole) => must(parseCertificate(hierarchy.authorities[of].certificate));
  const ends = { ark: certificate("ark"), issuer: certificate(role) };
  const checked = checkRevocation({ crls: [crl.value], ...ends, at: simulatedInstant, graceHours, primitives: nodePrimitives });
  if (!checked.ok) return checked.failure.code;
  return checked.value.inGrace ? "in grace" : "ok";
}

describe.each(["Milan", "Turin"] as const)("%s", (product) => {
  test.each(cases)("%s: the ASK is %s, the ASVK %s", async (kind, forAsk, forAsvk) => {
    expect([await verdictOf(product, kind, "ask"), await verdictOf(product, kind, "asvk")]).toEqual([forAsk, forAsvk]);
  });

  test.each(cases)("%s: a time of grace helps a list that has run out, and no other", async (kind, forAsk, forAsvk) => {
    const graced = [await verdictOf(product, kind, "ask", 720), await verdictOf(product, kind, "asvk", 720)];
    expect(graced).toEqual(kind === "stale" ? ["in grace", "in grace"] : [forAsk, forAsvk]);
  });

  test("a list that ran out a day ago is in a grace of a day, and not in one of an hour less", async () => {
    expect([await verdictOf(product, "stale", "ask", 24), await verdictOf(product, "stale", "ask", 23)]).toEqual([
      "in grace",
      "endorse.crl-expired",
    ]);
  });
});
