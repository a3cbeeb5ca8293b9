// Fuzz target for a table of floors that an owner keeps in a file: `portcullis policy floors --table`.
import { knownFloors } from "../../core/appraise/floors/known-floors.ts";
import { parseFloorTable } from "../../core/appraise/floors/floor-table.ts";
import { jsonFromText } from "../../core/appraise/policy-text.ts";
import { canonicalJson, type Json } from "../../core/base/json.ts";
import { fromUtf8, utf8 } from "../../core/base/utf8.ts";
import { mutateWith } from "./mutate-bytes.ts";
import { mutateJson } from "./mutate-json.ts";
import { expectThat, longestPolicyDetail, outcomeOf, type Target, yamlMilliseconds } from "./target.ts";

const bit = { ...knownFloors[0], demand: { mitigationBit: 3 } };

const floors: Target = {
  name: "floors",
  milliseconds: yamlMilliseconds,
  seeds: [knownFloors, knownFloors.slice(0, 3), [bit], []].map((table) => utf8(JSON.stringify({ version: 1, floors: table }))),
  mutate: mutateWith(mutateJson),
  examine: (input) => {
    const text = fromUtf8(input);
    if (text === undefined) return "not UTF-8";
    const json = jsonFromText(text);
    if (!json.ok) return outcomeOf(json, () => undefined, longestPolicyDetail);
    return outcomeOf(parseFloorTable(json.value), (read) => {
      const again = JSON.parse(JSON.stringify({ version: 1, floors: read })) as Json;
      expectThat(canonicalJson(again) === canonicalJson(json.value), "a table of floors says something else than its text");
    });
  },
};

export const floorTargets: readonly Target[] = [floors];
