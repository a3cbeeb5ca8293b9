// What does the service say of policies: of a draft, of the presets, and of what each field means? Never changes one.
import { checkReference } from "../../appraise/check-reference.ts";
import { policyDifference } from "../../appraise/policy-difference.ts";
import { policyReference } from "../../appraise/policy-reference.ts";
import { policyFromText, policyTextFaults } from "../../appraise/policy-text.ts";
import type { AppraisalPolicy } from "../../appraise/policy.ts";
import { policyYaml } from "../../appraise/policy-yaml.ts";
import { presetNames, presets } from "../../appraise/presets.ts";
import { waivers } from "../../appraise/waivers.ts";
import type { PolicyDraft, PolicyFieldView, PolicyPresetView } from "../../api/policy-schemas.ts";
import { canonicalJson } from "../../base/json.ts";
import { policyDigest } from "../../manager/policies.ts";
import { nodePrimitives } from "../primitives.ts";

/** @param current the policy that the VM has, where one was named. */
export function policyDraft(text: string, current: AppraisalPolicy | undefined): PolicyDraft {
  const read = policyFromText(text);
  if (!read.ok) return { ok: false, faults: [...policyTextFaults(text)], waived: [], changes: [] };
  const policy = read.value;
  return {
    ok: true,
    faults: [],
    waived: waivers(policy).map((waiver) => ({ ...waiver })),
    policy: canonicalJson(policy),
    yaml: policyYaml(policy),
    digest: policyDigest(policy, nodePrimitives),
    changes: current === undefined ? [] : policyDifference(current, policy).map((change) => ({ ...change })),
  };
}

export function policyPresets(): PolicyPresetView[] {
  return presetNames.map((name) => {
    const { title, notes, policy } = presets[name];
    return { name, title, notes: [...notes], text: policyYaml(policy({}), notes) };
  });
}

export function policyFields(): PolicyFieldView[] {
  return Object.entries(policyReference).map(([field, { title, form, meaning, stake, polarity }]) => ({
    field,
    title,
    form,
    meaning,
    stake,
    polarity,
    check: Object.hasOwn(checkReference, field),
  }));
}
