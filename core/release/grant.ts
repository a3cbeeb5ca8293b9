// Which keys may be sealed, for which committed decision? One grant per decision ("What must always hold", 3); its keys can be taken once.
// Never reads a keychain and never encrypts: seal.ts does the latter.
import type { Brand } from "../base/brand.ts";
import type { Secret } from "../base/secret.ts";
import type { CommittedDecision } from "./committed.ts";

export interface DiskKey {
  readonly disk: string;
  readonly key: Secret;
}

/** Minted by {@link grantKeys} alone. */
export type KeyGrant = Brand<{ readonly launch: string; readonly evidenceDigest: string; readonly keys: readonly DiskKey[] }, "KeyGrant">;

/**
 * Takes ownership of no key: whoever read them wipes them. Throws for a second grant, or for other disks than were decided: bugs of ours.
 */
export function grantKeys(decision: CommittedDecision, keys: readonly DiskKey[]): KeyGrant {
  if (granted.has(decision)) throw new Error("one decision, one grant");
  granted.add(decision);
  const asDecided = keys.length === decision.disks.length && keys.every(({ disk }, index) => disk === decision.disks[index]);
  if (!asDecided) throw new Error("the keys are not those of the decided disks");
  return { launch: decision.launch, evidenceDigest: decision.evidenceDigest, keys } as KeyGrant;
}

/** For seal.ts. Throws the second time: nothing is ever sealed twice. */
export function takeKeys(grant: KeyGrant): readonly DiskKey[] {
  if (taken.has(grant)) throw new Error("the keys of a grant can be taken once");
  taken.add(grant);
  return grant.keys;
}

const granted = new WeakSet<CommittedDecision>();
const taken = new WeakSet<KeyGrant>();
