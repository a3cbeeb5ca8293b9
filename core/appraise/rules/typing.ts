// What does an expression read, and is it true or false at all? Walks it before it ever runs: known claims, the right types, no loops, so that what it costs
// is fixed by its length and a slip of the pen is found when it is written. Never evaluates a claim.
import { callOf, mustBeCallable, RuleFault, typeWords, type Typed } from "./calls.ts";
import { claimForms } from "./claim-forms.ts";
import type { Expr } from "./environment.ts";

export interface Checked {
  /** Paths of the claims whose values it takes. */
  readonly reads: readonly string[];
  /** Paths that has() asks for: their {@link presenceOf} must be among what it is evaluated with. */
  readonly asked: readonly string[];
}

/** Makes every claim in it a name of its own, as claims.ts has them. Throws RuleFault and nothing else. */
export function checkExpression(root: Expr): Checked {
  const reading: Reading = { reads: new Set(), asked: new Set(), nodes: 0 };
  const { type } = typeOf(root, reading, 0);
  if (type !== "bool") throw new RuleFault(`a rule is true or false; this is ${typeWords[type]}`);
  return { reads: [...reading.reads], asked: [...reading.asked] };
}

/** No name that can be written. */
export function presenceOf(path: string): string {
  return `has(${path})`;
}

interface Reading {
  readonly reads: Set<string>;
  readonly asked: Set<string>;
  nodes: number;
}

function typeOf(node: Expr | undefined, reading: Reading, depth: number): Typed {
  if (node === undefined) throw new RuleFault("something is missing");
  if (depth > maximumDepth) throw new RuleFault("nested too deeply");
  if (++reading.nodes > maximumNodes) throw new RuleFault(`it has more than ${maximumNodes} parts`);
  const { exprKind } = node;
  const inside = (one: Expr | undefined): Typed => typeOf(one, reading, depth + 1);
  switch (exprKind.case) {
    case "constExpr":
      return constantOf(exprKind.value.constantKind);
    case "identExpr":
    case "selectExpr":
      return claimOf(node, reading);
    case "listExpr":
      return listOf(exprKind.value.elements.map(inside));
    case "callExpr": {
      const { function: name, target, args } = exprKind.value;
      mustBeCallable(name, target !== undefined);
      const operands = (target === undefined ? args : [target, ...args]).map(inside);
      return callOf({ name, operands, isMethod: target !== undefined, node });
    }
    case "comprehensionExpr":
      throw new RuleFault("all, exists, map and filter may not be used in a rule: what it costs would not be known");
    default:
      throw new RuleFault("maps and messages may not be made in a rule");
  }
}

type ConstantKind = Extract<Expr["exprKind"], { case: "constExpr" }>["value"]["constantKind"];

function constantOf(constant: ConstantKind): Typed {
  if (constant.case === "boolValue") return { type: "bool" };
  if (constant.case === "stringValue") return { type: "text", written: [constant.value] };
  if (constant.case !== "int64Value")
    throw new RuleFault("only whole numbers, text, true and false may be written in a rule; not 1.5, 1u, b'' or null");
  // The parser reads any number of digits.
  if (constant.value !== BigInt.asIntN(64, constant.value))
    throw new RuleFault(`${String(constant.value).slice(0, 40)} is no number of 64 bits`);
  return { type: "int" };
}

/** `report.guestSvn`: a name that reports have; `has(tcb.reported.fmc)` asks whether this one has it. */
function claimOf(node: Expr, reading: Reading): Typed {
  const asks = node.exprKind.case === "selectExpr" && node.exprKind.value.testOnly;
  const path = pathOf(node);
  const form = claimForms.get(path);
  if (form === undefined) {
    const isGroup = [...claimForms.keys()].some((known) => known.startsWith(`${path}.`));
    throw new RuleFault(isGroup ? `${path} is a group of claims, not one` : `there is no claim ${path.slice(0, 80)}`);
  }
  (asks ? reading.asked : reading.reads).add(path);
  // The library would look for each part of the path by itself, and for types and functions of that name.
  node.exprKind = { case: "identExpr", value: { $typeName: "cel.expr.Expr.Ident", name: asks ? presenceOf(path) : path } };
  if (asks) return { type: "bool" };
  return { type: form.type, ...(form.texts === undefined ? {} : { texts: form.texts }) };
}

function pathOf(node: Expr): string {
  const path: string[] = [];
  let at: Expr | undefined = node;
  while (at?.exprKind.case === "selectExpr") {
    // "has(a.b).c" asks for a part of an answer.
    if (at !== node && at.exprKind.value.testOnly) break;
    path.unshift(at.exprKind.value.field);
    at = at.exprKind.value.operand;
  }
  if (at?.exprKind.case !== "identExpr") throw new RuleFault("a member can only be asked of a claim");
  return [at.exprKind.value.name, ...path].join(".");
}

function listOf(items: readonly Typed[]): Typed {
  const [first] = items;
  if (first === undefined) return { type: "empty" };
  const isOne = items.every(({ type }) => type === first.type) && (first.type === "int" || first.type === "text");
  if (!isOne) throw new RuleFault("a list holds whole numbers alone, or text alone");
  return first.type === "int" ? { type: "ints" } : { type: "texts", written: items.flatMap(({ written = [] }) => written) };
}

const maximumDepth = 32;
/** As many as 1024 characters could hold is more than a person reads. */
const maximumNodes = 256;
