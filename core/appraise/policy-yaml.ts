// How does a policy look in YAML, for a person to edit? With what each field means as a comment above it. Reads back as the very same policy.
import { Document, isMap, isScalar } from "yaml";
import { policyReference } from "./policy-reference.ts";
import type { AppraisalPolicy } from "./policy.ts";

export function policyYaml(policy: AppraisalPolicy, notes: readonly string[] = []): string {
  const document = new Document(inOrder(policy), { aliasDuplicateObjects: false, version: "1.2", schema: "core" });
  if (notes.length > 0) document.commentBefore = notes.map((note) => ` ${note}`).join("\n");
  comment(document.contents);
  comment(document.get("checks"));
  return document.toString({ lineWidth: 120 });
}

/** What happens with the result first, then the checks as they are read, then the owner's own rules. */
function inOrder({ checks, rules, ...rulings }: AppraisalPolicy): object {
  const sorted = (members: object): object => {
    const byName = new Map<string, unknown>(Object.entries(members));
    return Object.fromEntries(Object.keys(policyReference).flatMap((name) => (byName.has(name) ? [[name, byName.get(name)]] : [])));
  };
  return { ...sorted(rulings), checks: sorted(checks), rules };
}

function comment(node: unknown): void {
  if (!isMap(node)) return;
  const meanings: Readonly<Record<string, { readonly meaning: string }>> = policyReference;
  for (const { key } of node.items) {
    if (isScalar(key) && typeof key.value === "string" && meanings[key.value] !== undefined)
      key.commentBefore = ` ${meanings[key.value]?.meaning}`;
  }
}
