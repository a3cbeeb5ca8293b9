// Which private keys can an owner bring along? P-384 in any PEM that OpenSSL writes without a passphrase, and nothing else.
import { execFileSync } from "node:child_process";
import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { must } from "../../core/base/result.ts";
import { readP384Key } from "../../core/node/key-file.ts";
import { nodeSigning } from "../../core/node/signing.ts";
import { needs } from "../kit/needs.ts";

const folder = mkdtempSync(join(tmpdir(), "portcullis-key-file-"));
const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "secp384r1" });

describe("a key that is taken", () => {
  test.each(["pkcs8", "sec1"] as const)("%s", (type) => {
    expect(pointOf(file("good", privateKey.export({ format: "pem", type })))).toEqual(pointOfKey(publicKey));
  });

  test("as `openssl ecparam -genkey` writes it, the parameters before it", needs("openssl"), () => {
    const path = file("openssl", execFileSync("openssl", ["ecparam", "-name", "secp384r1", "-genkey"], { encoding: "utf8" }));
    expect(pointOf(path)).toHaveLength(96);
  });
});

describe("what is refused", () => {
  const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
  const other = generateKeyPairSync("ec", { namedCurve: "prime256v1" }).privateKey;
  const pem = privateKey.export({ format: "pem", type: "pkcs8" }).toString();

  test.each<[string, string, string | Buffer]>([
    ["another curve", "id-key.curve", other.export({ format: "pem", type: "sec1" })],
    ["another kind of key", "id-key.curve", rsa.export({ format: "pem", type: "pkcs8" })],
    ["a public key", "id-key.file", publicKey.export({ format: "pem", type: "spki" })],
    [
      "a key under a passphrase",
      "id-key.file",
      privateKey.export({ format: "pem", type: "pkcs8", cipher: "aes-256-cbc", passphrase: "x" }),
    ],
    ["nothing", "id-key.file", ""],
    ["half a file", "id-key.file", pem.slice(0, pem.length / 2)],
    ["a file that is too long", "files.too-large", "x".repeat(16_385)],
  ])("%s", (_, code, content) => {
    expect(readP384Key(file("bad", content))).toMatchObject({ ok: false, failure: { code } });
  });

  test("a file that is not there", () => {
    expect(readP384Key(join(folder, "none"))).toMatchObject({ ok: false, failure: { code: "files.unreadable" } });
  });
});

function file(name: string, content: string | Buffer): string {
  const path = join(folder, `${name}.pem`);
  writeFileSync(path, content);
  return path;
}

function pointOf(path: string): Uint8Array | undefined {
  const scalar = must(readP384Key(path));
  try {
    return scalar.use((bytes) => nodeSigning.publicKeyP384(bytes));
  } finally {
    scalar.wipe();
  }
}

function pointOfKey(key: KeyObject): Uint8Array {
  return new Uint8Array(key.export({ format: "der", type: "spki" }).subarray(-96));
}
