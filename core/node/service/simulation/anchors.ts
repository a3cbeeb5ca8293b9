// Who vouches for simulated processors here? This installation's own hierarchy, made once, and with it the two things that a manager needs
// to judge its evidence: roots, and revocation lists that no network has. It vouches for nothing but VMs that are enrolled as simulated.
import type { Clock, Instant } from "../../../base/clock.ts";
import { ok, type Result } from "../../../base/result.ts";
import type { TrustAnchors } from "../../../endorse/roots.ts";
import type { Collateral, CollateralQuery, CollateralSource } from "../../../manager/ports.ts";
import { type Hierarchy, trustAnchorsOf } from "../../../simulator/hierarchy.ts";
import { revocationList } from "../../../simulator/revocation-list.ts";
import { loadOrMakeHierarchy } from "../../simulator/keys.ts";

export class SimulatedAnchors implements CollateralSource {
  readonly #folder: string;
  readonly #clock: Clock;
  #making: Promise<Result<Hierarchy>> | undefined;
  #made: Hierarchy | undefined;
  #list: { readonly at: Instant; readonly crl: Uint8Array } | undefined;

  constructor(folder: string, clock: Clock) {
    this.#folder = folder;
    this.#clock = clock;
  }

  /** Takes some seconds the first time; callers that come meanwhile wait for the same one. A failure is forgotten, so that it can be mended. */
  async hierarchy(onProgress: (words: string) => void = () => {}): Promise<Result<Hierarchy>> {
    this.#making ??= loadOrMakeHierarchy(this.#folder, undefined, ({ made, of }) =>
      onProgress(`Making the simulated processor's authority (key ${made} of ${of}) …`),
    );
    const hierarchy = await this.#making;
    if (hierarchy.ok) this.#made = hierarchy.value;
    else this.#making = undefined;
    return hierarchy;
  }

  /** Undefined until there is a hierarchy. */
  get trust(): TrustAnchors | undefined {
    return this.#made === undefined ? undefined : trustAnchorsOf([this.#made]);
  }

  /** For VMs enrolled as simulated alone; what it says is true of no other hierarchy. */
  async fetch({ crlWanted, issuersKnown }: CollateralQuery): Promise<Result<Collateral>> {
    const hierarchy = await this.hierarchy();
    if (!hierarchy.ok) return hierarchy;
    const { ark, ask } = hierarchy.value.authorities;
    return ok({
      certificates: issuersKnown ? [] : [ask.certificate, ark.certificate],
      crls: crlWanted ? [this.#currentList(hierarchy.value)] : [],
    });
  }

  /** Signed once a day: it lasts for weeks, and signing costs more than a launch's whole judgement. */
  #currentList(hierarchy: Hierarchy): Uint8Array {
    const now = this.#clock.now();
    const known = this.#list;
    if (known !== undefined && known.at <= now && now < known.at + day) return known.crl;
    const crl = revocationList(hierarchy, now);
    this.#list = { at: now, crl };
    return crl;
  }
}

const day = 86_400_000;
