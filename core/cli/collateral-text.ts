// Collateral on a terminal: one certificate or list a line, how old it is, and how long it still lasts.
import type { CollateralItemView, CollateralRun } from "../api/collateral-schemas.ts";
import { printable } from "./output.ts";

/** @param at milliseconds since 1970. */
export function collateralText(items: readonly CollateralItemView[], at: number): string {
  const rows = items.map((item) => [
    item.product,
    item.kind.toUpperCase(),
    holderOf(item),
    item.tcb ?? "",
    age(at - Date.parse(item.from)),
    item.until.slice(0, 10),
    stateOf(item, at),
  ]);
  const all = [headings, ...rows];
  const widths = headings.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  const lines = all.map((row) =>
    row
      .map((cell, column) => printable(cell).padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
  return lines.join("\n");
}

/** How far what is fetched ahead has come. */
export function runLine({ total, left, fetched, known, failed }: CollateralRun): string {
  return `${total - left} of ${total}: ${fetched} fetched, ${known} known before, ${failed} failed`;
}

export function runText(run: CollateralRun): string {
  const { left, failures, failed, stopped, state } = run;
  if (run.total === 0) return "Nothing to fetch: no launch of a real VM has shown a chip yet, and no list is in the cache.";
  const minutes = Math.ceil((left * pace) / 60);
  return [
    state === "ended" ? `Ended. ${runLine(run)}.` : `Fetching ahead. ${runLine(run)}.`,
    ...(state === "ended" ? [] : [`At AMD's pace that takes at most about ${minutes} min, and longer while VMs boot: they go first.`]),
    ...failures.map(({ product, chipId, tcb, failure }) =>
      printable(`  ${product} ${chipId ?? "issuers and list"} ${tcb ?? ""}  ${failure.sentence} [${failure.code}]`),
    ),
    ...(failed > failures.length ? [`  and ${failed - failures.length} more`] : []),
    ...(stopped === undefined ? [] : [printable(`Not tried: ${left}. ${stopped.sentence} [${stopped.code}]`)]),
  ].join("\n");
}

function holderOf({ chipId, provider }: CollateralItemView): string {
  if (chipId === undefined) return provider ?? "";
  return chipId.length <= shownDigits ? chipId : `${chipId.slice(0, shownDigits)}…`;
}

function stateOf({ state, until }: CollateralItemView, at: number): string {
  const days = Math.floor(Math.abs(Date.parse(until) - at) / day);
  if (state === "expired") return `EXPIRED ${days} days ago`;
  if (state === "soon") return `expires in ${days} days`;
  return state === "not-yet" ? "not valid yet" : "current";
}

function age(ms: number): string {
  return ms < 0 ? "" : `${Math.floor(ms / day)} days`;
}

const headings = ["PRODUCT", "KIND", "CHIP OR PROVIDER", "TCB", "AGE", "UNTIL", "STATE"];
/** Seconds for one certificate. */
const pace = 10;
const day = 86_400_000;
const shownDigits = 16;
