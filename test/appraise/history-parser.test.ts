// Is a history read exactly as it is printed, and is one that was changed by hand refused rather than mended?
import { expect, test } from "vitest";
import { noHistory, withRelease } from "../../core/appraise/history.ts";
import { parseHistory } from "../../core/appraise/history-parser.ts";
import { rfc3339 } from "../../core/base/clock.ts";
import type { JsonObject } from "../../core/base/json.ts";
import { simulatedInstant } from "../kit/simulated.ts";
import { boundReport } from "./kit.ts";

const { report } = await boundReport();
const history = withRelease(noHistory, report, "00000000-0000-4000-8000-000000000001", simulatedInstant);
const time = rfc3339(simulatedInstant);
const chips = history.chips.map((chip): JsonObject => ({ ...chip, firstAt: time, lastAt: time }));
const instances = history.instances.map((instance): JsonObject => ({ ...instance, at: time }));

test("as it is printed", () => {
  expect(parseHistory({ chips, instances })).toEqual({ ok: true, value: history });
  expect(parseHistory({ chips: [], instances: [] })).toEqual({ ok: true, value: noHistory });
});

test.each<[string, JsonObject]>([
  ["no instances", { chips }],
  ["an unknown member", { chips, instances, vm: "db-1" }],
  ["a chip twice", { chips: [...chips, ...chips], instances }],
  ["a short chip", { chips: chips.map((chip) => ({ ...chip, chipId: "ab" })), instances }],
  ["a time that is none", { chips, instances: instances.map((one) => ({ ...one, at: "yesterday" })) }],
  ["a time in another form", { chips, instances: instances.map((one) => ({ ...one, at: "2026-11-24T12:00:00Z" })) }],
  ["an upper-case TCB", { chips: chips.map((chip) => ({ ...chip, reportedTcb: "04000000000018DB" })), instances }],
])("%s is refused", (_, json) => {
  expect(parseHistory(json)).toMatchObject({ ok: false, failure: { code: "appraise.history-malformed" } });
});
