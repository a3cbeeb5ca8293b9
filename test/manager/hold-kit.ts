// What the tests of "What must always hold" share: a launch that waits, and guests to forge evidence with.
import { expect } from "vitest";
import { type Forged } from "../kit/rogue.ts";
import { type Connection, type World } from "../kit/world.ts";
import type { SimulatedGuest } from "../../core/simulator/processor.ts";
import type { VmRecord } from "../../core/manager/records.ts";

export async function pendingLaunch(world: World, vm: VmRecord, guest?: SimulatedGuest): Promise<Connection> {
  const connection = world.connect(vm, guest === undefined ? {} : { guest });
  await world.run();
  expect(world.launchOf(connection).state).toBe("pending");
  return connection;
}

export function honestly(world: World, vm: VmRecord): (reportData: Uint8Array) => Forged {
  const guest = world.guest(vm);
  return (reportData) => ({ report: guest.report({ reportData }), certificates: guest.certTable() });
}

/** A guest whose processor changes between its reports. */
export function changing(first: SimulatedGuest, then: SimulatedGuest): SimulatedGuest {
  let reports = 0;
  return { ...first, report: (request) => (reports++ === 0 ? first : then).report(request) };
}
