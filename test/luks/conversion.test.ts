// Is the end of a conversion made only where all is encrypted, in both copies of the header, and is any other header left alone? What a real
// cryptsetup says of it: test/node/disk/convert-killed.test.ts.
import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { must } from "../../core/base/result.ts";
import { utf8 } from "../../core/base/utf8.ts";
import { conversionOf, endConversion, headersLength, newerSecond } from "../../core/luks/conversion.ts";
import { nodePrimitives } from "../../core/node/primitives.ts";

const slot = {
  type: "luks2",
  key_size: 64,
  area: { type: "raw", offset: "32768", size: "258048", encryption: "aes-xts-plain64", key_size: 64 },
};
const area = { type: "checksum", offset: "290816", size: "16486400", hash: "sha256", sector_size: 4096 };
const crypt = { type: "crypt", offset: "16777216", size: "dynamic", iv_tweak: "0", encryption: "aes-xts-plain64", sector_size: 4096 };
const linear = { type: "linear", offset: "16777216", size: "dynamic" };
const header = {
  keyslots: { "0": slot, "1": { type: "reencrypt", key_size: 1, mode: "encrypt", direction: "forward", priority: 0, area } },
  tokens: {},
  segments: { "0": crypt, "1": { ...linear, flags: ["backup-previous"] }, "2": { ...crypt, flags: ["backup-final"] } },
  digests: {
    "0": { type: "pbkdf2", keyslots: ["0"], segments: ["0", "2"] },
    "1": { type: "pbkdf2", keyslots: ["1"], segments: [] },
  },
  config: { json_size: "12288", keyslots_size: "16744448", requirements: { mandatory: ["online-reencrypt-v2"] } },
};
const stateOf = (json: unknown): unknown => conversionOf(utf8(JSON.stringify(json)));

function checksummed(copy: Buffer): Buffer {
  copy.fill(0, 448, 512);
  createHash("sha256").update(copy).digest().copy(copy, 448);
  return copy;
}

function binary(json: unknown, change: (copy: Buffer) => void = () => {}): Uint8Array {
  const copy = Buffer.alloc(headersLength / 2);
  Buffer.from("LUKS\xba\xbe\0\x02", "latin1").copy(copy);
  copy.writeBigUInt64BE(16_384n, 8);
  copy.writeBigUInt64BE(7n, 16);
  copy.write("sha256", 72);
  copy.write(JSON.stringify(json), 4096);
  change(copy);
  return new Uint8Array(Buffer.concat([checksummed(copy), Buffer.alloc(headersLength / 2)]));
}

describe("the state of a conversion", () => {
  test("is told by what the current segments are", () => {
    expect(stateOf(header)).toBe("ended");
    expect(stateOf({ ...header, segments: { ...header.segments, "0": linear } })).toBe("under-way");
    expect(stateOf({ ...header, segments: { ...header.segments, "3": { ...linear, offset: "20000000" } } })).toBe("under-way");
    expect(stateOf({ ...header, segments: { ...header.segments, "0": { ...crypt, flags: ["in-reencryption"] } } })).toBe("under-way");
    expect(stateOf({ ...header, segments: { ...header.segments, "0": { ...crypt, size: "4096" } } })).toBe("under-way");
    expect(stateOf({ ...header, segments: { "0": crypt } })).toBe("under-way");
    expect(stateOf({ ...header, keyslots: { "0": slot } })).toBe("none");
    expect(conversionOf(utf8("[]"))).toBeUndefined();
  });
});

describe("the end of a conversion", () => {
  test("leaves the key's slot and the data, and nothing of the conversion, in both copies", () => {
    const { headers, wipe } = must(endConversion(binary(header), nodePrimitives));
    expect(wipe).toEqual({ offset: 290_816, length: 16_486_400 });
    for (const [magic, offset] of [
      ["LUKS\xba\xbe", 0],
      ["SKUL\xba\xbe", 16_384],
    ] as const) {
      const copy = Buffer.from(headers.subarray(offset, offset + 16_384));
      expect(copy.subarray(0, 6).toString("latin1")).toBe(magic);
      expect(copy.readBigUInt64BE(16)).toBe(8n);
      expect(copy.readBigUInt64BE(256)).toBe(BigInt(offset));
      expect(checksummed(Buffer.from(copy)).equals(copy)).toBe(true);
      expect(JSON.parse(copy.subarray(4096, copy.indexOf(0, 4096)).toString())).toEqual({
        keyslots: { "0": slot },
        tokens: {},
        segments: { "0": crypt },
        digests: { "0": { type: "pbkdf2", keyslots: ["0"], segments: ["0"] } },
        config: { json_size: "12288", keyslots_size: "16744448" },
      });
    }
  });

  test("that was stopped between the two copies has its second made good, and nothing else is changed", () => {
    const { headers } = must(endConversion(binary(header), nodePrimitives));
    const half = headers.slice();
    half.set(binary(header).subarray(0, 16_384), 16_384);
    expect(newerSecond(half, nodePrimitives)).toEqual(headers.slice(16_384));
    expect(newerSecond(headers, nodePrimitives)).toBeUndefined();
    half[4_100] = 0;
    expect(newerSecond(half, nodePrimitives)).toBeUndefined();
    expect(newerSecond(headers.subarray(1), nodePrimitives)).toBeUndefined();
  });

  test.each([
    ["that is under way", binary({ ...header, segments: { ...header.segments, "0": linear } })],
    ["that is none", binary({ ...header, keyslots: { "0": slot } })],
    ["that is LUKS1", binary(header, (copy) => copy.writeUInt16BE(1, 6))],
    ["with headers of another size", binary(header, (copy) => copy.writeBigUInt64BE(32_768n, 8))],
    ["that is the second copy", binary(header, (copy) => copy.writeBigUInt64BE(16_384n, 256))],
    ["with another magic", binary(header, (copy) => copy.writeUInt8(0, 0))],
    [
      "whose area would be the header itself",
      binary({ ...header, keyslots: { "0": slot, "1": { ...header.keyslots["1"], area: { ...area, offset: "0" } } } }),
    ],
    [
      "whose area would be the data",
      binary({ ...header, keyslots: { "0": slot, "1": { ...header.keyslots["1"], area: { ...area, size: "16777216" } } } }),
    ],
    ["without an area", binary({ ...header, keyslots: { "0": slot, "1": { type: "reencrypt" } } })],
    ["without metadata", binary(header, (copy) => copy.fill(0, 4096))],
    ["cut short", binary(header).subarray(0, -1)],
    ["of nothing", new Uint8Array(0)],
  ])("is not made of a header %s", (_name, bytes) => {
    expect(endConversion(bytes, nodePrimitives)).toMatchObject({ failure: { code: "disk.header" } });
  });

  test("is not made where one bit is another", () => {
    const sound = binary(header);
    for (let bit = 0; bit < 8 * 6_000; bit += 97) {
      const flipped = sound.slice();
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(endConversion(flipped, nodePrimitives)).toMatchObject({ failure: { code: "disk.header" } });
    }
  });
});
