// Can an owner make, use and delete signing keys at a terminal, and check an ID block without any manager? Real processes: serve, and a
// command for each step.
import { createPublicKey, generateKeyPairSync } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { standardPreset } from "../../core/appraise/presets.ts";
import { encodeIdBlock } from "../../core/snp/id-block.ts";
import { fromHex, toBase64 } from "../../core/base/bytes.ts";
import { needsVectors, vectors } from "../kit/vectors.ts";
import { type Answer, type Installation, makeInstallation, portcullis, type Served, serve } from "./kit.ts";

let installation: Installation;
let served: Served;
const key = (...args: readonly string[]): Promise<Answer> => portcullis("id-key", ...args, ...installation.data);
const path = (name: string): string => join(installation.folder, "..", name);

beforeAll(async () => {
  installation = await makeInstallation();
  served = await serve(installation);
  const disk = ["--disk", "id=root,device=/dev/vda2,name=root", "--endpoint", "192.0.2.10:7443"];
  const added = await portcullis("vm", "add", "--name", "db-1", ...disk, ...installation.data);
  if (added.code !== 0) throw new Error(added.stderr);
});
afterAll(async () => {
  await served.stop();
  installation.remove();
});

describe("id-key", () => {
  test("create, show, export, policy, delete", async () => {
    const created = await key("create", "image", "--purpose", "id", "--json");
    expect([created.code, created.json()]).toMatchObject([0, { name: "image", purpose: "id", imported: false }]);
    const { keyDigest, publicKey } = created.json() as { readonly keyDigest: string; readonly publicKey: string };
    expect((await key("show", "image")).stdout).toContain(keyDigest);
    expect((await key("list")).stdout).toMatch(/^image {2}id {2}.* {2}not used\n$/);
    expect((await key("export", "image")).stdout).toBe(publicKey);
    expect((await key("export", "image", "--out", path("image.pem"))).code).toBe(0);
    expect(createPublicKey(readFileSync(path("image.pem"))).asymmetricKeyDetails).toMatchObject({ namedCurve: "secp384r1" });
    const policy = await key("policy", "image", "--vm", "db-1", "--guest-svn", "3", "--json");
    const { checks } = standardPreset();
    expect(policy.json()).toMatchObject({
      checks: {
        idKeyDigest: { require: [keyDigest] },
        guestSvn: { require: { minimum: 3 } },
        imageId: checks.imageId,
        authorKeyDigest: checks.authorKeyDigest,
      },
    });
    writeFileSync(path("policy.json"), policy.stdout);
    const set = await portcullis(
      "vm",
      "set-policy",
      "db-1",
      path("policy.json"),
      "--reason",
      "signed images",
      "--yes",
      ...installation.data,
    );
    expect([set.code, set.stderr]).toEqual([0, expect.stringContaining("stricter: ID key")]);
    expect((await key("delete", "image", "--reason", "x", "--confirm", "image", "--json")).json()).toMatchObject({
      failure: { code: "id-key.in-use" },
    });
  });

  test("import takes the owner's P-384 key; delete asks for its name", async () => {
    const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "secp384r1" });
    writeFileSync(path("own.pem"), privateKey.export({ format: "pem", type: "sec1" }));
    const imported = await key("import", "own", path("own.pem"), "--purpose", "author", "--json");
    expect(imported.json()).toMatchObject({ imported: true, publicKey: publicKey.export({ format: "pem", type: "spki" }) });
    const unasked = await key("delete", "own", "--reason", "x");
    expect([unasked.code, unasked.stderr]).toEqual([2, expect.stringContaining("cli.needs-terminal")]);
    expect((await key("delete", "own", "--reason", "x", "--confirm", "own")).code).toBe(0);
  });

  test.each([
    [["create", "x", "--purpose", "disk"], "cli.usage"],
    [["create", "X", "--purpose", "id"], "cli.usage"],
    [["show", "nobody"], "id-key.unknown"],
    [["policy", "nobody", "--vm", "db-1"], "id-key.unknown"],
    [["policy", "nobody", "--vm", "db-1", "--guest-svn", "-1"], "cli.usage"],
    [["import", "x", "/nowhere", "--purpose", "id"], "files.unreadable"],
  ] as const)("%j is refused", async (args, code) => {
    expect((await key(...args, "--json")).json()).toMatchObject({ failure: { code } });
  });

  test("id-block make says what is missing", async () => {
    const made = await portcullis(
      "id-block",
      "make",
      "--vm",
      "db-1",
      "--boot",
      "6.12",
      "--id-key",
      "image",
      "--json",
      ...installation.data,
    );
    expect([made.code, made.json()]).toMatchObject([1, { failure: { code: "kit.no-boot-set" } }]);
  });
});

describe("id-block check, without a manager", needsVectors(), () => {
  const measurement = "a14d638341e5674628fe1e02fbedebe5e5ab4faf1dd72d8966068e615bb99efd13d214b35c231715b38e263dc6059745";
  const zeros = new Uint8Array(16);
  const launchDigest = fromHex(measurement) ?? zeros;
  const block = encodeIdBlock({ launchDigest, familyId: zeros, imageId: zeros, guestSvn: 0, policy: 0x3_0000n });
  const auth = vectors("id-block", "test_auth_block.bin");
  const check = (...args: readonly string[]): Promise<Answer> => portcullis("id-block", "check", ...args, "--json");

  test("the published block is signed by its ID key, and that by its author key", async () => {
    writeFileSync(path("block.txt"), `${toBase64(block)}\n`);
    const checked = await check(
      "--block",
      path("block.txt"),
      "--auth",
      auth,
      "--measurement",
      measurement.toUpperCase(),
      "--policy",
      "30000",
    );
    expect([checked.code, checked.json()]).toMatchObject([0, { verifies: true, failures: [], guestPolicy: "0x30000", measurement }]);
  });

  test("another block, measurement, policy or key is a no", async () => {
    writeFileSync(path("block.bin"), block);
    const files = ["--block", path("block.bin"), "--auth", auth];
    const codes = async (...args: readonly string[]) => {
      const checked = await check(...files, ...args);
      return [
        checked.code,
        (checked.json() as { readonly failures: readonly { readonly code: string }[] }).failures.map(({ code }) => code),
      ];
    };
    expect(await codes("--measurement", "00".repeat(48))).toEqual([1, ["id-block.other-measurement"]]);
    expect(await codes("--policy", "0xb0000")).toEqual([1, ["id-block.other-policy"]]);
    const { publicKey } = generateKeyPairSync("ec", { namedCurve: "secp384r1" });
    writeFileSync(path("other.pem"), publicKey.export({ format: "pem", type: "spki" }));
    expect(await codes("--id-key", path("other.pem"))).toEqual([1, ["id-block.other-key"]]);
  });

  test("what is no block, no key or no hex is bad input", async () => {
    writeFileSync(path("block.bin"), block);
    const files = ["--block", path("block.bin"), "--auth", auth];
    for (const [args, code] of [
      [["--block", auth, "--auth", auth], "snp.id-block-malformed"],
      [["--block", "/nowhere", "--auth", auth], "cli.unreadable"],
      [[...files, "--measurement", "00"], "cli.usage"],
      [[...files, "--policy", "x"], "cli.usage"],
      [[...files, "--id-key", auth], "id-key.public-file"],
    ] as const) {
      const checked = await check(...args);
      expect([checked.code, checked.json()]).toMatchObject([2, { failure: { code } }]);
    }
  });
});
