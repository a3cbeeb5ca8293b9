// How does the processor measure a launch? AMD 56860, SNP_LAUNCH_UPDATE and PAGE_INFO: a SHA-384 chain over what is loaded where. Page by page, in the
// order in which the VMM loads them; nothing else enters.
import type { Primitives } from "../base/crypto.ts";
import { viewOf } from "../base/bytes.ts";

/** AMD 56860, PAGE_TYPE. */
export const pageType = { normal: 1, vmsa: 2, zero: 3, unmeasured: 4, secrets: 5, cpuid: 6 } as const;
export type PageType = (typeof pageType)[keyof typeof pageType];

export class LaunchDigest {
  readonly #primitives: Primitives;
  /** PAGE_INFO, with DIGEST_CUR of the pages so far in front. */
  readonly #info = new Uint8Array(pageInfoLength);
  readonly #view = viewOf(this.#info);

  constructor(primitives: Primitives) {
    this.#primitives = primitives;
    this.#view.setUint16(lengthAt, pageInfoLength, true);
  }

  /** @param value what was measured before, 48 bytes. */
  static from(value: Uint8Array, primitives: Primitives): LaunchDigest {
    const digest = new LaunchDigest(primitives);
    digest.#info.set(value.subarray(0, digestLength));
    return digest;
  }

  /** Goes on by itself from here: what was measured so far is kept. */
  copy(): LaunchDigest {
    const other = new LaunchDigest(this.#primitives);
    other.#info.set(this.#info);
    return other;
  }

  /** @param page 4096 bytes whose contents count. */
  addPage(type: typeof pageType.normal | typeof pageType.vmsa, gpa: bigint, page: Uint8Array): void {
    this.addDigest(type, gpa, this.#primitives.digest("sha384", page));
  }

  /** @param contents SHA-384 of the page, 48 bytes: of many that are alike it is worked out once. */
  addDigest(type: typeof pageType.normal | typeof pageType.vmsa, gpa: bigint, contents: Uint8Array): void {
    this.#add(type, gpa, contents);
  }

  /** A page of which only its address and kind count. */
  addEmpty(type: Exclude<PageType, typeof pageType.normal | typeof pageType.vmsa>, gpa: bigint): void {
    this.#add(type, gpa, zeros);
  }

  /** 48 bytes: MEASUREMENT of the report. */
  get value(): Uint8Array {
    return this.#info.slice(0, digestLength);
  }

  /** For a search: nothing here is a secret, so it may stop early. @param value 48 bytes. */
  equals(value: Uint8Array): boolean {
    for (let at = 0; at < digestLength; at++) if (this.#info[at] !== value[at]) return false;
    return true;
  }

  #add(type: PageType, gpa: bigint, contents: Uint8Array): void {
    this.#info.set(contents, digestLength);
    this.#info[typeAt] = type;
    this.#view.setBigUint64(gpaAt, gpa, true);
    this.#info.set(this.#primitives.digest("sha384", this.#info));
  }
}

const digestLength = 48;
const pageInfoLength = 0x70;
const lengthAt = 0x60;
const typeAt = 0x62;
const gpaAt = 0x68;
const zeros = new Uint8Array(digestLength);
