// What does the router ask of the service? Its parts, so that every method can be tried without a store or a socket.
import type {
  CollateralChip,
  CollateralExport,
  CollateralImport,
  CollateralItemView,
  CollateralRun,
} from "../../api/collateral-schemas.ts";
import type { DiskQuestion, DiskRun } from "../../api/disk-schemas.ts";
import type { ConsoleLink, Enrolment, SimulationView, StatusView } from "../../api/schemas.ts";
import type { Role } from "../../api/roles.ts";
import type { Log } from "../../base/log.ts";
import type { Result } from "../../base/result.ts";
import type { Manager } from "../../manager/manager.ts";
import type { Proposal } from "../../manager/proposals.ts";
import type { KeptBootSet, VmRecord } from "../../manager/records.ts";
import type { Product } from "../../snp/product.ts";
import type { Changes } from "./changes.ts";

export interface RouterParts {
  /** Fails with the keychain's code until there is one. */
  readonly manager: () => Result<Manager>;
  readonly status: () => StatusView;
  readonly changes: Changes;
  readonly keychain: KeychainActions;
  readonly retryListener: () => Promise<Result<void>>;
  readonly enrol: (enrolment: Enrolment, keyFiles: readonly KeyFile[]) => Promise<Result<VmRecord>>;
  readonly simulations: Simulations;
  readonly collateral: CollateralActions;
  readonly disks: DiskActions;
  readonly idBlocks: IdBlocks;
  /** `service.no-console` in Electron. */
  readonly consoleLink: () => Result<ConsoleLink>;
  /** The host shows it, with its code, where the page cannot see it. */
  readonly onProposal: (proposal: Proposal) => void;
  /** A short random name that joins a caller's "internal" with a line of the log. */
  readonly errorNumber: () => string;
  readonly log: Log;
}

export type KeychainChoice = { readonly backend: "os" } | { readonly backend: "sealed-file"; readonly passphrase: string };

export interface KeychainActions {
  choose(choice: KeychainChoice): Promise<Result<void>>;
  unlock(passphrase: string | undefined): Promise<Result<void>>;
}

export interface KeyFile {
  readonly disk: string;
  /** On the manager's machine. */
  readonly path: string;
}

export interface Simulations {
  /** @param vm a VM enrolled as simulated; the built-in one where it is not given. */
  launch(vm?: string): Promise<Result<SimulationView>>;
  get(id: string): Result<SimulationView>;
  cancel(id: string): Result<void>;
}

export interface IdBlocks {
  /**
   * The ID block of a launch of this VM with this set, signed with the keys that the VM's plan names; its LD is the set's measurement and its POLICY the
   * plan's. A signed block admits an image: refused where the set is not approved and `role` is not "approve".
   */
  sign(vm: VmRecord, set: KeptBootSet, role: Role): Promise<Result<SignedIdBlock>>;
}

export interface SignedIdBlock {
  /** 96 bytes. */
  readonly block: Uint8Array;
  /** 4096 bytes. */
  readonly auth: Uint8Array;
  /** Whether an author key signed the ID key. */
  readonly authorKey: boolean;
}

export interface CollateralActions {
  list(): readonly CollateralItemView[];
  /** @param path on the manager's machine. */
  import(path: string): Result<CollateralImport>;
  export(product: Product | undefined): Result<CollateralExport>;
  /** `kds.off`. */
  fetch(chips: readonly CollateralChip[]): Result<CollateralRun>;
  fetchKnown(): Promise<Result<CollateralRun>>;
  run(): CollateralRun | undefined;
}

export interface DiskActions {
  /** Answers once it is clear that the work can begin. */
  prepare(question: DiskQuestion): Promise<Result<DiskRun>>;
  /** The newest, where no id is given. */
  run(id: string | undefined): DiskRun | undefined;
  cancel(id: string): Result<DiskRun>;
}
