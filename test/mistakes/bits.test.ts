// Mistakes 9 and 12 of real verifiers: a guest that the host may read is accepted, and a bit's sense is turned round.
import { describe, expect, test } from "vitest";
import type { GuestPermission, GuestRequirement, PlatformBit } from "../../core/appraise/policy-demands.ts";
import { platformBitNames } from "../../core/appraise/policy-demands.ts";
import { presetNames, presets } from "../../core/appraise/presets.ts";
import { appraiseWith, boundReport, checkOf, verifyInput } from "../appraise/kit.ts";
import { needsVectors } from "../kit/vectors.ts";
import { failedIn, judged, published, today } from "./kit.ts";

/** AMD 56860: which bit of POLICY permits (set is weaker), and which demands (set is stronger). */
const permissions: Readonly<Record<GuestPermission, bigint>> = { smt: 16n, migrateMa: 18n, debug: 19n, cxlAllow: 21n };
const requirements: Readonly<Record<GuestRequirement, bigint>> = {
  singleSocket: 20n,
  memAes256Xts: 22n,
  raplDis: 23n,
  ciphertextHidingDram: 24n,
  pageSwapDisable: 25n,
};
const mustBeOne = 1n << 17n;

describe("mistake 9: a guest that allows DEBUG, or a migration agent, is accepted", () => {
  test("the genuine report that go-sev-guest publishes allows DEBUG: every preset refuses it", needsVectors(), () => {
    const input = published("milan-v2-debug", today, "Milan");
    for (const name of presetNames) {
      const check = judged(input, presets[name].policy({})).find(({ id }) => id === "guest-policy");
      expect(check).toMatchObject({ verdict: "fail", code: "appraise.guest-policy" });
      expect(check?.actual).toContain("debug");
    }
  });

  test.each([
    ["what Proxmox makes of plain `type=snp`", 0xb0000n],
    ["DEBUG alone", mustBeOne | (1n << 19n)],
    ["MIGRATE_MA alone", mustBeOne | (1n << 18n)],
    ["CXL_ALLOW alone", mustBeOne | (1n << 21n)],
  ])("%s: every preset refuses it", async (_what, policy) => {
    const input = await verifyInput({ launch: { policy } });
    for (const name of presetNames) expect(failedIn(judged(input, presets[name].policy({})))).toContain("guest-policy");
  });

  test("without them the same machine passes", async () => {
    const input = await verifyInput({ launch: { policy: mustBeOne } });
    for (const name of presetNames) expect(failedIn(judged(input, presets[name].policy({})))).not.toContain("guest-policy");
  });
});

describe("mistake 12: a bit's sense is unclear: ceilings are taken for floors", () => {
  test.each(platformBitNames)("PLATFORM_INFO %s: required means set, forbidden means clear, unnamed means either", async (bit) => {
    const set = 1n << BigInt(platformBitNames.indexOf(bit));
    const others = 0xffn ^ set;
    const verdicts = async (platformInfo: bigint) => {
      const report = await boundReport({ chip: { platformInfo } });
      const under = (required: readonly PlatformBit[], forbidden: readonly PlatformBit[]) =>
        checkOf(appraiseWith(report, { checks: { platform: { require: { required, forbidden, unknownAllowed: [] } } } }), "platform")
          .verdict;
      return [under([bit], []), under([], [bit]), under([], [])];
    };
    expect(await verdicts(set)).toEqual(["pass", "fail", "pass"]);
    expect(await verdicts(others)).toEqual(["fail", "pass", "pass"]);
  });

  test.each(Object.keys(permissions) as GuestPermission[])("POLICY %s is a permission: set is weaker", async (bit) => {
    const set = mustBeOne | (1n << permissions[bit]);
    expect([await guest(set, [bit], []), await guest(set, [], []), await guest(mustBeOne, [], [])]).toEqual(["pass", "fail", "pass"]);
    const rest = (Object.keys(permissions) as GuestPermission[]).filter((other) => other !== bit);
    expect(await guest(set, rest, [])).toBe("fail");
  });

  test.each(Object.keys(requirements) as GuestRequirement[])("POLICY %s is a demand of the guest: set is stronger", async (bit) => {
    const set = mustBeOne | (1n << requirements[bit]);
    expect([await guest(set, [], [bit]), await guest(mustBeOne, [], [bit]), await guest(set, [], [])]).toEqual(["pass", "fail", "pass"]);
  });

  async function guest(policy: bigint, allowed: readonly GuestPermission[], demanded: readonly GuestRequirement[]): Promise<string> {
    const checks = { guestPolicy: { require: { allowed, demanded, abiMinimum: "0.0" } } };
    return checkOf(appraiseWith(await boundReport({ launch: { policy } }), { checks }), "guest-policy").verdict;
  }
});
