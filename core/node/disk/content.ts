// What does an image hold, by its first bytes and its last? Only to refuse what must not be overwritten or encrypted, and to choose a sector size:
// never a proof that there is nothing. The magic numbers are those of libblkid and of QEMU's block drivers.
import { viewOf } from "../../base/bytes.ts";

export type Content =
  | { readonly kind: "unknown" }
  | { readonly kind: "luks" }
  /** A virtual machine's own format, or a compressed file. */
  | { readonly kind: "wrapped"; readonly name: string }
  /** blockSize: of the smallest piece that it reads and writes. */
  | { readonly kind: "filesystem"; readonly name: string; readonly blockSize: number }
  | { readonly kind: "partitions" };

/** Of the bytes that {@link contentOf} wants, from the start and from the end. */
export const headLength = 128 * 1024;
export const footLength = 512;

/** A backup of the LUKS2 header may lie at these places even where the first one is damaged. LUKS2 on-disk format 1.1.0, section 2.3. */
export const secondHeaderOffsets: readonly number[] = [14, 15, 16, 17, 18, 19, 20, 21, 22].map((bits) => 2 ** bits);

/** @param head at most {@link headLength} bytes. @param foot the last 512. @param secondHeaders six bytes from each of {@link secondHeaderOffsets}. */
export function contentOf(head: Uint8Array, foot: Uint8Array, secondHeaders: readonly Uint8Array[] = []): Content {
  if (has(head, 0, luksMagic) || secondHeaders.some((bytes) => has(bytes, 0, secondLuksMagic))) return { kind: "luks" };
  const wrapped = wrappings.find(([, offset, magic]) => has(head, offset, bytesOf(magic)))?.[0];
  if (wrapped !== undefined) return { kind: "wrapped", name: wrapped };
  if (has(foot, 0, bytesOf("conectix"))) return { kind: "wrapped", name: "VHD" };
  const filesystem = filesystemOf(head);
  if (filesystem !== undefined) return filesystem;
  const partitioned = has(head, 510, Uint8Array.of(0x55, 0xaa)) || [512, 4096].some((offset) => has(head, offset, bytesOf("EFI PART")));
  return { kind: partitioned ? "partitions" : "unknown" };
}

function filesystemOf(head: Uint8Array): Content | undefined {
  const view = viewOf(head);
  if (has(head, 1024 + 56, Uint8Array.of(0x53, 0xef))) {
    const exponent = view.getUint32(1024 + 24, true);
    return { kind: "filesystem", name: "ext4", blockSize: exponent <= 6 ? 1024 * 2 ** exponent : 512 };
  }
  if (has(head, 0, bytesOf("XFSB"))) return { kind: "filesystem", name: "XFS", blockSize: view.getUint16(102) };
  if (has(head, 0x1_0040, bytesOf("_BHRfS_M"))) return { kind: "filesystem", name: "btrfs", blockSize: view.getUint32(0x1_0090, true) };
  const named = otherFilesystems.find(([, offset, magic]) => has(head, offset, bytesOf(magic)))?.[0];
  return named === undefined ? undefined : { kind: "filesystem", name: named, blockSize: 512 };
}

function has(bytes: Uint8Array, offset: number, magic: Uint8Array): boolean {
  return bytes.length >= offset + magic.length && magic.every((byte, index) => bytes[offset + index] === byte);
}

function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

const luksMagic = bytesOf("LUKS\xba\xbe");
const secondLuksMagic = bytesOf("SKUL\xba\xbe");
const wrappings: readonly (readonly [name: string, offset: number, magic: string])[] = [
  ["qcow2", 0, "QFI\xfb"],
  ["QED", 0, "QED\0"],
  ["VMDK", 0, "KDMV"],
  ["VMDK", 0, "COWD"],
  ["VMDK", 0, "# Disk DescriptorFile"],
  ["VHDX", 0, "vhdxfile"],
  ["VHD", 0, "conectix"],
  ["VDI", 0x40, "\x7f\x10\xda\xbe"],
  ["Parallels", 0, "WithoutFreeSpace"],
  ["Parallels", 0, "WithouFreSpacExt"],
  ["gzip", 0, "\x1f\x8b"],
  ["xz", 0, "\xfd7zXZ\0"],
  ["zstd", 0, "\x28\xb5\x2f\xfd"],
];
const otherFilesystems: readonly (readonly [name: string, offset: number, magic: string])[] = [
  ["LVM", 512, "LABELONE"],
  ["LVM", 0, "LABELONE"],
  ["swap", 4086, "SWAPSPACE2"],
  ["squashfs", 0, "hsqs"],
  ["EROFS", 1024, "\xe2\xe1\xf5\xe0"],
  ["F2FS", 1024, "\x10\x20\xf5\xf2"],
  ["ISO 9660", 0x8001, "CD001"],
  ["NTFS", 3, "NTFS    "],
  ["FAT", 54, "FAT"],
  ["FAT", 82, "FAT32"],
  ["BitLocker", 3, "-FVE-FS-"],
];
