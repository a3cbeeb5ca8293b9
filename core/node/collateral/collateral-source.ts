// Where do endorsements come from beyond what the evidence brought? The owner's folder, the cache in the store, AMD's key service, in this
// order. SECURITY: kept is only what stands under a pinned root, and what is found in the cache and does not is fetched again; a liar inside
// the key service's TLS leaves nothing behind. What is handed on is still unverified for its reader: the verifier judges it anew.
import { failure } from "../../base/failure.ts";
import { fail, ok } from "../../base/result.ts";
import { chainUrl, crlUrl, kdsBase, vcekUrl } from "../../endorse/kds-address.ts";
import { rememberingPrimitives } from "../../endorse/remembered.ts";
import { amdAnchors } from "../../endorse/roots.ts";
import { parseTcb } from "../../snp/tcb.ts";
import { nodePrimitives } from "../primitives.ts";
import { chainName, crlName, vcekName, vlekName } from "./cache-names.ts";
import { AtHand } from "./at-hand.ts";
import { isVekFor, namesArk, newest } from "./fitting.ts";
import { GenuineCollateral } from "./genuine.ts";
import { defaultKdsTiming, KdsQueue } from "./kds-queue.ts";
import type { Clock, Instant } from "../../base/clock.ts";
import type { Fail, Result } from "../../base/result.ts";
import type { Certificate } from "../../endorse/certificate.ts";
import type { Crl } from "../../endorse/crl.ts";
import type { TrustAnchors } from "../../endorse/roots.ts";
import type { Tcb } from "../../snp/tcb.ts";
import type { Collateral, CollateralProgress, CollateralQuery, CollateralSource, Timers } from "../../manager/ports.ts";
import type { AtHandParts, ListAtHand } from "./at-hand.ts";
import type { FolderContent } from "./collateral-folder.ts";
import type { Authorities } from "./genuine.ts";
import type { KdsQuestion, KdsTiming } from "./kds-queue.ts";

export interface CollateralOptions extends Pick<AtHandParts, "store" | "folder" | "log"> {
  /** "off": no network, ever. Otherwise the service's address; AMD's unless given. */
  readonly kds?: "off" | { readonly base?: string; readonly timing?: Partial<KdsTiming> };
  /** AMD's unless given. */
  readonly anchors?: TrustAnchors;
  readonly clock: Clock;
  readonly timers: Timers;
}

export interface NodeCollateralSource extends CollateralSource {
  /** False where the key service is switched off. */
  readonly online: boolean;
  /**
   * The same for launches that are still to come: whatever a launch asks for is served first, a failed request is not repeated, and a list
   * that does not last until `until` is asked for anew. @returns whether the service was asked.
   */
  fetchAhead(wanted: CollateralQuery, until: Instant): Promise<Result<boolean>>;
  /** By their shape: each launch verifies what it uses. */
  lists(): readonly ListAtHand[];
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
  readonly #atHand: AtHand;
  readonly #queue: KdsQueue | undefined;
  readonly #genuine: GenuineCollateral;
  /** When each list is to be asked for again, in monotonic time. */
  readonly #nextRenewal = new Map<string, number>();

  constructor(options: CollateralOptions) {
    const { kds = {}, clock, timers, anchors = amdAnchors } = options;
    this.#options = options;
    this.#genuine = new GenuineCollateral(anchors, rememberingPrimitives(nodePrimitives));
    this.#base = kds === "off" ? kdsBase : (kds.base ?? kdsBase);
    this.#atHand = new AtHand({ ...options, base: this.#base });
    this.#queue = kds === "off" ? undefined : new KdsQueue(clock, timers, { ...defaultKdsTiming, ...kds.timing });
  }

  get online(): boolean {
    return this.#queue !== undefined;
  }

  fetch(wanted: CollateralQuery, progress: CollateralProgress): Promise<Result<Collateral>> {
    return this.#fetch(wanted, { progress, ahead: false, lastsUntil: this.#options.clock.now() });
  }

  async fetchAhead(wanted: CollateralQuery, until: Instant): Promise<Result<boolean>> {
    let asked = false;
    const fetched = await this.#fetch(wanted, { progress: () => (asked = true), ahead: true, lastsUntil: until });
    return fetched.ok ? ok(asked) : fetched;
  }

  lists(): readonly ListAtHand[] {
    return this.#atHand.lists();
  }

  async #fetch(wanted: CollateralQuery, asking: Asking): Promise<Result<Collateral>> {
    const tcb = parseTcb(wanted.product, wanted.reportedTcb);
    if (!tcb.ok) return tcb;
    if (wanted.vekKnown && wanted.issuersKnown && !wanted.crlWanted) return ok({ certificates: [], crls: [] });
    const folder = this.#atHand.folder();
    const known = this.#knownAuthorities(wanted, folder);
    // Wanted in any case: without them nobody can say which of the others are worth keeping.
    const found = known === undefined ? this.#fetchAuthorities(wanted, asking) : Promise.resolve(ok(known));
    const atHand = wanted.issuersKnown
      ? Promise.resolve(known)
      : found.then((authorities) => (authorities.ok ? authorities.value : undefined));
    const search: Search = { wanted, folder, atHand, found, asking };
    const [authorities, vek, crl] = await Promise.all([
      wanted.issuersKnown ? undefined : found,
      wanted.vekKnown ? ok([]) : this.#vek(search, tcb.value),
      wanted.crlWanted ? this.#crl(search) : ok([]),
    ]);
    if (!vek.ok) return vek;
    if (authorities?.ok === false) return authorities;
    if (!crl.ok) return crl;
    const issuers = authorities === undefined ? [] : [...authorities.value.issuers, authorities.value.ark];
    return ok({ certificates: [...vek.value, ...issuers].map(({ der }) => der), crls: crl.value.map(({ der }) => der) });
  }

  close(): void {
    this.#queue?.close();
  }

  #knownAuthorities(wanted: CollateralQuery, folder: FolderContent): Authorities | undefined {
    const cached = this.#atHand.issuers(wanted.product, wanted.signer);
    return this.#genuine.authorities([...folder.certificates, ...cached], wanted);
  }

  async #fetchAuthorities(wanted: CollateralQuery, asking: Asking): Promise<Result<Authorities>> {
    const { product, signer } = wanted;
    const url = chainUrl(product, signer, this.#base);
    const bytes = await this.#ask({ url, maximumBytes: maximumChain, queued: false }, asking);
    if (!bytes.ok) return bytes;
    const certificates = this.#atHand.parsed.issuersFrom(bytes.value);
    const authorities = certificates.ok ? this.#genuine.authorities(certificates.value, wanted) : undefined;
    if (authorities === undefined) return this.#lie("certificate chain");
    this.#atHand.keep(chainName(this.#base, signer, product), bytes.value);
    return ok(authorities);
  }

  /** Never changes for one chip and TCB: a cached one is as good as a new one. */
  async #vek({ wanted, folder, atHand, found, asking }: Search, tcb: Tcb): Promise<Result<readonly Certificate[]>> {
    const { product, signer, chipId, reportedTcb } = wanted;
    const fits = (certificate: Certificate): boolean => isVekFor(certificate, wanted, tcb);
    // A VLEK names no chip; only bundles bring one into the cache.
    const name = signer === "vlek" ? vlekName(this.#base, product, reportedTcb) : vcekName(this.#base, product, chipId, reportedTcb);
    const candidates = [...folder.certificates, ...this.#atHand.veks(name)].filter(fits);
    // Where the issuers are not at hand, the evidence may have brought them: the verifier sees.
    const known = candidates.length === 0 ? undefined : await atHand;
    const sound = candidates.filter((one) => known === undefined || this.#genuine.isLeafOf(known, one));
    if (sound.length > 0) return ok(sound);
    if (signer === "vlek") return fail(failure("kds.not-found", "a VLEK comes with the evidence or from the provider"));
    const url = vcekUrl(product, chipId, tcb, this.#base);
    const bytes = await this.#ask({ url, maximumBytes: maximumCertificate, queued: true }, asking);
    if (!bytes.ok) return bytes;
    const fetched = this.#atHand.parsed.vekFrom(bytes.value);
    const [certificate] = fetched.ok ? fetched.value : [];
    if (certificate === undefined || !fits(certificate)) return this.#lie("VCEK");
    const authorities = await found;
    if (!authorities.ok) return ok([certificate]);
    if (!this.#genuine.isLeafOf(authorities.value, certificate)) return this.#lie("VCEK");
    this.#atHand.keep(name, certificate.der);
    return ok([certificate]);
  }

  /**
   * The newest list at hand. A current one is used at once and renewed beside the launch; only without one does the launch wait. Where
   * the service cannot be had, an outdated list is handed on: the verifier says what is wrong with it.
   */
  async #crl(search: Search): Promise<Result<readonly Crl[]>> {
    const { wanted, folder, asking } = search;
    const { clock } = this.#options;
    const name = crlName(this.#base, wanted.signer, wanted.product);
    const candidates = [...folder.crls, ...this.#atHand.crls(wanted.product, wanted.signer)];
    const authorities = candidates.length === 0 ? undefined : await search.atHand;
    const known = newest(candidates.filter((crl) => this.#mayBeOf(authorities, crl, wanted)));
    const isCurrent = known !== undefined && known.thisUpdate <= clock.now() && asking.lastsUntil < known.nextUpdate;
    if (known !== undefined && isCurrent) {
      const beside = { ...asking, progress: () => {} };
      if (!asking.ahead && this.online && this.#isDue(name)) void this.#renew({ ...search, asking: beside }, name, known);
      return ok([known]);
    }
    const renewed = await this.#renew(search, name, known);
    if (renewed.ok) return ok([renewed.value]);
    // Nobody waits for a list that is fetched ahead, and whoever wanted it hears that it did not come.
    return known === undefined || asking.ahead ? renewed : ok([known]);
  }

  async #renew({ wanted, found, asking }: Search, name: string, known: Crl | undefined): Promise<Result<Crl>> {
    const { clock } = this.#options;
    this.#nextRenewal.set(name, clock.monotonic() + tryAgainAfter);
    const url = crlUrl(wanted.product, wanted.signer, this.#base);
    const bytes = await this.#ask({ url, maximumBytes: maximumCrl, queued: false }, asking);
    if (!bytes.ok) return bytes;
    const authorities = await found;
    const lists = this.#atHand.parsed.crlsFrom(bytes.value);
    const [crl] = lists.ok ? lists.value : [];
    if (crl === undefined || !this.#mayBeOf(authorities.ok ? authorities.value : undefined, crl, wanted))
      return this.#lie("revocation list");
    this.#nextRenewal.set(name, clock.monotonic() + renewEvery);
    // SECURITY: an older list never takes the place of a newer one.
    if (known !== undefined && crl.thisUpdate < known.thisUpdate) return ok(known);
    if (authorities.ok) this.#atHand.keep(name, crl.der);
    return ok(crl);
  }

  /** Where the root is not at hand, its name has to do; then nothing is kept. */
  #mayBeOf(authorities: Authorities | undefined, crl: Crl, wanted: CollateralQuery): boolean {
    return authorities === undefined ? namesArk(crl.issuer, wanted) : this.#genuine.isListOf(authorities, crl);
  }

  /** The service's own failures are told where it is asked; this one answered, and not what was asked. */
  #lie(what: string): Fail {
    const why = failure("kds.malformed", what);
    this.#options.log.write("warn", "kds.failed", { code: why.code, path: what });
    return fail(why);
  }

  #isDue(name: string): boolean {
    return this.#options.clock.monotonic() >= (this.#nextRenewal.get(name) ?? 0);
  }

  async #ask(question: KdsQuestion, { progress, ahead }: Asking): Promise<Result<Uint8Array>> {
    const { log } = this.#options;
    if (this.#queue === undefined) return fail(failure("kds.off"));
    const answer = await this.#queue.ask({ ...question, ahead }, progress);
    if (!answer.ok) log.write("warn", "kds.failed", { code: answer.failure.code, path: new URL(question.url).pathname });
    return answer;
  }
}

interface Asking {
  readonly progress: CollateralProgress;
  /** For launches that are still to come. */
  readonly ahead: boolean;
  /** A list is good enough where it is current beyond this. */
  readonly lastsUntil: Instant;
}

interface Search {
  readonly wanted: CollateralQuery;
  readonly folder: FolderContent;
  /** What judges what we have: the folder's and the cache's, and the service's where the launch waits for it anyway. */
  readonly atHand: Promise<Authorities | undefined>;
  /** What judges what is to be kept; may come after it. */
  readonly found: Promise<Result<Authorities>>;
  readonly asking: Asking;
}

const renewEvery = 12 * 3_600_000;
const tryAgainAfter = 600_000;
const maximumCertificate = 8_192;
const maximumChain = 65_536;
const maximumCrl = 2 ** 20;
