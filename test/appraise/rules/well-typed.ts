// Rules that are well typed by the way they are made, over every claim that there is.
import * as fc from "fast-check";
import { claimForms, type ClaimType, type TextForm } from "../../../core/appraise/rules/claim-forms.ts";

const claims = (type: ClaimType): readonly string[] => [...claimForms].flatMap(([path, form]) => (form.type === type ? [path] : []));
const textIn = (texts: TextForm | undefined): fc.Arbitrary<string> =>
  texts === undefined
    ? fc.constantFrom("", "x", "1.55.29")
    : "bytes" in texts
      ? fc.constantFrom("0", "a").map((digit) => digit.repeat(2 * texts.bytes))
      : fc.constantFrom(...texts);
const { rule } = fc.letrec<{ rule: string; int: string; ints: string; compared: string; text: string; time: string; duration: string }>(
  (tie) => ({
    int: fc.oneof(
      { maxDepth: 4 },
      fc.constantFrom(...claims("int")),
      fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String),
      fc.tuple(tie("int"), fc.constantFrom("+", "-", "*", "/", "%"), tie("int")).map(([left, op, right]) => `(${left} ${op} ${right})`),
      tie("ints").map((list) => `size(${list})`),
      fc.tuple(tie("time"), fc.constantFrom("getHours", "getMonth", "getDayOfYear")).map(([time, part]) => `${time}.${part}()`),
      fc.oneof(tie("time"), tie("duration")).map((one) => `int(${one})`),
    ),
    ints: fc.oneof(
      fc.constantFrom(...claims("ints")),
      fc.array(fc.nat(63), { minLength: 1, maxLength: 4 }).map((list) => `[${list.join()}]`),
    ),
    time: fc.oneof(
      { maxDepth: 4 },
      fc.constant("at"),
      fc.constant("timestamp('2026-11-24T12:00:00Z')"),
      fc.tuple(tie("time"), fc.constantFrom("+", "-"), tie("duration")).map((parts) => `(${parts.join(" ")})`),
    ),
    duration: fc.oneof(
      { maxDepth: 4 },
      fc.constantFrom("duration('36h')", "duration('999999h')", "duration('1m1s')"),
      fc.tuple(tie("time"), tie("time")).map(([left, right]) => `(${left} - ${right})`),
    ),
    text: fc
      .constantFrom(...claims("text"))
      .chain((path) =>
        fc
          .tuple(fc.constantFrom("==", "!="), textIn(claimForms.get(path)?.texts))
          .map(([operator, text]) => `${path} ${operator} '${text}'`),
      ),
    compared: fc.oneof(
      fc.tuple(tie("int"), fc.constantFrom("==", "!=", "<", "<=", ">", ">="), tie("int")).map((parts) => parts.join(" ")),
      fc.tuple(tie("time"), fc.constantFrom("==", "<", ">="), tie("time")).map((parts) => parts.join(" ")),
      fc.tuple(tie("duration"), fc.constantFrom("!=", "<=", ">"), tie("duration")).map((parts) => parts.join(" ")),
      fc.tuple(tie("int"), tie("ints")).map(([int, list]) => `${int} in ${list}`),
    ),
    rule: fc.oneof(
      { maxDepth: 5 },
      fc.constantFrom(...claims("bool"), "true", "false", "has(tcb.reported.fmc)", "has(cpuid.model)"),
      tie("text"),
      tie("compared"),
      tie("rule").map((one) => `!(${one})`),
      fc.tuple(tie("rule"), fc.constantFrom("&&", "||", "==", "!="), tie("rule")).map(([left, op, right]) => `(${left}) ${op} (${right})`),
      fc.tuple(tie("rule"), tie("rule"), tie("rule")).map(([asked, yes, no]) => `(${asked}) ? (${yes}) : (${no})`),
    ),
  }),
);

/** Few are longer or deeper than a rule may be. */
export const wellTyped: fc.Arbitrary<string> = rule;
