// What every keychain promises, asked of the real ones: the system's (a private gnome-keyring) and the sealed file.
import { join } from "node:path";
import { randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import { must } from "../../../core/base/result.ts";
import { Secret } from "../../../core/base/secret.ts";
import { utf8 } from "../../../core/base/utf8.ts";
import { openOsKeychain } from "../../../core/node/keychain/os-keychain.ts";
import { openSealedFile } from "../../../core/node/keychain/sealed-file-keychain.ts";
import { needs } from "../../kit/needs.ts";
import { codeOf, scratchFolder } from "../kit.ts";
import type { Keychain } from "../../../core/manager/ports.ts";

interface Kind {
  readonly name: string;
  readonly needed: { readonly skip: boolean };
  /** A function that opens the same empty keychain again and again. */
  prepare(): () => Promise<Keychain>;
}

const kinds: readonly Kind[] = [
  {
    name: "secret-service",
    needed: needs("keyring"),
    prepare() {
      const installation = randomUUID();
      return async () => must(await openOsKeychain({ installation }));
    },
  },
  {
    name: "sealed-file",
    needed: { skip: false },
    prepare() {
      const path = join(scratchFolder(), "keys.age");
      let create = true;
      return async () => {
        const opened = must(await openSealedFile({ path, passphrase: new Secret(utf8("correct horse")), create }));
        create = false;
        return opened;
      };
    },
  },
];

for (const { name, needed, prepare } of kinds) {
  describe(name, needed, () => {
    test("says what it is", async () => expect((await prepare()()).backend).toBe(name));

    test("keeps any bytes, of any length, until they are replaced or deleted", async () => {
      const open = prepare();
      const keychain = await open();
      const every = Uint8Array.from({ length: 256 }, (_, i) => i);
      for (const bytes of [every, new Uint8Array(1), new Uint8Array(8192).fill(255)]) {
        must(await keychain.setSecret("disk/vm/root", new Secret(bytes.slice())));
        expect(await read(keychain, "disk/vm/root")).toEqual(bytes);
        expect(await read(await open(), "disk/vm/root")).toEqual(bytes);
      }
      must(await keychain.deleteSecret("disk/vm/root"));
      expect(codeOf(await keychain.getSecret("disk/vm/root"))).toBe("keychain.no-such-key");
      expect(codeOf(await (await open()).getSecret("disk/vm/root"))).toBe("keychain.no-such-key");
    });

    test("accounts do not touch each other", async () => {
      const keychain = await prepare()();
      const accounts = ["manager/ca", "disk/a/root", "disk/a/root2", "disk/ä/🔑"];
      for (const [i, account] of accounts.entries()) must(await keychain.setSecret(account, new Secret(Uint8Array.of(i))));
      must(await keychain.deleteSecret("disk/a/root"));
      expect(await read(keychain, "manager/ca")).toEqual(Uint8Array.of(0));
      expect(codeOf(await keychain.getSecret("disk/a/root"))).toBe("keychain.no-such-key");
      expect(await read(keychain, "disk/a/root2")).toEqual(Uint8Array.of(2));
      expect(await read(keychain, "disk/ä/🔑")).toEqual(Uint8Array.of(3));
    });

    test("what is not there is said, for reading and for deleting", async () => {
      const keychain = await prepare()();
      expect(codeOf(await keychain.getSecret("none"))).toBe("keychain.no-such-key");
      expect(codeOf(await keychain.deleteSecret("none"))).toBe("keychain.no-such-key");
    });

    test("does not take ownership of a secret, and each reading is its own", async () => {
      const keychain = await prepare()();
      const secret = new Secret(Uint8Array.of(1, 2, 3));
      must(await keychain.setSecret("a", secret));
      expect(secret.wiped).toBe(false);
      secret.wipe();
      must(await keychain.getSecret("a")).wipe();
      expect(await read(keychain, "a")).toEqual(Uint8Array.of(1, 2, 3));
    });

    test("many changes at once are all kept", async () => {
      const keychain = await prepare()();
      const numbers = [1, 2, 3, 4];
      await Promise.all(numbers.map(async (n) => must(await keychain.setSecret(`k${n}`, new Secret(Uint8Array.of(n))))));
      expect(await Promise.all(numbers.map((n) => read(keychain, `k${n}`)))).toEqual(numbers.map((n) => Uint8Array.of(n)));
    });
  });
}

async function read(keychain: Keychain, account: string): Promise<Uint8Array> {
  const secret = must(await keychain.getSecret(account));
  const bytes = secret.use((lent) => lent.slice());
  secret.wipe();
  return bytes;
}
