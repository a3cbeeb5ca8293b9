// Can this expression be a rule? Bounded before it is parsed, parsed as CEL, and then checked before it ever runs (typing.ts): known names and functions, the
// right types, no loops, no patterns, so that what it costs is fixed by its length. Never evaluates.
import { parse, type CelResult } from "@bufbuild/cel";
import { failure } from "../../base/failure.ts";
import { Recent } from "../../base/recent.ts";
import { fail, ok, type Result } from "../../base/result.ts";
import { RuleFault } from "./calls.ts";
import type { Claims } from "./claims.ts";
import { evaluatorOf, type Expr } from "./environment.ts";
import { maximumExpression } from "./rule.ts";
import { checkExpression, presenceOf } from "./typing.ts";

export interface CompiledRule {
  /** Paths of the claims whose values it takes: "report.guestSvn". */
  readonly reads: readonly string[];
  /** Paths that it asks for with has(). */
  readonly asked: readonly string[];
  /** Never throws: an error of CEL is one of its results. */
  readonly run: (claims: Claims) => CelResult;
}

/** `appraise.rule-malformed` says why not, for the policy's author. */
export function compileRule(expression: string): Result<CompiledRule> {
  // Before it is remembered, so that what is remembered is bounded too.
  if (expression.length < 1 || expression.length > maximumExpression)
    return malformed(`it is not 1 to ${maximumExpression} characters long`);
  const known = compiled.get(expression);
  if (known !== undefined) return known;
  const made = compile(expression);
  compiled.set(expression, made);
  return made;
}

function compile(expression: string): Result<CompiledRule> {
  // SECURITY: characters that look like others, or turn the direction of a line, could show a person another rule than the one that runs.
  if (unseen.test(expression)) return malformed("it may only have plain ASCII characters; write others in a text as \\u00e4");
  // Before the parser, which recurses: how deep it can go depends on who calls it, and a policy must mean the same everywhere.
  if (bracketDepth(expression) > maximumBrackets) return malformed("nested too deeply");
  let root: Expr;
  try {
    root = parse(expression).expr;
  } catch (cause) {
    // It says no by an exception, whose words are for the policy's author.
    return malformed(firstLine(cause));
  }
  try {
    const { reads, asked } = checkExpression(root);
    const evaluate = evaluatorOf(root);
    return ok({ reads, asked, run: (claims) => evaluate(asked.length === 0 ? claims : withPresence(claims, asked)) });
  } catch (cause) {
    if (!(cause instanceof RuleFault)) throw cause;
    return malformed(cause.message);
  }
}

function withPresence(claims: Claims, paths: readonly string[]): Claims {
  return { ...claims, ...Object.fromEntries(paths.map((path) => [presenceOf(path), claims[path] !== undefined])) };
}

/** Brackets within text literals count as well: more of them than this is no rule that a person reads. */
function bracketDepth(expression: string): number {
  let depth = 0;
  let deepest = 0;
  for (const character of expression) {
    if ("([{".includes(character)) deepest = Math.max(deepest, ++depth);
    else if (")]}".includes(character)) depth--;
  }
  return deepest;
}

function malformed(why: string): Result<CompiledRule> {
  return fail(failure("appraise.rule-malformed", why));
}

function firstLine(cause: unknown): string {
  return (cause instanceof Error ? (cause.message.split("\n", 1)[0] ?? "") : "not CEL").slice(0, 200);
}

/** All but printable ASCII, tabs and line feeds. */
const unseen = /[^\t\n\x20-\x7e]/;
const maximumBrackets = 24;
/** Some policies' worth. */
const compiled = new Recent<Result<CompiledRule>>(256);
