// What answers the questions about boot sets? Ask the manager, show the VM as it is afterwards. Measures nothing: core/manager/boot-sets.ts does.
import type { VmRecord } from "../../../manager/records.ts";
import { take, type Api } from "../api.ts";
import type { RouterParts } from "../router-parts.ts";
import { vmDetail } from "../views.ts";

export function bootRoutes(api: Api["boot"], { manager }: Pick<RouterParts, "manager">) {
  const shown = (vm: VmRecord) => vmDetail(vm, take(manager()).launches({ vm: vm.id, limit: 1 })[0]);
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
