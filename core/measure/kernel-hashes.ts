// Which page ties kernel, initrd and command line to the measurement? The SEV hash table that QEMU writes and OVMF compares (OvmfPkg/AmdSev): three SHA-256
// digests under GUIDs, in an otherwise empty page.
import type { Primitives } from "../base/crypto.ts";
import { viewOf } from "../base/bytes.ts";
import { utf8 } from "../base/utf8.ts";
import { efiGuid, guidLength } from "./guid.ts";

export interface BootHashes {
  /** SHA-256 of the kernel as it is passed to the firmware, 32 bytes. */
  readonly kernel: Uint8Array;
  /** SHA-256 of the initrd, 32 bytes; of nothing where there is none. */
  readonly initrd: Uint8Array;
  /** SHA-256 of the command line with its final NUL, 32 bytes. */
  readonly commandLine: Uint8Array;
}

/** @param text without its NUL; the empty command line is a single one. */
export function commandLineHash(text: string, primitives: Primitives): Uint8Array {
  return primitives.digest("sha256", utf8(text), new Uint8Array(1));
}

/** @param offset where the table begins in the page. @returns 4096 bytes. */
export function hashPage({ kernel, initrd, commandLine }: BootHashes, offset: number): Uint8Array {
  const page = new Uint8Array(4096);
  const view = viewOf(page);
  page.set(tableGuid, offset);
  view.setUint16(offset + guidLength, tableLength, true);
  let at = offset + guidLength + 2;
  for (const { guid, digest } of [
    { guid: commandLineGuid, digest: commandLine },
    { guid: initrdGuid, digest: initrd },
    { guid: kernelGuid, digest: kernel },
  ]) {
    page.set(guid, at);
    view.setUint16(at + guidLength, entryLength, true);
    page.set(digest, at + guidLength + 2);
    at += entryLength;
  }
  return page;
}

const tableGuid = efiGuid("9438d606-4f22-4cc9-b479-a793d411fd21");
const commandLineGuid = efiGuid("97d02dd8-bd20-4c94-aa78-e7714d36ab2a");
const initrdGuid = efiGuid("44baf731-3a2f-4bd7-9af1-41e29169781d");
const kernelGuid = efiGuid("4de79437-abd2-427f-b835-d5b172d2045b");
const entryLength = guidLength + 2 + 32;
/** Head and three entries; the rest, to 176 bytes, is padding. */
const tableLength = guidLength + 2 + 3 * entryLength;
