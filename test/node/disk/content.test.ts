// Is what must not be overwritten or encrypted recognised by its magic, and nothing else taken for it? Real images where the tool is here.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { contentOf, footLength, headLength, secondHeaderOffsets } from "../../../core/node/disk/content.ts";

const none = new Uint8Array(footLength);

function headWith(offset: number, text: string): Uint8Array {
  const head = new Uint8Array(headLength);
  head.set(Buffer.from(text, "latin1"), offset);
  return head;
}

describe("the content of an image", () => {
  test.each([
    ["qcow2", 0, "QFI\xfb"],
    ["QED", 0, "QED\0"],
    ["VMDK", 0, "KDMV"],
    ["VMDK", 0, "# Disk DescriptorFile\nversion=1"],
    ["VHDX", 0, "vhdxfile"],
    ["VHD", 0, "conectix"],
    ["VDI", 0x40, "\x7f\x10\xda\xbe"],
    ["Parallels", 0, "WithoutFreeSpace"],
    ["gzip", 0, "\x1f\x8b"],
    ["xz", 0, "\xfd7zXZ\0"],
    ["zstd", 0, "\x28\xb5\x2f\xfd"],
  ])("in the format %s is told, and one byte off is not", (name, offset, magic) => {
    expect(contentOf(headWith(offset, magic), none)).toEqual({ kind: "wrapped", name });
    expect(contentOf(headWith(offset + 1, magic), none)).not.toMatchObject({ kind: "wrapped" });
  });

  test("of a fixed VHD is told by its foot", () => {
    const foot = new Uint8Array(footLength);
    foot.set(Buffer.from("conectix"));
    expect(contentOf(new Uint8Array(headLength), foot)).toEqual({ kind: "wrapped", name: "VHD" });
  });

  test("is LUKS by its first header, or by any place of its second", () => {
    expect(contentOf(headWith(0, "LUKS\xba\xbe"), none)).toEqual({ kind: "luks" });
    for (const index of secondHeaderOffsets.keys()) {
      const second = secondHeaderOffsets.map((_, at) => (at === index ? Buffer.from("SKUL\xba\xbe", "latin1") : new Uint8Array(6)));
      expect(contentOf(new Uint8Array(headLength), none, second)).toEqual({ kind: "luks" });
    }
  });

  test.each([
    ["XFS", 0, `XFSB${"\0".repeat(98)}\x02\0`, 512],
    ["XFS", 0, `XFSB${"\0".repeat(98)}\x10\0`, 4096],
    ["btrfs", 0x1_0040, `_BHRfS_M${"\0".repeat(0x48)}\0\x10\0\0`, 4096],
    ["LVM", 512, "LABELONE", 512],
    ["ISO 9660", 0x8001, "CD001", 512],
    ["NTFS", 3, "NTFS    ", 512],
    ["swap", 4086, "SWAPSPACE2", 512],
  ])("that is %s has its smallest piece told", (name, offset, magic, blockSize) => {
    expect(contentOf(headWith(offset, magic), none)).toEqual({ kind: "filesystem", name, blockSize });
  });

  test("that is ext4 has its block size told, and an absurd one is the smallest", () => {
    const ext4 = (exponent: number): unknown => {
      const head = headWith(1024 + 56, "\x53\xef");
      new DataView(head.buffer).setUint32(1024 + 24, exponent, true);
      return contentOf(head, none);
    };
    expect(ext4(0)).toEqual({ kind: "filesystem", name: "ext4", blockSize: 1024 });
    expect(ext4(2)).toEqual({ kind: "filesystem", name: "ext4", blockSize: 4096 });
    expect(ext4(6)).toEqual({ kind: "filesystem", name: "ext4", blockSize: 65_536 });
    expect(ext4(7)).toEqual({ kind: "filesystem", name: "ext4", blockSize: 512 });
    expect(ext4(0xffff_ffff)).toEqual({ kind: "filesystem", name: "ext4", blockSize: 512 });
  });

  test("with a partition table is told, old and new", () => {
    expect(contentOf(headWith(510, "\x55\xaa"), none)).toEqual({ kind: "partitions" });
    expect(contentOf(headWith(512, "EFI PART"), none)).toEqual({ kind: "partitions" });
    expect(contentOf(headWith(4096, "EFI PART"), none)).toEqual({ kind: "partitions" });
  });

  test("of any bytes, however few, has an answer", () => {
    expect(contentOf(new Uint8Array(0), new Uint8Array(0))).toEqual({ kind: "unknown" });
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2_000 }), fc.uint8Array({ maxLength: 512 }), (head, foot) => "kind" in contentOf(head, foot)),
    );
  });
});
