// What can a person do with bundles through a running manager: see what is cached, take a file in, write one? Shapes for the contract only;
// bundle-store.ts decides what is kept.
import { toHex } from "../../base/bytes.ts";
import { rfc3339 } from "../../base/clock.ts";
import { failure } from "../../base/failure.ts";
import { fail, ok } from "../../base/result.ts";
import { bundleExpiry, maximumBundleBytes } from "../../endorse/bundle.ts";
import { encodeTcb } from "../../snp/tcb.ts";
import { readBounded } from "../files.ts";
import type { CollateralItemView } from "../../api/collateral-schemas.ts";
import type { Clock, Instant } from "../../base/clock.ts";
import type { CollateralActions } from "../service/router-parts.ts";
import type { BundleStore, CollateralSummary } from "./bundle-store.ts";

export function collateralActions(bundles: BundleStore, clock: Clock): Pick<CollateralActions, "list" | "import" | "export"> {
  return {
    list: () => collateralViews(bundles.summaries(), clock.now()),
    import(path) {
      const bytes = readBounded(path, maximumBundleBytes);
      if (!bytes.ok) return bytes;
      if (bytes.value === undefined) return fail(failure("files.unreadable", path));
      const imported = bundles.import(bytes.value);
      if (!imported.ok) return imported;
      const { items, added } = imported.value;
      return ok({ items: collateralViews(items, clock.now()), added });
    },
    export(product) {
      const bytes = bundles.export(product);
      // Canonical JSON is UTF-8.
      return bytes.ok ? ok({ bundle: Buffer.from(bytes.value).toString("utf8") }) : bytes;
    },
  };
}

/** In the order of `items`. */
export function collateralViews(items: readonly CollateralSummary[], at: Instant): CollateralItemView[] {
  const expiry = bundleExpiry({ items }, at);
  const [expired, soon] = [new Set(expiry.expired), new Set(expiry.soon)];
  const state = (item: CollateralSummary): CollateralItemView["state"] =>
    expired.has(item) ? "expired" : at < item.from ? "not-yet" : soon.has(item) ? "soon" : "current";
  return items.map((item) => ({
    kind: item.kind,
    product: item.product,
    ...(item.vek === undefined ? {} : holderOf(item.vek)),
    from: rfc3339(item.from),
    until: rfc3339(item.until),
    ...(item.fetchedAt === undefined ? {} : { fetchedAt: rfc3339(item.fetchedAt) }),
    state: state(item),
  }));
}

type Holder = NonNullable<CollateralSummary["vek"]>;

function holderOf({ hwId, cspId, tcb }: Holder): Pick<CollateralItemView, "chipId" | "provider" | "tcb"> {
  return {
    ...(hwId === undefined ? {} : { chipId: toHex(hwId) }),
    ...(cspId === undefined ? {} : { provider: cspId }),
    tcb: toHex(encodeTcb(tcb)),
  };
}
