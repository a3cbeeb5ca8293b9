// Was this certificate read before? Endorsements of one host come back with every launch, and reading them costs more than verifying them.
// Keeps what pure parsers said about exact bytes, and nothing else: every launch verifies anew. Bounded; a flood only makes it slow.
import { concat, toHex, u32be } from "../base/bytes.ts";
import type { Primitives } from "../base/crypto.ts";
import type { Result } from "../base/result.ts";
import { certificatesFrom } from "../endorse/certificate.ts";
import { parseEndorsements, type Endorsements, type RawEndorsements } from "../endorse/endorsements.ts";
import { parseVek, type Vek } from "../endorse/vek.ts";

export class ParsedEndorsements {
  readonly #primitives: Primitives;
  readonly #veks = new Map<string, { readonly made: Vek | undefined }>();
  readonly #endorsements = new Map<string, { readonly made: Result<Endorsements> }>();

  constructor(primitives: Primitives) {
    this.#primitives = primitives;
  }

  /** Undefined where the bytes are not a VCEK or VLEK. */
  vek(bytes: Uint8Array): Vek | undefined {
    return kept(this.#veks, this.#name([bytes]), () => {
      const certificates = certificatesFrom(bytes);
      const [certificate] = certificates.ok ? certificates.value : [];
      const vek = certificate === undefined ? undefined : parseVek(certificate);
      return vek?.ok === true ? vek.value : undefined;
    });
  }

  endorsements(raw: RawEndorsements): Result<Endorsements> {
    const counts = concat(u32be(raw.issuers.length), u32be(raw.crls.length));
    return kept(this.#endorsements, this.#name([counts, raw.vek, ...raw.issuers, ...raw.crls]), () => parseEndorsements(raw));
  }

  #name(parts: readonly Uint8Array[]): string {
    return toHex(this.#primitives.digest("sha256", ...parts.flatMap((part) => [u32be(part.length), part])));
  }
}

function kept<T>(values: Map<string, { readonly made: T }>, name: string, make: () => T): T {
  const known = values.get(name);
  if (known !== undefined) return known.made;
  const made = make();
  // Insertion order stands in for age.
  const oldest = values.keys().next();
  if (values.size >= maximumKept && oldest.done === false) values.delete(oldest.value);
  values.set(name, { made });
  return made;
}

const maximumKept = 64;
