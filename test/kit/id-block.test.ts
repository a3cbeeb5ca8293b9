// Is the block that admits a launch exactly that launch, does IMAGE_ID follow the files and nothing else, and does the offline check tell
// every fault?
import { describe, expect, test } from "vitest";
import { fromHex, toBase64, toHex } from "../../core/base/bytes.ts";
import { must } from "../../core/base/result.ts";
import { utf8 } from "../../core/base/utf8.ts";
import { familyOf, imageOf, makeIdBlock, sealIdAuth, signedBlockDigest } from "../../core/kit/id-block.ts";
import { blockBytes, checkIdBlock } from "../../core/kit/id-block-check.ts";
import type { BootSet } from "../../core/measure/boot-set.ts";
import { nodePrimitives } from "../../core/node/primitives.ts";
import { nodeSigning } from "../../core/node/signing.ts";
import { encodeIdBlock, keyDigest, keyStructure, parseIdBlock } from "../../core/snp/id-block.ts";
import { fullVm } from "../node/store/records.ts";
import { needsVectors, vector } from "./vectors.ts";

const set = fullVm.bootSets[0]?.set ?? never();
const vm = "00112233-4455-4677-8899-aabbccddeeff";
const [id, author] = [pair(3), pair(4)];
const block = must(makeIdBlock(vm, set, { guestPolicy: "0x30000", guestSvn: 2 }, nodePrimitives));
const auth = must(
  sealIdAuth(
    block,
    { idKey: id.key, idBlockSignature: id.sign(block), author: { key: author.key, signature: author.sign(keyStructure(id.key)) } },
    nodePrimitives,
  ),
);

describe("who a VM is", () => {
  test("FAMILY_ID is the bytes of its UUID", () => {
    expect(toHex(familyOf(vm) ?? new Uint8Array(0))).toBe("00112233445546778899aabbccddeeff");
    expect(must(parseIdBlock(block)).familyId).toEqual(familyOf(vm));
  });

  test("IMAGE_ID is the documented digest of its files", () => {
    const { firmware, direct } = set;
    const boot = `"initrd":"${direct?.initrd?.sha256 ?? ""}","kernel":"${direct?.kernel.sha256 ?? ""}"`;
    const text = `{"commandLine":"console=ttyS0","firmware":"${firmware.sha256}",${boot}}`;
    const whole = nodePrimitives.digest("sha256", utf8(`portcullis image v1${text}`));
    expect(imageOf(set, nodePrimitives)).toEqual(whole.slice(0, 16));
  });

  test("IMAGE_ID changes with each file and the command line, and with nothing else", () => {
    const { direct } = set;
    if (direct?.initrd === undefined) throw new Error("no direct boot");
    const { initrd: _, ...alone } = direct;
    const { direct: __, ...firmwareOnly } = set;
    const others: BootSet[] = [
      { ...set, firmware: { ...set.firmware, sha256: "0f".repeat(32) } },
      { ...set, direct: { ...direct, kernel: { ...direct.kernel, sha256: "0f".repeat(32) } } },
      { ...set, direct: { ...direct, initrd: { ...direct.initrd, sha256: "0f".repeat(32) } } },
      { ...set, direct: { ...direct, commandLine: "console=ttyS1" } },
      { ...set, direct: alone },
      firmwareOnly,
    ];
    const ids = new Set([set, ...others].map((one) => toHex(imageOf(one, nodePrimitives))));
    expect(ids.size).toBe(7);
    const same: BootSet = { ...set, vcpus: 64, vcpuModel: "host", measurement: "00".repeat(48), firmware: { ...set.firmware, name: "x" } };
    expect(imageOf(same, nodePrimitives)).toEqual(imageOf(set, nodePrimitives));
  });

  test("a set whose measurement is none is refused", () => {
    const broken = { ...set, measurement: "00" };
    expect(makeIdBlock(vm, broken, { guestPolicy: "0x30000" }, nodePrimitives)).toMatchObject({ failure: { code: "measure.boot-set" } });
  });
});

describe("what is sealed", () => {
  test("another signature than the key's own does not leave", () => {
    const foreign = { idKey: id.key, idBlockSignature: author.sign(block), author: undefined };
    expect(sealIdAuth(block, foreign, nodePrimitives)).toMatchObject({ failure: { code: "snp.id-block-signature" } });
    const unsigned = {
      idKey: id.key,
      idBlockSignature: id.sign(block),
      author: { key: author.key, signature: id.sign(keyStructure(id.key)) },
    };
    expect(sealIdAuth(block, unsigned, nodePrimitives)).toMatchObject({ failure: { code: "snp.id-key-signature" } });
  });

  test("has a name that block and keys each change", () => {
    const names = [
      signedBlockDigest(block, id.key, undefined, nodePrimitives),
      signedBlockDigest(block, id.key, author.key, nodePrimitives),
      signedBlockDigest(block, author.key, undefined, nodePrimitives),
      signedBlockDigest(new Uint8Array(96), id.key, undefined, nodePrimitives),
    ].map(toHex);
    expect(new Set(names).size).toBe(4);
  });
});

describe("the check", () => {
  const expected = { measurement: fromHex(set.measurement), guestPolicy: 0x3_0000n, idKey: id.key };

  test("says what a block says, and finds nothing wrong with one that is right", () => {
    expect(must(checkIdBlock(block, auth, expected, nodePrimitives))).toEqual({
      measurement: set.measurement,
      familyId: vm.replaceAll("-", ""),
      imageId: toHex(imageOf(set, nodePrimitives)),
      guestSvn: 2,
      guestPolicy: "0x30000",
      idKeyDigest: toHex(keyDigest(id.key, nodePrimitives)),
      authorKeyDigest: toHex(keyDigest(author.key, nodePrimitives)),
      failures: [],
    });
  });

  test("tells all faults at once", () => {
    const other = block.slice();
    other[0] = (other[0] ?? 0) ^ 1;
    other[0x5a] = 0;
    const { failures } = must(checkIdBlock(other, auth, { ...expected, idKey: author.key }, nodePrimitives));
    expect(failures.map(({ code }) => code)).toEqual([
      "snp.id-block-signature",
      "id-block.other-measurement",
      "id-block.other-policy",
      "id-block.other-key",
    ]);
  });

  test("reads bytes, base64, and base64 in lines", () => {
    const lines = toBase64(auth).replaceAll(/(.{76})/g, "$1\r\n");
    for (const form of [auth, utf8(toBase64(auth)), utf8(`${lines}\n`)]) expect(blockBytes(form)).toEqual(auth);
    expect(blockBytes(utf8(`${toBase64(block)}\n`))).toEqual(block);
    for (const junk of [utf8("not base64!"), Uint8Array.of(0xff, 0xfe), new Uint8Array(0)])
      expect(checkIdBlock(blockBytes(junk), auth, {}, nodePrimitives)).toMatchObject({ failure: { code: "snp.id-block-malformed" } });
    expect(checkIdBlock(block, block, {}, nodePrimitives)).toMatchObject({ failure: { code: "snp.id-block-malformed" } });
  });
});

describe("the published authentication block", needsVectors(), () => {
  const bytes = needsVectors().skip ? new Uint8Array(0) : vector("id-block", "test_auth_block.bin");
  // The block that it was published with: a launch digest, POLICY 0x30000, and nothing else.
  const digest = "a14d638341e5674628fe1e02fbedebe5e5ab4faf1dd72d8966068e615bb99efd13d214b35c231715b38e263dc6059745";
  const zeros = new Uint8Array(16);
  const published = encodeIdBlock({
    launchDigest: fromHex(digest) ?? never(),
    familyId: zeros,
    imageId: zeros,
    guestSvn: 0,
    policy: 0x3_0000n,
  });

  test("verifies for its block, with the published digests of both keys", () => {
    expect(toBase64(published)).toBe(
      "oU1jg0HlZ0Yo/h4C++3r5eWrT68d1y2JZgaOYVu5nv0T0hSzXCMXFbOOJj3GBZdFAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAABAAAAAAAAAAAAAwAAAAAA",
    );
    const checked = must(checkIdBlock(published, bytes, { measurement: fromHex(digest), guestPolicy: 0x3_0000n }, nodePrimitives));
    expect(checked.failures).toEqual([]);
    expect(toBase64(fromHex(checked.idKeyDigest) ?? never())).toBe("WfssaG36T+9J84M5qndckAUcKNVzg93DuvO160sUlt87DbvcuuX+J2d6ZEggdz/i");
    expect(toBase64(fromHex(checked.authorKeyDigest ?? "") ?? never())).toBe(
      "7tgRafsMteDsNHlPEo/U4MSkb2fGWhrfqB/LJLzAiMJyNpt//D6ytq9qQoShs2xf",
    );
  });

  test("is told that it belongs to no other block", () => {
    const { failures } = must(checkIdBlock(block, bytes, {}, nodePrimitives));
    expect(failures.map(({ code }) => code)).toEqual(["snp.id-block-signature"]);
  });
});

function pair(seed: number): { readonly key: Uint8Array; readonly sign: (message: Uint8Array) => Uint8Array } {
  const scalar = new Uint8Array(48).fill(seed);
  const key = nodeSigning.publicKeyP384(scalar) ?? never();
  return { key, sign: (message) => nodeSigning.signP384(scalar, message) };
}

function never(): never {
  throw new Error("a fixture that is not there");
}
