// Which launches ended without their record saying how, because the store did not answer? They are closed before the VM may launch again,
// by the same steps as after a crash (recovery.ts). Never resends anything.
import { ok, type Result } from "../base/result.ts";
import { deliveryUnknownFacts } from "./facts.ts";
import type { Ledger } from "./commit.ts";
import type { Store } from "./ports.ts";
import type { LaunchRecord, LaunchState } from "./records.ts";

export const openStates: readonly LaunchState[] = ["attesting", "pending", "released"];

export class Unsettled {
  readonly #ledger: Ledger;
  readonly #store: Store;
  readonly #launches = new Set<string>();

  constructor(ledger: Ledger, store: Store) {
    this.#ledger = ledger;
    this.#store = store;
  }

  /** To be called when a session has ended; does nothing where the record says how. Bounded: nothing is admitted while any is left. */
  closed(launch: string): void {
    this.#launches.add(launch);
    this.settle();
  }

  /** Ok when the store's record of every ended launch says how it ended. */
  settle(): Result<void> {
    for (const id of this.#launches) {
      const record = this.#store.launch(id);
      if (record !== undefined && openStates.includes(record.state)) {
        const settled = closeLeftOver(this.#ledger, this.#store, record);
        if (!settled.ok) return settled;
      }
      this.#launches.delete(id);
    }
    return ok(undefined);
  }
}

/**
 * A launch that nobody works on any more: released means that its key may have left, so it counts as delivered and against the VM's limit
 * ("What must always hold", 3); before that it is only abandoned.
 */
export function closeLeftOver(ledger: Ledger, store: Store, launch: LaunchRecord): Result<LaunchState> {
  if (launch.state !== "released") {
    const saved = ledger.saveProgress({ ...endedNow(launch), state: "abandoned", code: launch.code ?? "launch.peer-gone" });
    return saved.ok ? ok("abandoned") : saved;
  }
  const vm = store.vm(launch.vm);
  // CRASH: before or inside, the record still says "released" and the next start comes here again; after, it is closed.
  const committed = ledger.commit(deliveryUnknownFacts(launch, "launch.outcome-late"), (_, at) => ({
    launch: { ...endedNow(launch), state: "delivery-unknown", updatedAt: at },
    ...(vm === undefined ? {} : { vm: { ...vm, failedOpens: vm.failedOpens + 1 } }),
  }));
  return committed.ok ? ok("delivery-unknown") : committed;
}

function endedNow(launch: LaunchRecord): LaunchRecord {
  const { waitUntil: _, waitingFor: __, ...rest } = launch;
  return rest;
}
