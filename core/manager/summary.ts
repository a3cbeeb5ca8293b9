// What does a person need to read before they confirm? Sentences from the service's own record, never from the page that proposed
// (docs/protocol.md, "What must always hold", 2 and 8). Shows SIMULATED first. Never abbreviates a digest that is to be compared.
import { isZero, toHex } from "../base/bytes.ts";
import { parseReport, firmwareText, type Report } from "../snp/report.ts";
import { productOf } from "../snp/product.ts";
import { parseTcb, tcbComponents } from "../snp/tcb.ts";
import type { PersonNeeded } from "../release/decide.ts";
import type { LaunchRecord } from "./records.ts";

export function summaryOf(launch: LaunchRecord, verdict: "approve" | "deny", reason: string): readonly string[] {
  const name = `“${launch.vmName ?? launch.vm}” (${launch.vm})`;
  const report = launch.report === undefined ? undefined : parseReport(launch.report);
  return [
    ...(launch.simulated ? ["SIMULATED: no processor stands behind this evidence. It proves nothing and protects nothing."] : []),
    verdict === "approve" ? `Release the disk keys of ${name}?` : `Deny the launch of ${name}?`,
    `It came from ${launch.peer}, with agent ${launch.agent}.`,
    ...(launch.alert === undefined ? [] : [`ALERT: ${launch.alert}`]),
    ...(launch.checks ?? []).flatMap(({ signal }) => (signal === undefined ? [] : [`NOTE: ${signal}`])),
    ...becauseSentences(launch.because),
    ...(report?.ok === true ? reportSentences(report.value) : ["Its report cannot be read."]),
    ...checkSentences(launch),
    `Reason given: “${reason}”`,
  ];
}

/** Why a person is asked. Values in full: they are there to be compared. */
export function becauseSentences(because: PersonNeeded | undefined): readonly string[] {
  if (because === undefined || because.reason === "always") return [];
  if (because.reason === "first-launch")
    return ["It is the first launch that a person is asked about: what you approve now goes by itself later."];
  if (because.reason === "outside-times") return ["It is outside the times in which the policy lets keys go without a person."];
  return because.differences.map(({ title, approved, now }) => `NEW: ${title}. Approved: ${approved || "none"}. Now: ${now || "none"}.`);
}

function reportSentences(report: Report): readonly string[] {
  const product = report.cpuid === undefined ? undefined : productOf(report.cpuid);
  const tcb = product === undefined ? undefined : parseTcb(product, report.reportedTcb);
  const levels =
    tcb?.ok === true
      ? tcbComponents
          .flatMap((component) => (tcb.value[component] === undefined ? [] : [`${component} ${tcb.value[component]}`]))
          .join(", ")
      : toHex(report.reportedTcb);
  return [
    `Measurement: ${toHex(report.measurement)}`,
    `Chip: ${toHex(report.chipId)}${isZero(report.chipId) ? " (masked: every machine that masks its chip looks like this one)" : ""}`,
    `Reported TCB${product === undefined ? "" : ` (${product})`}: ${levels}; firmware ${firmwareText(report.currentVersion)}.`,
  ];
}

function checkSentences({ checks = [] }: LaunchRecord): readonly string[] {
  const failed = checks.filter(({ verdict }) => verdict === "fail").map(({ title, sentence }) => `FAILED: ${title}. ${sentence}`);
  const waived = checks
    .filter(({ verdict }) => verdict === "waived")
    .map(({ title, waiver }) => `Not checked: ${title} (${waiver ?? "waived"}).`);
  return [...failed, ...waived];
}
