// What does a checker say about a host's own configuration? One finding for each thing that is unsafe, missing or different, as that host spells it.
import type { Host } from "../launch-kit.ts";

/**
 * unsafe: the host could read or change the guest · missing: SNP or attestation needs it, or it could not be read · different: not as the VM's kit says ·
 * note: worth knowing; nothing is wrong by it.
 */
export type Severity = "unsafe" | "missing" | "different" | "note";

export type Finding = {
  /** Stable: "policy-debug", "host-data-missing". */
  readonly id: string;
  readonly severity: Severity;
  /** As that host spells it. */
  readonly option: string;
  readonly sentence: string;
  /** The exact text to put there; empty where there is nothing to put. */
  readonly fix: string;
};

export type HostCheck = {
  readonly host: Host;
  /** The worst first. */
  readonly findings: readonly Finding[];
};

/** A text from outside inside a sentence: bounded, and on one line. */
export function shown(text: string): string {
  // Cut first: half a character at the cut is replaced, too.
  const flat = text.slice(0, longestShown).replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, "?");
  return `"${flat}${text.length > longestShown ? "…" : ""}"`;
}

export function isClean(findings: readonly Finding[]): boolean {
  return findings.every(({ severity }) => severity === "note");
}

const longestShown = 100;
