// In which words has one field of a report changed? Permissions and demands by what they cost, versions by up and down, digests by what they stand for.
// For report-difference.ts; it finds no difference itself.
import type { Bit, ReportField } from "./report-fields.ts";

export interface Change {
  readonly before: string;
  readonly after: string;
  readonly sentence: string;
}

/** @param before undefined where that report has no such field. */
export function changeSentence(field: ReportField, before: string | undefined, after: string | undefined): Change {
  const { name, meaning, bit } = field;
  if (before === undefined || after === undefined) {
    const which = before === undefined ? "Only the later report has it" : "Only the earlier report has it";
    return { before: before ?? absent, after: after ?? absent, sentence: `${which}. ${meaning}` };
  }
  if (bit !== undefined) return bitChange(field, bit, before, after);
  const named = identities[name];
  if (named !== undefined) return { before, after, sentence: identitySentence(named, before, after) };
  if (name.endsWith("_MIT_VECTOR")) return { before, after, sentence: vectorSentence(name, BigInt(before), BigInt(after)) };
  const [older, newer] = [versionOf(before), versionOf(after)];
  if (older !== undefined && newer !== undefined)
    return { before, after, sentence: `${name} went ${isAbove(newer, older) ? "up" : "down"} from ${before} to ${after}. ${meaning}` };
  const change = before.length + after.length > shortTogether ? "is another" : `${before} → ${after}`;
  return { before, after, sentence: `${name} ${change}. ${meaning}` };
}

function bitChange({ name, meaning }: ReportField, bit: Bit, was: string, is: string): Change {
  const [yes, no] = bitWords[bit];
  const [before, after] = [was === "yes" ? yes : no, is === "yes" ? yes : no];
  const change = `${name.slice(name.indexOf(".") + 1)} ${before} → ${after}`;
  if (bit === "state") return { before, after, sentence: `${change}. On: ${meaning.slice(0, 1).toLowerCase()}${meaning.slice(1)}` };
  const stricter = (bit === "demand") === (is === "yes");
  return { before, after, sentence: `${change}, which is ${stricter ? "stricter" : "weaker"}. ${meaning}` };
}

function identitySentence({ none, appeared, vanished, another }: Identity, before: string, after: string): string {
  if (none?.test(before) === true) return appeared ?? another;
  return none?.test(after) === true ? (vanished ?? another) : another;
}

function vectorSentence(name: string, before: bigint, after: bigint): string {
  const bits = (value: bigint): string =>
    Array.from({ length: 64 }, (_, bit) => bit)
      .filter((bit) => ((value >> BigInt(bit)) & 1n) === 1n)
      .join(", ");
  const [gained, lost] = [bits(after & ~before), bits(before & ~after)];
  const parts = [gained === "" ? "" : `set now: bit ${gained}`, lost === "" ? "" : `no longer set: bit ${lost}`];
  return `${name}, mitigations ${parts.filter((part) => part !== "").join("; ")}.`;
}

/** "1.55.29", "219"; undefined for what is no number. */
function versionOf(text: string): readonly number[] | undefined {
  return /^\d+(\.\d+)*$/.test(text) ? text.split(".").map(Number) : undefined;
}

function isAbove(newer: readonly number[], older: readonly number[]): boolean {
  const at = newer.findIndex((part, index) => part !== older[index]);
  return (newer[at] ?? 0) > (older[at] ?? 0);
}

/** Characters that a sentence can take. */
const shortTogether = 64;
const absent = "not in the report";

const bitWords: { readonly [bit in Bit]: readonly [yes: string, no: string] } = {
  permission: ["allowed", "not allowed"],
  demand: ["demanded", "not demanded"],
  state: ["on", "off"],
};

interface Identity {
  /** What stands there where there is none; undefined where there always is one. */
  readonly none?: RegExp;
  readonly appeared?: string;
  readonly vanished?: string;
  readonly another: string;
}

const zeros = /^0+$/;
const ones = /^f+$/;

const identities: Readonly<Partial<Record<string, Identity>>> = {
  MEASUREMENT: {
    another:
      "Something else was started: the firmware, kernel, initrd or command line, the vCPUs or their features are others. launches explain says which.",
  },
  CHIP_ID: {
    none: zeros,
    appeared: "A chip is named; before, none was.",
    vanished: "No chip is named any more: the host hides it, or a VLEK signed.",
    another: "It ran on another chip.",
  },
  HOST_DATA: {
    none: zeros,
    appeared: "The host gave it an agent configuration; before, there was none.",
    vanished: "The host gave it no agent configuration any more.",
    another: "The host gave it another agent configuration.",
  },
  ID_KEY_DIGEST: {
    none: zeros,
    appeared: "It was started with an ID block; before, there was none.",
    vanished: "It was started without an ID block.",
    another: "Another ID key signed its ID block.",
  },
  AUTHOR_KEY_DIGEST: {
    none: zeros,
    appeared: "An author key vouches for its ID key; before, there was none.",
    vanished: "No author key vouches for its ID key any more.",
    another: "Another author key vouches for its ID key.",
  },
  FAMILY_ID: {
    none: zeros,
    appeared: "Its ID block names a family; before, there was none.",
    vanished: "It names no family any more.",
    another: "Its ID block names another family.",
  },
  IMAGE_ID: {
    none: zeros,
    appeared: "Its ID block names an image; before, there was none.",
    vanished: "It names no image any more.",
    another: "Its ID block names another image.",
  },
  REPORT_ID_MA: {
    none: ones,
    appeared: "It has a migration agent; before, there was none.",
    vanished: "It has no migration agent any more.",
    another: "It has another migration agent.",
  },
};
