// At which moments of a launch is a manager killed? In the order in which a launch meets them (docs/architecture.md).

/** Met by a launch that the policy decides. */
export const launchSteps = [
  "connection accepted",
  "hello received",
  "before progress",
  "after progress",
  "before challenge",
  "after challenge",
  "evidence received",
  "before collateral",
  "after collateral",
  "before key read",
  "after key read",
  "before release commit",
  "inside release commit",
  "after release commit",
  "sealing",
  "before release sent",
  "half of release sent",
  "after release sent",
  "outcome received",
  "before outcome commit",
  "inside outcome commit",
  "after outcome commit",
  "before recorded",
  "after recorded",
  "at a random moment",
] as const;

/** Met beside those where a person decides. */
export const personSteps = [
  "before pending saved",
  "after pending saved",
  "before pending sent",
  "after pending sent",
  "before decide",
  "after decide",
] as const;

export type KillStep = (typeof launchSteps)[number] | (typeof personSteps)[number];

export interface KillPlan {
  readonly step: KillStep;
  readonly by: "policy" | "person";
}

/** Every step in turn; those that both kinds of launch meet are tried with both. */
export function killPlans(rounds: number): readonly KillPlan[] {
  const turns: KillPlan[] = [
    ...launchSteps.map((step) => ({ step, by: "policy" }) as const),
    ...personSteps.map((step) => ({ step, by: "person" }) as const),
  ];
  return Array.from({ length: rounds }, (_, round) => {
    const plan = turns[round % turns.length];
    if (plan === undefined) throw new Error("no steps");
    // Each second time a step comes, a person decides.
    const person = plan.by === "person" || Math.floor(round / turns.length) % 2 === 1;
    return { step: plan.step, by: person ? "person" : "policy" };
  });
}
