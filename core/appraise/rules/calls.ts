// Which operators and functions may a rule use, and on what? Types, and the texts that a claim can hold at all: a comparison that no report can ever meet is
// a slip of the pen. Never evaluates a claim.
import { isCelError } from "@bufbuild/cel";
import type { ClaimType, TextForm } from "./claim-forms.ts";
import { evaluatorOf, timePartNames, type Expr } from "./environment.ts";

export type RuleType = ClaimType | "duration" | "texts" | "empty";

/** Why an expression is no rule, for its author. */
export class RuleFault extends Error {}

export interface Typed {
  readonly type: RuleType;
  /** Of a claim: the texts that it can hold. */
  readonly texts?: TextForm;
  /** Of what is written in the rule itself. */
  readonly written?: readonly string[];
}

export interface Call {
  readonly name: string;
  readonly operands: readonly Typed[];
  readonly isMethod: boolean;
  readonly node: Expr;
}

/** Throws RuleFault where a rule may not call this. */
export function mustBeCallable(name: string, isMethod: boolean): void {
  if (isMethod ? methods.has(name) : functions.has(name) || comparisons.has(name)) return;
  if (name === "has") throw new RuleFault("has() asks for one claim of a group, such as has(tcb.reported.fmc)");
  throw new RuleFault(`${operatorOf(name)} may not be used in a rule`);
}

/** What the call gives. Throws RuleFault and nothing else. */
export function callOf({ name, operands, isMethod, node }: Call): Typed {
  const types = operands.map(({ type }) => type);
  const said = types.map((type) => typeWords[type]).join(" and ");
  const [left, right, other] = operands;
  if (name === "_==_" || name === "_!=_" || name === "@in") {
    const fits = name === "@in" ? isMemberOf(left?.type, right?.type) : areAlike(left?.type, right?.type);
    if (!fits) throw new RuleFault(`${operatorOf(name)} cannot compare ${said}`);
    mustBePossible(left, right);
    return { type: "bool" };
  }
  if (name === "_?_:_") {
    if (left?.type !== "bool" || right === undefined || right.type !== other?.type)
      throw new RuleFault(`? : cannot choose between ${said}`);
    return { type: right.type };
  }
  const found = (isMethod ? methods : functions).get(name)?.find(([takes]) => takes.join() === types.join());
  if (found === undefined) {
    if (orders.has(name) && types.includes("text"))
      throw new RuleFault(
        `text has no order in a rule: compare numbers, such as firmware.current.minor, instead of with ${operatorOf(name)}`,
      );
    if (isMethod && timePartNames.has(name) && types.length > 1) throw new RuleFault(`${name}() is in UTC and takes no zone`);
    throw new RuleFault(`${operatorOf(name)} cannot take ${said}`);
  }
  if (pieces.has(name)) mustBePiece(left, right);
  if (name === "timestamp" || name === "duration") mustBeWritten(name, left, node);
  return { type: found[1] };
}

function areAlike(left: RuleType | undefined, right: RuleType | undefined): boolean {
  const lists: readonly (RuleType | undefined)[] = ["ints", "texts", "empty"];
  if (left === "empty" || right === "empty") return lists.includes(left) && lists.includes(right);
  return left === right;
}

function isMemberOf(item: RuleType | undefined, list: RuleType | undefined): boolean {
  return (item === "int" && list === "ints") || (item === "text" && list === "texts");
}

/** SECURITY: "product != 'milan'" is true of every report there will ever be, and so protects nothing. */
function mustBePossible(left: Typed | undefined, right: Typed | undefined): void {
  for (const [claim, constant] of [
    [left, right],
    [right, left],
  ]) {
    for (const text of constant?.written ?? []) {
      if (claim?.texts === undefined || isPossible(text, claim.texts)) continue;
      throw new RuleFault(`the claim can never be ${JSON.stringify(text)}: it is ${textsOf(claim.texts)}`);
    }
  }
}

function isPossible(text: string, texts: TextForm): boolean {
  return "bytes" in texts ? text.length === 2 * texts.bytes && hexOnly.test(text) : texts.includes(text);
}

function mustBePiece(whole: Typed | undefined, piece: Typed | undefined): void {
  const [text] = piece?.written ?? [];
  if (text === "") throw new RuleFault("every text has the empty one in it");
  if (text === undefined || whole?.texts === undefined) return;
  const { texts } = whole;
  const canBe = "bytes" in texts ? text.length <= 2 * texts.bytes && hexOnly.test(text) : texts.some((one) => one.includes(text));
  if (!canBe) throw new RuleFault(`the claim can never have ${JSON.stringify(text)} in it: it is ${textsOf(texts)}`);
}

/** Times are written in one form, so that what the library takes beside it (empty text as zero, numbers as milliseconds) is never met. */
function mustBeWritten(name: "timestamp" | "duration", operand: Typed | undefined, node: Expr): void {
  const { pattern, example } = timeForms[name];
  const [text] = operand?.written ?? [];
  if (text === undefined || !pattern.test(text) || isCelError(evaluatorOf(node)({})))
    throw new RuleFault(`${name}() takes a text such as ${example}`);
}

function textsOf(texts: TextForm): string {
  return "bytes" in texts ? `lower-case hex of ${texts.bytes} bytes` : texts.join(", ");
}

/** "_==_" is how CEL names the operator "==". */
function operatorOf(name: string): string {
  return name.replaceAll(/[_@]/g, "").slice(0, 80);
}

function mapOf(signatures: Readonly<Record<string, readonly Signature[]>>): ReadonlyMap<string, readonly Signature[]> {
  return new Map(Object.entries(signatures));
}

type Signature = readonly [takes: readonly RuleType[], gives: RuleType];
const both = (type: RuleType, gives: RuleType): Signature => [[type, type], gives];
const order: readonly Signature[] = [both("int", "bool"), both("time", "bool"), both("duration", "bool")];
const number: readonly Signature[] = [both("int", "int")];
const lengths: readonly Signature[] = [
  [["text"], "int"],
  [["ints"], "int"],
];
const piece: readonly Signature[] = [[["text", "text"], "bool"]];

/** All that a rule may call, beside comparison, membership and choice. Each takes time and memory of the order of what it is given. */
const functions: ReadonlyMap<string, readonly Signature[]> = mapOf({
  "_&&_": [both("bool", "bool")],
  "_||_": [both("bool", "bool")],
  "!_": [[["bool"], "bool"]],
  "_<_": order,
  "_<=_": order,
  "_>_": order,
  "_>=_": order,
  "_+_": [...number, [["time", "duration"], "time"], [["duration", "time"], "time"], both("duration", "duration")],
  "_-_": [...number, both("time", "duration"), [["time", "duration"], "time"], both("duration", "duration")],
  "_*_": number,
  "_/_": number,
  "_%_": number,
  "-_": [[["int"], "int"]],
  size: lengths,
  int: [
    [["time"], "int"],
    [["duration"], "int"],
  ],
  timestamp: [[["text"], "time"]],
  duration: [[["text"], "duration"]],
});
/** Of operands of any type, where they are alike. */
const comparisons: ReadonlySet<string> = new Set(["_==_", "_!=_", "@in", "_?_:_"]);
const orders: ReadonlySet<string> = new Set(["_<_", "_<=_", "_>_", "_>=_"]);

/** The first operand is what it is called of. */
const methods: ReadonlyMap<string, readonly Signature[]> = mapOf({
  startsWith: piece,
  endsWith: piece,
  contains: piece,
  size: lengths,
  ...Object.fromEntries([...timePartNames].map((name): [string, readonly Signature[]] => [name, [[["time"], "int"]]])),
});
const pieces: ReadonlySet<string> = new Set(["startsWith", "endsWith", "contains"]);

const timeForms = {
  timestamp: { pattern: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/, example: "'2026-11-24T12:00:00Z'" },
  duration: { pattern: /^(?:\d{1,6}[hms])+$/, example: "'36h' or '1h30m'" },
};
const hexOnly = /^[0-9a-f]*$/;
export const typeWords: Readonly<Record<RuleType, string>> = {
  bool: "a bool",
  int: "an int",
  text: "a text",
  time: "a timestamp",
  duration: "a duration",
  ints: "a list of ints",
  texts: "a list of texts",
  empty: "an empty list",
};
