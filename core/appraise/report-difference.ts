// What differs between two launches, in words? Two parsed reports, field by field (report-fields.ts), bits by name, TCB by component with up and down.
// It judges neither and verifies nothing: two reports that nobody signed can be compared as well.
import { isZero, toHex } from "../base/bytes.ts";
import { productOf, type Product } from "../snp/product.ts";
import type { RawTcb, Report } from "../snp/report.ts";
import { parseTcb, type Tcb, tcbComponents } from "../snp/tcb.ts";
import { changeSentence } from "./difference-words.ts";
import { type ReportField, reportFields } from "./report-fields.ts";
import type { CheckGroup } from "./result.ts";

export interface ReportDifference {
  readonly group: CheckGroup;
  /** AMD's spelling; with its part after a dot: POLICY.DEBUG, REPORTED_TCB.microcode. */
  readonly name: string;
  readonly before: string;
  readonly after: string;
  readonly sentence: string;
}

export interface ReportComparison {
  readonly differences: readonly ReportDifference[];
  /** What differs between any two launches, said once and counted nowhere. */
  readonly always: string;
}

/** @param product of version 2 reports, which do not say it themselves. */
export function compareReports(before: Report, after: Report, product?: Product): ReportComparison {
  const [old, now] = [fieldsByName(before, product), fieldsByName(after, product)];
  const differences = [...new Set([...old.keys(), ...now.keys()])].flatMap((name): readonly ReportDifference[] => {
    const [was, is] = [old.get(name), now.get(name)];
    const either = is ?? was;
    if (either === undefined || was?.value === is?.value || saidOtherwise.has(name)) return [];
    const components = tcbOf[name]?.(before, after);
    const tcb = components === undefined ? undefined : tcbDifferences(either, components, before, after, product);
    return tcb ?? [difference(either, was?.value, is?.value)];
  });
  return { differences, always: alwaysSentence(before, after) };
}

function difference(field: ReportField, before: string | undefined, after: string | undefined): ReportDifference {
  const { group, name } = field;
  return { group, name, ...changeSentence(field, before, after) };
}

/** @returns undefined where the two cannot be compared part by part: another product, or one that is not known. */
function tcbDifferences(
  field: ReportField,
  [was, is]: readonly [RawTcb, RawTcb],
  before: Report,
  after: Report,
  product: Product | undefined,
): readonly ReportDifference[] | undefined {
  const [old, now] = [tcbIn(before, was, product), tcbIn(after, is, product)];
  if (old === undefined || now === undefined || old.product !== now.product) return undefined;
  return tcbComponents
    .filter((component) => old[component] !== now[component])
    .map((component) => difference({ ...field, name: `${field.name}.${component}` }, String(old[component]), String(now[component])));
}

function tcbIn({ cpuid }: Report, raw: RawTcb, product: Product | undefined): Tcb | undefined {
  const named = cpuid === undefined ? product : productOf(cpuid);
  const parsed = named === undefined ? undefined : parseTcb(named, raw);
  return parsed?.ok === true ? parsed.value : undefined;
}

function fieldsByName(report: Report, product: Product | undefined): ReadonlyMap<string, ReportField> {
  const named = report.cpuid === undefined ? product : undefined;
  return new Map(reportFields(report, named).map((field) => [field.name, field]));
}

function alwaysSentence(before: Report, after: Report): string {
  if (toHex(before.raw) === toHex(after.raw)) return "It is one and the same report.";
  // Zero: nobody filled it in, so that it names no run.
  if (toHex(before.reportId) === toHex(after.reportId) && !isZero(after.reportId))
    return "Both reports are of one run of the VM: their REPORT_ID is the same. REPORT_DATA and the signature differ between any two reports.";
  return "REPORT_ID, REPORT_DATA and the signature differ between any two launches: they are no finding.";
}

const tcbOf: Readonly<Partial<Record<string, (before: Report, after: Report) => readonly [RawTcb, RawTcb]>>> = {
  REPORTED_TCB: (before, after) => [before.reportedTcb, after.reportedTcb],
  CURRENT_TCB: (before, after) => [before.currentTcb, after.currentTcb],
  COMMITTED_TCB: (before, after) => [before.committedTcb, after.committedTcb],
  LAUNCH_TCB: (before, after) => [before.launchTcb, after.launchTcb],
};

/** The whole numbers whose bits are fields of their own, and what differs always. */
const saidOtherwise: ReadonlySet<string> = new Set(["POLICY", "PLATFORM_INFO", "REPORT_ID", "REPORT_DATA"]);
