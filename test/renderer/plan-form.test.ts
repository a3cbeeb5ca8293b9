// Does the form of a host's plan say what the person chose, and never more? No choice of switches lets the host debug or migrate the VM.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { must } from "../../core/base/result.ts";
import { hosts } from "../../core/kit/launch-kit.ts";
import { parseGuestPolicy } from "../../core/snp/guest-policy.ts";
import {
  guestPolicyOf,
  type PlanForm,
  planFormFor,
  type PolicyBit,
  policyBits,
  readPlan,
  withDisks,
  withFolder,
} from "../../renderer/boot/plan-form.ts";
import { hostPlan } from "./fixture-boot-sets.ts";

const fresh = planFormFor("Billing DB 01", ["root", "data"]);

function read(part: Partial<PlanForm>) {
  const answer = readPlan({ ...fresh, ...part });
  return "plan" in answer ? answer.plan : [...answer.faults.keys()];
}

describe("the guest policy", () => {
  test("is 0x30000 to begin with; without shared cores 0x20000", () => {
    expect(guestPolicyOf(fresh)).toBe("0x30000");
    expect(guestPolicyOf({ ...fresh, bits: { ...fresh.bits, smt: false } })).toBe("0x20000");
  });

  test("never allows debugging or migration, whatever is switched and whatever a plan said before", () => {
    const names: readonly PolicyBit[] = ["smt", "singleSocket", "memAes256Xts", "raplDis", "ciphertextHidingDram", "pageSwapDisable"];
    fc.assert(
      fc.property(
        fc.array(fc.boolean(), { minLength: 6, maxLength: 6 }),
        fc.constantFrom(...hosts),
        fc.bigInt(0n, (1n << 26n) - 1n),
        (on, host, before) => {
          const bits = Object.fromEntries(names.map((name, index) => [name, on[index] === true])) as Record<PolicyBit, boolean>;
          const rest = { ...hostPlan, guestPolicy: `0x${before.toString(16)}` };
          const policy = must(parseGuestPolicy(BigInt(guestPolicyOf({ bits, host, rest }))));
          expect([policy.debug, policy.migrateMa, policy.cxlAllow]).toEqual([false, false, false]);
          expect([policy.abiMajor, policy.abiMinor]).toEqual([Number((before >> 8n) & 0xffn), Number(before & 0xffn)]);
          for (const [name, bit] of Object.entries(bits)) if (host !== "proxmox") expect(policy[name as PolicyBit]).toBe(bit);
        },
      ),
    );
    expect(Object.keys(policyBits)).toEqual(names);
  });

  test("keeps to what Proxmox VE can say", () => {
    const bits = { ...fresh.bits, singleSocket: true, raplDis: true };
    expect(guestPolicyOf({ ...fresh, bits, host: "proxmox" })).toBe("0x30000");
    expect(guestPolicyOf({ ...fresh, bits, host: "libvirt" })).toBe("0x930000");
  });
});

describe("a plan", () => {
  test("starts with a folder of the VM's name, which its disks follow", () => {
    expect(fresh.disks.map(({ path }) => path)).toEqual(["/srv/vm/billing-db-01/root.img", "/srv/vm/billing-db-01/data.img"]);
    const moved = withFolder({ ...fresh, disks: [...fresh.disks, { path: "/dev/vg/swap", format: "raw" }] }, "/data");
    expect(moved.disks.map(({ path }) => path)).toEqual(["/data/root.img", "/data/data.img", "/dev/vg/swap"]);
    expect(withDisks(moved, ["root", "a", "b", "c"]).map(({ path }) => path)).toEqual([
      ...moved.disks.map(({ path }) => path),
      "/data/c.img",
    ]);
  });

  test.each<[string, Partial<PlanForm>, readonly string[]]>([
    ["memory below", { memoryMib: "127" }, ["plan-memory"]],
    ["memory above", { memoryMib: "16777217" }, ["plan-memory"]],
    ["memory that is no number", { memoryMib: "4G" }, ["plan-memory"]],
    ["a relative folder", { folder: "vm", disks: [] }, ["plan-folder"]],
    ["a folder above itself", { folder: "/srv/../etc", disks: [] }, ["plan-folder"]],
    ["a comma, which QEMU would take for another option", { disks: [{ path: "/srv/a,b", format: "raw" }] }, ["plan-disks-0"]],
    ["a space", { disks: [{ path: "/srv/a b", format: "raw" }] }, ["plan-disks-0"]],
    ["one path twice", { disks: [...fresh.disks, ...fresh.disks] }, ["plan-disks-2", "plan-disks-3"]],
    ["Proxmox VE without a number", { host: "proxmox", proxmoxId: "99" }, ["plan-proxmox"]],
  ])("names %s", (_, part, fields) => {
    expect(read(part)).toEqual(fields);
  });

  test("takes memory at its bounds, and a folder with a slash at its end", () => {
    expect(read({ memoryMib: "128" })).toMatchObject({ memoryMib: 128, cbitpos: 51, reducedPhysBits: 1 });
    expect(read({ memoryMib: "16777216", folder: "/data/" })).toMatchObject({ memoryMib: 16_777_216, folder: "/data" });
  });

  test("is what it was where nothing is changed, and drops what only an ID key carries", () => {
    const kept = { ...hostPlan, authorKey: "owner", familyId: "ab".repeat(16), guestSvn: 3, cbitpos: 47 };
    const form = planFormFor("shop", ["root"], kept);
    expect(readPlan(form)).toEqual({ plan: kept });
    const { idKey: _i, authorKey: _a, familyId: _f, guestSvn: _g, ...unsigned } = kept;
    expect(readPlan({ ...form, idKey: "" })).toEqual({ plan: unsigned });
  });
});
