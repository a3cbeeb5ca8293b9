// What did a person approve before, and is this launch the same? The rule "first-launch-manual": an approval pins what the person saw; a launch that
// matches a pin goes by itself, and anything new goes to a person with the difference spelled out. Never looks at whether a launch is acceptable.
import type { ApprovedIdentity } from "../appraise/result.ts";
import type { Instant } from "../base/clock.ts";

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

export function pinFor(identity: ApprovedIdentity, pins: readonly LaunchPin[]): LaunchPin | undefined {
  return pins.find((pin) => differencesFrom(pin, identity).length === 0);
}

/** From the approved launch that is most like this one, the newest of several; empty where none was approved. */
export function whatIsNew(identity: ApprovedIdentity, pins: readonly LaunchPin[]): readonly Difference[] {
  const compared = pins.map((pin) => differencesFrom(pin, identity));
  return compared.toSorted((a, b) => a.length - b.length)[0] ?? [];
}

/** Newest first, without a second pin of the same identity. */
export function withPin(pins: readonly LaunchPin[], identity: ApprovedIdentity, launch: string, at: Instant): readonly LaunchPin[] {
  const others = pins.filter((pin) => differencesFrom(pin, identity).length > 0);
  return [{ ...identity, launch, at }, ...others].slice(0, maximumPins);
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
