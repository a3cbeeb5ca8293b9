// Was this certificate read before? Endorsements of one host come back with every launch, and reading them costs more than verifying them.
// Keeps what pure parsers said about exact bytes, and nothing else: every launch verifies anew. Bounded; a flood only makes it slow.
import type { Primitives } from "../base/crypto.ts";
import { nameOfDigest, Recent } from "../base/recent.ts";
import { ok, type Result } from "../base/result.ts";
import { certificatesFrom, type Certificate } from "../endorse/certificate.ts";
import { crlsFrom, type Crl } from "../endorse/crl.ts";
import { parseEndorsements, type Endorsements, type EndorsementReaders, type RawEndorsements } from "../endorse/endorsements.ts";
import { parseVek, type Vek } from "../endorse/vek.ts";

export class ParsedEndorsements implements EndorsementReaders {
  readonly #primitives: Primitives;
  /** One for each chip: apart from the few that all chips share, so that many chips do not push those out. */
  readonly #veks = new Recent<readonly Certificate[]>(maximumVeks);
  readonly #issuers = new Recent<readonly Certificate[]>(maximumShared);
  readonly #crls = new Recent<readonly Crl[]>(maximumShared);

  constructor(primitives: Primitives) {
    this.#primitives = primitives;
  }

  /** Undefined where the bytes are not a VCEK or VLEK. */
  vek(bytes: Uint8Array): Vek | undefined {
    const certificates = this.vekFrom(bytes);
    const [certificate] = certificates.ok ? certificates.value : [];
    const vek = certificate === undefined ? undefined : parseVek(certificate);
    return vek?.ok === true ? vek.value : undefined;
  }

  endorsements(raw: RawEndorsements): Result<Endorsements> {
    return parseEndorsements(raw, this);
  }

  vekFrom(bytes: Uint8Array): Result<readonly Certificate[]> {
    return this.#read(bytes, this.#veks, certificatesFrom);
  }

  issuersFrom(bytes: Uint8Array): Result<readonly Certificate[]> {
    return this.#read(bytes, this.#issuers, certificatesFrom);
  }

  crlsFrom(bytes: Uint8Array): Result<readonly Crl[]> {
    return this.#read(bytes, this.#crls, crlsFrom);
  }

  /** What cannot be read is not kept: it is cheap to find out again. */
  #read<T>(bytes: Uint8Array, kept: Recent<readonly T[]>, read: (bytes: Uint8Array) => Result<readonly T[]>): Result<readonly T[]> {
    const name = nameOfDigest(this.#primitives.digest("sha256", bytes));
    const known = kept.get(name);
    if (known !== undefined) return ok(known);
    const made = read(bytes);
    if (made.ok) kept.set(name, made.value, bytes.length + overhead);
    return made;
  }
}

/** In bytes as received: more than 10,000 chips, whose certificates have about 1,400 each. */
const maximumVeks = 2 ** 25;
const maximumShared = 2 ** 22;
/** What a parsed value weighs beside its bytes, roughly. */
const overhead = 1_500;
