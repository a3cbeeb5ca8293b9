// Can this expression be a rule? Parsed as CEL, then bounded before it ever runs: known names, known functions, no loops, no patterns, so that what it costs
// is fixed by its length. Never evaluates.
import { celEnv, parse, plan, type CelResult } from "@bufbuild/cel";
import { failure } from "../../base/failure.ts";
import { Recent } from "../../base/recent.ts";
import { fail, ok, type Result } from "../../base/result.ts";
import { claimNames, type ClaimNames, type Claims } from "./claims.ts";

export interface CompiledRule {
  /** The claims that it reads, as written: "report.guestSvn". */
  readonly reads: readonly string[];
  readonly run: (claims: Claims) => CelResult;
}

/** `appraise.rule-malformed` says why not, for the policy's author. */
export function compileRule(expression: string): Result<CompiledRule> {
  const known = compiled.get(expression);
  if (known !== undefined) return known;
  const made = compile(expression);
  compiled.set(expression, made);
  return made;
}

function compile(expression: string): Result<CompiledRule> {
  // Before the parser, which recurses: how deep it can go depends on who calls it, and a policy must mean the same everywhere.
  if (bracketDepth(expression) > maximumBrackets) return malformed("nested too deeply");
  let root: Expr;
  try {
    root = parse(expression).expr;
  } catch (cause) {
    // It says no by an exception, whose words are for the policy's author.
    return malformed(firstLine(cause));
  }
  const reads = new Set<string>();
  const fault = faultIn(root, reads, 0);
  if (fault !== undefined) return malformed(fault);
  const run = plan(celEnv(), root);
  return ok({ reads: [...reads], run: (claims) => run(claims) });
}

type Expr = ReturnType<typeof parse>["expr"];

function faultIn(node: Expr | undefined, reads: Set<string>, depth: number): string | undefined {
  if (node === undefined) return "something is missing";
  if (depth > maximumDepth) return "nested too deeply";
  const { exprKind } = node;
  const inside = (nodes: readonly (Expr | undefined)[]): string | undefined => {
    for (const one of nodes) {
      const fault = faultIn(one, reads, depth + 1);
      if (fault !== undefined) return fault;
    }
    return undefined;
  };
  switch (exprKind.case) {
    case "constExpr":
      return undefined;
    case "identExpr":
    case "selectExpr":
      return nameFault(node, reads);
    case "listExpr":
      return inside(exprKind.value.elements);
    case "callExpr": {
      const { function: name, target, args } = exprKind.value;
      if (!functions.has(name)) return `${name} may not be used in a rule`;
      return inside([...(target === undefined ? [] : [target]), ...args]);
    }
    case "comprehensionExpr":
      return "all, exists, map and filter may not be used in a rule: what it costs would not be known";
    default:
      return "maps and messages may not be made in a rule";
  }
}

/** `report.guestSvn`: every part must be a name that reports have, and the last one a value. */
function nameFault(node: Expr, reads: Set<string>): string | undefined {
  const path = pathOf(node);
  if (path === undefined) return "a member can only be asked of a claim";
  let names: string | ClaimNames | undefined = claimNames;
  for (const part of path) names = typeof names === "object" && Object.hasOwn(names, part) ? names[part] : undefined;
  if (names === undefined) return `there is no claim ${path.join(".").slice(0, 80)}`;
  if (typeof names === "object") return `${path.join(".")} is a group of claims, not one`;
  reads.add(path.join("."));
  return undefined;
}

function pathOf(node: Expr): readonly string[] | undefined {
  const path: string[] = [];
  let at: Expr | undefined = node;
  while (at?.exprKind.case === "selectExpr") {
    path.unshift(at.exprKind.value.field);
    at = at.exprKind.value.operand;
  }
  return at?.exprKind.case === "identExpr" ? [at.exprKind.value.name, ...path] : undefined;
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

/** All that a rule may call. Each takes time and memory of the order of what it is given. */
const functions: ReadonlySet<string> = new Set([
  "_&&_",
  "_||_",
  "!_",
  "_?_:_",
  "_==_",
  "_!=_",
  "_<_",
  "_<=_",
  "_>_",
  "_>=_",
  "@in",
  "_+_",
  "_-_",
  "_*_",
  "_/_",
  "_%_",
  "-_",
  "startsWith",
  "endsWith",
  "contains",
  "size",
  "int",
  "timestamp",
  "duration",
  "getFullYear",
  "getMonth",
  "getDate",
  "getDayOfMonth",
  "getDayOfWeek",
  "getDayOfYear",
  "getHours",
  "getMinutes",
  "getSeconds",
]);

const maximumDepth = 64;
const maximumBrackets = 24;
/** Some policies' worth. */
const compiled = new Recent<Result<CompiledRule>>(256);
