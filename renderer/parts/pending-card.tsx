// What is one waiting launch, at a glance? Who asks, from where, whether its evidence is as expected, how long is left, and the way
// to look closer.
import { ArrowRight } from "lucide-react";
import { Link } from "wouter";
import type { LaunchSummary } from "../../core/api/schemas.ts";
import { useQuery } from "../api/query.ts";
import { tally } from "../words.ts";
import { nameOf } from "./launch-table.tsx";
import { LaunchMark, SimulatedBadge, TallyMark } from "./mark.tsx";
import { Notice } from "./notice.tsx";
import { Countdown, When } from "./time.tsx";
import { Waiting } from "./waiting.tsx";

export function PendingCard({ launch }: { readonly launch: LaunchSummary }) {
  const detail = useQuery({
    key: `launch/${launch.id}/${launch.evidence ?? ""}/${launch.state}`,
    ask: (client) => client.launches.get({ id: launch.id }),
    concerns: () => false,
  });
  return (
    <article className="pending" aria-label={nameOf(launch)}>
      <div className="pending-who">
        <h3>
          {nameOf(launch)} {launch.simulated && <SimulatedBadge />}
        </h3>
        <p className="quiet">
          from <code>{launch.peer}</code> · <When at={launch.startedAt} />
        </p>
      </div>
      <div className="pending-marks">
        <LaunchMark state={launch.state} />
        <Waiting launch={launch} />
        {detail.state === "ready" && detail.value.checks.length > 0 && <TallyMark tally={tally(detail.value.checks)} />}
        {detail.state === "failed" && <span className="quiet">The checks could not be loaded; open it to see why.</span>}
      </div>
      <div className="pending-act">
        {launch.waitUntil !== undefined && (
          <p className="pending-left">
            <Countdown until={launch.waitUntil} what={nameOf(launch)} /> <span className="quiet">left</span>
          </p>
        )}
        <Link href={`/launches/${launch.id}`} className={`button ${launch.state === "pending" ? "button-primary" : "button-plain"}`}>
          {launch.state === "pending" ? "Review" : "Look"}
          <span className="hidden"> {nameOf(launch)}</span>
          <ArrowRight aria-hidden size={16} />
        </Link>
      </div>
      {launch.alert !== undefined && (
        <Notice tone="wait">
          <p>{launch.alert}</p>
        </Notice>
      )}
    </article>
  );
}
