// Is a set of certificates and lists read whole, or refused with the reason?
import { expect, test } from "vitest";
import { concat, toBase64 } from "../../core/base/bytes.ts";
import { must } from "../../core/base/result.ts";
import { utf8 } from "../../core/base/utf8.ts";
import { parseEndorsements } from "../../core/endorse/endorsements.ts";
import { revocationList } from "../../core/simulator/revocation-list.ts";
import { simulatedHierarchy, simulatedInstant, simulatedProcessor } from "../kit/simulated.ts";

test("files and bundles, DER and PEM, in any order", async () => {
  const { vek, ark, ask, crl } = await parts();
  const separate = must(parseEndorsements({ vek, issuers: [ark, ask], crls: [crl] }));
  const bundled = must(parseEndorsements({ vek: pem(vek), issuers: [concat(pem(ask), pem(ark))], crls: [crl] }));
  expect(separate.issuers.map(({ subjectName }) => subjectName)).toEqual(["ARK-Milan", "SEV-Milan"]);
  expect(bundled.issuers.map(({ subjectName }) => subjectName)).toEqual(["SEV-Milan", "ARK-Milan"]);
  expect([bundled.vek, bundled.crls]).toEqual([separate.vek, separate.crls]);
});

test("each bad part has its code", async () => {
  const { vek, ark, crl } = await parts();
  const junk = utf8("junk");
  const codeOf = (raw: Parameters<typeof parseEndorsements>[0]) => {
    const parsed = parseEndorsements(raw);
    return parsed.ok ? "read" : parsed.failure.code;
  };
  expect(codeOf({ vek: junk, issuers: [], crls: [] })).toBe("endorse.certificate-malformed");
  expect(codeOf({ vek: concat(pem(vek), pem(vek)), issuers: [], crls: [] })).toBe("endorse.vek-count");
  expect(codeOf({ vek, issuers: [ark, junk], crls: [] })).toBe("endorse.certificate-malformed");
  expect(codeOf({ vek, issuers: [], crls: [ark] })).toBe("endorse.crl-malformed");
  expect(codeOf({ vek, issuers: [crl], crls: [] })).toBe("endorse.certificate-malformed");
  expect(codeOf({ vek, issuers: Array.from({ length: 18 }, () => ark), crls: [] })).toBe("read");
  expect(codeOf({ vek, issuers: Array.from({ length: 19 }, () => ark), crls: [] })).toBe("endorse.too-many");
});

async function parts() {
  const hierarchy = await simulatedHierarchy();
  const { ark, ask } = hierarchy.authorities;
  const vek = (await simulatedProcessor()).vek();
  return { vek, ark: ark.certificate, ask: ask.certificate, crl: revocationList(hierarchy, simulatedInstant) };
}

function pem(der: Uint8Array): Uint8Array {
  return utf8(`-----BEGIN CERTIFICATE-----\n${toBase64(der)}\n-----END CERTIFICATE-----\n`);
}
