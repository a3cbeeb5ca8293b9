// What a person approved before any launch showed it: which boot sets count, what it lets go by itself, and that nothing else may differ.
import { describe, expect, test } from "vitest";
import type { ApprovedIdentity, AttestationResult } from "../../core/appraise/result.ts";
import { aheadFor, approvedAhead, type ApprovedAhead, type ConsideredSet } from "../../core/release/approved-ahead.ts";
import { decide, type Decision, type ReleaseQuestion } from "../../core/release/decide.ts";
import { pinFor, whatIsNew, withoutMeasurement, withPin } from "../../core/release/pins.ts";

const old = "a1".repeat(48);
const next = "b1".repeat(48);
const stranger = "c1".repeat(48);
const identity: ApprovedIdentity = {
  measurement: old,
  chipId: "a2".repeat(64),
  signer: "vcek",
  provider: "",
  idKeyDigest: "a3".repeat(48),
  authorKeyDigest: "a4".repeat(48),
  familyId: "a5".repeat(16),
  imageId: "a6".repeat(16),
};
const others: Omit<ApprovedIdentity, "measurement"> = {
  chipId: "b2".repeat(64),
  signer: "vlek",
  provider: "a provider",
  idKeyDigest: "b3".repeat(48),
  authorKeyDigest: "b4".repeat(48),
  familyId: "b5".repeat(16),
  imageId: "b6".repeat(16),
};
const pins = withPin([], identity, "first", 1);
const approved: ConsideredSet = {
  id: "set-2",
  label: "6.12.9",
  set: { measurement: next },
  approvedAt: 5,
  approvalReason: "tested on db-2",
};
const image = "e6".repeat(16);
const ahead = approvedAhead([approved], () => image);
const showing = (change: Partial<ApprovedIdentity>): ApprovedIdentity => ({ ...identity, ...change });

describe("a boot set counts", () => {
  test("once it is approved, with who it is and why", () => {
    expect(ahead).toEqual([{ bootSet: "set-2", label: "6.12.9", measurement: next, imageId: image, at: 5, reason: "tested on db-2" }]);
    expect(aheadFor(next, ahead)).toBe(ahead[0]);
    expect(aheadFor(old, ahead)).toBeUndefined();
  });

  test("neither as a candidate, nor after it was retired", () => {
    const { approvedAt: _, approvalReason: __, ...candidate } = approved;
    expect(approvedAhead([candidate, { ...approved, retiredAt: 6 }, { ...candidate, retiredAt: 6 }], () => image)).toEqual([]);
  });

  test("only where approvedAhead() says so: a record alone does not compile", () => {
    const record = { bootSet: "x", label: "x", measurement: next, imageId: image, at: 5, reason: "x" };
    // @ts-expect-error a record alone is no approval ahead
    const forged: readonly ApprovedAhead[] = [record];
    expect(forged).toHaveLength(1);
  });
});

describe("a pin", () => {
  test("matches where the measurement was approved ahead, and nothing is new", () => {
    expect(pinFor(showing({ measurement: next }), pins, ahead)).toBe(pins[0]);
    expect(whatIsNew(showing({ measurement: next }), pins, ahead)).toEqual([]);
    expect(pinFor(identity, pins, ahead)).toBe(pins[0]);
  });

  test.each(Object.entries(others))("does not where %s is new beside it, and only that is named", (field, now) => {
    const changed = showing({ measurement: next, [field]: now });
    expect(pinFor(changed, pins, ahead)).toBeUndefined();
    expect(whatIsNew(changed, pins, ahead)).toMatchObject([{ now }]);
  });

  test("matches where the image id is the one of those files, and of no others", () => {
    expect(pinFor(showing({ measurement: next, imageId: image }), pins, ahead)).toBe(pins[0]);
    expect(pinFor(showing({ measurement: old, imageId: image }), pins, ahead)).toBeUndefined();
    expect(pinFor(showing({ measurement: next, imageId: image, familyId: others.familyId }), pins, ahead)).toBeUndefined();
    expect(whatIsNew(showing({ measurement: next, imageId: "00".repeat(16) }), pins, ahead)).toMatchObject([{ title: "Image id" }]);
  });

  test("does not for a measurement that nobody approved", () => {
    expect(pinFor(showing({ measurement: stranger }), pins, ahead)).toBeUndefined();
    expect(whatIsNew(showing({ measurement: stranger }), pins, ahead)).toMatchObject([{ title: "Launch measurement", now: stranger }]);
  });

  test("that was approved itself comes before one that matches ahead", () => {
    const two = withPin(pins, showing({ measurement: next }), "second", 2);
    expect(pinFor(showing({ measurement: next }), two.toReversed(), ahead)?.launch).toBe("second");
  });

  test("there must be one", () => {
    expect(pinFor(showing({ measurement: next }), [], ahead)).toBeUndefined();
  });

  test("parts of two approvals are not an approval ahead either", () => {
    const two = withPin(pins, { ...others, measurement: stranger }, "second", 2);
    for (const [field, value] of Object.entries(others))
      expect([field, pinFor(showing({ measurement: next, [field]: value }), two, ahead)]).toEqual([field, undefined]);
  });
});

describe("the pins after a measurement was retired", () => {
  const [successor] = ahead;

  test("are without it; what was approved beside it stands for the one approved ahead", () => {
    const left = withoutMeasurement(pins, old, successor);
    expect(left).toEqual([{ ...pins[0], measurement: next }]);
    expect(pinFor(identity, left, [])).toBeUndefined();
    expect(pinFor(showing({ measurement: next }), left, ahead)?.launch).toBe("first");
  });

  test("are gone where nothing is approved ahead", () => {
    expect(withoutMeasurement(pins, old, undefined)).toEqual([]);
  });

  test("are as before where none had it, and never two of the same", () => {
    expect(withoutMeasurement(pins, next, undefined)).toEqual(pins);
    const two = withPin(pins, showing({ measurement: next }), "second", 2);
    expect(withoutMeasurement(two, old, successor)).toEqual([two[0]]);
  });

  test("let nothing go that did not go before, but what shows the measurement", () => {
    const two = withPin(withPin(pins, { ...others, measurement: old }, "second", 2), showing({ measurement: stranger }), "third", 3);
    const left = withoutMeasurement(two, old, successor);
    const shown = [old, next, stranger].flatMap((measurement) => [
      showing({ measurement }),
      { ...others, measurement },
      ...Object.entries(others).map(([field, value]) => showing({ measurement, [field]: value })),
    ]);
    for (const one of shown) {
      const before = pinFor(one, two, ahead) !== undefined;
      expect([one, pinFor(one, left, ahead) !== undefined]).toEqual([one, before && one.measurement !== old]);
    }
  });
});

describe("the release question", () => {
  function decided(
    measurement: string,
    vm: Partial<ReleaseQuestion["vm"]>,
    release: "manual" | "first-launch-manual" | "automatic",
  ): Decision {
    const result = Object.assign({ verdict: "accepted", simulated: false, checks: [] } as object, {
      identity: showing({ measurement }),
    }) as AttestationResult;
    return decide({
      result,
      vm: {
        enabled: true,
        simulated: false,
        configurationCurrent: true,
        policyCurrent: true,
        failedOpens: 0,
        policy: { release, releaseTimes: "any", failedOpensMaximum: 5 },
        pins,
        ahead,
        ...vm,
      },
      approval: undefined,
      liveLaunches: 1,
      at: 0,
    });
  }

  test("first-launch-manual: it goes by itself, and both words are named", () => {
    expect(decided(next, {}, "first-launch-manual")).toEqual({
      verdict: "release",
      by: "policy",
      pin: { launch: pins[0], ahead: ahead[0] },
    });
    expect(decided(old, {}, "first-launch-manual")).toEqual({ verdict: "release", by: "policy", pin: { launch: pins[0] } });
  });

  test("first-launch-manual: without an approved launch a person is asked about the first", () => {
    expect(decided(next, { pins: [] }, "first-launch-manual")).toEqual({ verdict: "person", because: { reason: "first-launch" } });
  });

  test("first-launch-manual: without an approval ahead the measurement is new", () => {
    expect(decided(next, { ahead: [] }, "first-launch-manual")).toMatchObject({
      because: { reason: "new", differences: [{ title: "Launch measurement", approved: old, now: next }] },
    });
  });

  test("manual: a person is asked all the same", () => {
    expect(decided(next, {}, "manual")).toEqual({ verdict: "person", because: { reason: "always" } });
  });

  test("automatic: the policy rules, and no approval is named", () => {
    expect(decided(next, {}, "automatic")).toEqual({ verdict: "release", by: "policy" });
  });

  test("what else says no still does", () => {
    expect(decided(next, { failedOpens: 5 }, "first-launch-manual")).toMatchObject({ failure: { code: "release.too-many-failed-opens" } });
    expect(decided(next, { enabled: false }, "first-launch-manual")).toMatchObject({ failure: { code: "release.vm-disabled" } });
  });
});
