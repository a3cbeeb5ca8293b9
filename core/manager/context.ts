// What do all parts of the manager share? The ports, the limits, and the one way to make something durable or to tell the consoles.
import type { ClockGuard } from "./clock-guard.ts";
import type { Ledger } from "./commit.ts";
import type { ManagerLimits } from "./limits.ts";
import type { Change, ManagerOptions } from "./requests.ts";
import type { ParsedEndorsements } from "./parsed.ts";
import type { ManagerPorts } from "./ports.ts";
import type { Strangers } from "./strangers.ts";
import type { Unsettled } from "./unsettled.ts";

export interface ManagerContext {
  readonly ports: ManagerPorts;
  readonly options: ManagerOptions;
  readonly limits: ManagerLimits;
  readonly ledger: Ledger;
  readonly unsettled: Unsettled;
  readonly strangers: Strangers;
  readonly parsed: ParsedEndorsements;
  readonly clockGuard: ClockGuard;
  /** Ids of the VMs for which a configuration is being issued at this moment. */
  readonly beingIssued: Set<string>;
  readonly notify: (change: Change) => void;
}
