// Is this agent configuration one that the manager issued for the VM and still stands by? (docs/protocol.md, "What ties a launch together")
import { failure, type Failure } from "../base/failure.ts";
import type { VmRecord } from "./records.ts";

/** @param digest hex, as the agent named it. */
export function configurationFault(vm: VmRecord, digest: string): Failure | undefined {
  const issued = vm.configurations.find((configuration) => configuration.digest === digest);
  if (issued === undefined) return failure("release.configuration-unknown", digest);
  return issued.retiredAt === undefined ? undefined : failure("release.configuration-retired", digest);
}
