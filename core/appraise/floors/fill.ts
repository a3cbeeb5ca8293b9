// Which floors shall a policy have? What the owner's own machines run now (from their reports), what a table of bulletins asks for, or the higher of both.
// The owner says from which; a line of silicon that neither names stays out of the policy, and is refused.
import { productOf } from "../../snp/product.ts";
import { firmwareText, type Report } from "../../snp/report.ts";
import { productOfLine, siliconLineOf, siliconLines, type SiliconLine } from "../../snp/silicon.ts";
import { parseTcb, type Tcb, type TcbComponent } from "../../snp/tcb.ts";
import type { FirmwareFloor, MitigationDemand, PerLine, TcbFloor } from "../policy-demands.ts";
import { versionNumbers, type Demand } from "../policy-reader.ts";
import type { AppraisalPolicy } from "../policy.ts";
import { sureEnough, type Certainty, type KnownFloor } from "./floor-table.ts";

export interface FloorSources {
  readonly table: readonly KnownFloor[];
  /** How sure a line of the table must be; undefined: the table is not used at all. */
  readonly certainty: Certainty | undefined;
  /** Reports of the machines on which the VM shall run. Their signatures are not looked at: they come from the owner. */
  readonly reports: readonly Report[];
}

/** One machine that is below the table: its VM would be refused. */
export interface Shortfall {
  readonly line: SiliconLine;
  readonly issue: string;
  readonly bulletin: string;
  readonly demanded: string;
  readonly found: string;
}

/** The policy with floors instead of whatever it demanded of TCB, firmware and mitigations. */
export function fillFloors(policy: AppraisalPolicy, { table, certainty, reports }: FloorSources): AppraisalPolicy {
  const sure = certainty === undefined ? [] : table.filter((known) => sureEnough(known, certainty));
  const lines = siliconLines.filter(
    (line) => sure.some((known) => known.line === line) || reports.some((report) => lineOf(report) === line),
  );
  const tcb = (of: (report: Report) => Uint8Array): Demand<PerLine<TcbFloor>> | undefined =>
    demandOf(lines, (line) => tcbFloor(line, sure, reports, of));
  const { checks } = policy;
  return {
    ...policy,
    checks: {
      ...checks,
      reportedTcb: tcb(({ reportedTcb }) => reportedTcb) ?? checks.reportedTcb,
      committedTcb: tcb(({ committedTcb }) => committedTcb) ?? checks.committedTcb,
      currentTcb: tcb(({ currentTcb }) => currentTcb) ?? checks.currentTcb,
      launchTcb: tcb(({ launchTcb }) => launchTcb) ?? checks.launchTcb,
      firmware: demandOf(lines, (line) => firmwareFloor(line, sure, reports)) ?? checks.firmware,
      mitigations: (asksForMitigations(sure) ? demandOf(lines, (line) => mitigations(line, sure)) : undefined) ?? checks.mitigations,
    },
  };
}

/** What of the table the machines of these reports do not meet. */
export function shortOf(reports: readonly Report[], table: readonly KnownFloor[]): readonly Shortfall[] {
  return reports.flatMap((report) => {
    const line = lineOf(report);
    if (line === undefined) return [];
    return table.flatMap((known) => {
      const met = known.line === line ? lacking(report, known) : undefined;
      return met === undefined ? [] : [{ line, issue: known.issue, bulletin: known.bulletin, ...met }];
    });
  });
}

function lacking(report: Report, { demand }: KnownFloor): { readonly demanded: string; readonly found: string } | undefined {
  if ("firmware" in demand) {
    const found = firmwareText(report.committedVersion);
    return below(found, demand.firmware) ? { demanded: `firmware ${demand.firmware}`, found } : undefined;
  }
  if ("mitigationBit" in demand) {
    const vector = report.currentMitVector;
    const set = vector !== undefined && ((vector >> BigInt(demand.mitigationBit)) & 1n) === 1n;
    const found = vector === undefined ? "not reported" : `0x${vector.toString(16)}`;
    return set ? undefined : { demanded: `mitigation bit ${demand.mitigationBit}`, found };
  }
  const found = tcbOf(report, report.reportedTcb)?.[demand.component] ?? 0;
  return found < demand.least ? { demanded: `${demand.component} ${demand.least}`, found: String(found) } : undefined;
}

function demandOf<T>(lines: readonly SiliconLine[], of: (line: SiliconLine) => T): Demand<PerLine<T>> | undefined {
  return lines.length === 0 ? undefined : { require: Object.fromEntries(lines.map((line) => [line, of(line)])) };
}

function tcbFloor(
  line: SiliconLine,
  table: readonly KnownFloor[],
  reports: readonly Report[],
  of: (report: Report) => Uint8Array,
): TcbFloor {
  const own = reports.filter((report) => lineOf(report) === line).flatMap((report) => tcbOf(report, of(report)) ?? []);
  const level = (component: TcbComponent): number => {
    const asked = table.flatMap(({ line: whose, demand }) =>
      whose === line && "component" in demand && demand.component === component ? [demand.least] : [],
    );
    // The lowest of the owner's machines: a floor that one of them misses would keep it from starting the VM.
    const runs = own.length === 0 ? 0 : Math.min(...own.map((tcb) => tcb[component] ?? 0));
    return Math.max(runs, ...asked);
  };
  const floor = { bootloader: level("bootloader"), tee: level("tee"), snp: level("snp"), microcode: level("microcode") };
  return productOfLine[line] === "Turin" ? { fmc: level("fmc"), ...floor } : floor;
}

function firmwareFloor(line: SiliconLine, table: readonly KnownFloor[], reports: readonly Report[]): FirmwareFloor {
  const own = reports.filter((report) => lineOf(report) === line);
  const asked = table.flatMap(({ line: whose, demand }) => (whose === line && "firmware" in demand ? [demand.firmware] : []));
  const floor = (versions: readonly string[]): string =>
    highest([...asked, ...(versions.length === 0 ? [] : [versions.reduce((least, one) => (below(one, least) ? one : least))])]);
  return {
    current: floor(own.map(({ currentVersion }) => firmwareText(currentVersion))),
    committed: floor(own.map(({ committedVersion }) => firmwareText(committedVersion))),
  };
}

/** A demand for nothing would look like one. */
function asksForMitigations(table: readonly KnownFloor[]): boolean {
  return table.some(({ demand }) => "mitigationBit" in demand);
}

/** Only what a bulletin asks for: a bit that a machine has by chance is no demand. */
function mitigations(line: SiliconLine, table: readonly KnownFloor[]): MitigationDemand {
  const mask = table.reduce(
    (bits, { line: whose, demand }) => (whose === line && "mitigationBit" in demand ? bits | (1n << BigInt(demand.mitigationBit)) : bits),
    0n,
  );
  const text = `0x${mask.toString(16)}`;
  return { launch: text, current: text };
}

function highest(versions: readonly string[]): string {
  return versions.reduce((most, one) => (below(most, one) ? one : most), "0.0.0");
}

function below(a: string, b: string): boolean {
  const least = versionNumbers(b);
  const difference = versionNumbers(a)
    .map((number, index) => number - (least[index] ?? 0))
    .find((one) => one !== 0);
  return difference !== undefined && difference < 0;
}

function lineOf({ cpuid }: Report): SiliconLine | undefined {
  return cpuid === undefined ? undefined : siliconLineOf(cpuid);
}

function tcbOf({ cpuid }: Report, raw: Uint8Array): Tcb | undefined {
  const product = cpuid === undefined ? undefined : productOf(cpuid);
  const tcb = product === undefined ? undefined : parseTcb(product, raw);
  return tcb?.ok === true ? tcb.value : undefined;
}
