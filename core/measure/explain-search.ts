// Does a variant have the measurement that is looked for, with any number of vCPUs? One chain over the vCPUs passes every number on its way, so that all
// of them cost as much as the largest. For explain.ts.
import { fromHex } from "../base/bytes.ts";
import type { Primitives } from "../base/crypto.ts";
import { fullFirmware, type MeasuredFirmware } from "./boot-set.ts";
import type { Variant } from "./explain-input.ts";
import { pageSize } from "./firmware.ts";
import { LaunchDigest, pageType } from "./launch-digest.ts";
import { addSections, vmsaGpa } from "./measure.ts";
import { bootEip, vmsaPage } from "./vmsa.ts";

export class Search {
  readonly #measurement: Uint8Array;
  readonly #primitives: Primitives;
  readonly #firmware = new Map<MeasuredFirmware, LaunchDigest>();
  #tried = 0;
  #work = 0;

  /** @param measurement 48 bytes. */
  constructor(measurement: Uint8Array, primitives: Primitives) {
    this.#measurement = measurement;
    this.#primitives = primitives;
  }

  /** How many launches were measured and compared. */
  get tried(): number {
    return this.#tried;
  }

  /** Digests, about: a firmware may have very many pages. */
  get work(): number {
    return this.#work;
  }

  /** @returns the number of vCPUs with which it matches; undefined where none does, and where such a launch cannot be. */
  match(variant: Variant): number | undefined {
    const { firmware, hashes, vcpus, vcpuSignature, guestFeatures, vmm } = variant;
    if (hashes && firmware.hashTable === undefined) return undefined;
    const digest = this.#afterFirmware(firmware);
    this.#work += pagesOf(firmware);
    addSections(digest, fullFirmware(firmware), hashes ? variant : undefined, vmm);
    const contents = (eip: number): Uint8Array => this.#primitives.digest("sha384", vmsaPage({ vmm, eip, vcpuSignature, guestFeatures }));
    digest.addDigest(pageType.vmsa, vmsaGpa, contents(bootEip));
    const most = firmware.resetEip === undefined ? 1 : Math.max(vcpus, mostVcpus);
    const further = contents(firmware.resetEip ?? bootEip);
    for (let count = 1; ; count++) {
      this.#tried++;
      this.#work++;
      if (digest.equals(this.#measurement)) return count;
      if (count >= most) return undefined;
      digest.addDigest(pageType.vmsa, vmsaGpa, further);
    }
  }

  #afterFirmware(firmware: MeasuredFirmware): LaunchDigest {
    const before = this.#firmware.get(firmware);
    if (before !== undefined) return before.copy();
    const made = LaunchDigest.from(fromHex(firmware.launchDigest) ?? new Uint8Array(0), this.#primitives);
    this.#firmware.set(firmware, made);
    return made.copy();
  }
}

function pagesOf({ sections }: MeasuredFirmware): number {
  return sections.reduce((pages, { size }) => pages + size / pageSize, 0);
}

/** More than any guest on two sockets of today has; a launch that is believed to have more is tried up to its own number. */
const mostVcpus = 512;
