// Sound inputs to start from: reports, certificates and lists of the simulator, and AMD's own where the vectors are. The same bytes in every
// run: keys and signatures here are hashes, for no parser looks behind a signature.
import { readdirSync } from "node:fs";
import { concat } from "../../core/base/bytes.ts";
import { utf8 } from "../../core/base/utf8.ts";
import { nodePrimitives } from "../../core/node/primitives.ts";
import { makeAuthorities } from "../../core/simulator/authority.ts";
import { bitString, nothing, objectIdentifier, sequence } from "../../core/simulator/der.ts";
import { Hierarchy } from "../../core/simulator/hierarchy.ts";
import { SimulatedProcessor } from "../../core/simulator/processor.ts";
import { type RevocationKind, revocationList, signRevocationList } from "../../core/simulator/revocation-list.ts";
import type { SigningKey, SimulatorCrypto } from "../../core/simulator/signing.ts";
import { type Product, products } from "../../core/snp/product.ts";
import { simulatedInstant, stoppedClock } from "../kit/simulated.ts";
import { missingVectors, vector, vectors } from "../kit/vectors.ts";
import { Draw } from "./draw.ts";

export function reportSeeds(): Uint8Array[] {
  const made = products.flatMap((product) =>
    ([2, 3, 5] as const).flatMap((reportVersion) => {
      const guest = processor(product, { reportVersion }).launch();
      const author = processor(product, { reportVersion }).launch({
        authorKeyDigest: pattern(48),
        idKeyDigest: pattern(48),
        hostData: pattern(32),
      });
      const masked = processor(product, { reportVersion, maskChipKey: true }).launch();
      return [
        guest.report({ reportData: pattern(64) }),
        guest.report({ reportData: pattern(64), signer: "vlek", vmpl: 1 }),
        author.report({ reportData: pattern(64) }),
        masked.report({ reportData: pattern(64), overrides: { maskChipKey: true } }),
      ];
    }),
  );
  return [...made, ...published("reports", ".report.bin")];
}

export function certTables(): Uint8Array[] {
  return products.flatMap((product) => [processor(product).launch().certTable("vcek"), processor(product).launch().certTable("vlek")]);
}

export function certificateSeeds(): Uint8Array[] {
  const made = products.flatMap((product) => {
    const { ark, ask, asvk } = hierarchy(product).authorities;
    const { chip } = processor(product);
    const issue = (holder: { chipId: Uint8Array } | { cspId: string }, choices = {}): Uint8Array =>
      hierarchy(product).issue(simulatedInstant, chip.reportedTcb, holder, choices);
    // The chip alone also names a provider, and then it would hold for neither.
    const vcek = { chipId: chip.chipId };
    return [
      ...[ark, ask, asvk].map(({ certificate }) => certificate),
      issue(vcek),
      issue(vcek, { trailerField: "explicit" }),
      issue(vcek, { hwIdForm: "wrapped" }),
      issue({ cspId: chip.cspId }),
    ];
  });
  return [...made, ...published("amd-roots", ".der"), ...published("reports", ".vek.der")];
}

export function crlSeeds(): Uint8Array[] {
  const kinds: readonly RevocationKind[] = ["empty", "ark-revoked", "asvk-revoked", "stale", "no-next-update", "delta", "wrong-issuer"];
  const made = products.flatMap((product) => kinds.map((kind) => revocationList(hierarchy(product), simulatedInstant, kind)));
  const many = signRevocationList({
    thisUpdate: simulatedInstant,
    nextUpdate: simulatedInstant + 86_400_000,
    revoked: Array.from({ length: 60 }, (_, serial) => serial * 7_919),
    issuer: "ARK-Milan",
    key: hierarchy("Milan").authorities.ark.key,
    extensions: [],
  });
  return [...made, many];
}

/** Always the same, and no byte like its neighbour. */
export function pattern(length: number): Uint8Array {
  return new Draw(length, 1).bytes(length);
}

const hierarchies = new Map<Product, Hierarchy>();

function hierarchy(product: Product): Hierarchy {
  const known = hierarchies.get(product);
  if (known !== undefined) return known;
  const keys = { ark: rsaKey(1), ask: rsaKey(2), asvk: rsaKey(3) };
  const made = new Hierarchy({ product, authorities: makeAuthorities(product, keys, crypto), secret: pattern(32), crypto });
  hierarchies.set(product, made);
  return made;
}

function processor(product: Product, chip: ConstructorParameters<typeof SimulatedProcessor>[0]["chip"] = {}): SimulatedProcessor {
  return new SimulatedProcessor({ hierarchy: hierarchy(product), random: { bytes: pattern }, clock: stoppedClock(), chip });
}

function rsaKey(number: number): SigningKey {
  const modulus = concat(Uint8Array.of(0x02, 0x82, 0x02, 0x01, 0x00, 0xc0 | number), pattern(511));
  const exponent = Uint8Array.of(0x02, 0x03, 0x01, 0x00, 0x01);
  const spki = sequence(sequence(objectIdentifier("1.2.840.113549.1.1.1"), nothing()), bitString(sequence(modulus, exponent)));
  return { spki, sign: (message) => stretched(message, 512) };
}

const crypto: SimulatorCrypto = {
  digest: (name, ...parts) => nodePrimitives.digest(name, ...parts),
  deriveP384: (seed) => {
    const algorithm = sequence(objectIdentifier("1.2.840.10045.2.1"), objectIdentifier("1.3.132.0.34"));
    const point = concat(Uint8Array.of(4), stretched(seed, 96));
    return { spki: sequence(algorithm, bitString(point)), sign: (message) => stretched(message, 96) };
  },
};

function stretched(bytes: Uint8Array, length: number): Uint8Array {
  const blocks = Array.from({ length: Math.ceil(length / 64) }, (_, block) => nodePrimitives.digest("sha512", utf8(`${block}`), bytes));
  return concat(...blocks).slice(0, length);
}

function published(folder: string, ending: string): Uint8Array[] {
  if (missingVectors()) return [];
  const names = readdirSync(vectors(folder)).filter((name) => name.endsWith(ending));
  return names.sort().map((name) => vector(folder, name));
}
