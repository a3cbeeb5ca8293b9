// What is the answer to each question about launch kits? Plans are the manager's, kits and findings core/kit's. No answer holds key material.
import { failure } from "../../../base/failure.ts";
import { refused, take, type Api } from "../api.ts";
import type { RouterParts } from "../router-parts.ts";
import { vmDetail } from "../views.ts";

export function kitRoutes(api: Api["kit"], { manager }: RouterParts) {
  return {
    setPlan: api.setPlan.handler(({ input }) => {
      const vm = take(take(manager()).setPlan(input.vm, input.plan));
      return vmDetail(vm, take(manager()).launches({ vm: vm.id, limit: 1 })[0]);
    }),
    make: api.make.handler((): never => {
      throw refused(failure("service.not-ready"));
    }),
    check: api.check.handler((): never => {
      throw refused(failure("service.not-ready"));
    }),
  };
}
