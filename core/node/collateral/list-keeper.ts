// Which revocation lists run out soon, and who gets newer ones when no launch comes for weeks? Looks a few times a day and asks for what
// does not last another week, behind every launch. A manager without internet is told by the console instead.
import type { StatusView } from "../../api/schemas.ts";
import { type Clock, type Instant, rfc3339 } from "../../base/clock.ts";
import type { Log } from "../../base/log.ts";
import { expirySoon } from "../../endorse/bundle.ts";
import { products } from "../../snp/product.ts";
import type { Timers } from "../../manager/ports.ts";
import { queryOf } from "./ahead-queries.ts";
import type { ListAtHand } from "./at-hand.ts";
import type { NodeCollateralSource } from "./collateral-source.ts";

export interface ListKeeperParts {
  readonly source: Pick<NodeCollateralSource, "online" | "fetchAhead" | "lists">;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly log: Log;
  /** A list was asked for. */
  readonly onChange: () => void;
}

export class ListKeeper {
  readonly #parts: ListKeeperParts;
  #cancel = (): void => {};

  constructor(parts: ListKeeperParts) {
    this.#parts = parts;
  }

  start(): void {
    if (this.#parts.source.online) this.#lookIn(firstLook);
  }

  close(): void {
    this.#cancel();
  }

  /** What an owner must know of. A store that cannot be read says so elsewhere, and must not take the status with it. */
  expiring(): readonly ExpiringList[] {
    const { source, clock } = this.#parts;
    try {
      return expiringLists(source.lists(), source.online, clock.now());
    } catch (cause) {
      this.#unreadable(cause);
      return [];
    }
  }

  #lookIn(ms: number): void {
    this.#cancel = this.#parts.timers.after(ms, () => {
      this.#lookIn(lookEvery);
      this.#look().catch((cause: unknown) => this.#unreadable(cause));
    });
  }

  #unreadable(cause: unknown): void {
    this.#parts.log.write("warn", "collateral.lists-unreadable", { reason: cause instanceof Error ? cause.name : typeof cause });
  }

  async #look(): Promise<void> {
    const { source, clock, log, onChange } = this.#parts;
    const enough = clock.now() + renewBefore;
    for (const { product, signer } of source.lists().filter(({ until }) => until <= enough)) {
      const renewed = await source.fetchAhead(queryOf({ product, signer }), enough);
      // Why not is told where the service is asked.
      log.write("info", "collateral.list-looked-for", { product, state: renewed.ok ? "had" : renewed.failure.code });
      onChange();
    }
  }
}

type ExpiringList = NonNullable<StatusView["expiring"]>[number];

/**
 * Lists that ran out, and those that run out soon; where they renew themselves, only once that has evidently failed.
 * Of each product the better one: AMD's is the same for both kinds of key.
 */
export function expiringLists(lists: readonly ListAtHand[], online: boolean, at: Instant): ExpiringList[] {
  const within = online ? renewalFailed : expirySoon;
  return products.flatMap((product) => {
    const until = Math.max(...lists.filter((list) => list.product === product).map((list) => list.until));
    if (!Number.isFinite(until) || until - at > within) return [];
    return [{ product, until: rfc3339(until), state: at <= until ? "soon" : "expired" } as const];
  });
}

const hour = 3_600_000;
const day = 24 * hour;
const firstLook = 60_000;
const lookEvery = 6 * hour;
const renewBefore = 7 * day;
const renewalFailed = 3 * day;
