// Which commands does a shell text hold, in words? Quotes, continued lines, comments and simple assignments, as POSIX says (Shell Command Language, 2.2-2.9).
// It runs nothing and looks nothing up: what a shell would have put in is marked as unread (seen-launch.ts), never guessed.
import { parse, type ParseEntry } from "shell-quote";
import { unreadText } from "./seen-launch.ts";

export interface ShellCommand {
  readonly words: readonly string[];
  /** Something in it (a substitution, a list) that words cannot say. */
  readonly cut: boolean;
}

/** @returns a sentence's end where it is no shell text. */
export function shellCommands(text: string): { readonly commands: readonly ShellCommand[] } | { readonly fault: string } {
  const lines = logicalLines(text);
  if (lines === undefined) return { fault: "a quote is not closed" };
  const bounded = withinBounds();
  const variables = assignedOnce(lines, bounded);
  const commands: ShellCommand[] = [];
  for (const [number, line] of lines.entries()) {
    const valueOf = (name: string): string | undefined => {
      const variable = variables.get(name);
      return variable !== undefined && variable.line < number ? variable.value : undefined;
    };
    const split = commandsOf(
      line,
      bounded((name) => valueOf(name) ?? unreadText(name)),
    );
    if (split === undefined) return { fault: "a substitution of variables that no shell knows" };
    commands.push(...split);
  }
  return { commands };
}

/** Continued lines joined, comments gone; what the library reads otherwise than a shell is written so that it does not. */
function logicalLines(text: string): string[] | undefined {
  const lines: string[] = [];
  let line = "";
  let quote: "" | "'" | '"' | "$'" = "";
  let wordStart = true;
  for (let at = 0; at < text.length; at++) {
    const [character, next] = [text.charAt(at), text.charAt(at + 1)];
    const escapes = character === "\\" && quote !== "'";
    if (escapes && next === "\n" && quote !== "$'") at += 1;
    else if (escapes) {
      if (next !== "") line += character + next;
      at += 1;
      wordStart = false;
    } else if (quote === "") {
      if (character === "#" && wordStart) {
        while (at + 1 < text.length && text.charAt(at + 1) !== "\n") at += 1;
      } else if (character === "\n") {
        if (line.trim() !== "") lines.push(line);
        line = "";
        wordStart = true;
      } else {
        if (character === "'" || character === '"') quote = character;
        else if (character === "$" && next === "'") quote = "$'";
        line += quote === "$'" ? "$'" : character === "#" ? String.raw`\#` : character === "`" ? unreadText("`") : character;
        if (quote === "$'") at += 1;
        wordStart = /[\s;&|()<>]/.test(character);
      }
    } else {
      if (character === quote.slice(-1)) quote = "";
      line += character === "`" && quote === '"' ? unreadText("`") : character;
    }
  }
  lines.push(line);
  return quote === "" ? lines : undefined;
}

/** Variables that stand in the text once, on a line of their own; where a script chooses or repeats, none is believed. */
function assignedOnce(
  lines: readonly string[],
  bounded: ReturnType<typeof withinBounds>,
): ReadonlyMap<string, { readonly value: string; readonly line: number }> {
  const assigned = new Map<string, { readonly value: string; readonly line: number }>();
  const doubtful = new Set<string>();
  for (const [number, line] of lines.entries()) {
    // Arithmetic, elements of arrays and ${NAME:=value} put values into variables, too.
    if (line.includes("$[")) return new Map();
    for (const [, element, given] of line.matchAll(/\b([A-Za-z_]\w*)\[|\$\{([A-Za-z_]\w*):?=/g)) doubtful.add(element ?? given ?? "");
    const valueOf = (name: string): string | undefined => (doubtful.has(name) ? undefined : assigned.get(name)?.value);
    const lookUp = bounded((name) => valueOf(name) ?? unreadText(name));
    const commands = commandsOf(line, lookUp) ?? [];
    for (const { words, cut } of commands) {
      if (words.some((word) => choices.has(word))) return new Map();
      for (const word of words) {
        const [, name, value] = /^([A-Za-z_][A-Za-z0-9_]*)\+?=(.*)$/s.exec(word) ?? [];
        if (name === undefined || value === undefined) continue;
        // It says where words end: with another, they are others.
        if (name === "IFS") return new Map();
        if (assigned.has(name) || commands.length > 1 || cut || word.startsWith(`${name}+`) || !isAssignment(words)) doubtful.add(name);
        assigned.set(name, { value, line: number });
      }
    }
  }
  for (const name of doubtful) assigned.delete(name);
  return assigned;
}

/** Variables that hold variables double with each line: what all of them bring together is bounded, and whatever comes after that is unread. */
function withinBounds(): (lookUp: (name: string) => string) => (name: string) => string {
  let left = mostLookedUp;
  return (lookUp) => (name) => {
    const value = lookUp(name);
    left -= value.length;
    return left < 0 ? unreadText(name) : value;
  };
}

function isAssignment([first = "", ...others]: readonly string[]): boolean {
  const one = /^[A-Za-z_][A-Za-z0-9_]*=/;
  return one.test(first)
    ? others.every((word) => one.test(word))
    : ["export", "readonly"].includes(first) && others.every((word) => one.test(word));
}

function commandsOf(line: string, lookUp: (name: string) => string): ShellCommand[] | undefined {
  const commands: { words: string[]; cut: boolean }[] = [];
  let current = { words: [] as string[], cut: false };
  let redirected = false;
  for (const token of tokensOf(line, lookUp) ?? [undefined]) {
    if (token === undefined) return undefined;
    if (typeof token === "string" || ("op" in token && token.op === "glob")) {
      // Which files a pattern stands for is known on the host only.
      if (!redirected) current.words.push(typeof token === "string" ? token : unreadText(token.pattern));
      redirected = false;
    } else if ("op" in token && /^[<>&]?[<>][&|]?[>-]?$/.test(token.op)) {
      if (/^[0-9]$/.test(current.words.at(-1) ?? "")) current.words.pop();
      redirected = true;
    } else if ("op" in token && /^[;&|]+$/.test(token.op)) {
      commands.push(current);
      current = { words: [], cut: false };
    } else current.cut = true;
  }
  return [...commands, current].filter(({ words, cut }) => words.length > 0 || cut);
}

function tokensOf(line: string, lookUp: (name: string) => string): readonly ParseEntry[] | undefined {
  try {
    return parse(line, (name: string): string => lookUp(name), { splitUnquoted: true });
  } catch {
    // The library has one way to say that braces do not match.
    return undefined;
  }
}

/** Characters, of a whole text. */
const mostLookedUp = 1_048_576;
/** Whoever says one of these may set any variable, or not. */
const choices: ReadonlySet<string> = new Set(
  "if then else elif case while until for select function { unset read . source eval local declare typeset let printf getopts mapfile readarray".split(
    " ",
  ),
);
