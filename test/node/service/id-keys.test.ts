// Can a console make, see and delete signing keys over the contract, with what each role may, and never see a private half? A real manager
// behind the router.
import { createPublicKey, generateKeyPairSync } from "node:crypto";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createRouterClient } from "@orpc/server";
import { beforeEach, describe, expect, test } from "vitest";
import { idBlockView, idKeyView } from "../../../core/api/id-key-schemas.ts";
import type { Role } from "../../../core/api/roles.ts";
import { fromBase64, toBase64, toHex } from "../../../core/base/bytes.ts";
import { must, ok } from "../../../core/base/result.ts";
import { checkIdBlock } from "../../../core/kit/id-block-check.ts";
import { makeCaller } from "../../../core/node/service/api.ts";
import { createRouter } from "../../../core/node/service/router.ts";
import { idBlocksOf } from "../../../core/node/service/id-block-port.ts";
import { nodePrimitives } from "../../../core/node/primitives.ts";
import { KeyDetector } from "../../proofs/key-detector.ts";
import { makeWorld, type World } from "../../kit/world.ts";
import { fullVm } from "../store/records.ts";
import { restingParts } from "./resting-parts.ts";

let world: World;
beforeEach(async () => {
  world = await makeWorld();
});

describe("a key", () => {
  test("is made, listed, shown and deleted", async () => {
    const made = await client("operate").idKeys.create({ name: "image", purpose: "id" });
    expect(made).toMatchObject({ name: "image", purpose: "id", imported: false, usedBy: [] });
    expect(await client("view").idKeys.list({})).toEqual([made]);
    expect(await client("view").idKeys.publicKey({ name: "image" })).toEqual(made);
    const spki = createPublicKey(made.publicKey).export({ format: "der", type: "spki" });
    expect(made.keyId).toBe(toHex(nodePrimitives.digest("sha256", new Uint8Array(spki))));
    await client("approve").idKeys.remove({ name: "image", confirm: "image", reason: "not needed" });
    expect(await client("view").idKeys.list({})).toEqual([]);
    await expect(client("view").idKeys.publicKey({ name: "image" })).rejects.toMatchObject({ data: { code: "id-key.unknown" } });
  });

  test("is taken from a file on the manager's machine", async () => {
    const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "secp384r1" });
    const path = join(mkdtempSync(join(tmpdir(), "portcullis-id-keys-")), "key.pem");
    writeFileSync(path, privateKey.export({ format: "pem", type: "sec1" }));
    const taken = await client("approve").idKeys.import({ name: "old", purpose: "author", path });
    expect(taken).toMatchObject({ imported: true, publicKey: publicKey.export({ format: "pem", type: "spki" }) });
    const again = client("approve").idKeys.import({ name: "other", purpose: "id", path: `${path}.none` });
    await expect(again).rejects.toMatchObject({ data: { code: "files.unreadable" } });
  });

  test("says which VMs depend on it", async () => {
    const { keyDigest } = await client("operate").idKeys.create({ name: "image", purpose: "id" });
    await world.enrol({ name: "db-1" }, (vm) => ({
      ...vm,
      policy: { ...vm.policy, checks: { ...vm.policy.checks, idKeyDigest: { require: [keyDigest] } } },
    }));
    expect(await client("view").idKeys.list({})).toMatchObject([{ usedBy: ["db-1"] }]);
    const removed = client("approve").idKeys.remove({ name: "image", confirm: "image", reason: "x" });
    await expect(removed).rejects.toMatchObject({ data: { code: "id-key.in-use" } });
  });
});

describe("a signed block", () => {
  test("comes as a host takes it, and says what it admits", async () => {
    const vm = await signable();
    const [bootSet] = vm.bootSets;
    const question = { vm: vm.id, bootSet: bootSet?.id ?? "", idKey: "image", guestPolicy: "0x30000" };
    const signed = await client("approve").idKeys.signBlock(question);
    const [block, auth] = [fromBase64(signed.block) ?? new Uint8Array(0), fromBase64(signed.auth) ?? new Uint8Array(0)];
    const { failures, ...says } = must(checkIdBlock(block, auth, {}, nodePrimitives));
    expect(failures).toEqual([]);
    expect(signed).toEqual({ block: toBase64(block), auth: toBase64(auth), authorKey: false, ...says });
  });

  test("for a kit depends on the caller's role", async () => {
    const vm = await signable();
    const [kept] = vm.bootSets;
    if (kept === undefined) throw new Error("no boot set");
    const port = idBlocksOf(() => ok(world.manager));
    expect((await port.sign(vm, kept, "approve")).ok).toBe(true);
    for (const role of ["view", "operate"] as const)
      expect(await port.sign(vm, kept, role)).toMatchObject({ failure: { code: "id-block.not-approved" } });
  });
});

test("no answer, log line or audit entry has a private key in any dress, and no shape has room for one", async () => {
  const vm = await signable();
  const seen: unknown[] = [await client("operate").idKeys.create({ name: "owner", purpose: "author" })];
  const question = { vm: vm.id, bootSet: vm.bootSets[0]?.id ?? "", idKey: "image", authorKey: "owner", guestPolicy: "0x30000" };
  seen.push(await client("approve").idKeys.signBlock(question), await client("view").idKeys.list({}));
  world.keychain.locked = true;
  seen.push(
    await client("approve")
      .idKeys.signBlock({ ...question, guestSvn: 9 })
      .catch((thrown: unknown) => String(thrown)),
  );
  seen.push(
    world.logged,
    [...world.disk.entries].map(({ bytes }) => Buffer.from(bytes).toString("utf8")),
    [...world.disk.idKeys.values()],
  );
  const secrets = Object.fromEntries(world.keychain.kept);
  expect(Object.keys(secrets)).toEqual(expect.arrayContaining(["id-key/image", "id-key/owner"]));
  const detector = new KeyDetector(secrets);
  expect(seen.flatMap((one) => detector.find(JSON.stringify(one)))).toEqual([]);
  expect(Object.keys(idKeyView.shape)).toEqual(["name", "purpose", "createdAt", "imported", "keyDigest", "keyId", "publicKey", "usedBy"]);
  expect(Object.keys(idBlockView.shape)).not.toContain("scalar");
});

/** A candidate that nobody approved. */
async function signable() {
  must(await world.manager.idKeys.add({ name: "image", purpose: "id" }));
  const [kept] = fullVm.bootSets;
  if (kept === undefined) throw new Error("no boot set");
  const { approvedAt: _, retiredAt: __, ...candidate } = kept;
  const plan = { host: "qemu", memoryMib: 4096, guestPolicy: "0x30000", delivery: "fw-cfg", folder: "/srv/db", disks: [] } as const;
  return world.enrol({ name: "db-1" }, (vm) => ({
    ...vm,
    bootSets: [candidate],
    hostPlan: { ...plan, cbitpos: 51, reducedPhysBits: 1, idKey: "image" },
  }));
}

function client(role: Role) {
  return createRouterClient(createRouter(restingParts({ manager: () => ok(world.manager) })), { context: makeCaller(role) });
}
