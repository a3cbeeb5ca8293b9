// A manager on its real ports (TLS listener, SQLite, keychain) that believes the tests' simulated hierarchy, put together here so that a proof or a
// bench can stand between the parts. The product's own way of putting them together is core/node/service/open.ts.
import { basename } from "node:path";
import { toHex } from "../../core/base/bytes.ts";
import { silentLog, type Log } from "../../core/base/log.ts";
import { must, ok, type Result } from "../../core/base/result.ts";
import { Secret } from "../../core/base/secret.ts";
import { utf8 } from "../../core/base/utf8.ts";
import { simulatedPreset } from "../../core/appraise/presets.ts";
import { amdAnchors } from "../../core/endorse/roots.ts";
import { createManager, type Manager, type RecoveryReport } from "../../core/manager/manager.ts";
import type { ManagerLimits } from "../../core/manager/limits.ts";
import type { Channel, Keychain, ManagerPorts, Store } from "../../core/manager/ports.ts";
import { openOsKeychain } from "../../core/node/keychain/os-keychain.ts";
import { openSealedFile } from "../../core/node/keychain/sealed-file-keychain.ts";
import { systemClock } from "../../core/node/clock.ts";
import { nodePrimitives } from "../../core/node/primitives.ts";
import { nodeSigning } from "../../core/node/signing.ts";
import { systemRandom } from "../../core/node/random.ts";
import { openStore } from "../../core/node/store/sqlite-store.ts";
import { systemTimers } from "../../core/node/timers.ts";
import { openAuthority, type TlsAuthority } from "../../core/node/tls/authority.ts";
import { listen, type ListenerLimits } from "../../core/node/tls/listener.ts";
import { trustAnchorsOf } from "../../core/simulator/hierarchy.ts";
import { revocationList } from "../../core/simulator/revocation-list.ts";
import { simulatedHierarchy } from "../kit/simulated.ts";

export type KeychainKind = "secret-service" | "sealed-file";

export interface RealManagerChoices {
  readonly folder: string;
  readonly keychain: KeychainKind;
  readonly limits?: Partial<ManagerLimits>;
  readonly log?: Log;
  /** What stands between the manager and its ports. */
  readonly between?: (ports: ManagerPorts) => ManagerPorts;
}

export interface RealManager {
  readonly manager: Manager;
  readonly recovered: Result<RecoveryReport>;
  readonly store: Store;
  readonly keychain: Keychain;
  readonly authority: TlsAuthority;
  /** @returns the port. */
  listen(port: number, onChannel: (channel: Channel) => void, limits?: Partial<ListenerLimits>): Promise<number>;
}

/** Lives until its process ends. */
export async function startRealManager(choices: RealManagerChoices): Promise<RealManager> {
  const { folder, log = silentLog, between = (ports) => ports } = choices;
  const store = must(openStore({ folder, log }));
  const keychain = must(await openKeychain(choices));
  const authority = must(
    await openAuthority({ store, keychain, clock: systemClock, timers: systemTimers, random: systemRandom, log: silentLog }),
  );
  const hierarchy = await simulatedHierarchy();
  // Made once, as a cache holds it: a revocation list costs an RSA-4096 signature.
  const crls = [revocationList(hierarchy, systemClock.now())];
  const nothing = { fetch: () => Promise.resolve(ok({ certificates: [], crls: [] })) };
  const ports = between({
    store,
    keychain,
    collateral: nothing,
    simulatedCollateral: { fetch: () => Promise.resolve(ok({ certificates: [], crls })) },
    clock: systemClock,
    timers: systemTimers,
    random: systemRandom,
    primitives: nodePrimitives,
    signing: nodeSigning,
    log,
  });
  const manager = createManager(ports, {
    managerAnchor: authority.anchor,
    trustAnchors: amdAnchors,
    simulatedAnchors: trustAnchorsOf([hierarchy]),
    ...(choices.limits === undefined ? {} : { limits: choices.limits }),
  });
  return {
    manager,
    recovered: manager.recover(),
    store,
    keychain,
    authority,
    async listen(port, onChannel, limits = {}) {
      const options = { host: "127.0.0.1", port, authority, limits, clock: systemClock, timers: systemTimers, log: silentLog, onChannel };
      return must(await listen(options)).port;
    },
  };
}

/** The simulated preset, but a guest of {@link expectedMeasurement} is released without asking anybody. */
export function automaticPolicy(): string {
  const { checks, ...rest } = simulatedPreset();
  return JSON.stringify({
    ...rest,
    checks: { ...checks, measurement: { require: [{ digest: toHex(expectedMeasurement), label: "the agent of this test" }] } },
    release: "automatic",
  });
}

/** The simulated preset, but what a person approved once goes by itself. */
export function askingOncePolicy(): string {
  return JSON.stringify({ ...simulatedPreset(), release: "first-launch-manual" });
}

export const expectedMeasurement = new Uint8Array(48).fill(0x42);

function openKeychain({ folder, keychain }: RealManagerChoices): Promise<Result<Keychain>> {
  if (keychain === "secret-service") return openOsKeychain({ installation: `test ${basename(folder)}` });
  return openSealed(`${folder}/keys.age`);
}

async function openSealed(path: string): Promise<Result<Keychain>> {
  const passphrase = new Secret(utf8("a passphrase of the tests"));
  const opened = await openSealedFile({ path, passphrase, create: false });
  if (opened.ok || opened.failure.code !== "keychain.absent") return opened;
  return openSealedFile({ path, passphrase, create: true });
}

/** The system's keychain where a private one is open (build/keyring.mjs), the sealed file elsewhere: never a person's own. */
export function keychainHere(): KeychainKind {
  return process.env["PORTCULLIS_TEST_KEYRING"] === "1" ? "secret-service" : "sealed-file";
}
