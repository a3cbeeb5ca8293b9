// Fuzz targets for what proves a VM: report, certificate table, certificates, revocation lists, PEM. Round trips where there is an encoder.
import { concat, equalBytes, toBase64, toHex } from "../../core/base/bytes.ts";
import { must } from "../../core/base/result.ts";
import { utf8 } from "../../core/base/utf8.ts";
import { itemFromDer } from "../../core/endorse/bundle-item.ts";
import { encodeBundle, makeBundle, parseBundle } from "../../core/endorse/bundle.ts";
import { type Certificate, certificatesFrom, parseCertificate } from "../../core/endorse/certificate.ts";
import { crlsFrom, parseCrl } from "../../core/endorse/crl.ts";
import { childrenOf, derTag, readDer } from "../../core/endorse/der.ts";
import { parseVek } from "../../core/endorse/vek.ts";
import { type CertTableEntry, type CertTableRole, encodeCertTable, parseCertTable } from "../../core/snp/cert-table.ts";
import { encodeReport, withSignature } from "../../core/snp/report-encode.ts";
import { parseReport, type Report, signedLength } from "../../core/snp/report.ts";
import { encodeTcb, parseTcb } from "../../core/snp/tcb.ts";
import { libraryView } from "../kit/library-view.ts";
import { simulatedInstant } from "../kit/simulated.ts";
import { mutateBytes, mutateInPlace, mutateWith } from "./mutate-bytes.ts";
import { mutateDer, wrap } from "./mutate-der.ts";
import { mutateJson } from "./mutate-json.ts";
import { certificateSeeds, certTables, crlSeeds, pattern, reportSeeds } from "./seeds.ts";
import { expectSame, expectThat, isOneOf, outcomeOf, type Target } from "./target.ts";

const report: Target = {
  name: "report",
  seeds: reportSeeds(),
  mutate: mutateInPlace,
  examine: (input) =>
    outcomeOf(parseReport(input), (value) => {
      expectSame("raw", value.raw, input);
      const again = encodeReport(fieldsOf(value));
      if (value.signingKey === "none")
        expectSame("report without its signature", again.slice(0, signedLength), input.slice(0, signedLength));
      else expectSame("report", withSignature(again, value.signature), input);
    }),
};

function fieldsOf(value: Report): Parameters<typeof encodeReport>[0] {
  const { policy, platformInfo, launchMitVector = 0n, currentMitVector = 0n, ...fields } = value;
  return { ...fields, signatureAlgo: 1, policy: policy.raw, platformInfo: platformInfo.raw, launchMitVector, currentMitVector };
}

const certTable: Target = {
  name: "cert-table",
  seeds: [...certTables(), encodeCertTable([]), everyRole(), concat(everyRole(), new Uint8Array(4096)), twoNamesOneRange()],
  mutate: (seed, draw, seeds) => {
    if (draw.chance(40)) return mutateBytes(seed, draw, seeds);
    // The headers are the first bytes, and too few for a random hit.
    const headers = Math.min(seed.length, 144);
    return concat(mutateBytes(seed.subarray(0, headers), draw, seeds), seed.subarray(headers));
  },
  examine: (input) =>
    outcomeOf(parseCertTable(input), ({ entries }) => {
      const known = entries.filter(hasRole);
      const again = parseCertTable(encodeCertTable(known));
      expectThat(again.ok && again.value.entries.length === known.length, "encoded table is refused");
      if (!again.ok) return;
      for (const [index, { guid, bytes }] of again.value.entries.entries()) {
        expectSame("guid", guid, known[index]?.guid ?? guid.subarray(1));
        expectSame("blob", bytes, known[index]?.bytes ?? new Uint8Array(0));
      }
    }),
};

const certificate: Target = {
  name: "certificate",
  seeds: certificateSeeds(),
  mutate: mutateWith(mutateDer),
  examine: (input) => {
    let vek = "";
    const outcome = outcomeOf(parseCertificate(input), (value) => {
      expectSame("der", value.der, input);
      expectSame("certificate from its parts", fromParts(value), input);
      if (isOneOf(32, input)) expectSameAsLibrary(value);
      vek = outcomeOf(parseVek(value), ({ product, tcb }) => {
        const again = parseTcb(product, encodeTcb(tcb));
        expectThat(again.ok && JSON.stringify(again.value) === JSON.stringify(tcb), "TCB differs");
      });
    });
    return vek === "" || vek === "parsed" ? outcome : vek;
  },
};

const crl: Target = {
  name: "crl",
  seeds: crlSeeds(),
  mutate: mutateWith(mutateDer),
  examine: (input) =>
    outcomeOf(parseCrl(input), (value) => {
      expectSame("der", value.der, input);
      expectSame("list from its parts", fromParts(value), input);
      expectThat(value.thisUpdate <= value.nextUpdate, "a list that ends before it begins");
    }),
};

const pem: Target = {
  name: "pem",
  seeds: [
    pemOf("CERTIFICATE", certificate.seeds.slice(0, 2)),
    pemOf("X509 CRL", crl.seeds.slice(0, 2)),
    pemOf("CERTIFICATE", [pattern(9)]),
  ],
  mutate: mutateBytes,
  examine: (input) => {
    const lists = outcomeOf(crlsFrom(input), (values) => expectThat(values.length > 0, "no list"));
    const outcome = outcomeOf(certificatesFrom(input), (values) => expectThat(values.length > 0, "no certificate"));
    return lists === "parsed" ? lists : outcome;
  },
};

const bundle: Target = {
  name: "bundle",
  seeds: [bundleOf(certificate.seeds.slice(1, 4), crl.seeds.slice(0, 1)), bundleOf([], crl.seeds.slice(1, 2)), bundleOf([], [])],
  mutate: mutateWith(mutateJson),
  examine: (input) => outcomeOf(parseBundle(input), (value) => expectSame("bundle", encodeBundle(value), input)),
};

export const evidenceTargets: readonly Target[] = [report, certTable, certificate, crl, pem, bundle];

/** The signed part and the signature are all that is kept; between them stands the algorithm. */
function fromParts({ der, tbs, signature }: { der: Uint8Array; tbs: Uint8Array; signature: Uint8Array }): Uint8Array {
  const algorithm = childrenOf(readDer(der))[1]?.bytes ?? new Uint8Array(0);
  return wrap(derTag.sequence, tbs, algorithm, wrap(derTag.bitString, Uint8Array.of(0), signature));
}

/** SECURITY: what two readers take must mean the same to both. */
function expectSameAsLibrary(value: Certificate): void {
  const other = libraryView(value.der);
  if (other === undefined) return;
  const { subjectName, issuerName, isCa, pathLength, keyUsage } = value;
  const own = { subjectName, issuerName, isCa, pathLength, keyUsage };
  expectThat(JSON.stringify(own) === JSON.stringify(other.fields), "@peculiar/x509 reads something else");
  const extensions = [...value.extensions].map(([oid, { critical, value: content }]) => [oid, critical, toHex(content)]);
  expectThat(JSON.stringify(extensions) === JSON.stringify(other.extensions), "@peculiar/x509 reads other extensions");
}

function hasRole(entry: CertTableEntry): entry is CertTableEntry & { readonly role: CertTableRole } {
  return entry.role !== undefined;
}

function everyRole(): Uint8Array {
  return encodeCertTable((["vcek", "vlek", "ask", "ark", "crl"] as const).map((role, index) => ({ role, bytes: pattern(40 + index) })));
}

/** Hosts may point two entries at the same bytes, and name what AMD does not. */
function twoNamesOneRange(): Uint8Array {
  const table = encodeCertTable([
    { role: "ask", bytes: pattern(30) },
    { role: "ark", bytes: pattern(30) },
  ]);
  table.set(table.slice(16, 20), 40);
  if (!equalBytes(table.subarray(16, 20), table.subarray(40, 44))) throw new Error("not the same range");
  return table;
}

function bundleOf(certificates: readonly Uint8Array[], lists: readonly Uint8Array[]): Uint8Array {
  const items = [...certificates.map((der) => itemFromDer(der, false)), ...lists.map((der) => itemFromDer(der, true, simulatedInstant))];
  return encodeBundle(must(makeBundle(items.map(must), simulatedInstant)));
}

function pemOf(label: string, values: readonly Uint8Array[]): Uint8Array {
  const lines = (bytes: Uint8Array): string => toBase64(bytes).replaceAll(/.{64}/g, "$&\n");
  return utf8(values.map((bytes) => `-----BEGIN ${label}-----\n${lines(bytes)}\n-----END ${label}-----\n`).join(""));
}
