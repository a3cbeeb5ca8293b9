// The manager's CA: made once, kept, never replaced; leaves that rotate.
import { X509Certificate, createHash } from "node:crypto";
import { expect, test } from "vitest";
import { must } from "../../../core/base/result.ts";
import { systemRandom } from "../../../core/node/random.ts";
import { caAccount, openAuthority } from "../../../core/node/tls/authority.ts";
import { codeOf, hearingLog, MemoryKeychain, MemorySettings } from "../kit.ts";
import type { AuthorityPorts } from "../../../core/node/tls/authority.ts";

const day = 86_400_000;

test("the CA is made once and the same anchor comes back", async () => {
  const { ports } = world();
  const first = must(await openAuthority(ports));
  const second = must(await openAuthority(ports));
  expect(second.anchor).toEqual(first.anchor);
  const ca = new X509Certificate(first.certificate);
  expect(ca.ca).toBe(true);
  expect(first.anchor).toEqual(
    new Uint8Array(
      createHash("sha256")
        .update(ca.publicKey.export({ type: "spki", format: "der" }))
        .digest(),
    ),
  );
  expect(ca.validToDate.getTime()).toBeGreaterThan(ports.clock.now() + 19 * 365 * day);
});

test("the leaf is for TLS servers, thirty days, backdated one, and chains to the CA", async () => {
  const { ports } = world();
  const authority = must(await openAuthority(ports));
  const ca = new X509Certificate(authority.certificate);
  const leaf = new X509Certificate(authority.leaf().chain);
  expect(leaf.checkIssued(ca)).toBe(true);
  expect(leaf.verify(ca.publicKey)).toBe(true);
  expect(leaf.ca).toBe(false);
  expect(leaf.publicKey.asymmetricKeyDetails?.namedCurve).toBe("prime256v1");
  expect(leaf.keyUsage).toEqual(["1.3.6.1.5.5.7.3.1"]);
  expect(leaf.validToDate.getTime() - leaf.validFromDate.getTime()).toBe(31 * day);
  expect(leaf.validFromDate.getTime()).toBeLessThanOrEqual(ports.clock.now() - day);
});

test("a CA whose key is gone is never replaced", async () => {
  const { ports, keychain } = world();
  must(await openAuthority(ports));
  keychain.kept.delete(caAccount);
  expect(codeOf(await openAuthority(ports))).toBe("authority.key-missing");
  expect(keychain.kept.size).toBe(0);
});

test("a key of another CA is refused, and so are damaged parts", async () => {
  const { ports, keychain, settings } = world();
  const other = world();
  must(await openAuthority(ports));
  must(await openAuthority(other.ports));
  const own = keychain.kept.get(caAccount) ?? new Uint8Array();
  keychain.kept.set(caAccount, other.keychain.kept.get(caAccount) ?? new Uint8Array());
  expect(codeOf(await openAuthority(ports))).toBe("authority.mismatch");
  keychain.kept.set(caAccount, own.slice(0, -1));
  expect(codeOf(await openAuthority(ports))).toBe("authority.malformed");
  keychain.kept.set(caAccount, own);
  settings.kept.set("authority.certificate", "AAAA");
  expect(codeOf(await openAuthority(ports))).toBe("authority.malformed");
});

test("a crash between the key and the certificate: the next start makes a certificate for the kept key", async () => {
  const { ports, settings } = world();
  const before = must(await openAuthority(ports)).anchor;
  settings.kept.clear();
  expect(must(await openAuthority(ports)).anchor).toEqual(before);
});

test("a locked keychain is said as such on first run, and nothing is made", async () => {
  const { ports, keychain, settings } = world();
  keychain.fault = "keychain.locked";
  expect(codeOf(await openAuthority(ports))).toBe("keychain.locked");
  expect(settings.kept.size).toBe(0);
});

test("the leaf rotates ten days before its end, and a locked keychain then leaves the old one in use", async () => {
  const { ports, keychain, tick, turnTo } = world();
  const authority = must(await openAuthority(ports));
  const first = authority.leaf();
  let told = 0;
  authority.onRotation(() => told++);
  turnTo(first.notAfter - 10 * day - 1);
  await tick();
  expect(authority.leaf()).toBe(first);
  keychain.fault = "keychain.locked";
  turnTo(first.notAfter - 10 * day);
  await tick();
  expect(authority.leaf()).toBe(first);
  keychain.fault = undefined;
  await tick();
  expect(authority.leaf().key).not.toBe(first.key);
  expect(told).toBe(1);
  authority.close();
});

function world() {
  const keychain = new MemoryKeychain();
  const settings = new MemorySettings();
  let now = Date.UTC(2026, 0, 1);
  let due: (() => void) | undefined;
  const ports: AuthorityPorts = {
    store: settings,
    keychain,
    clock: { now: () => now, monotonic: () => now },
    timers: {
      after(_ms, callback) {
        due = callback;
        return () => (due = undefined);
      },
    },
    random: systemRandom,
    log: hearingLog().log,
  };
  const isArmed = (): boolean => due !== undefined;
  const tick = async (): Promise<void> => {
    const callback = due;
    due = undefined;
    callback?.();
    // The next timer is set when the check is over.
    while (!isArmed()) await new Promise((resolve) => setImmediate(resolve));
  };
  return { ports, keychain, settings, tick, turnTo: (instant: number) => (now = instant) };
}
