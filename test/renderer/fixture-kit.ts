// What the fixture service answers about collateral, configurations, kits, simulations, ID keys and disks: what it was told to, from plain fields.
import type { implement } from "@orpc/server";
import type { CollateralItemView, CollateralRun } from "../../core/api/collateral-schemas.ts";
import type { contract } from "../../core/api/contract.ts";
import type { IdKeyView } from "../../core/api/id-key-schemas.ts";
import type { HostCheckView, KitView } from "../../core/api/kit-schemas.ts";
import type { LaunchSummary, SimulationView, VmDetail } from "../../core/api/schemas.ts";
import type { Changes } from "../../core/node/service/changes.ts";
import { emptyRun, never, refused } from "./fixture-answers.ts";
import { digestOf } from "./fixture-values.ts";

type Contract = typeof contract;
type Implementer = ReturnType<typeof implement<Contract>>;
type Families = "collateral" | "configurations" | "kit" | "disks" | "idKeys" | "simulations";
type Api = { readonly [F in Families]: Pick<Implementer[F], keyof Contract[F] & keyof Implementer[F]> };

export interface KitFixture {
  vms: VmDetail[];
  collateral: CollateralItemView[];
  run: CollateralRun | undefined;
  simulations: SimulationView[];
  /** With whichever configuration. */
  lastLaunch: LaunchSummary | undefined;
  idKeys: IdKeyView[];
  kit: Pick<KitView, "files" | "steps" | "traps">;
  findings: HostCheckView["findings"];
}

export function fixtureKit(api: Api, service: KitFixture, changes: Changes) {
  const vmOf = (id: string): VmDetail => {
    const found = service.vms.find((each) => each.id === id);
    if (found === undefined) throw refused({ code: "api.no-such-vm", sentence: "There is no VM of this id." });
    return found;
  };
  const change = (id: string, part: (vm: VmDetail) => Partial<VmDetail>): VmDetail => {
    service.vms = service.vms.map((each) => (each.id === id ? { ...each, ...part(each) } : each));
    changes.tell({ kind: "vm", id });
    return vmOf(id);
  };
  return {
    collateral: {
      list: api.collateral.list.handler(() => service.collateral),
      import: api.collateral.import.handler(() => ({ items: [], added: 0 })),
      export: api.collateral.export.handler(() => ({ bundle: "" })),
      fetch: api.collateral.fetch.handler(() => never()),
      fetchKnown: api.collateral.fetchKnown.handler(() => {
        const run: CollateralRun = { ...emptyRun, startedAt: new Date().toISOString() };
        service.run = run;
        changes.tell({ kind: "collateral" });
        return run;
      }),
      run: api.collateral.run.handler(() => (service.run === undefined ? {} : { run: service.run })),
    },
    configurations: {
      list: api.configurations.list.handler(({ input }) =>
        vmOf(input.vm).configurations.map((each, index) => ({
          ...each,
          current: index === 0,
          ...(service.lastLaunch === undefined ? {} : { lastLaunch: service.lastLaunch }),
        })),
      ),
      issue: api.configurations.issue.handler(() => never()),
      retire: api.configurations.retire.handler(({ input: { vm, digest, reason } }) =>
        change(vm, ({ configurations }) => ({
          configurations: configurations.map((each) =>
            each.digest === digest ? { ...each, retiredAt: new Date().toISOString(), retiredReason: reason } : each,
          ),
        })),
      ),
      image: api.configurations.image.handler(({ input }) => ({
        name: input.form === "config-disk" ? "portcullis-config.img" : "portcullis-config.cpio",
        base64: "cG9ydGN1bGxpcw==",
        sha256: digestOf("image", 32),
      })),
    },
    kit: {
      setPlan: api.kit.setPlan.handler(({ input }) => change(input.vm, () => ({ hostPlan: input.plan }))),
      make: api.kit.make.handler(({ input }): KitView => {
        const { bootSets, configurations, hostPlan } = vmOf(input.vm);
        const kept = bootSets.find(({ id }) => id === input.bootSet);
        const [configuration] = configurations;
        if (kept === undefined || hostPlan === undefined || configuration === undefined)
          throw refused({ code: "kit.no-plan", sentence: "Nobody said yet how its host starts it." });
        return {
          ...service.kit,
          host: hostPlan.host,
          bootSet: { id: kept.id, label: kept.label, measurement: kept.set.measurement, approved: kept.approvedAt !== undefined },
          hostData: configuration.digest,
          guestPolicy: hostPlan.guestPolicy,
          idBlock: hostPlan.idKey !== undefined,
        };
      }),
      check: api.kit.check.handler(({ input }): HostCheckView => {
        const kept = input.vm === undefined ? undefined : vmOf(input.vm).bootSets[0];
        return {
          host: input.host ?? "qemu",
          findings: service.findings,
          ...(kept === undefined || input.vm === undefined ? {} : { comparedWith: { vm: input.vm, bootSet: kept.id, label: kept.label } }),
        };
      }),
    },
    simulations: {
      launch: api.simulations.launch.handler(() => service.simulations[0] ?? never()),
      get: api.simulations.get.handler(({ input }) => service.simulations.find(({ id }) => id === input.id) ?? never()),
      cancel: api.simulations.cancel.handler(() => ({})),
    },
    disks: {
      prepare: api.disks.prepare.handler(() => never()),
      run: api.disks.run.handler(() => ({})),
      cancel: api.disks.cancel.handler(() => never()),
    },
    idKeys: {
      list: api.idKeys.list.handler(() => service.idKeys),
      create: api.idKeys.create.handler(() => never()),
      import: api.idKeys.import.handler(() => never()),
      publicKey: api.idKeys.publicKey.handler(() => never()),
      remove: api.idKeys.remove.handler(() => never()),
      signBlock: api.idKeys.signBlock.handler(() => never()),
      signReferences: api.idKeys.signReferences.handler(() => never()),
    },
  };
}
