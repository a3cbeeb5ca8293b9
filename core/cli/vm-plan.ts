// `portcullis vm plan`: how does the VM's host start it? What is given changes the plan that is there; without an option it is shown.
// The manager checks it (core/manager/host-plans.ts); here only what an option means is read.
import type { Command } from "commander";
import type { HostPlanView } from "../api/kit-schemas.ts";
import { failure } from "../base/failure.ts";
import { fail, ok, type Result } from "../base/result.ts";
import { deliveries, hosts, type Delivery, type Host } from "../kit/launch-kit.ts";
import { askManager, collect, findVm, makeManagerCommand, type ManagerOptions } from "./command.ts";
import { each, splitOnce } from "./disk-option.ts";
import { planText } from "./kit-text.ts";

interface PlanOptions extends ManagerOptions {
  readonly host?: string;
  readonly memory?: string;
  readonly policy?: string;
  readonly delivery?: string;
  readonly folder?: string;
  readonly disk?: readonly string[];
  readonly cbitpos?: string;
  readonly reducedPhysBits?: string;
  readonly proxmoxId?: string;
  /** False: --no-id-key. */
  readonly idKey?: string | false;
  readonly authorKey?: string | false;
  readonly familyId?: string;
  readonly imageId?: string;
  readonly guestSvn?: string;
}

export function planCommand(): Command {
  return makeManagerCommand("plan", "say how a VM's host starts it, or show what was said; its kit is written from it", [
    "vm plan db-1 --host qemu --memory 4096 --folder /srv/vm/db-1 --disk /srv/vm/db-1/root.raw",
    "vm plan db-1 --host proxmox --proxmox-id 101 --memory 8192 --delivery config-disk --folder /srv/vm/db-1 --disk /dev/pve/vm-101-disk-0",
    "vm plan db-1 --id-key release --guest-svn 3",
    "vm plan db-1 --json",
  ])
    .argument("<vm>", "its name or id")
    .option("--host <name>", hosts.join(", "))
    .option("--memory <MiB>", "of the VM")
    .option("--policy <hex>", "the guest policy; 0x30000, or 0x20000 for hosts without simultaneous multithreading (default: 0x30000)")
    .option("--delivery <form>", `how the agent gets its configuration: ${deliveries.join(", ")} (default: fw-cfg)`)
    .option("--folder <path>", "where the kit's and the boot files lie on the host, absolute")
    .option(
      "--disk <path[,format=qcow2]>",
      "a disk of the VM on the host, in the order of its devices; below /dev it is a volume; may be repeated, replaces all",
      collect,
    )
    .option("--cbitpos <number>", "where the encryption bit is (default: 51)")
    .option("--reduced-phys-bits <number>", "(default: 1)")
    .option("--proxmox-id <number>", "the VM's number in Proxmox VE")
    .option("--id-key <name>", "the key that signs the VM's ID blocks")
    .option("--no-id-key", "no ID block any more")
    .option("--author-key <name>", "the key that signs the ID key")
    .option("--no-author-key", "no author key any more")
    .option("--family-id <hex>", "FAMILY_ID of the ID block, 16 bytes (default: the VM's id)")
    .option("--image-id <hex>", "IMAGE_ID of the ID block, 16 bytes (default: made from the boot files)")
    .option("--guest-svn <number>", "GUEST_SVN of the ID block")
    .action((name: string, options: PlanOptions) =>
      askManager(options, async (api, output) => {
        const id = await findVm(api, name);
        if (!id.ok) return output.refuse(id.failure);
        const vm = await api.vms.get({ id: id.value });
        if (!saysAnything(options)) {
          if (vm.hostPlan === undefined) return output.refuse(failure("kit.no-plan"));
          output.answer(vm.hostPlan, () => planText(vm));
          return 0;
        }
        const plan = planFrom(options, vm.hostPlan);
        if (!plan.ok) return output.refuse(plan.failure);
        const changed = await api.kit.setPlan({ vm: vm.id, plan: plan.value });
        output.answer(changed.hostPlan, () => planText(changed));
        return 0;
      }),
    );
}

function saysAnything({ json: _json, data: _data, ...said }: PlanOptions): boolean {
  return Object.values(said).some((value) => value !== undefined);
}

/** @param before what is not said stays as it was. */
function planFrom(options: PlanOptions, before: HostPlanView | undefined): Result<HostPlanView> {
  const host = hosts.find((one): one is Host => one === (options.host ?? before?.host));
  if (host === undefined) return fail(failure("cli.usage", `--host is one of ${hosts.join(", ")}`));
  const delivery = deliveries.find((one): one is Delivery => one === (options.delivery ?? before?.delivery ?? "fw-cfg"));
  if (delivery === undefined) return fail(failure("cli.usage", `--delivery is one of ${deliveries.join(", ")}`));
  // A slash at the end is a habit, and means nothing.
  const folder = options.folder?.replace(/(?<=.)\/+$/, "") ?? before?.folder;
  if (folder === undefined) return fail(failure("cli.usage", "--folder is needed: where the kit's files lie on the host"));
  const disks = each(options.disk ?? [], parseDiskPath);
  if (!disks.ok) return disks;
  const numbers = numbersFrom(options, before);
  if (!numbers.ok) return numbers;
  const { memoryMib, cbitpos, reducedPhysBits, proxmoxId, guestSvn } = numbers.value;
  if (memoryMib === undefined) return fail(failure("cli.usage", "--memory is needed, in MiB"));
  const kept = host === "proxmox" ? proxmoxId : options.proxmoxId === undefined ? undefined : proxmoxId;
  return ok({
    host,
    memoryMib,
    guestPolicy: options.policy?.toLowerCase() ?? before?.guestPolicy ?? "0x30000",
    delivery,
    folder,
    disks: options.disk === undefined ? (before?.disks ?? []) : disks.value,
    cbitpos: cbitpos ?? 51,
    reducedPhysBits: reducedPhysBits ?? 1,
    ...(kept === undefined ? {} : { proxmoxId: kept }),
    ...signingOf(options, before, guestSvn),
  });
}

type Signing = Pick<HostPlanView, "idKey" | "authorKey" | "familyId" | "imageId" | "guestSvn">;

function signingOf(options: PlanOptions, before: HostPlanView | undefined, guestSvn: number | undefined): Signing {
  const idKey = options.idKey === false ? undefined : (options.idKey ?? before?.idKey);
  // What only an ID block carries goes with it, unless it was said just now: then the manager says what is wrong.
  const held = options.idKey === false ? undefined : before;
  const authorKey = options.authorKey === false ? undefined : (options.authorKey ?? held?.authorKey);
  const [familyId, imageId] = [options.familyId?.toLowerCase() ?? held?.familyId, options.imageId?.toLowerCase() ?? held?.imageId];
  const svn = options.idKey === false && options.guestSvn === undefined ? undefined : guestSvn;
  return {
    ...(idKey === undefined ? {} : { idKey }),
    ...(authorKey === undefined ? {} : { authorKey }),
    ...(familyId === undefined ? {} : { familyId }),
    ...(imageId === undefined ? {} : { imageId }),
    ...(svn === undefined ? {} : { guestSvn: svn }),
  };
}

type Numbers = Partial<Pick<HostPlanView, "memoryMib" | "cbitpos" | "reducedPhysBits" | "proxmoxId" | "guestSvn">>;

function numbersFrom(options: PlanOptions, before: HostPlanView | undefined): Result<Numbers> {
  const given = [
    ["memoryMib", "--memory", options.memory],
    ["cbitpos", "--cbitpos", options.cbitpos],
    ["reducedPhysBits", "--reduced-phys-bits", options.reducedPhysBits],
    ["proxmoxId", "--proxmox-id", options.proxmoxId],
    ["guestSvn", "--guest-svn", options.guestSvn],
  ] as const;
  const numbers: Record<string, number> = {};
  for (const [member, option, text] of given) {
    if (text !== undefined && !/^[0-9]{1,10}$/.test(text)) return fail(failure("cli.usage", `${option} is a whole number, not ${text}`));
    const number = text === undefined ? before?.[member] : Number(text);
    if (number !== undefined) numbers[member] = number;
  }
  return ok(numbers);
}

/** `/srv/root.raw` or `/srv/root.qcow2,format=qcow2`: a comma in a path is the path's, as long as no format follows. */
function parseDiskPath(text: string): Result<{ path: string; format: "raw" | "qcow2" }> {
  const [, path = "", format = "raw"] = /^(.*?)(?:,format=([^,]*))?$/s.exec(text) ?? [];
  if (path === "" || splitOnce(path)[0] === "") return fail(failure("cli.usage", `--disk is PATH or PATH,format=qcow2, not ${text}`));
  if (format !== "raw" && format !== "qcow2") return fail(failure("cli.usage", `the format of a disk is raw or qcow2, not ${format}`));
  return ok({ path, format });
}
