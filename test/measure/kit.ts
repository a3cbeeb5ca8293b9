// A firmware file as OVMF's build lays its end out, with whatever a test wants different.
import { concat, viewOf } from "../../core/base/bytes.ts";
import { efiGuid, writtenGuid } from "../../core/measure/guid.ts";

export interface FirmwareChoices {
  readonly size?: number;
  readonly hashTable?: boolean;
  readonly hashSection?: boolean;
  readonly resetEip?: boolean;
  readonly metadata?: boolean;
  readonly unknownSection?: boolean;
  readonly overlap?: boolean;
  readonly twice?: boolean;
  readonly count?: number;
  readonly version?: number;
  readonly tableSize?: number;
  /** GUIDs as they are written, not as EFI has them. */
  readonly writtenGuids?: boolean;
}

export function makeFirmware(choices: FirmwareChoices = {}): Uint8Array {
  const { size = 65_536, hashTable = true, hashSection = true, resetEip = true, metadata = true, twice = false } = choices;
  const file = new Uint8Array(size);
  for (let at = 0; at < size; at += 4096) file[at] = at / 4096;
  const sections: (readonly [gpa: number, size: number, type: number])[] = [
    [0x80_0000, 0x9000, 1],
    [0x80_d000, 0x1000, 2],
    [0x80_e000, 0x1000, 3],
    [0x80_f000, 0x1000, 4],
    ...(hashSection ? [[0x81_0000, 0x1000, 0x10] as const] : []),
    ...(choices.unknownSection === true ? [[0x82_0000, 0x1000, 0x11] as const] : []),
    [choices.overlap === true ? 0x80_8000 : 0x83_0000, 0x2000, 1],
  ];
  const head = u32(0x56455341, 16 + 12 * sections.length, choices.version ?? 1, choices.count ?? sections.length);
  const described = concat(head, ...sections.map((section) => u32(...section)));
  const metadataAt = size - 1024;
  file.set(described, metadataAt);
  const entry = (guid: string, content: Uint8Array): Uint8Array => {
    const length = new Uint8Array(2);
    viewOf(length).setUint16(0, content.length + 18, true);
    return concat(content, length, choices.writtenGuids === true ? writtenGuid(guid) : efiGuid(guid));
  };
  const entries = [
    ...(resetEip ? [entry("00f771de-1a7e-4fcb-890e-68c77e2fb44e", u32(0x80_b004))] : []),
    ...(twice ? [entry("00f771de-1a7e-4fcb-890e-68c77e2fb44e", u32(0x80_b004))] : []),
    entry("7255371f-3a3b-4b04-927b-1da6efa8d454", hashTable ? u32(0x81_0c00, 0x400) : u32(0, 0)),
    entry("4c2eb361-7d9b-4cc3-8081-127c90d3d294", u32(0x81_0000, 0xc00)),
    ...(metadata ? [entry("dc886566-984a-4798-a75e-5585a7bf67cc", u32(size - metadataAt))] : []),
  ];
  const body = concat(...entries);
  const footer = entry("96b582de-1fb2-45f7-baea-a366c55a082d", new Uint8Array(0));
  viewOf(footer).setUint16(0, choices.tableSize ?? body.length + footer.length, true);
  file.set(concat(body, footer), size - 32 - body.length - footer.length);
  return file;
}

function u32(...values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(4 * values.length);
  for (const [index, value] of values.entries()) viewOf(bytes).setUint32(4 * index, value, true);
  return bytes;
}
