// How does a host start the service? From options to the adapters: the data folder's store first, because it says whether we may be here at all,
// then the ways to a keychain and to collateral. It decides nothing.
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { ok, type Result } from "../../base/result.ts";
import { kdsBase } from "../../endorse/kds-address.ts";
import { amdAnchors } from "../../endorse/roots.ts";
import { systemClock } from "../clock.ts";
import { BundleStore } from "../collateral/bundle-store.ts";
import { openCollateralSource } from "../collateral/collateral-source.ts";
import { openOsKeychain } from "../keychain/os-keychain.ts";
import { openSealedFile } from "../keychain/sealed-file-keychain.ts";
import { nodePrimitives } from "../primitives.ts";
import { openStore, type SqliteStore } from "../store/sqlite-store.ts";
import { systemTimers } from "../timers.ts";
import type { KeychainDoors } from "./keychain-choice.ts";
import { type Service, type ServiceParts, startService } from "./service.ts";

export interface ServiceOptions
  extends Omit<ServiceParts, "store" | "doors" | "collateral" | "bundles" | "simulatorFolder" | "diskFolder"> {
  readonly dataFolder: string;
  /** AMD's key service unless given: another address, or "off". */
  readonly kds?: string;
  /** Where the simulated hierarchy is kept, where not in the data folder. */
  readonly simulatorFolder?: string;
}

/** What the store says (`store.in-use`, `store.corrupt`, …, `files.*`), and what {@link startService} says. */
export async function openService(options: ServiceOptions): Promise<Result<Service>> {
  const { dataFolder, log } = options;
  const store = openStore({ folder: dataFolder, log });
  if (!store.ok) return store;
  const installation = installationOf(store.value);
  if (!installation.ok) {
    store.value.close();
    return installation;
  }
  return startService({
    ...options,
    store: store.value,
    doors: doorsOf(dataFolder, installation.value),
    collateral: openCollateralSource({
      store: store.value,
      folder: join(dataFolder, "collateral"),
      ...(options.kds === undefined ? {} : { kds: options.kds === "off" ? "off" : { base: options.kds } }),
      clock: systemClock,
      timers: systemTimers,
      log,
    }),
    bundles: new BundleStore({
      shelf: store.value,
      base: options.kds === undefined || options.kds === "off" ? kdsBase : options.kds,
      anchors: amdAnchors,
      clock: systemClock,
      primitives: nodePrimitives,
    }),
    simulatorFolder: options.simulatorFolder ?? join(dataFolder, "simulator"),
    diskFolder: join(dataFolder, "simulated-disks"),
  });
}

function doorsOf(dataFolder: string, installation: string): KeychainDoors {
  const path = join(dataFolder, "keys.age");
  return {
    openOs: () => openOsKeychain({ installation }),
    async openSealedFile(passphrase, mayMake) {
      const opened = await openSealedFile({ path, passphrase, create: false });
      if (opened.ok || !mayMake || opened.failure.code !== "keychain.absent") return opened;
      return openSealedFile({ path, passphrase, create: true });
    },
  };
}

/** Two installations of one person share the system's keychain: this name keeps their keys apart. */
function installationOf(store: SqliteStore): Result<string> {
  const known = store.setting(setting);
  if (known !== undefined) return ok(known);
  const made = randomUUID();
  const saved = store.saveSetting(setting, made);
  return saved.ok ? ok(made) : saved;
}

const setting = "installation.id";
