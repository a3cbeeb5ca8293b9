// How does a launch kit get its signed ID block? From the manager, with the keys of the VM's plan; the caller's role says whether an
// unapproved boot set may be signed.
import type { Result } from "../../base/result.ts";
import { mayCall } from "../../api/roles.ts";
import type { Manager } from "../../manager/manager.ts";
import type { IdBlocks } from "./router-parts.ts";

export function idBlocksOf(manager: () => Result<Manager>): IdBlocks {
  return {
    async sign(vm, set, role) {
      const ready = manager();
      return ready.ok ? ready.value.idBlocks.signForPlan(vm.id, set.id, mayCall(role, "approve")) : ready;
    },
  };
}
