// Where do disk keys live, and who may hold them? In the keychain, under one account for each disk; here only as Secrets on their way.
// SECURITY: nothing here is logged but ids. Whoever gets keys from here wipes them.
import type { Random } from "../base/random.ts";
import { ok, type Result } from "../base/result.ts";
import { Secret } from "../base/secret.ts";
import type { DiskKey } from "../release/grant.ts";
import type { Keychain } from "./ports.ts";

export function diskAccount(vm: string, disk: string): string {
  return `disk/${vm}/${disk}`;
}

/** All of them or none: after a failure nothing is held. */
export async function readKeys(keychain: Keychain, vm: string, disks: readonly string[]): Promise<Result<readonly DiskKey[]>> {
  const keys: DiskKey[] = [];
  for (const disk of disks) {
    const read = await keychain.getSecret(diskAccount(vm, disk));
    if (!read.ok) {
      wipeKeys(keys);
      return read;
    }
    keys.push({ disk, key: read.value });
  }
  return ok(keys);
}

/** Keeps all keys or none: after a failure those that were written are deleted again. `keys` stays the caller's to wipe. */
export async function writeKeys(keychain: Keychain, vm: string, keys: readonly DiskKey[]): Promise<Result<void>> {
  const written: string[] = [];
  for (const { disk, key } of keys) {
    const answer = await keychain.setSecret(diskAccount(vm, disk), key);
    // A failed write may have been one in part.
    written.push(disk);
    if (!answer.ok) {
      await deleteKeys(keychain, vm, written);
      return answer;
    }
  }
  return ok(undefined);
}

/** A key that cannot be deleted is left: it opens a disk that no record names. */
export async function deleteKeys(keychain: Keychain, vm: string, disks: readonly string[]): Promise<void> {
  for (const disk of disks) await keychain.deleteSecret(diskAccount(vm, disk));
}

export function freshKey(random: Random): Secret {
  return new Secret(random.bytes(freshKeyLength));
}

export function wipeKeys(keys: readonly DiskKey[]): void {
  for (const { key } of keys) key.wipe();
}

const freshKeyLength = 64;
