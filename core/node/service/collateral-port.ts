// What can a console do with collateral? List, import, export and fetch ahead; whoever looks hears of an import.
import { systemClock } from "../clock.ts";
import { collateralActions } from "../collateral/bundle-actions.ts";
import type { BundleStore } from "../collateral/bundle-store.ts";
import type { FetchAhead } from "../collateral/fetch-ahead.ts";
import type { Changes } from "./changes.ts";
import type { CollateralActions } from "./router-parts.ts";

export function collateralPort(bundles: BundleStore, ahead: FetchAhead, changes: Changes): CollateralActions {
  const actions = collateralActions(bundles, systemClock);
  return {
    ...actions,
    import: (path) => {
      const imported = actions.import(path);
      changes.tell({ kind: "collateral" });
      return imported;
    },
    fetch: (chips) => ahead.fetch(chips),
    fetchKnown: () => ahead.fetchKnown(),
    run: () => ahead.run(),
  };
}
