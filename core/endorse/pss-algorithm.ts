// Is this AlgorithmIdentifier the one that AMD signs with? RSASSA-PSS, SHA-384, MGF1 with SHA-384, salt 48, trailer 1 (RFC 4055).
// AMD wrote the default trailer field until 2024 and leaves it out since: both are the same algorithm.
import { childrenOf, contextTag, DerFault, derTag, expectTag, oidOf, unsigned } from "./der.ts";
import type { DerNode } from "./der.ts";

/** @throws {@link DerFault} where it is not DER of an AlgorithmIdentifier. */
export function isAmdSignatureAlgorithm(node: DerNode): boolean {
  const [algorithm, parameters] = childrenOf(node, derTag.sequence);
  if (oidOf(algorithm) !== rsassaPss || parameters === undefined) return false;
  const [hash, mask, salt, trailer, ...others] = childrenOf(parameters, derTag.sequence);
  if (others.length > 0) return false;
  const [maskAlgorithm, maskHash, ...maskOthers] = childrenOf(inContext(mask, 1), derTag.sequence);
  return (
    isSha384(inContext(hash, 0)) &&
    oidOf(maskAlgorithm) === mgf1 &&
    isSha384(expectTag(maskHash, derTag.sequence)) &&
    maskOthers.length === 0 &&
    unsigned(inContext(salt, 2)) === saltLength &&
    (trailer === undefined || unsigned(inContext(trailer, 3)) === trailerFieldBc)
  );
}

function isSha384(node: DerNode): boolean {
  const [algorithm, parameters, ...others] = childrenOf(node, derTag.sequence);
  const noParameters = parameters === undefined || (parameters.tag === derTag.null && parameters.content.length === 0);
  return oidOf(algorithm) === sha384 && noParameters && others.length === 0;
}

function inContext(node: DerNode | undefined, number: number): DerNode {
  const [value, ...others] = childrenOf(expectTag(node, contextTag(number)));
  if (value === undefined || others.length > 0) throw new DerFault("not one value in a context tag");
  return value;
}

const rsassaPss = "1.2.840.113549.1.1.10";
const mgf1 = "1.2.840.113549.1.1.8";
const sha384 = "2.16.840.1.101.3.4.2.2";
const saltLength = 48n;
const trailerFieldBc = 1n;
