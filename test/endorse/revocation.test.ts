// Is a revocation list read strictly, believed only from the root itself, and never taken for current when it is not?
import { describe, expect, test } from "vitest";
import { concat, toBase64 } from "../../core/base/bytes.ts";
import { must } from "../../core/base/result.ts";
import { utf8 } from "../../core/base/utf8.ts";
import { parseCertificate } from "../../core/endorse/certificate.ts";
import { crlsFrom, parseCrl } from "../../core/endorse/crl.ts";
import type { Crl } from "../../core/endorse/crl.ts";
import { checkRevocation } from "../../core/endorse/revocation.ts";
import { nodePrimitives } from "../../core/node/primitives.ts";
import { integer } from "../../core/simulator/der.ts";
import { revocationList, signRevocationList } from "../../core/simulator/revocation-list.ts";
import type { RevocationFields } from "../../core/simulator/revocation-list.ts";
import { simulatedHierarchy, simulatedInstant } from "../kit/simulated.ts";

const second = 1000;

describe("the parser", () => {
  test("reads issuers' serial numbers and both times", async () => {
    const crl = await list({ revoked: [0x010001, 0x020001] });
    expect(crl).toMatchObject({ thisUpdate: simulatedInstant, nextUpdate: simulatedInstant + 100 * second });
    expect([...crl.revoked]).toEqual([0x010001n, 0x020001n]);
  });

  test("refuses every truncation and any trailing byte", async () => {
    const { der } = await list({ revoked: [1] });
    for (let length = 0; length < der.length; length++) expect(codeOf(der.subarray(0, length))).toBe("endorse.crl-malformed");
    expect(codeOf(concat(der, Uint8Array.of(0)))).toBe("endorse.crl-malformed");
    expect(codeOf(new Uint8Array(200_000))).toBe("endorse.crl-malformed");
  });

  test("never throws on a changed byte", async () => {
    const { der } = await list({ revoked: [0x010001] });
    for (let offset = 0; offset < der.length; offset++) {
      for (const mask of [0x01, 0x80]) {
        const changed = der.slice();
        changed[offset] = (changed[offset] ?? 0) ^ mask;
        expect(["read", "endorse.crl-malformed", "endorse.signature-algorithm"]).toContain(codeOf(changed));
      }
    }
  });

  test("refuses lists that are partial, however they say so", async () => {
    for (const oid of ["2.5.29.27", "2.5.29.28", "2.5.29.46", "1.2.3"]) {
      for (const critical of [true, false]) {
        expect(await codeOfFields({ extensions: [{ oid, critical, value: integer(1) }] })).toBe("endorse.crl-malformed");
      }
    }
    const number = { oid: "2.5.29.20", value: integer(1) };
    expect(await codeOfFields({ extensions: [number] })).toBe("read");
    expect(await codeOfFields({ extensions: [number, number] })).toBe("endorse.crl-malformed");
  });

  test("refuses a list without end, and one that ends before it begins", async () => {
    expect(await codeOfFields({ nextUpdate: undefined })).toBe("endorse.crl-malformed");
    expect(await codeOfFields({ nextUpdate: simulatedInstant - second })).toBe("endorse.crl-malformed");
  });

  test("reads PEM, one list or several", async () => {
    const { der } = await list({});
    const pem = `-----BEGIN X509 CRL-----\n${toBase64(der)}\n-----END X509 CRL-----\n`;
    expect(must(crlsFrom(utf8(pem + pem)))).toHaveLength(2);
    expect(must(crlsFrom(der))).toHaveLength(1);
    expect(crlsFrom(utf8(pem.replaceAll("X509 CRL", "CERTIFICATE")))).toMatchObject({ failure: { code: "endorse.crl-malformed" } });
  });
});

describe("the check", () => {
  test("without any list, or with lists of others only, revocation is unavailable", async () => {
    expect(await verdict([])).toBe("endorse.revocation-unavailable");
    expect(await verdict([must(parseCrl(revocationList(await simulatedHierarchy("Turin"), simulatedInstant)))])).toBe(
      "endorse.revocation-unavailable",
    );
  });

  test.each([
    ["this update, one second before", -1, "endorse.crl-not-yet-valid"],
    ["this update", 0, "ok"],
    ["next update", 100, "ok"],
    ["next update, one second after", 101, "endorse.crl-expired"],
  ])("at %s", async (_, seconds, code) => {
    expect(await verdict([await list({})], simulatedInstant + seconds * second)).toBe(code);
  });

  test.each([
    [0x010000, "endorse.issuer-revoked"],
    [0x010001, "endorse.issuer-revoked"],
    [0x010101, "ok"],
    [0x010002, "ok"],
    [0, "ok"],
  ])("serial %d", async (serial, code) => {
    expect(await verdict([await list({ revoked: [serial] })])).toBe(code);
  });

  test("a list that another key signed under the root's name is not believed, and revokes nothing", async () => {
    const { ask } = (await simulatedHierarchy()).authorities;
    const forged = await list({ key: ask.key, revoked: [0x010001] });
    expect(await verdict([forged])).toBe("endorse.crl-signature");
    expect(await verdict([forged, await list({})])).toBe("ok");
  });

  test("an entry in an old genuine list still counts, and an old list beside a current one does no harm", async () => {
    const old = { thisUpdate: simulatedInstant - 100 * second, nextUpdate: simulatedInstant - second };
    expect(await verdict([await list({ ...old, revoked: [0x010001] }), await list({})])).toBe("endorse.issuer-revoked");
    expect(await verdict([await list(old), await list({})])).toBe("ok");
  });

  test("at no instant is no list current", async () => {
    const crl = await list({});
    const { ark, issuer } = await authorities();
    const checked = checkRevocation({ crls: [crl], ark, issuer, at: Number.NaN, primitives: nodePrimitives });
    expect(checked).toMatchObject({ failure: { code: "endorse.crl-not-yet-valid" } });
  });

  test("a root that may not sign lists is not believed", async () => {
    const crl = await list({});
    const { ark, issuer } = await authorities();
    const mute = { ...ark, keyUsage: { certSign: true, crlSign: false } };
    const checked = checkRevocation({ crls: [crl], ark: mute, issuer, at: simulatedInstant, primitives: nodePrimitives });
    expect(checked).toMatchObject({ failure: { code: "endorse.crl-signature" } });
  });
});

describe("the time of grace", () => {
  const end = simulatedInstant + 100 * second;
  const hour = 3600 * second;

  test.each<[name: string, graceHours: number, at: number, code: string, inGrace?: boolean]>([
    ["at the next update", 12, end, "ok", false],
    ["1 ms after it", 12, end + 1, "ok", true],
    ["at the end of the grace", 12, end + 12 * hour, "ok", true],
    ["1 ms beyond the grace", 12, end + 12 * hour + 1, "endorse.crl-expired"],
    ["at the next update, without grace", 0, end, "ok", false],
    ["1 ms after it, without grace", 0, end + 1, "endorse.crl-expired"],
    ["at this update", 720, simulatedInstant, "ok", false],
    ["1 ms before this update, which no grace mends", 720, simulatedInstant - 1, "endorse.crl-not-yet-valid"],
    ["at no instant", 720, Number.NaN, "endorse.crl-not-yet-valid"],
  ])("%s", async (_, graceHours, at, code, inGrace) => {
    const checked = await graced([await list({})], graceHours, at);
    expect(checked).toMatchObject(
      code === "ok" ? { ok: true, value: { thisUpdate: simulatedInstant, nextUpdate: end, inGrace } } : { ok: false, failure: { code } },
    );
  });

  test("a list that is missing, forged or another's has none", async () => {
    const { ask } = (await simulatedHierarchy()).authorities;
    expect(await graced([], 720)).toMatchObject({ failure: { code: "endorse.revocation-unavailable" } });
    expect(await graced([await list({ key: ask.key })], 720)).toMatchObject({ failure: { code: "endorse.crl-signature" } });
    const foreign = must(parseCrl(revocationList(await simulatedHierarchy("Turin"), simulatedInstant)));
    expect(await graced([foreign], 720)).toMatchObject({ failure: { code: "endorse.revocation-unavailable" } });
  });

  test("what a list in grace names is revoked, also beyond its grace and from the future", async () => {
    const revoked = [await list({ revoked: [0x010001] })];
    for (const at of [end + hour, end + 1000 * hour, simulatedInstant - hour])
      expect(await graced(revoked, 12, at)).toMatchObject({ failure: { code: "endorse.issuer-revoked" } });
  });

  test("a current list is taken before one in grace, and of several in grace the newest", async () => {
    const old = await list({ thisUpdate: simulatedInstant - 1000 * second, nextUpdate: simulatedInstant - 2 * second });
    const older = await list({ thisUpdate: simulatedInstant - 2000 * second, nextUpdate: simulatedInstant - second });
    const future = await list({ thisUpdate: simulatedInstant + second, nextUpdate: end });
    const current = await list({});
    expect(await graced([old, future, current], 12)).toMatchObject({ value: { thisUpdate: simulatedInstant, inGrace: false } });
    expect(await graced([older, future, old], 12)).toMatchObject({ value: { thisUpdate: old.thisUpdate, inGrace: true } });
    expect(await graced([future], 720)).toMatchObject({ failure: { code: "endorse.crl-not-yet-valid" } });
  });

  async function graced(crls: readonly Crl[], graceHours: number, at = simulatedInstant) {
    return checkRevocation({ crls, ...(await authorities()), at, graceHours, primitives: nodePrimitives });
  }
});

async function fieldsOf(choices: Partial<RevocationFields>): Promise<RevocationFields> {
  const { ark } = (await simulatedHierarchy()).authorities;
  const times = { thisUpdate: simulatedInstant, nextUpdate: simulatedInstant + 100 * second };
  return { ...times, revoked: [], issuer: ark.name, key: ark.key, extensions: [{ oid: "2.5.29.20", value: integer(1) }], ...choices };
}

async function list(choices: Partial<RevocationFields>): Promise<Crl> {
  return must(parseCrl(signRevocationList(await fieldsOf(choices))));
}

async function codeOfFields(choices: Partial<RevocationFields>): Promise<string> {
  return codeOf(signRevocationList(await fieldsOf(choices)));
}

function codeOf(der: Uint8Array): string {
  const parsed = parseCrl(der);
  return parsed.ok ? "read" : parsed.failure.code;
}

async function authorities() {
  const { ark, ask } = (await simulatedHierarchy()).authorities;
  return { ark: must(parseCertificate(ark.certificate)), issuer: must(parseCertificate(ask.certificate)) };
}

async function verdict(crls: readonly Crl[], at = simulatedInstant): Promise<string> {
  const checked = checkRevocation({ crls, ...(await authorities()), at, primitives: nodePrimitives });
  return checked.ok ? "ok" : checked.failure.code;
}
