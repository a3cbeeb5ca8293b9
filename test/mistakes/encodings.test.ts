// Mistake 19 of real verifiers: bytes after the end, and forms that are nearly right, are accepted; two readers then read two things.
import { describe, expect, test } from "vitest";
import { parsePolicy } from "../../core/appraise/policy-parser.ts";
import { standardPreset } from "../../core/appraise/presets.ts";
import { concat, fromBase64, fromHex, toBase64, toHex } from "../../core/base/bytes.ts";
import { JsonFault, parseJson } from "../../core/base/json.ts";
import { must } from "../../core/base/result.ts";
import { utf8 } from "../../core/base/utf8.ts";
import { certificatesFrom, parseCertificate } from "../../core/endorse/certificate.ts";
import { crlsFrom, parseCrl } from "../../core/endorse/crl.ts";
import { encodePem } from "../../core/endorse/pem.ts";
import { decodeAgentMessage } from "../../core/launch/decode.ts";
import { encodeFrame } from "../../core/launch/codec.ts";
import { revocationList } from "../../core/simulator/revocation-list.ts";
import { parseReport } from "../../core/snp/report.ts";
import { verifyInput } from "../appraise/kit.ts";
import { simulatedHierarchy, simulatedInstant } from "../kit/simulated.ts";
import { evidence } from "../launch/kit.ts";
import { codesOf } from "./kit.ts";

const one = Uint8Array.of(0);

describe("mistake 19: bytes after the end, and encodings that are not the canonical one, are accepted", () => {
  test("a report is 1184 bytes: not one more, not one less, and no table behind it", async () => {
    const input = await verifyInput();
    const longer = [
      concat(input.reportBytes, one),
      concat(input.reportBytes, new Uint8Array(20)),
      concat(input.reportBytes, input.reportBytes),
    ];
    for (const reportBytes of [...longer, input.reportBytes.subarray(0, -1), new Uint8Array(0)]) {
      expect(codesOf({ ...input, reportBytes })).toEqual(["snp.report-length"]);
      expect(parseReport(reportBytes)).toMatchObject({ failure: { code: "snp.report-length" } });
    }
  });

  test("the signature has one form: nothing beside R and S", async () => {
    const input = await verifyInput();
    for (const offset of [0x2a0 + 48, 0x2a0 + 71, 0x2a0 + 72 + 48, 0x2a0 + 143, 0x2a0 + 144, 0x49f]) {
      const reportBytes = input.reportBytes.slice();
      reportBytes[offset] = 1;
      expect(codesOf({ ...input, reportBytes })).toEqual(["snp.report-signature-padding"]);
    }
  });

  test("certificates and lists end where they say", async () => {
    const { certificate, list } = await authority();
    for (const more of [one, Uint8Array.of(0x30, 0), utf8("\n")]) {
      expect(parseCertificate(concat(certificate, more))).toMatchObject({ failure: { code: "endorse.certificate-malformed" } });
      expect(certificatesFrom(concat(certificate, more))).toMatchObject({ failure: { code: "endorse.certificate-malformed" } });
      expect(parseCrl(concat(list, more))).toMatchObject({ failure: { code: "endorse.crl-malformed" } });
      expect(crlsFrom(concat(list, more))).toMatchObject({ failure: { code: "endorse.crl-malformed" } });
    }
  });

  test("a DER length has one form", async () => {
    const { certificate, list } = await authority();
    // 30 82 LL LL, and the same with a zero too many, and without an end.
    for (const [der, parse] of [
      [certificate, parseCertificate],
      [list, parseCrl],
    ] as const) {
      expect([...der.subarray(0, 2)]).toEqual([0x30, 0x82]);
      expect(parse(der).ok).toBe(true);
      expect(parse(concat(Uint8Array.of(0x30, 0x83, 0), der.subarray(2))).ok).toBe(false);
      expect(parse(concat(Uint8Array.of(0x30, 0x80), der.subarray(4), Uint8Array.of(0, 0))).ok).toBe(false);
    }
  });

  test("PEM holds its blocks and nothing else", async () => {
    const { certificate } = await authority();
    const pem = encodePem(certificate, "CERTIFICATE");
    expect(must(certificatesFrom(utf8(pem + pem)))).toHaveLength(2);
    const [head = "", body = "", ...rest] = pem.split("\n");
    const bad: readonly string[] = [
      `subject=ARK\n${pem}`,
      `${pem}x`,
      `${pem}note\n${pem}`,
      pem.replace("-----END CERTIFICATE-----", ""),
      pem.replace("END CERTIFICATE", "END X509 CRL"),
      pem.replaceAll("CERTIFICATE", "TRUSTED CERTIFICATE"),
      [head, `${body.slice(0, -1)}!`, ...rest].join("\n"),
      [head, body.replace(/[A-Za-z]/, "-"), ...rest].join("\n"),
      [head, body.slice(0, -1), ...rest].join("\n"),
    ];
    for (const text of bad) expect([text.slice(0, 40), certificatesFrom(utf8(text)).ok]).toEqual([text.slice(0, 40), false]);
  });

  test("base64: one alphabet, padded, no spare bits, no white space", () => {
    const bytes = Uint8Array.of(0xfb, 0xef, 0xff, 0xfe);
    expect(toBase64(bytes)).toBe("++///g==");
    expect(fromBase64("++///g==")).toEqual(bytes);
    for (const text of [
      "--___g==",
      "++///g=",
      "++///g",
      "++///h==",
      "++//\n/g==",
      "++///g== ",
      " ++///g==",
      "++///g==AAAA",
      "+=//",
      "====",
      "++//é===",
    ])
      expect([text, fromBase64(text)]).toEqual([text, undefined]);
  });

  test("hex: lower case, two digits a byte, nothing else", () => {
    expect(fromHex(toHex(Uint8Array.of(0, 0xab)))).toEqual(Uint8Array.of(0, 0xab));
    for (const text of ["AB", "aB", "a", "0xab", "ab ", " ab", "a b", "ag", "ab\n", "٣٣"])
      expect([text, fromHex(text)]).toEqual([text, undefined]);
    const { checks, ...policy } = standardPreset();
    const demanding = (chip: string) =>
      parsePolicy(parseJson(JSON.stringify({ ...policy, checks: { ...checks, chipId: { require: [chip] } } })));
    expect(demanding("ab".repeat(64)).ok).toBe(true);
    for (const chip of ["AB".repeat(64), "ab".repeat(63), `${"ab".repeat(64)} `, `0x${"ab".repeat(63)}`])
      expect(demanding(chip).ok).toBe(false);
  });

  test("JSON: a name once, and nothing after the value", () => {
    for (const text of ['{"a":1,"a":2}', "{} {}", "{}x", '{"a":1,}', '{"\\u0061":1,"a":2}']) {
      expect(() => parseJson(text)).toThrow(JsonFault);
    }
  });

  test("a message of the launch takes the same base64 alone", () => {
    const json = new TextDecoder().decode(encodeFrame({ ...evidence, report: new Uint8Array(1184).fill(0xfb) }).body);
    expect(decodeAgentMessage(utf8(json)).ok).toBe(true);
    expect(json).toContain("+/v7");
    expect(decodeAgentMessage(utf8(json.replaceAll("+", "-").replaceAll("/", "_"))).ok).toBe(false);
    expect(decodeAgentMessage(utf8(`${json}\n{}`)).ok).toBe(false);
  });
});

async function authority(): Promise<{ readonly certificate: Uint8Array; readonly list: Uint8Array }> {
  const hierarchy = await simulatedHierarchy();
  return { certificate: hierarchy.authorities.ark.certificate, list: revocationList(hierarchy, simulatedInstant) };
}
