// How large a fleet may boot at once? One number that an owner gives, and the caps of manager and listener that follow from it.
// Half of the sessions are for VMs that have said who they are, so that strangers cannot keep them out.
import { amdAnchors } from "../../endorse/roots.ts";
import type { ManagerLimits } from "../../manager/limits.ts";
import type { ManagerOptions } from "../../manager/manager.ts";
import type { ListenerLimits } from "../tls/listener.ts";
import type { SimulatedAnchors } from "./simulation/anchors.ts";

/** VMs that may launch at once; each waits for certificates, or for a person, in a session of its own. */
export const leastLaunches = 16;
export const mostLaunches = 4096;
/** As in core/manager/limits.ts and core/node/tls/listener.ts. */
export const usualLaunches = 256;

export interface Capacity {
  readonly manager: Pick<ManagerLimits, "sessions" | "strangerSessions">;
  readonly listener: Pick<ListenerLimits, "connections" | "connectionsPerAddress" | "burst" | "refillPerSecond">;
}

export function capacityFor(launches: number): Capacity {
  return {
    manager: { sessions: 2 * launches, strangerSessions: launches },
    listener: {
      connections: 4 * launches,
      connectionsPerAddress: 2 * launches,
      burst: launches,
      refillPerSecond: Math.max(8, launches / 8),
    },
  };
}

/** The simulated roots may be made later, when the first simulated VM is wanted: the manager reads them when it enrols one. */
export function managerOptions(
  managerAnchor: Uint8Array,
  anchors: Pick<SimulatedAnchors, "trust">,
  launches = usualLaunches,
): ManagerOptions {
  const options = { managerAnchor, trustAnchors: amdAnchors, limits: capacityFor(launches).manager };
  return Object.defineProperty(options, "simulatedAnchors", { enumerable: true, get: () => anchors.trust });
}
