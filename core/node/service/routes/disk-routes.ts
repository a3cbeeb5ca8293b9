// The answers about disks that are made for VMs. The work itself is core/node/disk's; who may ask for it says the contract.
import { type Api, take } from "../api.ts";
import type { RouterParts } from "../router-parts.ts";

export function diskRoutes(api: Api["disks"], { disks }: RouterParts) {
  return {
    prepare: api.prepare.handler(async ({ input }) => take(await disks.prepare(input))),
    run: api.run.handler(({ input }) => {
      const run = disks.run(input.id);
      return run === undefined ? {} : { run };
    }),
    cancel: api.cancel.handler(({ input }) => take(disks.cancel(input.id))),
  };
}
