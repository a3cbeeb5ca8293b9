// What do the CoMIDs of a CoRIM say of SEV-SNP launches? Reference triples whose environment is an SEV-SNP report of AMD's profile, and in
// them the digest under mkey 641. A condition that is not read would be lost: such a value is not taken, and the reason is said.
import { toHex } from "../../base/bytes.ts";
import { failure } from "../../base/failure.ts";
import { fail, ok, type Result } from "../../base/result.ts";
import type { ReferenceValue } from "../policy-demands.ts";
import { CborTag, isCborList, isCborMap, readCbor, untagged, type Cbor, type CborMap } from "./cbor.ts";

export interface TakenValues {
  readonly values: readonly ReferenceValue[];
  /** In sentences: what the file says beside, and why it was not taken. */
  readonly notTaken: readonly string[];
}

/** @param id of the CoRIM, for labels. */
export function readTriples(tags: readonly Cbor[], profile: string, id: string): Result<TakenValues> {
  const found = new Found();
  if (!profiles.includes(profile)) {
    found.leave(profile === "" ? "it names no profile, so that its keys have no meaning" : `the profile ${profile} is not known here`);
    return ok(found.all);
  }
  for (const tag of tags) {
    const bytes = untagged(tag, comid);
    if (!(bytes instanceof Uint8Array)) {
      found.leave("a tag that is no CoMID");
      continue;
    }
    const read = readCbor(bytes, knownTags);
    if (!read.ok) return read;
    const triples = isCborMap(read.value) ? read.value.get(4) : undefined;
    if (!isCborMap(triples)) return malformed("CoMID");
    if ([...triples.keys()].some((kind) => kind !== 0)) found.leave("statements of other kinds than reference values");
    const references = triples.get(0) ?? [];
    if (!isCborList(references)) return malformed("reference triples");
    for (const triple of references) {
      const taken = takeTriple(triple, found, id);
      if (!taken.ok) return taken;
    }
  }
  return ok(found.all);
}

class Found {
  readonly #values = new Map<string, ReferenceValue>();
  readonly #left = new Set<string>();

  /** All of it so far. */
  get all(): TakenValues {
    return { values: [...this.#values.values()], notTaken: [...this.#left] };
  }

  take(digest: string, label: string): void {
    if (this.#values.size >= maximumValues) this.leave(`more than ${maximumValues} measurements`);
    else if (!this.#values.has(digest)) this.#values.set(digest, { digest, label: oneLine(label, maximumLabel) });
  }

  leave(why: string): void {
    if (this.#left.size < maximumSentences) this.#left.add(oneLine(why, maximumSentence));
  }
}

function takeTriple(triple: Cbor, found: Found, id: string): Result<void> {
  const [environment, measurements, ...others] = isCborList(triple) ? triple : [];
  if (!isCborMap(environment) || !isCborList(measurements)) return malformed("reference triple");
  if (others.length > 0) {
    found.leave("a reference value with a condition");
    return ok(undefined);
  }
  if (!isSnpReport(environment)) {
    found.leave("reference values of something else than an SEV-SNP report");
    return ok(undefined);
  }
  const chip = untagged(environment.get(1), 560) ?? environment.get(1);
  const where = chip instanceof Uint8Array ? `, said of ${toHex(chip).slice(0, 16)}…` : "";
  for (const measurement of measurements) {
    const value = isCborMap(measurement) ? measurement.get(1) : undefined;
    if (!isCborMap(measurement) || !isCborMap(value)) return malformed("measurement");
    const mkey = measurement.get(0);
    if (mkey !== launchMeasurement)
      found.leave(`mkey ${typeof mkey === "number" ? mkey : "of another kind"}: only MEASUREMENT (641) is read`);
    else if ([...measurement.keys()].some((name) => name !== 0 && name !== 1))
      found.leave("a measurement that only somebody named may vouch for");
    else takeDigests(value, found, { id, where });
  }
  return ok(undefined);
}

/** class-id alone says what is measured: by chip (VCEK) or by provider (VLEK); an instance may narrow it, which the label then says. */
function isSnpReport(environment: CborMap): boolean {
  const kind = environment.get(0);
  if ([...environment.keys()].some((key) => key !== 0 && key !== 1)) return false;
  const classId = isCborMap(kind) && kind.size === 1 ? kind.get(0) : undefined;
  const oid = classId instanceof CborTag && classId.tag === 111 && classId.value instanceof Uint8Array ? toHex(classId.value) : "";
  return reportClasses.includes(oid);
}

function takeDigests(value: CborMap, found: Found, { id, where }: { readonly id: string; readonly where: string }): void {
  const name = value.get(named);
  if ([...value.keys()].some((key) => key !== digests && key !== named)) {
    found.leave("a measurement that demands more than its digest");
    return;
  }
  const list = value.get(digests);
  for (const digest of isCborList(list) ? list : []) {
    const [algorithm, bytes, ...others] = isCborList(digest) ? digest : [];
    if (algorithm === sha384 && bytes instanceof Uint8Array && bytes.length === 48 && others.length === 0)
      found.take(toHex(bytes), `${typeof name === "string" && name.trim() !== "" ? name.trim().slice(0, 60) : `CoRIM ${id}`}${where}`);
    else found.leave("a digest that is not SHA-384 of 48 bytes");
  }
}

function oneLine(text: string, most: number): string {
  return text
    .replaceAll(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, "?")
    .slice(0, most)
    .replaceAll(/\p{Surrogate}/gu, "?")
    .trim();
}

function malformed(detail: string): Result<never> {
  return fail(failure("reference.malformed", `CoRIM: ${detail}`));
}

/** As draft-02 and its editor's copy name it. What was named otherwise had other numbers for the same things. */
const profiles = ["tag:amd.com,2024:snp-corim-profile", "tag:amd.com,2025:snp-corim-profile"];
/** 1.3.6.1.4.1.3704.3.1 and .2, in BER. */
const reportClasses = ["2b060104019c780301", "2b060104019c780302"];
const launchMeasurement = 641;
/** Of a measurement-values-map. */
const [digests, named] = [2, 11];
/** IANA Named Information Hash Algorithm Registry: sha-384. */
const sha384 = 7;
const comid = 506;
const knownTags = [1, 32, 37, 111, ...Array.from({ length: 21 }, (_, index) => 550 + index)];
/** As many as a policy may name. */
const maximumValues = 256;
const maximumSentences = 32;
const maximumSentence = 200;
/** As in a policy. */
const maximumLabel = 100;
