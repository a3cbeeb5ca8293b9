// What does a table of floors say, and how is an owner's own read? The built-in one (known-floors.ts) and a file that an owner keeps have the same form.
// A line of the table is one demand of one bulletin on one line of silicon, with its source, date and certainty. Never applied by itself.
import { failure } from "../../base/failure.ts";
import type { Json } from "../../base/json.ts";
import { fail, ok, type Result } from "../../base/result.ts";
import { productOfLine, siliconLines, type SiliconLine } from "../../snp/silicon.ts";
import type { TcbComponent } from "../../snp/tcb.ts";
import { integer, listOfObjects, object, oneOf, PolicyFault, sentence, version, type Read } from "../policy-reader.ts";

/** From the surest: read in AMD's own bulletin, quoted by two that do not copy from each other, by one, or contradicted. */
export const certainties = ["bulletin", "two-sources", "one-source", "disputed"] as const;
export type Certainty = (typeof certainties)[number];

export type FloorDemand =
  | { readonly component: TcbComponent; readonly least: number }
  /** "major.minor.build" of the security firmware, running and committed. */
  | { readonly firmware: string }
  /** 0 to 63, at the launch and now. */
  | { readonly mitigationBit: number };

export type KnownFloor = {
  readonly line: SiliconLine;
  readonly demand: FloorDemand;
  readonly issue: string;
  readonly bulletin: string;
  readonly cve: string;
  readonly certainty: Certainty;
  /** Where it was read. */
  readonly source: string;
  /** When: "2026-09" or "2026-09-24". */
  readonly date: string;
};

/** `appraise.floors-malformed` names what is wrong. */
export function parseFloorTable(json: Json): Result<readonly KnownFloor[]> {
  try {
    return ok(readTable(json, "floors").floors);
  } catch (cause) {
    if (cause instanceof PolicyFault) return fail(failure("appraise.floors-malformed", cause.message));
    throw cause;
  }
}

/** At least as sure as this. */
export function sureEnough({ certainty }: KnownFloor, least: Certainty): boolean {
  return certainties.indexOf(certainty) <= certainties.indexOf(least);
}

const component: Read<TcbComponent> = oneOf("fmc", "bootloader", "tee", "snp", "microcode");

const demand: Read<FloorDemand> = (json, path) => {
  if (json !== null && typeof json === "object" && "firmware" in json)
    return object<{ firmware: string }>({ firmware: version(3) })(json, path);
  if (json !== null && typeof json === "object" && "mitigationBit" in json)
    return object<{ mitigationBit: number }>({ mitigationBit: integer(0, 63) })(json, path);
  return object<{ component: TcbComponent; least: number }>({ component, least: integer(0, 255) })(json, path);
};

const date: Read<string> = (json, path) => {
  if (typeof json !== "string" || !/^20\d\d-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?$/.test(json))
    throw new PolicyFault(`${path} is not a date such as 2026-09 or 2026-09-24`);
  return json;
};

const floor: Read<KnownFloor> = (json, path) => {
  const read = object<KnownFloor>({
    line: oneOf(...siliconLines),
    demand,
    issue: sentence(120),
    bulletin: sentence(40),
    cve: sentence(40),
    certainty: oneOf(...certainties),
    source: sentence(200),
    date,
  })(json, path);
  if ("component" in read.demand && read.demand.component === "fmc" && productOfLine[read.line] !== "Turin")
    throw new PolicyFault(`${path}.demand names fmc, which ${read.line} does not have`);
  return read;
};

const readTable = object<{ readonly version: 1; readonly floors: readonly KnownFloor[] }>({
  version: oneOf(1),
  floors: listOfObjects(floor, (one) => JSON.stringify(one)),
});
