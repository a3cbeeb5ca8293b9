// What does an owner save and paste to start this VM on this host? One kit from one input, whatever the host; the same input gives the same kit.
// It reads no file and signs nothing. Failures: kit.*, measure.*, snp.* and launch.configuration-*, each naming the part.
import { ok, type Result } from "../base/result.ts";
import { launchFacts } from "./launch-facts.ts";
import type { Kit, KitInput } from "./launch-kit.ts";
import { libvirtKit } from "./libvirt.ts";
import { proxmoxKit } from "./proxmox.ts";
import { qemuKit } from "./qemu.ts";

export function makeKit(input: KitInput): Result<Kit> {
  const facts = launchFacts(input);
  if (!facts.ok) return facts;
  if (input.plan.host === "qemu") return ok(qemuKit(facts.value));
  return input.plan.host === "libvirt" ? libvirtKit(facts.value) : proxmoxKit(facts.value);
}
