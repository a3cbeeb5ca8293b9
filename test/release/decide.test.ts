// The release question: every reason to say no, each below, at and above its limit, and what an approval covers.
import { describe, expect, test } from "vitest";
import { releaseRules } from "../../core/appraise/policy-demands.ts";
import { fail, must } from "../../core/base/result.ts";
import { approve, covers } from "../../core/release/approval.ts";
import { decide, type ReleaseQuestion } from "../../core/release/decide.ts";
import { commitRelease } from "../../core/release/committed.ts";
import { failure } from "../../core/base/failure.ts";
import { makeWorld } from "../kit/world.ts";
import type { AttestationResult } from "../../core/appraise/result.ts";

const evidence = { evidenceDigest: "e1", claimsDigest: "c1" };
const approval = must(approve("e1", "mine", evidence, 0));

/** A result as only appraise() mints it, from a whole launch; the fields that decide() reads are then varied. */
async function resultOf(change: Partial<AttestationResult>): Promise<AttestationResult> {
  const world = await makeWorld();
  const connection = world.connect(await world.enrol());
  await world.run();
  const { checks = [] } = world.launchOf(connection);
  return Object.assign({ verdict: "accepted", simulated: false, checks, ...evidence }, change) as AttestationResult;
}

const result = await resultOf({});
const question: ReleaseQuestion = {
  result,
  vm: {
    enabled: true,
    simulated: false,
    configurationCurrent: true,
    policyCurrent: true,
    failedOpens: 0,
    policy: { release: "manual", releaseTimes: "any", failedOpensMaximum: 5 },
    pins: [],
    ahead: [],
  },
  approval: undefined,
  liveLaunches: 1,
  at: 0,
};

const automatic = { ...question.vm.policy, release: "automatic" } as const;

function changed(vm: Partial<ReleaseQuestion["vm"]>, rest: Partial<ReleaseQuestion> = {}): ReleaseQuestion {
  return { ...question, ...rest, vm: { ...question.vm, ...vm } };
}

describe("decide", () => {
  test("a person is needed, or the policy is enough", () => {
    expect(decide(question)).toEqual({ verdict: "person", because: { reason: "always" } });
    expect(decide({ ...question, approval })).toEqual({ verdict: "release", by: "person", approval });
    expect(decide(changed({ policy: automatic }))).toEqual({ verdict: "release", by: "policy" });
  });

  test.each<[string, ReleaseQuestion]>([
    ["release.vm-disabled", changed({ enabled: false })],
    ["release.policy-changed", changed({ policyCurrent: false })],
    ["release.configuration-retired", changed({ configurationCurrent: false })],
    ["release.simulation-mismatch", changed({ simulated: true })],
    ["release.not-accepted", changed({}, { result: { ...result, verdict: "refused", checks: [] } })],
    ["release.second-launch", changed({}, { liveLaunches: 2 })],
    ["release.too-many-failed-opens", changed({ failedOpens: 5 })],
    ["release.too-many-failed-opens", changed({ failedOpens: 6 })],
  ])("%s, whatever a person or the policy says", (code, asked) => {
    for (const release of releaseRules) {
      const decision = decide({ ...asked, approval, vm: { ...asked.vm, policy: { ...asked.vm.policy, release } } });
      expect(decision).toMatchObject({ verdict: "refuse", failure: { code } });
    }
  });

  test("one below the limit is enough", () => {
    expect(decide({ ...changed({ failedOpens: 4 }), approval }).verdict).toBe("release");
  });

  test("a check that failed speaks with its own code", () => {
    const checks = result.checks.map((check) => ({ ...check, verdict: "fail", code: "appraise.vmpl" }) as const);
    expect(decide({ ...question, result: { ...result, verdict: "refused", checks } })).toMatchObject({
      failure: { code: "appraise.vmpl" },
    });
  });

  test("an approval of other claims asks the person again", () => {
    const other = { ...result, evidenceDigest: "e2", claimsDigest: "c2" };
    expect(decide({ ...question, approval, result: other })).toEqual({ verdict: "person", because: { reason: "always" } });
    expect(decide({ ...question, approval, result: { ...other, claimsDigest: "c1" } }).verdict).toBe("release");
  });
});

describe("an approval", () => {
  test("names the evidence in hand, and covers its claims", () => {
    expect(approve("e2", "mine", evidence, 0)).toMatchObject({ ok: false, failure: { code: "approval.evidence-changed" } });
    expect(covers(approval, evidence)).toBe(true);
    expect(covers(approval, { evidenceDigest: "e2", claimsDigest: "c1" })).toBe(true);
    expect(covers(approval, { evidenceDigest: "e2", claimsDigest: "c2" })).toBe(false);
  });
});

test("a commit that fails makes no committed decision", () => {
  const facts = { launch: "l", vm: "v", evidenceDigest: "e", disks: ["root"] };
  expect(commitRelease(facts, () => fail(failure("store.answer-unknown")))).toMatchObject({
    ok: false,
    failure: { code: "store.answer-unknown" },
  });
});
