// Will launches be refused soon for want of a revocation list? Said on every page while it is so, with what mends it.
import { Link } from "wouter";
import type { StatusView } from "../../core/api/schemas.ts";
import { Notice } from "./notice.tsx";
import { When } from "./time.tsx";

type Expiring = NonNullable<StatusView["expiring"]>;

export function ExpiringNotice({ expiring }: { readonly expiring: Expiring }) {
  if (expiring.length === 0) return null;
  const expired = expiring.some(({ state }) => state === "expired");
  return (
    <Notice
      tone={expired ? "bad" : "wait"}
      title={expired ? "A revocation list of AMD's has run out" : "A revocation list of AMD's runs out soon"}
    >
      <ul>
        {expiring.map(({ product, until, state }) => (
          <li key={product}>
            {product}: {state === "expired" ? "ran out" : "runs out"} <When at={until} />
          </li>
        ))}
      </ul>
      <p>
        {expired ? "Policies that require revocation refuse these launches" : "Then policies that require revocation refuse these launches"}
        , but for the grace period that a policy states. Let this manager reach AMD's key service, or import a bundle with a newer list.{" "}
        <Link href="/collateral">Collateral</Link>
      </p>
    </Notice>
  );
}
