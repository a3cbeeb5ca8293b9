// What does each field of a policy mean, and what is at stake? Both tables as one: the types make sure that no field is missing. Never read by a check.
import { checkReference } from "./check-reference.ts";
import { rulingReference } from "./ruling-reference.ts";

export const policyReference = { ...rulingReference, ...checkReference };
export type PolicyField = keyof typeof policyReference;
