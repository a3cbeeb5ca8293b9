// What the fixture service answers about boot sets: it keeps what it is given, and measures it as the service does.
import type { implement } from "@orpc/server";
import type { contract } from "../../core/api/contract.ts";
import { must } from "../../core/base/result.ts";
import { measureBootSet } from "../../core/measure/boot-set.ts";
import { nodePrimitives } from "../../core/node/primitives.ts";
import type { BootSetProposalView, VmDetail } from "../../core/api/schemas.ts";
import type { Changes } from "../../core/node/service/changes.ts";
import { never, refused } from "./fixture-answers.ts";
import { idOf } from "./fixture-values.ts";

type BootApi = Pick<ReturnType<typeof implement<typeof contract>>["boot"], "add" | "remove" | "preview" | "approve" | "retire">;
type BootSets = VmDetail["bootSets"];

interface Fixture {
  vms: VmDetail[];
}

export function fixtureBoot(api: BootApi, service: Fixture, changes: Changes) {
  const now = () => new Date().toISOString();
  return {
    add: api.add.handler(({ input: { vm, label, set } }) =>
      changeBootSets(service, changes, vm, (sets) => [
        { id: idOf(`boot set ${label}`), label, set: must(measureBootSet(set, nodePrimitives)), addedAt: now() },
        ...sets,
      ]),
    ),
    remove: api.remove.handler(({ input }) =>
      changeBootSets(service, changes, input.vm, (sets) => sets.filter(({ id }) => id !== input.id)),
    ),
    preview: api.preview.handler(() => never()),
    approve: api.approve.handler(() => never()),
    retire: api.retire.handler(({ input }) =>
      changeBootSets(service, changes, input.vm, (sets) => sets.map((set) => (set.id === input.id ? { ...set, retiredAt: now() } : set))),
    ),
  };
}

export function bootSetProposalOf(
  vm: VmDetail,
  { id, reason }: { readonly id: string; readonly reason: string },
  number: number,
): BootSetProposalView {
  const kept = vm.bootSets.find((set) => set.id === id);
  if (kept === undefined) throw refused({ code: "boot.unknown", sentence: "There is no boot set of this id." });
  return {
    about: "boot-set",
    proposal: idOf(`proposal ${number}`),
    vm: vm.id,
    bootSet: id,
    measurement: kept.set.measurement,
    verdict: "approve",
    reason,
    expiresAt: new Date(Date.now() + 120_000).toISOString(),
    vmName: vm.name,
    summary: [`Approve “${kept.label}” of “${vm.name}” ahead?`, `Measurement: ${kept.set.measurement}`],
  };
}

export function changeBootSets(service: Fixture, changes: Changes, vm: string, change: (sets: BootSets) => BootSets): VmDetail {
  service.vms = service.vms.map((each) => (each.id === vm ? { ...each, bootSets: change(each.bootSets) } : each));
  changes.tell({ kind: "vm", id: vm });
  const found = service.vms.find(({ id }) => id === vm);
  if (found === undefined) throw refused({ code: "api.not-there", sentence: "There is nothing of this id here." });
  return found;
}
