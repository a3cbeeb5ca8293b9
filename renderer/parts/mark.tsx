// How is a state or a verdict shown? Always an icon and a word; colour only repeats what they say.
import { Ban, CircleCheck, CircleMinus, CircleX, Clock, FlaskConical, Hourglass, KeyRound, TriangleAlert, Unplug } from "lucide-react";
import type { LucideIcon } from "lucide-react";
import type { CheckView } from "../../core/api/schemas.ts";
import { type LaunchState, launchWords, type Tally, type Tone, tallySentence, verdictWords, worstOf } from "../words.ts";

export function Mark({ icon: Icon, tone, children }: { readonly icon: LucideIcon; readonly tone: Tone; readonly children: string }) {
  return (
    <span className={`mark mark-${tone}`}>
      <Icon aria-hidden size={16} />
      {children}
    </span>
  );
}

export function LaunchMark({ state }: { readonly state: LaunchState }) {
  const { word, tone } = launchWords[state];
  return (
    <Mark icon={launchIcons[state]} tone={tone}>
      {word}
    </Mark>
  );
}

export function VerdictMark({ verdict }: { readonly verdict: CheckView["verdict"] }) {
  const { word, tone } = verdictWords[verdict];
  return (
    <Mark icon={verdictIcons[verdict]} tone={tone}>
      {word}
    </Mark>
  );
}

export function TallyMark({ tally }: { readonly tally: Tally }) {
  const worst = worstOf(tally);
  return (
    <Mark icon={verdictIcons[worst]} tone={verdictWords[worst].tone}>
      {tallySentence(tally)}
    </Mark>
  );
}

export function EnabledMark({ enabled }: { readonly enabled: boolean }) {
  return enabled ? (
    <Mark icon={CircleCheck} tone="good">
      Enabled
    </Mark>
  ) : (
    <Mark icon={Ban} tone="calm">
      Disabled
    </Mark>
  );
}

/** Wherever a simulated VM or launch is shown: it proves nothing about real hardware. */
export function SimulatedBadge() {
  return (
    <span className="simulated" title="Made by a simulated processor: it proves nothing about real hardware.">
      <FlaskConical aria-hidden size={13} />
      SIMULATED
    </span>
  );
}

export const verdictIcons: Readonly<Record<CheckView["verdict"], LucideIcon>> = { pass: CircleCheck, fail: CircleX, waived: CircleMinus };

const launchIcons: Readonly<Record<LaunchState, LucideIcon>> = {
  attesting: Hourglass,
  pending: Clock,
  released: KeyRound,
  opened: CircleCheck,
  "open-failed": TriangleAlert,
  refused: CircleX,
  denied: Ban,
  expired: Hourglass,
  abandoned: Unplug,
  "delivery-unknown": TriangleAlert,
};
