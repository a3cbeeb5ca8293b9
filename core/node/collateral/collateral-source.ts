// Where do endorsements come from beyond what the evidence brought? The cache in the store, the owner's folder, AMD's key service, in
// this order. All is checked for shape and for being what was asked for before it is kept; nothing is verified here, and nothing trusted.
import { equalBytes, toHex } from "../../base/bytes.ts";
import { failure } from "../../base/failure.ts";
import { fail, ok } from "../../base/result.ts";
import { certificatesFrom, parseCertificate } from "../../endorse/certificate.ts";
import { parseCrl } from "../../endorse/crl.ts";
import { chainUrl, crlUrl, kdsBase, vcekUrl } from "../../endorse/kds-address.ts";
import { parseVek } from "../../endorse/vek.ts";
import { encodeTcb, parseTcb } from "../../snp/tcb.ts";
import { readCollateralFolder } from "./collateral-folder.ts";
import { defaultKdsTiming, KdsQueue } from "./kds-queue.ts";
import type { Clock, Instant } from "../../base/clock.ts";
import type { Log } from "../../base/log.ts";
import type { Result } from "../../base/result.ts";
import type { Certificate } from "../../endorse/certificate.ts";
import type { Crl } from "../../endorse/crl.ts";
import type { Tcb } from "../../snp/tcb.ts";
import type { Collateral, CollateralQuery, CollateralSource, Store, Timers } from "../../manager/ports.ts";
import type { FolderContent } from "./collateral-folder.ts";
import type { KdsQuestion, KdsTiming } from "./kds-queue.ts";

export interface CollateralOptions {
  readonly store: Pick<Store, "collateral" | "saveCollateral">;
  /** Where the owner imports files for offline use. */
  readonly folder?: string;
  /** "off": no network, ever. Otherwise the service's address; AMD's unless given. */
  readonly kds?: "off" | { readonly base?: string; readonly timing?: Partial<KdsTiming> };
  readonly clock: Clock;
  readonly timers: Timers;
  readonly log: Log;
}

export interface NodeCollateralSource extends CollateralSource {
  /** Ends what is under way. */
  close(): void;
}

/** `fetch` fails with `kds.off`, `kds.unavailable`, `kds.throttled`, `kds.not-found`, `kds.malformed`, `snp.tcb-reserved`. */
export function openCollateralSource(options: CollateralOptions): NodeCollateralSource {
  return new Source(options);
}

class Source implements NodeCollateralSource {
  readonly #options: CollateralOptions;
  /** Part of every name in the cache: what another service said is kept apart. */
  readonly #base: string;
  readonly #queue: KdsQueue | undefined;
  /** When each list is to be asked for again, in monotonic time. */
  readonly #nextRenewal = new Map<string, number>();

  constructor(options: CollateralOptions) {
    const { kds = {}, clock, timers } = options;
    this.#options = options;
    this.#base = kds === "off" ? kdsBase : (kds.base ?? kdsBase);
    this.#queue = kds === "off" ? undefined : new KdsQueue(clock, timers, { ...defaultKdsTiming, ...kds.timing });
  }

  async fetch(wanted: CollateralQuery, progress: (until: Instant) => void): Promise<Result<Collateral>> {
    const tcb = parseTcb(wanted.product, wanted.reportedTcb);
    if (!tcb.ok) return tcb;
    const folder = this.#folder();
    const [vek, issuers, crl] = await Promise.all([
      wanted.vekKnown ? ok([]) : this.#vek(wanted, tcb.value, folder, progress),
      wanted.issuersKnown ? ok([]) : this.#issuers(wanted, folder, progress),
      wanted.crlWanted ? this.#crl(wanted, folder, progress) : ok([]),
    ]);
    if (!vek.ok) return vek;
    if (!issuers.ok) return issuers;
    if (!crl.ok) return crl;
    return ok({ certificates: [...vek.value, ...issuers.value].map(({ der }) => der), crls: crl.value.map(({ der }) => der) });
  }

  close(): void {
    this.#queue?.close();
  }

  /** Never changes for one chip and TCB: a cached one is as good as a new one. */
  async #vek(wanted: CollateralQuery, tcb: Tcb, folder: FolderContent, progress: Progress): Promise<Result<readonly Certificate[]>> {
    const { product, signer, chipId } = wanted;
    const fits = (certificate: Certificate): boolean => isVekFor(certificate, wanted, tcb);
    const imported = folder.certificates.filter(fits);
    if (signer === "vlek") {
      // Only a bundle brings one into the cache (bundle-entries.ts).
      const kept = this.#cached(`${this.#base}/vlek/${product}/${toHex(wanted.reportedTcb)}`, certificatesFrom) ?? [];
      const fitting = [...imported, ...kept.filter(fits)];
      return fitting.length > 0 ? ok(fitting) : fail(failure("kds.not-found", "a VLEK comes with the evidence or from the provider"));
    }
    const name = `${this.#base}/vcek/${product}/${toHex(chipId)}/${toHex(wanted.reportedTcb)}`;
    const cached = this.#cached(name, parseCertificate);
    if (cached !== undefined && fits(cached)) return ok([cached]);
    if (imported.length > 0) return ok(imported);
    const url = vcekUrl(product, chipId, tcb, this.#base);
    const bytes = await this.#ask({ url, maximumBytes: maximumCertificate, queued: true }, progress);
    if (!bytes.ok) return bytes;
    const certificate = parseCertificate(bytes.value);
    if (!certificate.ok || !fits(certificate.value)) return fail(failure("kds.malformed", "VCEK"));
    this.#keep(name, bytes.value);
    return ok([certificate.value]);
  }

  async #issuers(wanted: CollateralQuery, folder: FolderContent, progress: Progress): Promise<Result<readonly Certificate[]>> {
    const { product, signer } = wanted;
    const chosen = (all: readonly Certificate[]): readonly Certificate[] | undefined => issuersIn(all, wanted);
    const name = `${this.#base}/chain/${signer}/${product}`;
    const known = chosen(this.#cached(name, certificatesFrom) ?? []) ?? chosen(folder.certificates);
    if (known !== undefined) return ok(known);
    const url = chainUrl(product, signer, this.#base);
    const bytes = await this.#ask({ url, maximumBytes: maximumChain, queued: false }, progress);
    if (!bytes.ok) return bytes;
    const certificates = certificatesFrom(bytes.value);
    const issuers = certificates.ok ? chosen(certificates.value) : undefined;
    if (issuers === undefined) return fail(failure("kds.malformed", "certificate chain"));
    this.#keep(name, bytes.value);
    return ok(issuers);
  }

  /**
   * The newest list at hand. A current one is used at once and renewed beside the launch; only without one does the launch wait. Where
   * the service cannot be had, an outdated list is handed on: the verifier says what is wrong with it.
   */
  async #crl(wanted: CollateralQuery, folder: FolderContent, progress: Progress): Promise<Result<readonly Crl[]>> {
    const { clock } = this.#options;
    const name = `${this.#base}/crl/${wanted.signer}/${wanted.product}`;
    const own = folder.crls.filter(({ issuer }) => namesArk(issuer, wanted));
    const known = newest([...own, this.#cached(name, parseCrl)]);
    const isCurrent = known !== undefined && known.thisUpdate <= clock.now() && clock.now() < known.nextUpdate;
    if (known !== undefined && isCurrent) {
      if (this.#queue !== undefined && this.#isDue(name)) void this.#renew(wanted, name, known, () => {});
      return ok([known]);
    }
    const renewed = await this.#renew(wanted, name, known, progress);
    if (renewed.ok) return ok([renewed.value]);
    return known === undefined ? renewed : ok([known]);
  }

  async #renew(wanted: CollateralQuery, name: string, known: Crl | undefined, progress: Progress): Promise<Result<Crl>> {
    const { clock } = this.#options;
    this.#nextRenewal.set(name, clock.monotonic() + tryAgainAfter);
    const url = crlUrl(wanted.product, wanted.signer, this.#base);
    const bytes = await this.#ask({ url, maximumBytes: maximumCrl, queued: false }, progress);
    if (!bytes.ok) return bytes;
    const crl = parseCrl(bytes.value);
    if (!crl.ok || !namesArk(crl.value.issuer, wanted)) return fail(failure("kds.malformed", "revocation list"));
    this.#nextRenewal.set(name, clock.monotonic() + renewEvery);
    // SECURITY: an older list never takes the place of a newer one.
    if (known !== undefined && crl.value.thisUpdate < known.thisUpdate) return ok(known);
    this.#keep(name, bytes.value);
    return crl;
  }

  #isDue(name: string): boolean {
    return this.#options.clock.monotonic() >= (this.#nextRenewal.get(name) ?? 0);
  }

  async #ask(question: KdsQuestion, progress: Progress): Promise<Result<Uint8Array>> {
    const { log } = this.#options;
    if (this.#queue === undefined) return fail(failure("kds.off"));
    const answer = await this.#queue.ask(question, progress);
    if (!answer.ok) log.write("warn", "kds.failed", { code: answer.failure.code, path: new URL(question.url).pathname });
    return answer;
  }

  #folder(): FolderContent {
    const { folder, log } = this.#options;
    if (folder === undefined) return emptyFolder;
    const content = readCollateralFolder(folder);
    if (!content.ok) log.write("warn", "collateral.folder", { code: content.failure.code, path: folder });
    return content.ok ? content.value : emptyFolder;
  }

  #cached<T>(name: string, parse: (bytes: Uint8Array) => Result<T>): T | undefined {
    const bytes = this.#options.store.collateral(name);
    const parsed = bytes === undefined ? undefined : parse(bytes);
    return parsed?.ok === true ? parsed.value : undefined;
  }

  /** A cache that cannot be written costs time, not the launch. */
  #keep(name: string, bytes: Uint8Array): void {
    const kept = this.#options.store.saveCollateral(name, bytes);
    if (!kept.ok) this.#options.log.write("warn", "collateral.not-cached", { code: kept.failure.code });
  }
}

type Progress = (until: Instant) => void;

/** A VLEK names no chip. */
function isVekFor(certificate: Certificate, { product, signer, chipId }: CollateralQuery, tcb: Tcb): boolean {
  const vek = parseVek(certificate);
  if (!vek.ok || vek.value.signer !== signer || vek.value.product !== product) return false;
  if (!equalBytes(encodeTcb(vek.value.tcb), encodeTcb(tcb))) return false;
  const { hwId } = vek.value;
  return signer === "vlek" || (hwId !== undefined && equalBytes(hwId, chipId.subarray(0, hwId.length)));
}

/** The root and the intermediate of this product and signer, by AMD's names; undefined unless both are there. */
function issuersIn(all: readonly Certificate[], { product, signer }: CollateralQuery): readonly Certificate[] | undefined {
  const intermediate = signer === "vcek" ? `SEV-${product}` : `SEV-VLEK-${product}`;
  const roots = all.filter(({ subjectName }) => subjectName === `ARK-${product}`);
  const others = all.filter(({ subjectName }) => subjectName === intermediate);
  return roots.length > 0 && others.length > 0 ? [...others, ...roots] : undefined;
}

/** The ARK's common name is in the issuer's DER as it is. */
function namesArk(issuer: Uint8Array, { product }: CollateralQuery): boolean {
  return Buffer.from(issuer).includes(`ARK-${product}`);
}

function newest(crls: readonly (Crl | undefined)[]): Crl | undefined {
  return crls.filter((crl) => crl !== undefined).toSorted((a, b) => b.thisUpdate - a.thisUpdate)[0];
}

const emptyFolder: FolderContent = { certificates: [], crls: [], passedOver: 0 };
const renewEvery = 12 * 3_600_000;
const tryAgainAfter = 600_000;
const maximumCertificate = 8_192;
const maximumChain = 65_536;
const maximumCrl = 2 ** 20;
