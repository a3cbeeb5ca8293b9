// Which VM does a question mean, and what is shown of it? For the methods of the contract, all of which refuse an unknown one alike.
import { failure } from "../../base/failure.ts";
import type { VmRecord } from "../../manager/records.ts";
import { refused, take } from "./api.ts";
import type { RouterParts } from "./router-parts.ts";
import { vmDetail } from "./views.ts";

/** @throws a refusal where there is none: `api.no-such-vm`. */
export function vmOf({ manager }: Pick<RouterParts, "manager">, id: string): VmRecord {
  const vm = take(manager()).vm(id);
  if (vm === undefined) throw refused(failure("api.no-such-vm", id));
  return vm;
}

export function lastLaunchOf({ manager }: Pick<RouterParts, "manager">, vm: string) {
  return take(manager()).launches({ vm, limit: 1 })[0];
}

export function shownVm(parts: Pick<RouterParts, "manager">, vm: VmRecord) {
  return vmDetail(vm, lastLaunchOf(parts, vm.id));
}
