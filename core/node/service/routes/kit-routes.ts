// What is the answer to each question about launch kits? Plans are the manager's, kits and findings core/kit's, signatures come through their port.
// No answer holds key material: an ID block is public, and so is a configuration.
import type { HostCheckView, KitView } from "../../../api/kit-schemas.ts";
import type { Role } from "../../../api/roles.ts";
import { toHex } from "../../../base/bytes.ts";
import { ok, type Result } from "../../../base/result.ts";
import { checkHost } from "../../../kit/check/check-host.ts";
import type { HostCheck } from "../../../kit/check/finding.ts";
import { makeKit } from "../../../kit/kit.ts";
import type { KitInput } from "../../../kit/launch-kit.ts";
import { kitParts, type KitParts } from "../../../manager/kit-inputs.ts";
import type { VmRecord } from "../../../manager/records.ts";
import { take, type Api } from "../api.ts";
import type { IdBlocks, RouterParts } from "../router-parts.ts";
import { shownVm, vmOf } from "../shown-vm.ts";

export function kitRoutes(api: Api["kit"], parts: RouterParts) {
  const { manager, idBlocks } = parts;
  return {
    setPlan: api.setPlan.handler(({ input }) => shownVm(parts, take(take(manager()).setPlan(vmOf(parts, input.vm).id, input.plan)))),
    make: api.make.handler(async ({ input, context }) => {
      const vm = vmOf(parts, input.vm);
      const made = take(kitParts(vm, input.bootSet));
      return kitView(made, take(await withIdBlock(vm, made, idBlocks, context.role)));
    }),
    check: api.check.handler(async ({ input, context }): Promise<HostCheckView> => {
      if (input.vm === undefined) return checkView(take(checkHost(input.text, undefined, input.host)));
      const vm = vmOf(parts, input.vm);
      const made = take(kitParts(vm, input.bootSet));
      // To look at a candidate needs no signature, and makes none.
      const expected = made.isApproved ? take(await withIdBlock(vm, made, idBlocks, context.role)) : made.input;
      const comparedWith = { vm: vm.id, bootSet: made.kept.id, label: made.kept.label };
      return { ...checkView(take(checkHost(input.text, expected, input.host))), comparedWith };
    }),
  };
}

/** SECURITY: a signed block admits an image, so the port refuses a set that nobody approved, but for the approve role. */
async function withIdBlock(vm: VmRecord, { input, plan, kept }: KitParts, idBlocks: IdBlocks, role: Role): Promise<Result<KitInput>> {
  if (plan.idKey === undefined) return ok(input);
  const idBlock = await idBlocks.sign(vm, kept, role);
  return idBlock.ok ? ok({ ...input, idBlock: idBlock.value }) : idBlock;
}

function kitView({ kept, isApproved }: KitParts, input: KitInput): KitView {
  const { host, files, steps, traps } = take(makeKit(input));
  return {
    host,
    files: files.map((file) => ({ ...file })),
    steps: [...steps],
    traps: [...traps],
    bootSet: { id: kept.id, label: kept.label, measurement: kept.set.measurement, approved: isApproved },
    hostData: toHex(input.hostData),
    guestPolicy: input.plan.guestPolicy,
    idBlock: input.idBlock !== undefined,
  };
}

function checkView({ host, findings }: HostCheck): HostCheckView {
  return { host, findings: findings.map((finding) => ({ ...finding })) };
}
