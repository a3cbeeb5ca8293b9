// Which checks does a policy waive, and with what reason?
import { checkReference } from "./check-reference.ts";
import type { AppraisalPolicy } from "./policy.ts";

export interface Waiver {
  readonly field: string;
  readonly title: string;
  readonly reason: string;
}

export function waivers({ checks }: AppraisalPolicy): readonly Waiver[] {
  const titles: Readonly<Record<string, { readonly title: string }>> = checkReference;
  return Object.entries(checks).flatMap(([field, demand]) =>
    "waived" in demand ? [{ field, title: titles[field]?.title ?? field, reason: demand.waived }] : [],
  );
}
