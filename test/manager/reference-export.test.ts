// Does an owner vouch for exactly what a person approved, is it told before it leaves, and is nothing of the VM or of the owner's folders
// in it?
import { describe, expect, test } from "vitest";
import { readReferences, verifyReferences } from "../../core/appraise/reference-values/references.ts";
import { must } from "../../core/base/result.ts";
import { utf8 } from "../../core/base/utf8.ts";
import { pointOf } from "../../core/manager/id-key-facts.ts";
import type { KeptBootSet, VmRecord } from "../../core/manager/records.ts";
import { nodePrimitives } from "../../core/node/primitives.ts";
import { makeWorld, type World } from "../kit/world.ts";
import { fullVm } from "../node/store/records.ts";

const code = (expected: string) => ({ ok: false, failure: { code: expected } });
const id = (number: number) => `00000000-0000-4000-8000-${String(number).padStart(12, "0")}`;
const kept = fullVm.bootSets[0] ?? never();
const { approvedAt: _at, approvalReason: _reason, retiredAt: _until, ...bare } = kept;
const measured = (number: number): KeptBootSet["set"] => ({ ...bare.set, measurement: `${number}${number}`.repeat(48) });
const approved: KeptBootSet = { ...bare, id: id(1), label: "approved", set: measured(1), approvedAt: 2_000 };
const candidate: KeptBootSet = { ...bare, id: id(2), label: "candidate", set: measured(2) };
const retired: KeptBootSet = { ...approved, id: id(3), label: "retired", set: measured(3), retiredAt: 3_000 };
const plan = { host: "qemu", memoryMib: 4096, guestPolicy: "0x30000", delivery: "fw-cfg", folder: "/srv/secret-place", disks: [] } as const;

describe("an export", () => {
  test("names the approved launches with what went into them, signed with the key", async () => {
    const { world, vm } = await prepared([retired, candidate, approved]);
    const made = must(await world.manager.exportReferences({ vm: vm.id, key: "releases" }));
    const read = must(readReferences(utf8(made.envelope)));
    const key = pointOf(must(world.manager.idKeys.find("releases")));
    expect(verifyReferences(read, key, world.time.now(), nodePrimitives).ok).toBe(true);
    expect(made.values).toEqual([
      {
        label: "approved",
        measurement: "11".repeat(48),
        vmm: "qemu",
        vcpus: 4,
        vcpuModel: "EPYC-Milan",
        vcpuSignature: 0xa0_0f11,
        guestFeatures: "0x1",
        firmware: { name: "OVMF.amdsev.fd", sha256: kept.set.firmware.sha256 },
        kernel: { name: "vmlinuz", sha256: kept.set.direct?.kernel.sha256 },
        initrd: { name: "initrd.img", sha256: kept.set.direct?.initrd?.sha256 },
        commandLine: "console=ttyS0",
        guestPolicy: "0x30000",
        guestSvn: 5,
      },
    ]);
    expect(read).toMatchObject({ form: "dsse", statement: { madeAt: world.time.now(), values: made.values } });
    expect(world.audit().at(-1)).toMatchObject({
      kind: "references-signed",
      facts: { vm: vm.id, key: "releases", keyId: made.keyId, measurements: ["11".repeat(48)] },
    });
    expect(world.keychain.lent.every(({ wiped }) => wiped)).toBe(true);
  });

  test("has one value for a measurement, and names that anybody can read", async () => {
    const firmware = { ...bare.set.firmware, name: "/home/owner/private/OVMF\u001b[2J.fd" };
    const odd: KeptBootSet = { ...approved, id: id(4), label: "\u202eapproved", set: { ...approved.set, firmware } };
    const { world, vm } = await prepared([odd, approved]);
    const { values, envelope } = must(await world.manager.exportReferences({ vm: vm.id, key: "releases" }));
    expect(values).toMatchObject([{ label: "?approved", firmware: { name: "OVMF?[2J.fd" } }]);
    expect(readReferences(utf8(envelope)).ok).toBe(true);
  });

  test("has nothing of the VM, its host or its owner in it", async () => {
    const { world, vm } = await prepared([approved]);
    const { envelope } = must(await world.manager.exportReferences({ vm: vm.id, key: "releases" }));
    const { payload } = JSON.parse(envelope) as { readonly payload: string };
    const text = Buffer.from(payload, "base64").toString("utf8");
    for (const secret of [vm.id, vm.name, plan.folder, "releases", "6.12.9"]) expect(text).not.toContain(secret);
  });

  test("is refused where nothing is approved, and for a key of another purpose", async () => {
    const { world, vm } = await prepared([retired, candidate]);
    expect(await world.manager.exportReferences({ vm: vm.id, key: "releases" })).toMatchObject(code("reference.nothing"));
    expect(await world.manager.exportReferences({ vm: vm.id, key: "image" })).toMatchObject(code("id-key.purpose"));
    expect(await world.manager.exportReferences({ vm: vm.id, key: "gone" })).toMatchObject(code("id-key.unknown"));
    expect(await world.manager.exportReferences({ vm: id(9), key: "releases" })).toMatchObject(code("enrolment.unknown-vm"));
  });

  test("does not leave before it is in the audit log", async () => {
    const { world, vm } = await prepared([approved]);
    world.store.failNext("not-applied");
    expect(await world.manager.exportReferences({ vm: vm.id, key: "releases" })).toMatchObject(code("store.not-applied"));
    world.keychain.locked = true;
    expect(await world.manager.exportReferences({ vm: vm.id, key: "releases" })).toMatchObject(code("keychain.locked"));
  });
});

async function prepared(bootSets: readonly KeptBootSet[]): Promise<{ readonly world: World; readonly vm: VmRecord }> {
  const world = await makeWorld();
  must(await world.manager.idKeys.add({ name: "releases", purpose: "reference" }));
  must(await world.manager.idKeys.add({ name: "image", purpose: "id" }));
  const hostPlan = { ...plan, cbitpos: 51, reducedPhysBits: 1, idKey: "image", guestSvn: 5 };
  const vm = await world.enrol({ name: "db-of-the-owner" }, (one) => ({ ...one, bootSets, hostPlan }));
  return { world, vm };
}

function never(): never {
  throw new Error("no boot set among the records");
}
