// Why does nothing happen yet? What a launch waits for before it can be judged, counted down while somebody looks.
import type { LaunchSummary } from "../../core/api/schemas.ts";
import { waitingSentence } from "../../core/api/waiting.ts";
import { useSecond } from "../now.ts";

export function Waiting({ launch }: { readonly launch: LaunchSummary }) {
  return launch.waitingFor === undefined ? null : <Sentence waitingFor={launch.waitingFor} />;
}

function Sentence({ waitingFor }: { readonly waitingFor: NonNullable<LaunchSummary["waitingFor"]> }) {
  return <span className="waiting">{waitingSentence(waitingFor, useSecond())}</span>;
}
