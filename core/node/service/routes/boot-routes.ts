// What answers the questions about boot sets? Ask the manager, show the VM as it is afterwards. Measures nothing: core/manager/boot-sets.ts does.
import { failure } from "../../../base/failure.ts";
import { refused, type Api } from "../api.ts";
import type { RouterParts } from "../router-parts.ts";

export function bootRoutes(api: Api["boot"], _parts: RouterParts) {
  const notYet = () => {
    throw refused(failure("manager.not-ready"));
  };
  return {
    add: api.add.handler(notYet),
    remove: api.remove.handler(notYet),
    approve: api.approve.handler(notYet),
    retire: api.retire.handler(notYet),
  };
}
