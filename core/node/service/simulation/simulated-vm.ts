// Which VM does "Launch a simulated VM" launch? One that is enrolled as simulated, dials this manager, and has its only disk in our folder:
// the one that was named, the built-in one, or a new built-in one where the manager has moved to another address.
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { failure } from "../../../base/failure.ts";
import { fail, ok, type Result } from "../../../base/result.ts";
import { currentConfiguration } from "../../../manager/configurations.ts";
import type { Manager } from "../../../manager/manager.ts";
import type { VmRecord } from "../../../manager/records.ts";
import { isScratchDisk } from "./scratch-disk.ts";

export interface SimulatedVmParts {
  readonly manager: Manager;
  /** Where scratch disks are. */
  readonly folder: string;
  /** host:port that the manager listens on. */
  readonly endpoint: string;
}

export async function chooseSimulatedVm({ manager, folder, endpoint }: SimulatedVmParts, named?: string): Promise<Result<VmRecord>> {
  if (named !== undefined) {
    const vm = manager.vm(named);
    if (vm === undefined) return fail(failure("api.no-such-vm", named));
    return checkSimulated(vm, folder);
  }
  const builtIn = manager
    .vms()
    .filter((vm) => builtInName.test(vm.name))
    .find((vm) => checkSimulated(vm, folder).ok && vm.enabled && dials(vm, endpoint));
  if (builtIn !== undefined) return ok(builtIn);
  const numbers = manager.vms().map((vm) => Number(builtInName.exec(vm.name)?.[1] ?? 0));
  return manager.enrol({
    name: `simulated-${Math.max(0, ...numbers) + 1}`,
    simulated: true,
    disks: [{ id: "root", device: join(folder, `${randomUUID()}.img`), name: "root" }],
    endpoints: [endpoint],
    measurements: [],
  });
}

function checkSimulated(vm: VmRecord, folder: string): Result<VmRecord> {
  if (vm.simulatedAnchors === undefined) return fail(failure("simulation.not-simulated", vm.name));
  const elsewhere = vm.disks.find(({ device }) => !isScratchDisk(folder, device));
  return elsewhere === undefined ? ok(vm) : fail(failure("simulation.disk-elsewhere", elsewhere.device));
}

/** Its configuration is JSON that this manager wrote. */
function dials(vm: VmRecord, endpoint: string): boolean {
  return currentConfiguration(vm).text.includes(JSON.stringify(endpoint));
}

const builtInName = /^simulated-([0-9]{1,6})$/;
