// One service, two hosts: everything that a running Portcullis is, without a console. It opens the data folder, then the keychain, then what needs one:
// CA, manager, listener. Until there is a keychain it answers with the reason. core/cli/serve.ts and electron/service start it.
import type { ConsoleLink, Enrolment, StatusView } from "../../api/schemas.ts";
import { type Failure, failure } from "../../base/failure.ts";
import type { Log } from "../../base/log.ts";
import { fail, ok, type Result } from "../../base/result.ts";
import { createManager, type Manager } from "../../manager/manager.ts";
import type { Keychain } from "../../manager/ports.ts";
import type { Proposal } from "../../manager/proposals.ts";
import type { VmRecord } from "../../manager/records.ts";
import { systemClock } from "../clock.ts";
import { FetchAhead } from "../collateral/fetch-ahead.ts";
import { ListKeeper } from "../collateral/list-keeper.ts";
import type { BundleStore } from "../collateral/bundle-store.ts";
import type { NodeCollateralSource } from "../collateral/collateral-source.ts";
import { nodePrimitives } from "../primitives.ts";
import { nodeSigning } from "../signing.ts";
import { systemRandom } from "../random.ts";
import type { SqliteStore } from "../store/sqlite-store.ts";
import { systemTimers } from "../timers.ts";
import { openAuthority, type TlsAuthority } from "../tls/authority.ts";
import { PreparedDisks } from "../disk/prepared-disks.ts";
import { Changes } from "./changes.ts";
import { enrolWithKeys } from "./enrol.ts";
import { ChosenKeychain, type KeychainDoors } from "./keychain-choice.ts";
import { idBlocksOf } from "./id-block-port.ts";
import { collateralPort } from "./collateral-port.ts";
import { capacityFor, managerOptions, usualLaunches } from "./capacity.ts";
import { ListenerKeeper } from "./listener-keeper.ts";
import type { HostPort } from "./address.ts";
import { orAfter } from "./or-after.ts";
import { createRouter, type ServiceRouter } from "./router.ts";
import type { KeychainChoice, KeyFile, RouterParts } from "./router-parts.ts";
import type { RunAgent } from "./simulation/agent-run.ts";
import { SimulatedAnchors } from "./simulation/anchors.ts";
import { findCryptsetup } from "./simulation/scratch-disk.ts";
import { NodeSimulations } from "./simulation/simulations.ts";
import { failureView } from "./views.ts";

export interface ServiceParts {
  readonly version: string;
  readonly store: SqliteStore;
  readonly doors: KeychainDoors;
  readonly collateral: NodeCollateralSource;
  /** Over the same cache as `collateral`. */
  readonly bundles: BundleStore;
  /** Chosen on the command line. */
  readonly keychain?: KeychainChoice;
  readonly listen: HostPort;
  /** host:port that agents dial, where it is not the one that is listened on. */
  readonly advertise?: string;
  /** VMs that may launch at once (capacity.ts); {@link usualLaunches} where it is not given. */
  readonly maximumLaunches?: number;
  /** Where the simulated hierarchy and the scratch disks are. */
  readonly simulatorFolder: string;
  readonly diskFolder: string;
  readonly runAgent: RunAgent;
  readonly confirmation: StatusView["confirmation"];
  /** A proposal was made. The code is for the host's terminal. */
  readonly onProposal: (proposal: Proposal, code: string | undefined) => void;
  readonly consoleLink: () => Result<ConsoleLink>;
  readonly log: Log;
}

export interface Service {
  readonly router: ServiceRouter;
  status(): StatusView;
  /** Ends every session, closes the socket and the store. Idempotent. */
  close(): Promise<void>;
}

/**
 * Fails where the records or the CA cannot be used, and where the keychain that the command line asks for does not open. A keychain that nobody asked
 * for by name and that does not open yet is said by the status.
 */
export async function startService(parts: ServiceParts): Promise<Result<Service>> {
  const service = new RunningService(parts);
  const started = await service.start();
  if (started.ok) return ok(service);
  await service.close();
  return started;
}

interface Core {
  readonly manager: Manager;
  readonly keychain: Keychain;
  readonly authority: TlsAuthority;
}

class RunningService implements Service {
  readonly router: ServiceRouter;
  readonly #parts: ServiceParts;
  readonly #changes = new Changes();
  readonly #keychain: ChosenKeychain;
  readonly #anchors: SimulatedAnchors;
  readonly #lists: ListKeeper;
  readonly #ahead: FetchAhead;
  readonly #listener: ListenerKeeper;
  readonly #simulations: NodeSimulations;
  readonly #disks: PreparedDisks;
  /** The core, why there is none, and the one attempt to make it. */
  #core: Result<Core> = fail(failure("service.not-ready"));
  #making: Promise<Result<void>> | undefined;
  #closing: Promise<void> | undefined;

  constructor(parts: ServiceParts) {
    this.#parts = parts;
    const { log } = parts;
    this.#keychain = new ChosenKeychain({ doors: parts.doors, store: parts.store, log });
    this.#anchors = new SimulatedAnchors(parts.simulatorFolder, systemClock);
    const forCollateral = {
      source: parts.collateral,
      store: parts.store,
      clock: systemClock,
      timers: systemTimers,
      log,
      onChange: () => this.#changes.tell({ kind: "collateral" }),
    };
    this.#lists = new ListKeeper(forCollateral);
    this.#ahead = new FetchAhead(forCollateral);
    this.#listener = new ListenerKeeper({
      listen: parts.listen,
      ...(parts.advertise === undefined ? {} : { advertise: parts.advertise }),
      limits: capacityFor(parts.maximumLaunches ?? usualLaunches).listener,
      clock: systemClock,
      timers: systemTimers,
      log,
      onChange: () => this.#changes.tell({ kind: "status" }),
    });
    this.#simulations = new NodeSimulations({
      ready: () => this.#core,
      endpoint: () => this.#listener.localEndpoint(),
      anchors: this.#anchors,
      folder: parts.diskFolder,
      runAgent: parts.runAgent,
      changes: this.#changes,
      clock: systemClock,
      timers: systemTimers,
      random: systemRandom,
      log,
    });
    this.#disks = new PreparedDisks({
      ready: () => this.#core,
      clock: systemClock,
      log,
      onChange: (id) => this.#changes.tell({ kind: "disk", id }),
    });
    this.router = createRouter(this.#routerParts());
  }

  async start(): Promise<Result<void>> {
    this.#lists.start();
    const started = this.#startKeychain();
    // A keychain may ask its owner for a password first: the console does not wait for that.
    return this.#parts.keychain === undefined ? orAfter(keychainPatience, started, ok(undefined)) : started;
  }

  async #startKeychain(): Promise<Result<void>> {
    const chosen = await this.#keychain.start(this.#parts.keychain);
    if (chosen.ok) {
      const made = await this.#makeCore();
      return made.ok || isKeychains(made.failure) ? ok(undefined) : made;
    }
    if (this.#parts.keychain !== undefined) return chosen;
    this.#core = fail(this.#keychain.failure() ?? chosen.failure);
    this.#parts.log.write("warn", "service.waits-for-keychain", { code: chosen.failure.code });
    this.#changes.tell({ kind: "status" });
    return ok(undefined);
  }

  status(): StatusView {
    const simulation = findCryptsetup();
    const keychainFailure = this.#keychain.failure() ?? (this.#core.ok ? undefined : this.#core.failure);
    return {
      version: this.#parts.version,
      keychain: { ...this.#keychain.view(), ...(keychainFailure === undefined ? {} : { failure: failureView(keychainFailure) }) },
      listener: this.#listener.view(),
      pending: this.#core.ok ? this.#core.value.manager.pending().length : 0,
      confirmation: this.#parts.confirmation,
      expiring: [...this.#lists.expiring()],
      simulation: simulation.ok
        ? { possible: true, diskFolder: this.#parts.diskFolder }
        : { possible: false, diskFolder: this.#parts.diskFolder, failure: failureView(simulation.failure) },
    };
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#lists.close();
    this.#ahead.close();
    // No new connection first; then everything that lives ends at once, so that nobody waits for the other.
    const manager = this.#core.ok ? this.#core.value.manager.stop() : undefined;
    await Promise.all([this.#listener.close(), this.#simulations.close(), this.#disks.close(), manager, this.#making]);
    if (this.#core.ok) this.#core.value.authority.close();
    this.#changes.end();
    this.#keychain.close();
    this.#parts.collateral.close();
    this.#parts.store.close();
  }

  /** Callers that come while it is made wait for the same attempt. A failure stays to be told, and the next attempt begins anew. */
  #makeCore(): Promise<Result<void>> {
    this.#making ??= this.#openCore()
      .then((core) => {
        this.#core = core;
        return core.ok ? ok(undefined) : core;
      })
      .finally(() => {
        this.#making = undefined;
        this.#changes.tell({ kind: "status" });
      });
    return this.#making;
  }

  async #openCore(): Promise<Result<Core>> {
    if (this.#core.ok) return this.#core;
    if (this.#closing !== undefined) return fail(failure("service.not-ready"));
    const { store, log } = this.#parts;
    const keychain = this.#keychain.get();
    if (!keychain.ok) return keychain;
    const world = { store, keychain: keychain.value, clock: systemClock, timers: systemTimers, random: systemRandom, log };
    const ports = { ...world, primitives: nodePrimitives, signing: nodeSigning };
    const authority = await openAuthority(ports);
    if (!authority.ok) return authority;
    const manager = createManager(
      { ...ports, collateral: this.#parts.collateral, simulatedCollateral: this.#anchors },
      managerOptions(authority.value.anchor, this.#anchors, this.#parts.maximumLaunches),
    );
    const recovered = manager.recover();
    if (!recovered.ok) {
      authority.value.close();
      return recovered;
    }
    const { auditEntries, deliveryUnknown, abandoned } = recovered.value;
    log.write("info", "service.recovered", { count: auditEntries });
    for (const launch of deliveryUnknown) log.write("warn", "service.delivery-unknown", { launch });
    for (const launch of abandoned) log.write("info", "service.abandoned", { launch });
    manager.subscribe((change) => this.#changes.tell(change));
    await this.#listener.open(authority.value, (channel) => void manager.accept(channel));
    return ok({ manager, keychain: keychain.value, authority: authority.value });
  }

  #routerParts(): RouterParts {
    const afterKeychain = async (chosen: Result<void>): Promise<Result<void>> => {
      this.#changes.tell({ kind: "status" });
      return chosen.ok ? this.#makeCore() : chosen;
    };
    const manager = (): Result<Manager> => (this.#core.ok ? ok(this.#core.value.manager) : this.#core);
    return {
      manager,
      status: () => this.status(),
      changes: this.#changes,
      keychain: {
        choose: async (choice) => afterKeychain(await this.#keychain.choose(choice)),
        unlock: async (passphrase) => afterKeychain(await this.#keychain.unlock(passphrase)),
      },
      retryListener: () => this.#listener.retry(),
      enrol: (enrolment, keyFiles) => this.#enrol(enrolment, keyFiles),
      simulations: this.#simulations,
      disks: this.#disks,
      collateral: collateralPort(this.#parts.bundles, this.#ahead, this.#changes),
      idBlocks: idBlocksOf(manager),
      consoleLink: this.#parts.consoleLink,
      onProposal: (proposal) => {
        const code = this.#core.ok ? this.#core.value.manager.proposals.codeOf(proposal.proposal) : undefined;
        this.#parts.onProposal(proposal, code);
      },
      errorNumber: () => Buffer.from(systemRandom.bytes(4)).toString("hex"),
      log: this.#parts.log,
    };
  }

  async #enrol(enrolment: Enrolment, keyFiles: readonly KeyFile[]): Promise<Result<VmRecord>> {
    if (!this.#core.ok) return this.#core;
    if (enrolment.simulated) {
      const hierarchy = await this.#anchors.hierarchy();
      if (!hierarchy.ok) return hierarchy;
    }
    return enrolWithKeys(this.#core.value.manager, enrolment, keyFiles);
  }
}

/** A person can mend it in the console; what else stands in the way of a start is for the operator. */
function isKeychains({ code }: Failure): boolean {
  return code.startsWith("keychain.");
}

const keychainPatience = 3_000;
