// Is a disk that was made for a VM in the audit log, for VMs that there are, and durable before it is said?
import { describe, expect, test } from "vitest";
import { must } from "../../core/base/result.ts";
import type { DiskPreparation } from "../../core/manager/disk-records.ts";
import { makeWorld } from "../kit/world.ts";

const prepared: Omit<DiskPreparation, "vm"> = {
  disk: "root",
  image: "/srv/vm/root.img",
  mode: "convert",
  integrity: false,
  header: "ab".repeat(32),
};

describe("a disk that was prepared", () => {
  test("is an entry that names the VM, the image and the header, and changes no record", async () => {
    const world = await makeWorld();
    const disks = [{ id: "root", device: "/dev/vda", name: "root" }];
    const vm = must(await world.manager.enrol({ name: "w", simulated: false, disks, endpoints: ["m.test:7443"], measurements: [] }));
    must(world.manager.recordDisk({ vm: vm.id, ...prepared }));
    expect(world.audit().at(-1)).toMatchObject({ kind: "disk-prepared", facts: { vm: vm.id, vmName: "w", ...prepared } });
    expect(world.manager.vm(vm.id)).toEqual(vm);
    world.store.failNext("not-applied");
    expect(world.manager.recordDisk({ vm: vm.id, ...prepared })).toMatchObject({ ok: false });
    await world.manager.stop();
    expect(world.manager.recordDisk({ vm: vm.id, ...prepared })).toMatchObject({ failure: { code: "manager.not-ready" } });
  });

  test("for a VM that is not enrolled is refused", async () => {
    const world = await makeWorld();
    const vm = "7c0f3d1e-6f0a-4c55-9a53-5a8f1f3f7f10";
    expect(world.manager.recordDisk({ vm, ...prepared })).toMatchObject({ failure: { code: "enrolment.unknown-vm" } });
  });
});
