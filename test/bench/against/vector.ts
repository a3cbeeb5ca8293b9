// Which report do all verifiers of a comparison verify? A real one of the shared vectors under AMD's own roots, or a simulated one for verifiers
// that can be given another root. No real list of AMD's is among the vectors: whoever has one names its file.
import { existsSync, readFileSync } from "node:fs";
import type { VerifyInput } from "../../../core/appraise/verify.ts";
import { must } from "../../../core/base/result.ts";
import { parseEndorsements } from "../../../core/endorse/endorsements.ts";
import { amdAnchors } from "../../../core/endorse/roots.ts";
import { nodePrimitives } from "../../../core/node/primitives.ts";
import { trustAnchorsOf } from "../../../core/simulator/hierarchy.ts";
import { revocationList } from "../../../core/simulator/revocation-list.ts";
import { type Product, products } from "../../../core/snp/product.ts";
import { hierarchyFolder, simulatedHierarchy, simulatedProcessor } from "../../kit/simulated.ts";
import { vector as sharedVector, vectors } from "../../kit/vectors.ts";
import { NotComparable } from "./not-comparable.ts";

/** Contents: DER, and the report's 1184 bytes. */
export interface VectorParts {
  readonly report: Uint8Array;
  /** VCEK or VLEK. */
  readonly vek: Uint8Array;
  /** Or the ASVK. */
  readonly ask: Uint8Array;
  readonly ark: Uint8Array;
  readonly crl: Uint8Array | undefined;
}

export interface Vector {
  readonly name: string;
  readonly parts: VectorParts;
  /** For our own verification of the same bytes at the present instant. */
  readonly input: VerifyInput;
}

export const usualVector = "milan-v3";
export const simulatedVector = "simulated";

/** @param crlFile a list of the same product's ARK. */
export async function loadVector(name: string, crlFile: string | undefined): Promise<Vector> {
  if (name === simulatedVector) return simulated();
  const file = `${name}.report.bin`;
  const product = products.find((one) => name.split("-").includes(one.toLowerCase()));
  if (product === undefined || !existsSync(vectors("reports", file)))
    throw new NotComparable(`There is no vector ${name} in ${vectors("reports")}: name another, or --vector ${simulatedVector}.`);
  return real(name, product, crlFile);
}

function real(name: string, product: Product, crlFile: string | undefined): Vector {
  const issuer = name.startsWith("vlek-") ? `SEV-VLEK-${product}` : `SEV-${product}`;
  const parts: VectorParts = {
    report: sharedVector("reports", `${name}.report.bin`),
    vek: sharedVector("reports", `${name}.vek.der`),
    ask: sharedVector("amd-roots", `${issuer}.der`),
    ark: sharedVector("amd-roots", `ARK-${product}.der`),
    crl: crlFile === undefined ? undefined : listIn(crlFile),
  };
  return { name, parts, input: { ...inputOf(parts), anchors: amdAnchors, product } };
}

async function simulated(): Promise<Vector> {
  const hierarchy = await simulatedHierarchy();
  const now = Date.now();
  const processor = await simulatedProcessor("Milan", {}, now);
  const { ask, ark } = hierarchy.authorities;
  const parts: VectorParts = {
    report: processor.launch({ hostData: new Uint8Array(32).fill(1) }).report({ reportData: new Uint8Array(64).fill(2) }),
    vek: processor.vek("vcek"),
    ask: ask.certificate,
    ark: ark.certificate,
    crl: revocationList(hierarchy, now),
  };
  const name = `${simulatedVector}, under the root in ${hierarchyFolder}`;
  return { name, parts, input: { ...inputOf(parts), anchors: trustAnchorsOf([hierarchy]) } };
}

function inputOf({ report, vek, ask, ark, crl }: VectorParts): Omit<VerifyInput, "anchors"> {
  return {
    reportBytes: report,
    endorsements: must(parseEndorsements({ vek, issuers: [ask, ark], crls: crl === undefined ? [] : [crl] })),
    at: Date.now(),
    revocation: crl === undefined ? { waived: "no list was given" } : { require: { graceHours: 0 } },
    primitives: nodePrimitives,
  };
}

function listIn(file: string): Uint8Array {
  try {
    return new Uint8Array(readFileSync(file));
  } catch (cause) {
    throw new NotComparable(`The list ${file} cannot be read.`, { cause });
  }
}
