// What does a firmware file say about its launch? The table of GUIDs at its end and the SEV metadata that it points to (OVMF, OvmfPkg/ResetVector).
// Strict: every offset, size and count is checked before it is used, and a section of an unknown kind is refused, because it would be measured wrongly.
import { equalBytes, viewOf } from "../base/bytes.ts";
import { failure } from "../base/failure.ts";
import { fail, ok, type Result } from "../base/result.ts";
import { efiGuid, guidLength, writtenGuid } from "./guid.ts";

export const pageSize = 4096;

export type SectionKind = "sec-mem" | "secrets" | "cpuid" | "svsm-caa" | "kernel-hashes";

export interface FirmwareSection {
  /** Guest physical address, a whole page. */
  readonly gpa: number;
  /** Bytes, whole pages. */
  readonly size: number;
  readonly kind: SectionKind;
}

export interface Firmware {
  /** Bytes: the image ends at 4 GiB. */
  readonly size: number;
  /** Where application processors start; undefined where the file does not say. */
  readonly resetEip: number | undefined;
  /** Where the hashes of kernel, initrd and command line go; undefined where this build has no place for them. */
  readonly hashTable: { readonly base: number; readonly size: number } | undefined;
  /** In the order in which they are measured. */
  readonly sections: readonly FirmwareSection[];
}

/** The whole file, or its end: nothing before the metadata is looked at. */
export function parseFirmware(bytes: Uint8Array): Result<Firmware> {
  if (bytes.length === 0 || bytes.length % pageSize !== 0) return malformed(`${bytes.length} bytes are no whole number of pages`);
  if (bytes.length > maximumFirmware) return malformed(`${bytes.length} bytes`);
  const table = readTable(bytes);
  if (!table.ok) return table;
  const metadata = table.value.get("metadata");
  if (metadata === undefined) return fail(failure("measure.firmware-not-snp"));
  const sections = readSections(bytes, metadata);
  if (!sections.ok) return sections;
  const hashes = table.value.get("hashTable");
  const hashTable = hashes === undefined ? ok(undefined) : readHashTable(hashes, sections.value);
  if (!hashTable.ok) return hashTable;
  const reset = table.value.get("resetEip");
  if (reset !== undefined && reset.length !== 4) return malformed("reset vector entry");
  return ok({
    size: bytes.length,
    resetEip: reset === undefined ? undefined : viewOf(reset).getUint32(0, true),
    hashTable: hashTable.value,
    sections: sections.value,
  });
}

type EntryName = "resetEip" | "hashTable" | "metadata";

/** Backwards: each entry is its content, its whole size, its GUID; the last one, 32 bytes before the end, covers all of them. */
function readTable(bytes: Uint8Array): Result<ReadonlyMap<EntryName, Uint8Array>> {
  const view = viewOf(bytes);
  const end = bytes.length - tableToEnd;
  const footer = end - entryHead;
  const last = bytes.subarray(footer + sizeLength, end);
  if (equalBytes(last, writtenGuid(footerText))) return fail(failure("measure.firmware-guid-order"));
  if (!equalBytes(last, footerGuid)) return fail(failure("measure.firmware-no-table"));
  const whole = view.getUint16(footer, true);
  if (whole < entryHead || whole > end) return malformed("table size");
  const found = new Map<EntryName, Uint8Array>();
  let at = footer;
  const start = end - whole;
  while (at > start) {
    const head = at - entryHead;
    if (head < start) return malformed("table entry cut off");
    const size = view.getUint16(head, true);
    if (size < entryHead || at - size < start) return malformed("table entry size");
    const guid = bytes.subarray(head + sizeLength, at);
    const name = entryGuids.find((known) => equalBytes(guid, known.guid))?.name;
    if (name !== undefined) {
      if (found.has(name)) return malformed(`two entries of ${name}`);
      found.set(name, bytes.subarray(at - size, head));
    }
    at -= size;
  }
  return ok(found);
}

function readSections(bytes: Uint8Array, entry: Uint8Array): Result<readonly FirmwareSection[]> {
  if (entry.length !== 4) return malformed("metadata entry");
  const back = viewOf(entry).getUint32(0, true);
  if (back < metadataHead || back > bytes.length) return malformed("metadata offset");
  const at = bytes.length - back;
  const view = viewOf(bytes);
  if (view.getUint32(at, false) !== asev) return malformed("metadata signature");
  const [length, version, count] = [view.getUint32(at + 4, true), view.getUint32(at + 8, true), view.getUint32(at + 12, true)];
  if (version !== 1) return fail(failure("measure.firmware-metadata-version", String(version)));
  if (count === 0 || count > maximumSections) return malformed(`${count} sections`);
  if (length !== metadataHead + count * sectionLength || length > back) return malformed("metadata size");
  const sections: FirmwareSection[] = [];
  for (let index = 0; index < count; index++) {
    const offset = at + metadataHead + index * sectionLength;
    const [gpa, size, type] = [view.getUint32(offset, true), view.getUint32(offset + 4, true), view.getUint32(offset + 8, true)];
    const kind = kinds.get(type);
    if (kind === undefined) return fail(failure("measure.firmware-section-unknown", `type 0x${type.toString(16)}`));
    const section = { gpa, size, kind };
    const fault = sectionFault(section, sections, bytes.length);
    if (fault !== undefined) return malformed(`section ${index} at 0x${gpa.toString(16)}: ${fault}`);
    sections.push(section);
  }
  return ok(sections);
}

/** Zeros say that this build has no place for hashes. */
function readHashTable(entry: Uint8Array, sections: readonly FirmwareSection[]): Result<Firmware["hashTable"]> {
  if (entry.length !== 8) return malformed("hash table entry");
  const [base, size] = [viewOf(entry).getUint32(0, true), viewOf(entry).getUint32(4, true)];
  if (base === 0 && size === 0) return ok(undefined);
  // Without the section nothing would measure the hashes: the kernel would be anybody's.
  if (!sections.some(({ kind }) => kind === "kernel-hashes")) return ok(undefined);
  const table = { base, size };
  return isInItsSection(table, sections) ? ok(table) : malformed("hash table outside its section");
}

/** What {@link parseFirmware} would not have said of any file. For a firmware that somebody else has read. */
export function firmwareFault({ size, resetEip, hashTable, sections }: Firmware): string | undefined {
  if (!isCount(size) || size === 0 || size % pageSize !== 0 || size > maximumFirmware) return `${size} bytes`;
  if (sections.length === 0 || sections.length > maximumSections) return `${sections.length} sections`;
  for (const [index, section] of sections.entries()) {
    const known = isCount(section.gpa) && isCount(section.size) && [...kinds.values()].includes(section.kind);
    const fault = known ? sectionFault(section, sections.slice(0, index), size) : "no section";
    if (fault !== undefined) return `section ${index}: ${fault}`;
  }
  if (resetEip !== undefined && !(isCount(resetEip) && resetEip < fourGiB)) return "reset vector";
  if (hashTable === undefined) return undefined;
  const placed = isCount(hashTable.base) && isCount(hashTable.size) && isInItsSection(hashTable, sections);
  return placed ? undefined : "hash table outside its section";
}

function sectionFault(
  { gpa, size, kind }: FirmwareSection,
  before: readonly FirmwareSection[],
  firmwareLength: number,
): string | undefined {
  if (size === 0 || size % pageSize !== 0 || gpa % pageSize !== 0) return "no whole pages";
  // Of all of them: each of their pages is measured.
  const whole = before.reduce((sum, other) => sum + other.size, size);
  if (whole > maximumSection || gpa + size > fourGiB - firmwareLength) return "too large";
  if (single.has(kind) && size !== pageSize) return "more than one page";
  if (single.has(kind) && before.some((other) => other.kind === kind)) return "a second of its kind";
  return before.some((other) => gpa < other.gpa + other.size && other.gpa < gpa + size) ? "overlaps another" : undefined;
}

function isInItsSection({ base, size }: { readonly base: number; readonly size: number }, sections: readonly FirmwareSection[]): boolean {
  const section = sections.find(({ kind }) => kind === "kernel-hashes");
  return section !== undefined && base >= section.gpa && base + size <= section.gpa + section.size && size >= hashTableLength;
}

function isCount(number: number): boolean {
  return Number.isSafeInteger(number) && number >= 0;
}

function malformed(detail: string): Result<never> {
  return fail(failure("measure.firmware-malformed", detail));
}

const entryGuids: readonly { readonly name: EntryName; readonly guid: Uint8Array }[] = [
  { name: "resetEip", guid: efiGuid("00f771de-1a7e-4fcb-890e-68c77e2fb44e") },
  { name: "hashTable", guid: efiGuid("7255371f-3a3b-4b04-927b-1da6efa8d454") },
  { name: "metadata", guid: efiGuid("dc886566-984a-4798-a75e-5585a7bf67cc") },
];
const footerText = "96b582de-1fb2-45f7-baea-a366c55a082d";
const footerGuid = efiGuid(footerText);

const kinds: ReadonlyMap<number, SectionKind> = new Map([
  [1, "sec-mem"],
  [2, "secrets"],
  [3, "cpuid"],
  [4, "svsm-caa"],
  [0x10, "kernel-hashes"],
]);
/** Of these the firmware has one page each. */
const single: ReadonlySet<SectionKind> = new Set(["secrets", "cpuid", "kernel-hashes"]);

const sizeLength = 2;
const entryHead = sizeLength + guidLength;
const tableToEnd = 32;
/** "ASEV". */
const asev = 0x41534556;
const metadataHead = 16;
const sectionLength = 12;
const maximumSections = 64;
const hashTableLength = 176;
const fourGiB = 2 ** 32;
const maximumSection = 2 ** 26;
/** OVMF has 2 or 4 MiB. */
export const maximumFirmware = 2 ** 26;
