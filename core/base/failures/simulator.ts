// What can go wrong in core/simulator and its servers, as lines of the failure table (core/base/failure.ts).
import type { FailureEntry } from "./entry.ts";

export const simulatorFailures = {
  "simulator.frame-malformed": {
    family: "malformed",
    peer: "malformed",
    sentence: "A message on the simulated processor's port is not in its form. Use the agent and the simulator of the same release.",
  },
  "simulator.processor-unavailable": {
    family: "unavailable",
    peer: "try-later",
    sentence: "The simulated processor gives no report on its socket. Start the simulator, and name its socket to the agent.",
  },
  "simulator.hierarchy-unreadable": {
    family: "misconfigured",
    peer: "try-later",
    sentence:
      "The simulator's saved keys cannot be read. Repair the file or its permissions; or delete it, and enrol the simulated VMs again.",
  },
  "simulator.hierarchy-not-saved": {
    family: "misconfigured",
    peer: "try-later",
    sentence: "The simulator's keys cannot be saved. Free some space or choose a folder that this user may write to.",
  },
  "simulator.address-unusable": {
    family: "misconfigured",
    peer: "try-later",
    sentence: "The simulator cannot listen on this address. End the program that uses it, or choose another address.",
  },
} as const satisfies Record<string, FailureEntry>;
