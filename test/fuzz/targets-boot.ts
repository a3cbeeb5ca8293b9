// Fuzz target for boot sets that a console sends: whatever passes the contract's shape and the check is measured, kept and read again as it was.
import { bootSet, bootSetQuestion } from "../../core/api/boot-schemas.ts";
import { canonicalJson, JsonFault, parseJson } from "../../core/base/json.ts";
import { must } from "../../core/base/result.ts";
import { fromUtf8, utf8 } from "../../core/base/utf8.ts";
import { checkBootSet } from "../../core/measure/boot-set-check.ts";
import { measureBootSet, type BootSet } from "../../core/measure/boot-set.ts";
import { nodePrimitives } from "../../core/node/primitives.ts";
import { kernel } from "../manager/boot-kit.ts";
import { mutateWith } from "./mutate-bytes.ts";
import { mutateJson } from "./mutate-json.ts";
import { expectThat, parsed, type Target } from "./target.ts";

const { direct: _, ...firmwareOnly } = kernel(3, { vcpus: 1, vmm: "gce", vcpuModel: "host" });

const boot: Target = {
  name: "boot-set",
  seeds: [kernel(1), firmwareOnly].map((set) => utf8(JSON.stringify(set))),
  mutate: mutateWith(mutateJson),
  examine: (input) => {
    const text = fromUtf8(input);
    const shaped = text === undefined ? undefined : bootSetQuestion.safeParse(jsonOf(text));
    if (shaped?.success !== true) return "shape";
    if (!checkBootSet(shaped.data).ok) return "checked";
    const measured = measureBootSet(shaped.data, nodePrimitives);
    if (!measured.ok) return measured.failure.code;
    const kept = textOf(measured.value);
    expectThat(textOf(bootSet.parse(parseJson(kept))) === kept, "a boot set is not read as it was kept");
    expectThat(textOf(must(measureBootSet(measured.value, nodePrimitives))) === kept, "measured again it is another");
    return parsed;
  },
};

function textOf(set: BootSet): string {
  return canonicalJson(parseJson(JSON.stringify(set)));
}

function jsonOf(text: string): unknown {
  try {
    return parseJson(text);
  } catch (cause) {
    if (cause instanceof JsonFault) return undefined;
    throw cause;
  }
}

export const bootTargets: readonly Target[] = [boot];
