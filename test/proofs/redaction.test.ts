// Does a key ever show? Everything that a whole run lets be seen is looked through for every secret of it, in any dress (key-detector.ts, whose own
// test proves that it finds them). docs/threat-model.md, "keys at rest" and "what the console may know".
import { createPrivateKey } from "node:crypto";
import { copyFileSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { silentLog } from "../../core/base/log.ts";
import { must } from "../../core/base/result.ts";
import { Secret } from "../../core/base/secret.ts";
import { idKeyAccount } from "../../core/manager/id-keys.ts";
import type { IdKeyRecord } from "../../core/manager/id-key-records.ts";
import { diskAccount } from "../../core/manager/keys.ts";
import type { Keychain } from "../../core/manager/ports.ts";
import { openOsKeychain } from "../../core/node/keychain/os-keychain.ts";
import { openSealedFile } from "../../core/node/keychain/sealed-file-keychain.ts";
import { databaseFile } from "../../core/node/store/database.ts";
import { openStore } from "../../core/node/store/sqlite-store.ts";
import { caAccount } from "../../core/node/tls/authority.ts";
import type { VmRecord } from "../../core/manager/records.ts";
import { missing } from "../kit/needs.ts";
import { KeyDetector } from "./key-detector.ts";
import { type RedactionRun, redactionRun } from "./redaction-run.ts";

describe.skipIf(missing("cryptsetup", "chromium"))("a whole run", () => {
  test("with the sealed key file lets no secret be seen", { timeout: 240_000 }, async () => {
    expect(await lookThrough("sealed-file")).toEqual([]);
  });

  test.skipIf(missing("keyring"))("with the system's keychain lets no secret be seen", { timeout: 240_000 }, async () => {
    expect(await lookThrough("os")).toEqual([]);
  });
});

/** @returns where something was found, and what, without its bytes. */
async function lookThrough(kind: "os" | "sealed-file"): Promise<readonly string[]> {
  const secrets: Record<string, Uint8Array> = {};
  const run = await redactionRun(kind, async ({ folder }, passphrase) => {
    const { vms, idKeys, installation } = recordsOf(folder);
    const keychain = await keychainOf(kind, folder, installation, passphrase);
    for (const { id, name, disks } of vms) {
      for (const { id: disk } of disks) secrets[`disk key of ${name}`] = await bytesOf(keychain, diskAccount(id, disk));
    }
    for (const { name } of idKeys) secrets[`private key ${name}`] = await bytesOf(keychain, idKeyAccount(name));
    secrets["the CA's private key"] = scalarOf(await bytesOf(keychain, caAccount));
  });
  Object.assign(secrets, run.brought);
  expect(Object.keys(secrets)).toEqual(expect.arrayContaining(["disk key of simulated-1", "disk key of refused", "disk key of wrong-key"]));
  expect(Object.keys(secrets)).toEqual(expect.arrayContaining(["private key image", "private key owner", "private key releases"]));
  expect(secrets["disk key of wrong-key"]).toEqual(secrets["imported disk key"]);

  expectWhole(run);
  const detector = new KeyDetector(secrets);
  return run.seen.flatMap(({ where, what }) => detector.find(what).map((found) => `${where}: ${found}`));
}

/** What was looked through is all there: a run that shows nothing proves nothing. */
function expectWhole({ seen, sampled, exits }: RedactionRun): void {
  expect(exits).toEqual([13, 14]);
  const places = new Set(seen.map(({ where }) => where.replace(/ http.*/, "")));
  for (const place of [
    "serve stderr",
    "frame to the page",
    "frame from the page",
    "page: Settings",
    "response",
    "portcullis launches show",
  ])
    expect(places).toContain(place);
  for (const name of [databaseFile, `${databaseFile}-wal`]) expect(places).toContain(`data folder, open: ${name}`);
  const commands = sampled.map(({ command }) => command.replaceAll("\0", " "));
  for (const program of ["main.ts serve", "simulated-main.ts", "cryptsetup open", "cryptsetup luksFormat", "chromium"])
    expect([program, commands.some((command) => command.includes(program))]).toEqual([program, true]);
}

/** From a copy: the folder is its manager's. */
function recordsOf(folder: string): {
  readonly vms: readonly VmRecord[];
  readonly idKeys: readonly IdKeyRecord[];
  readonly installation: string;
} {
  const copy = mkdtempSync(join(tmpdir(), "portcullis-copy-"));
  try {
    for (const name of [databaseFile, `${databaseFile}-wal`])
      if (existsSync(join(folder, name))) copyFileSync(join(folder, name), join(copy, name));
    const store = must(openStore({ folder: copy, log: silentLog }));
    const records = { vms: store.vms(), idKeys: store.idKeys(), installation: store.setting("installation.id") ?? "" };
    store.close();
    return records;
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

async function keychainOf(kind: "os" | "sealed-file", folder: string, installation: string, passphrase: Uint8Array): Promise<Keychain> {
  if (kind === "os") return must(await openOsKeychain({ installation }));
  return must(await openSealedFile({ path: join(folder, "keys.age"), passphrase: new Secret(passphrase.slice()), create: false }));
}

async function bytesOf(keychain: Keychain, account: string): Promise<Uint8Array> {
  const secret = must(await keychain.getSecret(account));
  const bytes = secret.use((lent) => lent.slice());
  secret.wipe();
  return bytes;
}

/** Only the private number: the rest of the key is in every certificate. */
function scalarOf(pkcs8: Uint8Array): Uint8Array {
  const { d = "" } = createPrivateKey({ key: Buffer.from(pkcs8), format: "der", type: "pkcs8" }).export({ format: "jwk" });
  return new Uint8Array(Buffer.from(d, "base64url"));
}
