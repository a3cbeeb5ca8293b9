// Does each method demand its role, does a caller learn only codes, and can one connection starve the others? Every method × every role, generated.
import { createRouterClient, ORPCError, traverseContractProcedures } from "@orpc/server";
import { describe, expect, test } from "vitest";
import { contract } from "../../../core/api/contract.ts";
import { mayCall, type Role } from "../../../core/api/roles.ts";
import type { LogFields } from "../../../core/base/log.ts";
import { Changes } from "../../../core/node/service/changes.ts";
import type { RouterParts } from "../../../core/node/service/router-parts.ts";
import { makeCaller } from "../../../core/node/service/api.ts";
import { createRouter } from "../../../core/node/service/router.ts";
import { restingParts } from "./resting-parts.ts";

/** Written down here once more, so that a change of a method's role is seen in a review. */
const neededRoles: Readonly<Record<string, Role>> = {
  "status.get": "view",
  "status.watch": "view",
  "listener.retry": "operate",
  "console.link": "approve",
  "keychain.choose": "operate",
  "keychain.unlock": "operate",
  "launches.list": "view",
  "launches.get": "view",
  "launches.decide": "approve",
  "launches.explain": "view",
  "launches.compare": "view",
  "approvals.propose": "operate",
  "approvals.proposePolicy": "operate",
  "approvals.proposeBootSet": "operate",
  "approvals.confirm": "operate",
  "approvals.cancel": "operate",
  "approvals.open": "approve",
  "approvals.answer": "approve",
  "vms.list": "view",
  "vms.get": "view",
  "vms.add": "operate",
  "vms.addWithKeys": "approve",
  "vms.setEnabled": "operate",
  "vms.policyVersions": "view",
  "vms.policyOf": "view",
  "vms.setPolicy": "approve",
  "vms.forgetApprovals": "operate",
  "boot.add": "operate",
  "boot.remove": "operate",
  "boot.preview": "view",
  "boot.approve": "approve",
  "boot.retire": "operate",
  "policies.check": "view",
  "policies.presets": "view",
  "policies.fields": "view",
  "policies.schema": "view",
  "collateral.list": "view",
  "collateral.import": "approve",
  "collateral.export": "approve",
  "collateral.fetch": "approve",
  "collateral.fetchKnown": "operate",
  "collateral.run": "view",
  "disks.prepare": "approve",
  "disks.run": "view",
  "disks.cancel": "operate",
  "configurations.list": "view",
  "configurations.issue": "operate",
  "configurations.retire": "operate",
  "configurations.image": "view",
  "idKeys.list": "view",
  "idKeys.create": "operate",
  "idKeys.import": "approve",
  "idKeys.publicKey": "view",
  "idKeys.remove": "approve",
  "idKeys.signBlock": "approve",
  "idKeys.signReferences": "approve",
  "kit.setPlan": "operate",
  "kit.make": "view",
  "kit.check": "view",
  "simulations.launch": "operate",
  "simulations.get": "view",
  "simulations.cancel": "operate",
};

const methods: string[] = [];
traverseContractProcedures({ router: contract, path: [] }, ({ path }) => methods.push(path.join(".")));
const roles: readonly Role[] = ["view", "operate", "approve"];

describe("roles", () => {
  test("every method of the contract is in the table", () => {
    expect(methods.sort()).toEqual(Object.keys(neededRoles).sort());
  });

  test.each(methods.flatMap((method) => roles.map((role) => [method, role] as const)))("%s as %s", async (method, role) => {
    const code = await call(method, role);
    if (mayCall(role, neededRoles[method] ?? "approve")) expect(code).not.toBe("api.not-allowed");
    else expect(code).toBe("api.not-allowed");
  });

  test("a higher role includes the lower ones, and no other", () => {
    expect(roles.map((role) => roles.map((needed) => mayCall(role, needed)))).toEqual([
      [true, false, false],
      [true, true, false],
      [true, true, true],
    ]);
  });
});

describe("answers", () => {
  test("a refusal carries its code and its sentence", async () => {
    await expect(client("view").launches.list({ limit: 1 })).rejects.toMatchObject({
      code: "REFUSED",
      defined: true,
      data: { code: "service.keychain-unset", sentence: expect.stringContaining("keychain") as string },
    });
  });

  test("a mistake of ours is logged with a number, and its text goes nowhere", async () => {
    const logged: [string, LogFields | undefined][] = [];
    const broken = client("view", {
      status: () => {
        throw new Error("key 0123456789abcdef");
      },
      log: { write: (_level, event, fields) => void logged.push([event, fields]) },
    });
    await expect(broken.status.get({})).rejects.toMatchObject({
      data: { code: "api.internal", sentence: expect.stringContaining("(E1)") as string },
    });
    expect(logged.map(([event]) => event)).toEqual(["service.bug"]);
    expect(JSON.stringify(logged)).not.toContain("0123456789abcdef");
    expect(logged[0]?.[1]?.reason).toBe("E1");
  });

  test("input that the schema does not know never reaches the service", async () => {
    const unknownKey = { limit: 1, extra: true } as { limit: number };
    await expect(client("view").launches.list(unknownKey)).rejects.toMatchObject({ code: "BAD_REQUEST" });
    await expect(client("view").launches.list({ limit: 201 })).rejects.toMatchObject({ code: "BAD_REQUEST" });
  });
});

describe("watching", () => {
  test("a fifth watcher of one connection is refused; another connection is not", async () => {
    const busy = client("view");
    const watchers = [];
    for (let i = 0; i < 4; i++) {
      const watcher = await busy.status.watch({});
      await watcher.next();
      watchers.push(watcher);
    }
    await expect(busy.status.watch({})).rejects.toMatchObject({ data: { code: "api.busy" } });
    const other = await client("view").status.watch({});
    expect((await other.next()).value).toEqual({ kind: "status" });
  });

  test("equal changes are told once, and past the bound everything is asked for again", async () => {
    const changes = new Changes();
    const watching = changes.watch(undefined);
    await watching.next();
    for (let i = 0; i < 3; i++) changes.tell({ kind: "vm", id: "a" });
    const next = watching.next();
    expect((await next).value).toEqual({ kind: "vm", id: "a" });
    for (let i = 0; i < 300; i++) changes.tell({ kind: "launch", id: `${i}` });
    changes.end();
    expect((await watching.next()).done).toBe(true);
  });
});

async function call(method: string, role: Role): Promise<string> {
  let target: unknown = client(role);
  for (const name of method.split(".")) target = (target as Record<string, unknown>)[name];
  try {
    await (target as (input: unknown) => Promise<unknown>)({});
    return "answered";
  } catch (thrown) {
    if (!(thrown instanceof ORPCError)) throw thrown;
    return thrown.code === "REFUSED" ? (thrown.data as { code: string }).code : String(thrown.code);
  }
}

function client(role: Role, different: Partial<RouterParts> = {}) {
  return createRouterClient(createRouter(restingParts(different)), { context: makeCaller(role) });
}
