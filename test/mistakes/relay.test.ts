// Mistake 14 of real verifiers: any genuine chip will do. A stolen, an old or a relayed one signs as well as the owner's; what stops them
// is the list of chips, the floors, and a report that is bound to this connection, these nonces, this role and this key.
import { afterEach, describe, expect, test } from "vitest";
import { bindReport, verifyReport } from "../../core/appraise/verify.ts";
import { toHex } from "../../core/base/bytes.ts";
import { encodeFrame } from "../../core/launch/codec.ts";
import { addToTranscript, openTranscript, releaseInfo, reportData } from "../../core/launch/transcript.ts";
import type { Transcript } from "../../core/launch/transcript.ts";
import { nodePrimitives } from "../../core/node/primitives.ts";
import { appraiseWith, boundReport, checkOf, verifyInput } from "../appraise/kit.ts";
import { rogueLaunch } from "../kit/rogue.ts";
import { simulatedHierarchy } from "../kit/simulated.ts";
import { makeWorld, sent, type World } from "../kit/world.ts";
import { challenge, hello } from "../launch/kit.ts";
import { fateOf, honest, mustHaveEnded, refusal } from "../manager/attack-kit.ts";

interface Said {
  readonly exporter: Uint8Array;
  readonly first: "agent" | "manager";
  readonly second: "agent" | "manager";
  readonly hello: Uint8Array;
  readonly challenge: Uint8Array;
  readonly sealingKey: Uint8Array;
}

const said: Said = {
  exporter: new Uint8Array(32).fill(1),
  first: "agent",
  second: "manager",
  hello: encodeFrame(hello).body,
  challenge: encodeFrame(challenge).body,
  sealingKey: new Uint8Array(1216).fill(2),
};
const anotherKey = new Uint8Array(1216).fill(3);

describe("mistake 14: anybody with some genuine chip, or with somebody else's connection, passes", () => {
  describe("which chip", () => {
    test("a chip that is not the owner's is genuine, and on no list", async () => {
      const hierarchy = await simulatedHierarchy();
      const stranger = await boundReport({ chip: { chipId: hierarchy.chipId(5) } });
      const own = await boundReport();
      const checks = { chipId: { require: [toHex(hierarchy.chipId())] } };
      expect(checkOf(appraiseWith(stranger, { checks }), "chip-id")).toMatchObject({ verdict: "fail", code: "appraise.chip-not-listed" });
      expect(checkOf(appraiseWith(own, { checks }), "chip-id")).toMatchObject({ verdict: "pass" });
    });

    test("an old chip with old firmware is genuine, and below the floor", async () => {
      const tcb = { product: "Milan", fmc: undefined, bootloader: 2, tee: 0, snp: 5, microcode: 0x44 } as const;
      const old = await boundReport({ chip: { reportedTcb: tcb, currentTcb: tcb, committedTcb: tcb, launchTcb: tcb } });
      const checks = { reportedTcb: { require: { Milan: { bootloader: 4, tee: 0, snp: 0x18, microcode: 0xdb } } } };
      expect(checkOf(appraiseWith(old, { checks }), "reported-tcb")).toMatchObject({ verdict: "fail", code: "appraise.tcb-floor" });
    });
  });

  describe("which connection", () => {
    const changes: readonly (readonly [what: string, change: Partial<Said>])[] = [
      ["the TLS session", { exporter: new Uint8Array(32).fill(9) }],
      ["the agent's nonce", { hello: encodeFrame({ ...hello, nonce: new Uint8Array(32).fill(9) }).body }],
      ["the manager's nonce", { challenge: encodeFrame({ ...challenge, nonce: new Uint8Array(32).fill(9) }).body }],
      ["the VM", { hello: encodeFrame({ ...hello, vm: "11111111-2222-4333-8444-555555555555" }).body }],
      ["the configuration", { hello: encodeFrame({ ...hello, configuration: new Uint8Array(32).fill(9) }).body }],
      ["the roles (a message sent back to its sender)", { first: "manager", second: "agent" }],
      ["the sealing key", { sealingKey: anotherKey }],
    ];
    test.each(changes)("a report for another: %s", async (_what, change) => {
      const expected = dataOf(said);
      const verification = verifyReport(await verifyInput({ request: { reportData: dataOf({ ...said, ...change }) } }));
      if (!verification.genuine) throw new Error("not genuine");
      expect(bindReport(verification.report, expected)).toMatchObject({ ok: false, failure: { code: "appraise.report-data" } });
    });

    test("the key is sealed for this connection alone, too", () => {
      const infos = [said, ...changes.slice(0, -1).map(([, change]) => ({ ...said, ...change }))].map((one) =>
        toHex(releaseInfo(spoken(one))),
      );
      expect(new Set(infos).size).toBe(infos.length);
    });
  });

  describe("at the manager", () => {
    let world: World;
    afterEach(() => mustHaveEnded(world));

    test("a relay with a TLS session on either side", async () => {
      world = await makeWorld();
      const vm = await world.enrol();
      const connection = world.connect(vm, { managerExporter: new Uint8Array(32).fill(9) });
      await world.run();
      expect(world.launchOf(connection)).toMatchObject({ state: "refused", code: "appraise.report-data" });
      expect(sent(connection.link, "release")).toBe(false);
    });

    test("a report of an earlier launch", async () => {
      world = await makeWorld();
      const vm = await world.enrol();
      const guest = world.guest(vm);
      const earlier: Uint8Array[] = [];
      await rogueLaunch(world, vm, {
        forge: (data) => {
          const made = honest(guest)(data);
          earlier.push(made.report);
          return made;
        },
      });
      world.manager.setEnabled(vm.id, false);
      world.manager.setEnabled(vm.id, true);
      const replay = (data: Uint8Array) => ({ ...honest(guest)(data), report: earlier[0] ?? new Uint8Array(0) });
      expect(await fateOf(world, vm, replay)).toEqual(refusal("appraise.report-data"));
    });

    test("REPORT_DATA that is made from the sealing key alone", async () => {
      world = await makeWorld();
      const vm = await world.enrol();
      const keyOnly = nodePrimitives.digest("sha512", anotherKey);
      expect(await fateOf(world, vm, () => honest(world.guest(vm))(keyOnly))).toEqual(refusal("appraise.report-data"));
    });
  });
});

function spoken({ exporter, first, second, hello: opening, challenge: answer }: Said): Transcript {
  const opened = addToTranscript(openTranscript(exporter, nodePrimitives), first, opening, nodePrimitives);
  return addToTranscript(opened, second, answer, nodePrimitives);
}

function dataOf(one: Said): Uint8Array {
  return reportData(spoken(one), one.sealingKey, nodePrimitives);
}
