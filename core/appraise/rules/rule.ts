// What is an owner's own condition? A CEL expression over the claims of a genuine report, with the sentence that a person reads where it does not hold.
// It can only make an appraisal stricter.

export type CustomRule = {
  /** Lower-case letters, digits and "-", at most 32. */
  readonly id: string;
  /** CEL, 1 to 1024 characters. */
  readonly expression: string;
  /** 1 to 200 characters on one line. */
  readonly sentence: string;
};

export const maximumRules = 16;
export const maximumExpression = 1024;
