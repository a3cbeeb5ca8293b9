// What may be done to this, in this state, and why not? One table for every page, so that a disabled control always says its reason.
// The service decides again by itself: this only spares the person a refusal.
import type { CollateralRun } from "../core/api/collateral-schemas.ts";
import type { LaunchDetail, StatusView, VmDetail } from "../core/api/schemas.ts";
import type { Connection } from "./api/service.ts";
import type { LaunchState } from "./words.ts";

export type Permission = { readonly allowed: true } | { readonly allowed: false; readonly why: string };

export const allowed: Permission = { allowed: true };

export function act(connection: Connection): Permission {
  return connection.state === "connected" ? allowed : no("The console is not connected to the service.");
}

export function decide(launch: LaunchDetail, connection: Connection): Permission {
  if (launch.state !== "pending") return no(whyNotDecidable[launch.state]);
  if (launch.evidence === undefined) return no("The VM's new evidence has not arrived yet.");
  return act(connection);
}

export function launchSimulation(status: StatusView, connection: Connection): Permission {
  if (!status.simulation.possible) return no(status.simulation.failure?.sentence ?? "A simulated launch cannot be run on this machine.");
  if (status.listener.state !== "listening") return no("The manager is not listening, so an agent could not reach it. Settings says why.");
  return act(connection);
}

export function simulate(vm: VmDetail, status: StatusView, connection: Connection): Permission {
  if (!vm.simulated) return no("Only a VM enrolled as simulated can be launched here.");
  if (!vm.enabled) return no("This VM is disabled.");
  return launchSimulation(status, connection);
}

export function fetchKnown(run: CollateralRun | undefined, connection: Connection): Permission {
  return run?.state === "running" ? no("It is being fetched already.") : act(connection);
}

export function chooseOsKeychain(status: StatusView): Permission {
  return status.keychain.osKeychainAnswers
    ? allowed
    : no("No keychain of the operating system answers here. On Linux it needs a session bus and a secret service, such as GNOME Keyring.");
}

/** The session of the app's window refuses every download (docs/electron-security.md, row 21). */
export function download(): Permission {
  return window.portcullis === undefined
    ? allowed
    : no("The app's window saves no files: copy the text, or let `portcullis vm kit` or `portcullis vm configuration` write them.");
}

function no(why: string): Permission {
  return { allowed: false, why };
}

const whyNotDecidable: Readonly<Record<Exclude<LaunchState, "pending">, string>> = {
  attesting: "The evidence is still being appraised.",
  released: "It was decided already: the disk key was released.",
  opened: "It was decided already, and the disks are open.",
  "open-failed": "It was decided already. The disks did not open.",
  refused: "The policy refused this launch. The VM has to launch again.",
  denied: "It was denied already. The VM has to launch again.",
  expired: "Nobody decided in time. The VM has to launch again.",
  abandoned: "The VM went away before a decision.",
  "delivery-unknown": "It was decided already. Whether the key arrived is unknown.",
};
