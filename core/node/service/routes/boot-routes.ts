// What answers the questions about boot sets? Ask the manager, show the VM as it is afterwards. Measures nothing: core/manager/boot-sets.ts does.
import type { VmRecord } from "../../../manager/records.ts";
import { take, type Api } from "../api.ts";
import type { RouterParts } from "../router-parts.ts";
import { shownVm } from "../shown-vm.ts";

export function bootRoutes(api: Api["boot"], parts: Pick<RouterParts, "manager">) {
  const { manager } = parts;
  const shown = (vm: VmRecord) => shownVm(parts, vm);
  return {
    add: api.add.handler(({ input }) => shown(take(take(manager()).addBootSet(input)))),
    remove: api.remove.handler(({ input }) => shown(take(take(manager()).removeBootSet(input)))),
    preview: api.preview.handler(({ input }) => {
      const { summary, before } = take(take(manager()).previewBootSet(input));
      return { summary: [...summary], before };
    }),
    approve: api.approve.handler(({ input }) => shown(take(take(manager()).approveBootSet(input)))),
    retire: api.retire.handler(({ input }) => shown(take(take(manager()).retireBootSet(input)))),
  };
}
