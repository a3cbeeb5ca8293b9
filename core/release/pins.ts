// What did a person approve before, and is this launch the same? The rule "first-launch-manual": an approval pins what the person saw; a launch that
// matches a pin goes by itself, and anything new goes to a person with the difference spelled out. A measurement that was approved ahead is not new.
// Never looks at whether a launch is acceptable.
import type { ApprovedIdentity } from "../appraise/result.ts";
import type { Instant } from "../base/clock.ts";
import { aheadFor, type ApprovedAhead } from "./approved-ahead.ts";

export interface LaunchPin extends ApprovedIdentity {
  /** The launch that a person approved. */
  readonly launch: string;
  readonly at: Instant;
}

/** One thing that is new, for the person who decides. */
export interface Difference {
  readonly title: string;
  readonly approved: string;
  readonly now: string;
}

/**
 * SECURITY: only the measurement may be another than the pin's, and only one that a person approved ahead; with it the IMAGE_ID that is worked out from those
 * very files. Without a pin there is none.
 */
export function pinFor(identity: ApprovedIdentity, pins: readonly LaunchPin[], ahead: readonly ApprovedAhead[]): LaunchPin | undefined {
  return (
    pins.find((pin) => differencesFrom(pin, identity).length === 0) ?? pins.find((pin) => whatIsNewTo(pin, identity, ahead).length === 0)
  );
}

/** From the approved launch that is most like this one, the newest of several; empty where none was approved. */
export function whatIsNew(identity: ApprovedIdentity, pins: readonly LaunchPin[], ahead: readonly ApprovedAhead[]): readonly Difference[] {
  const compared = pins.map((pin) => whatIsNewTo(pin, identity, ahead));
  return compared.toSorted((a, b) => a.length - b.length)[0] ?? [];
}

/** Newest first, without a second pin of the same identity. */
export function withPin(pins: readonly LaunchPin[], identity: ApprovedIdentity, launch: string, at: Instant): readonly LaunchPin[] {
  const others = pins.filter((pin) => differencesFrom(pin, identity).length > 0);
  return [{ ...identity, launch, at }, ...others].slice(0, maximumPins);
}

/**
 * Without the pins of a measurement that was retired. What was approved of such a launch beside its measurement still stands for one that was approved
 * ahead: `successor` takes the place, so that the next kernel needs no person because the one before it is gone.
 */
export function withoutMeasurement(
  pins: readonly LaunchPin[],
  measurement: string,
  successor: ApprovedAhead | undefined,
): readonly LaunchPin[] {
  const left: LaunchPin[] = [];
  for (const pin of pins) {
    const kept =
      pin.measurement !== measurement ? pin : successor === undefined ? undefined : { ...pin, measurement: successor.measurement };
    if (kept !== undefined && left.every((other) => differencesFrom(other, kept).length > 0)) left.push(kept);
  }
  return left;
}

function whatIsNewTo(pin: LaunchPin, identity: ApprovedIdentity, ahead: readonly ApprovedAhead[]): readonly Difference[] {
  const approved = aheadFor(identity.measurement, ahead);
  if (approved === undefined) return differencesFrom(pin, identity);
  const imageId = identity.imageId === approved.imageId ? approved.imageId : pin.imageId;
  return differencesFrom({ ...pin, measurement: approved.measurement, imageId }, identity);
}

function differencesFrom(pin: LaunchPin, identity: ApprovedIdentity): readonly Difference[] {
  return fields.flatMap(({ field, title }) =>
    pin[field] === identity[field] ? [] : [{ title, approved: pin[field], now: identity[field] }],
  );
}

type Field = { readonly field: keyof ApprovedIdentity; readonly title: string };
const titles: { readonly [field in keyof ApprovedIdentity]: string } = {
  measurement: "Launch measurement",
  chipId: "Chip",
  signer: "Kind of signing key",
  provider: "Provider (VLEK)",
  idKeyDigest: "ID key",
  authorKeyDigest: "Author key",
  familyId: "Family id",
  imageId: "Image id",
};
const fields: readonly Field[] = Object.entries(titles).map(([field, title]) => ({ field: field as keyof ApprovedIdentity, title }));
const maximumPins = 16;
