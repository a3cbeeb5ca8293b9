// The agent's configuration as a piece of an initrd: a cpio archive of the "newc" form with etc/portcullis/agent.json, to be put before an initrd that
// is there already (Linux, Documentation/driver-api/early-userspace/buffer-format.rst). The two together are another initrd: it must be measured anew.
// Before and not behind: so neither the kernel nor Debian's and dracut's readers have to find the end of a compressed part.
import { concat } from "../base/bytes.ts";
import { utf8 } from "../base/utf8.ts";

/** The same configuration always makes the same bytes: fixed times, root's, 0644. A multiple of 512 bytes. */
export function configurationPiece(configuration: Uint8Array): Uint8Array {
  const nothing = new Uint8Array(0);
  const parts = [
    entry({ name: "etc", mode: folderMode, inode: 1, content: nothing }),
    entry({ name: "etc/portcullis", mode: folderMode, inode: 2, content: nothing }),
    entry({ name: "etc/portcullis/agent.json", mode: fileMode, inode: 3, content: configuration }),
    entry({ name: "TRAILER!!!", mode: 0, inode: 0, content: nothing }),
  ];
  const archive = concat(...parts);
  return concat(archive, zeros(-archive.length, 512));
}

/** Does an initrd begin with a piece of ours? What it says would then win over what is put before it. At least {@link beginningBytes}. */
export function beginsWithPiece(start: Uint8Array): boolean {
  const piece = configurationPiece(new Uint8Array(0)).subarray(0, beginningBytes);
  // All but the length of the file.
  return piece.every((byte, index) => start[index] === byte || (index >= lengthField && index < lengthField + 8));
}

/** How the initrd begins, by the magics that the kernel knows; undefined where it would not unpack this. */
export function initrdForm(start: Uint8Array): string | undefined {
  return forms.find(({ magic }) => magic.every((byte, index) => start[index] === byte))?.form;
}

export const configurationPieceName = "agent-configuration.cpio";

interface Entry {
  readonly name: string;
  readonly mode: number;
  readonly inode: number;
  readonly content: Uint8Array;
}

function entry({ name, mode, inode, content }: Entry): Uint8Array {
  const named = utf8(`${name}\0`);
  const links = mode === folderMode ? 2 : 1;
  // inode, mode, user, group, links, time, size, device (2), special device (2), length of the name, no checksum
  const fields = [inode, mode, 0, 0, links, 0, content.length, 0, 0, 0, 0, named.length, 0];
  const head = utf8(`070701${fields.map((field) => field.toString(16).toUpperCase().padStart(8, "0")).join("")}`);
  return concat(head, named, zeros(-(head.length + named.length), 4), content, zeros(-content.length, 4));
}

/** As many as are missing to a multiple of `unit`, a power of two. */
function zeros(missing: number, unit: number): Uint8Array {
  return new Uint8Array(missing & (unit - 1));
}

/** Three headers with their names. */
export const beginningBytes = 116 + 128 + 110 + 26;
const lengthField = 116 + 128 + 54;
const folderMode = 0o040755;
const fileMode = 0o100644;

const forms: readonly { readonly form: string; readonly magic: readonly number[] }[] = [
  { form: "cpio", magic: [0x30, 0x37, 0x30, 0x37, 0x30, 0x31] },
  { form: "cpio", magic: [0x30, 0x37, 0x30, 0x37, 0x30, 0x32] },
  { form: "gzip", magic: [0x1f, 0x8b] },
  { form: "gzip", magic: [0x1f, 0x9e] },
  { form: "bzip2", magic: [0x42, 0x5a, 0x68] },
  { form: "lzma", magic: [0x5d, 0x00, 0x00] },
  { form: "xz", magic: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00] },
  { form: "lzo", magic: [0x89, 0x4c, 0x5a] },
  { form: "lz4", magic: [0x02, 0x21, 0x4c, 0x18] },
  { form: "zstd", magic: [0x28, 0xb5, 0x2f, 0xfd] },
];
