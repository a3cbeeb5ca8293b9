// Does a policy with an owner's ID block in it demand that, keep what it accepted before, and become nothing but stricter?
import { expect, test } from "vitest";
import { withIdentity } from "../../core/appraise/identity-demands.ts";
import { policyDifference } from "../../core/appraise/policy-difference.ts";
import { parsePolicy } from "../../core/appraise/policy-parser.ts";
import { standardPreset } from "../../core/appraise/presets.ts";
import { must } from "../../core/base/result.ts";

const preset = standardPreset();
const demands = {
  idKeyDigest: "0a".repeat(48),
  authorKeyDigest: "0b".repeat(48),
  familyId: "0c".repeat(16),
  imageId: "0d".repeat(16),
  guestSvn: 3,
};

test("what was waived is required, nothing else changes, and it is a policy", () => {
  const policy = withIdentity(preset, demands);
  expect(must(parsePolicy(policy))).toEqual(policy);
  const changes = policyDifference(preset, policy);
  expect(changes.map(({ field }) => field).sort()).toEqual(["authorKeyDigest", "familyId", "guestSvn", "idKeyDigest", "imageId"]);
  expect(changes.every(({ direction }) => direction === "stricter")).toBe(true);
});

test("what is not given stays as it is", () => {
  expect(withIdentity(preset, {})).toEqual(preset);
  const { checks } = withIdentity(preset, { idKeyDigest: demands.idKeyDigest });
  expect(checks.idKeyDigest).toEqual({ require: [demands.idKeyDigest] });
  expect(checks.familyId).toEqual(preset.checks.familyId);
});

test("an older key is accepted beside the new one, and named once", () => {
  const first = withIdentity(preset, { idKeyDigest: "01".repeat(48) });
  const both = withIdentity(first, demands);
  expect(both.checks.idKeyDigest).toEqual({ require: ["01".repeat(48), demands.idKeyDigest] });
  expect(withIdentity(both, demands)).toEqual(both);
});

test.each([
  [2, 3],
  [3, 3],
  [4, 4],
])("a security version of %i where 3 is demanded makes %i", (guestSvn, minimum) => {
  const before = withIdentity(preset, { guestSvn: 3 });
  expect(withIdentity(before, { guestSvn }).checks.guestSvn).toEqual({ require: { minimum } });
});
