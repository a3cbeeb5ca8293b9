// Mistake 13 of real verifiers: what the host chose is taken for the guest's word or AMD's, and nobody asks which privilege level spoke.
import { afterEach, describe, expect, test } from "vitest";
import { presetNames, presets } from "../../core/appraise/presets.ts";
import { makeAuthorities } from "../../core/simulator/authority.ts";
import { Hierarchy } from "../../core/simulator/hierarchy.ts";
import { encodeCertTable } from "../../core/snp/cert-table.ts";
import { appraiseWith, boundReport, checkOf, hostData, verifyInput } from "../appraise/kit.ts";
import { rogueLaunch } from "../kit/rogue.ts";
import { simulatedHierarchy, simulatedInstant } from "../kit/simulated.ts";
import { makeWorld, type World } from "../kit/world.ts";
import { fateOf, honest, mustHaveEnded, refusal } from "../manager/attack-kit.ts";
import { codesWith, failedIn, judged } from "./kit.ts";

describe("mistake 13: HOST_DATA and the host's certificates are believed, and the privilege level (VMPL) is not looked at", () => {
  describe("HOST_DATA", () => {
    test("each bit of it is compared with the configuration that was issued, under every policy", async () => {
      for (let offset = 0; offset < 32; offset++) {
        const chosen = hostData.slice();
        chosen[offset] = (chosen[offset] ?? 0) ^ 1;
        const result = appraiseWith(await boundReport({ launch: { hostData: chosen } }));
        expect(checkOf(result, "configuration")).toMatchObject({ verdict: "fail", code: "appraise.configuration" });
        expect(result.verdict).toBe("refused");
      }
    });

    test("no policy can leave that out", () => {
      for (const name of presetNames) expect(presets[name].policy({}).checks.configuration).toEqual({ require: true });
    });
  });

  describe("the host's certificates", () => {
    let world: World;
    afterEach(() => mustHaveEnded(world));

    test("another hierarchy, whole and sound: not under these roots", async () => {
      world = await makeWorld();
      const vm = await world.enrol();
      const { authorities, crypto } = await simulatedHierarchy("Genoa");
      const keys = { ark: authorities.ark.key, ask: authorities.ask.key, asvk: authorities.asvk.key };
      const other = new Hierarchy({
        product: "Milan",
        authorities: makeAuthorities("Milan", keys, crypto),
        secret: new Uint8Array(32),
        crypto,
      });
      const { chip } = world.processor;
      const certificates = encodeCertTable([
        { role: "vcek", bytes: other.issue(simulatedInstant, chip.reportedTcb, { chipId: chip.chipId }) },
        { role: "ask", bytes: other.authorities.ask.certificate },
        { role: "ark", bytes: other.authorities.ark.certificate },
      ]);
      const guest = world.guest(vm);
      const { record, refused } = await rogueLaunch(world, vm, {
        forge: (reportData) => ({ report: guest.report({ reportData }), certificates }),
      });
      expect(record?.state).toBe("refused");
      expect(record?.checks?.map(({ code }) => code)).toContain("endorse.root-not-pinned");
      expect(refused).toBe("not-accepted");
    });

    test("rubbish in the table is a failure with a name", async () => {
      world = await makeWorld();
      const vm = await world.enrol();
      const guest = world.guest(vm);
      const { record } = await rogueLaunch(world, vm, {
        forge: (reportData) => ({ report: guest.report({ reportData }), certificates: new Uint8Array(100).fill(0xff) }),
      });
      expect(record).toMatchObject({ state: "refused", code: "snp.cert-table" });
    });

    test("a report that the host asked for carries no word of the guest", async () => {
      world = await makeWorld();
      const vm = await world.enrol();
      expect(await fateOf(world, vm, honest(world.guest(vm), { vmpl: 0xffff_ffff }))).toEqual(refusal("appraise.host-requested"));
    });
  });

  describe("VMPL", () => {
    test.each([1, 2, 3])("level %d is refused by every preset", async (vmpl) => {
      const input = await verifyInput({ request: { vmpl } });
      for (const name of presetNames) expect(failedIn(judged(input, presets[name].policy({})))).toContain("vmpl");
    });

    test("a level that does not exist, and the host's own, are not genuine under any policy", async () => {
      expect(await codesWith({ request: { vmpl: 4 } })).toEqual(["appraise.vmpl-unknown"]);
      expect(await codesWith({ request: { vmpl: 0xffff_fffe } })).toEqual(["appraise.vmpl-unknown"]);
      expect(await codesWith({ request: { vmpl: 0xffff_ffff } })).toEqual(["appraise.host-requested"]);
    });
  });
});
