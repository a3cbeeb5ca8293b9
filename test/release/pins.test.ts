// What does a person's approval pin, what is new against it, and for how many approvals is that remembered?
import { expect, test } from "vitest";
import type { ApprovedIdentity } from "../../core/appraise/result.ts";
import { pinFor, whatIsNew, withPin } from "../../core/release/pins.ts";
import type { LaunchPin } from "../../core/release/pins.ts";

const identity: ApprovedIdentity = {
  measurement: "a1".repeat(48),
  chipId: "a2".repeat(64),
  signer: "vcek",
  provider: "",
  idKeyDigest: "a3".repeat(48),
  authorKeyDigest: "a4".repeat(48),
  familyId: "a5".repeat(16),
  imageId: "a6".repeat(16),
};
/** Each field, otherwise. */
const others: ApprovedIdentity = {
  measurement: "b1".repeat(48),
  chipId: "b2".repeat(64),
  signer: "vlek",
  provider: "a provider",
  idKeyDigest: "b3".repeat(48),
  authorKeyDigest: "b4".repeat(48),
  familyId: "b5".repeat(16),
  imageId: "b6".repeat(16),
};
const pins = withPin([], identity, "first", 1);
const fields = Object.entries(others);

test("the same identity matches its pin, and nothing is new", () => {
  expect(pinFor(identity, pins, [])).toEqual({ ...identity, launch: "first", at: 1 });
  expect(whatIsNew(identity, pins, [])).toEqual([]);
});

test.each(fields)("another %s is new, and is spelled out", (field, now) => {
  const changed = { ...identity, [field]: now };
  expect(pinFor(changed, pins, [])).toBeUndefined();
  const approved = new Map(Object.entries(identity)).get(field);
  expect(whatIsNew(changed, pins, [])).toEqual([{ title: expect.stringMatching(/./) as string, approved, now }]);
});

test("all that is new has a title of its own", () => {
  expect(new Set(whatIsNew(others, pins, []).map(({ title }) => title)).size).toBe(fields.length);
});

test("parts of two approvals are not an approval", () => {
  const two = withPin(pins, others, "second", 2);
  for (const [field, value] of fields) {
    const mixed = { ...identity, [field]: value };
    expect([field, pinFor(mixed, two, [])]).toEqual([field, undefined]);
  }
  expect([pinFor(identity, two, [])?.launch, pinFor(others, two, [])?.launch]).toEqual(["first", "second"]);
});

test("what is new is told from the approval that is most like it, the newest of several", () => {
  const two = withPin(pins, { ...identity, measurement: "c1".repeat(48) }, "second", 2);
  expect(whatIsNew({ ...identity, measurement: "d1".repeat(48) }, two, [])).toMatchObject([{ approved: "c1".repeat(48) }]);
  expect(whatIsNew({ ...identity, imageId: "d6".repeat(16) }, two, [])).toMatchObject([{ approved: identity.imageId }]);
});

test("without an approval nothing matches, and there is nothing to tell it from", () => {
  expect([pinFor(identity, [], []), whatIsNew(identity, [], [])]).toEqual([undefined, []]);
});

test("the same identity approved again takes the place of its pin", () => {
  const again = withPin(withPin(pins, others, "second", 2), identity, "third", 3);
  expect(again.map(({ launch, at }) => [launch, at])).toEqual([
    ["third", 3],
    ["second", 2],
  ]);
});

test.each([
  [15, true],
  [16, true],
  [17, false],
])("after %d approvals the first is remembered: %s", (count, remembered) => {
  let many: readonly LaunchPin[] = [];
  for (let index = 0; index < count; index++)
    many = withPin(many, { ...identity, measurement: index.toString(16).padStart(96, "0") }, `launch ${index}`, index);
  expect(many).toHaveLength(Math.min(count, 16));
  expect(pinFor({ ...identity, measurement: "0".repeat(96) }, many, []) !== undefined).toBe(remembered);
});
