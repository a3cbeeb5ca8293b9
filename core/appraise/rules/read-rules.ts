// How are a policy's own rules written? A list of id, expression and sentence. Throws PolicyFault and nothing else.
import { listOfObjects, object, PolicyFault, sentence } from "../policy-reader.ts";
import type { Read } from "../policy-reader.ts";
import { compileRule } from "./compile.ts";
import { maximumExpression, maximumRules, type CustomRule } from "./rule.ts";

const id: Read<string> = (json, path) => {
  if (typeof json !== "string" || !/^[a-z][a-z0-9-]{0,31}$/.test(json))
    throw new PolicyFault(`${path} is not a name such as not-on-sundays`);
  return json;
};

const expression: Read<string> = (json, path) => {
  if (typeof json !== "string" || json.length < 1 || json.length > maximumExpression)
    throw new PolicyFault(`${path} is not an expression of 1 to ${maximumExpression} characters`);
  const compiled = compileRule(json);
  if (!compiled.ok) throw new PolicyFault(`${path} is no rule: ${compiled.failure.detail ?? ""}`);
  return json;
};

export const customRules: Read<readonly CustomRule[]> = listOfObjects(
  object<CustomRule>({ id, expression, sentence: sentence(200) }),
  (rule) => rule.id,
  {
    mayBeEmpty: true,
    most: maximumRules,
  },
);
