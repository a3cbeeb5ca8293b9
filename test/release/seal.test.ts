// Do granted keys leave only sealed, once, and wiped behind?
import { describe, expect, test } from "vitest";
import { makeSealingKey, openWith } from "../../core/base/hpke.ts";
import { must, ok } from "../../core/base/result.ts";
import { Secret } from "../../core/base/secret.ts";
import { utf8 } from "../../core/base/utf8.ts";
import { diskAad } from "../../core/launch/transcript.ts";
import { systemRandom } from "../../core/node/random.ts";
import { commitRelease } from "../../core/release/committed.ts";
import { type KeyGrant, grantKeys } from "../../core/release/grant.ts";
import { sealKeys } from "../../core/release/seal.ts";

const info = utf8("alp/1 release and a transcript");

const granted = (): { readonly grant: KeyGrant; readonly keys: readonly Secret[] } => {
  const facts = { launch: "one", vm: "two", evidenceDigest: "00".repeat(48), disks: ["root", "data"] };
  const keys = [1, 2].map((fill) => new Secret(new Uint8Array(32).fill(fill)));
  const decision = must(commitRelease(facts, () => ok(1)));
  return {
    keys,
    grant: grantKeys(
      decision,
      keys.map((key, index) => ({ disk: facts.disks[index] ?? "", key })),
    ),
  };
};

describe("sealing a grant", () => {
  test("seals each key for its own disk, and wipes all", async () => {
    const { publicKey, privateKey } = await makeSealingKey(systemRandom);
    const { grant, keys } = granted();
    const sealed = must(await sealKeys(grant, { publicKey, info, random: systemRandom }));
    expect(sealed.map(({ disk }) => disk)).toEqual(["root", "data"]);
    for (const [index, one] of sealed.entries()) {
      const opened = must(await openWith(privateKey, { ...one, info, aad: diskAad(one.disk) }));
      expect(opened.use((bytes) => bytes.slice())).toEqual(new Uint8Array(32).fill(index + 1));
    }
    expect(keys.every(({ wiped }) => wiped)).toBe(true);
    const [root, data] = sealed;
    const swapped =
      root !== undefined && data !== undefined ? await openWith(privateKey, { ...root, info, aad: diskAad("data") }) : undefined;
    expect(swapped).toMatchObject({ failure: { code: "launch.sealed-key" } });
  });

  test("an unsound sealing key gets nothing, and the keys are wiped all the same", async () => {
    const { grant, keys } = granted();
    const sealed = await sealKeys(grant, { publicKey: new Uint8Array(1216), info, random: systemRandom });
    expect(sealed).toMatchObject({ failure: { code: "launch.sealing-key" } });
    expect(keys.every(({ wiped }) => wiped)).toBe(true);
  });

  test("a second time is a bug", async () => {
    const { publicKey } = await makeSealingKey(systemRandom);
    const { grant } = granted();
    await sealKeys(grant, { publicKey, info, random: systemRandom });
    await expect(sealKeys(grant, { publicKey, info, random: systemRandom })).rejects.toThrow("once");
  });
});
