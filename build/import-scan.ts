// What does one source file import, and which names of its host does it use? Read from its syntax tree, so that comments and strings do not count.
// It judges nothing.
import { parseSync } from "vite";

export interface Import {
  /** As written. Undefined where the specifier is computed. */
  readonly specifier: string | undefined;
  readonly line: number;
  readonly typeOnly: boolean;
  /** The names taken; empty for `import "x"`, `*` for a namespace or a whole module. */
  readonly names: readonly string[];
}

export interface Mention {
  readonly name: "Buffer" | "Date.now" | "new Date()" | "Math.random";
  readonly line: number;
}

export interface ScannedFile {
  readonly imports: readonly Import[];
  readonly mentions: readonly Mention[];
  readonly lines: number;
}

/** @throws where the text does not parse: the type checker says more. */
export function scan(path: string, text: string): ScannedFile {
  const { program, module, errors } = parseSync(path, text);
  const fault = errors[0];
  if (fault !== undefined) throw new Error(`${path} does not parse: ${fault.message}`);
  const lineAt = lineCounter(text);
  const imports: Import[] = [];
  for (const { entries, moduleRequest, start, end } of module.staticImports) {
    imports.push({
      specifier: moduleRequest.value,
      line: lineAt(start),
      typeOnly: /^import\s+type\b/.test(text.slice(start, end)) || (entries.length > 0 && entries.every((entry) => entry.isType)),
      names: entries.map(({ importName }) => importName.name ?? "*"),
    });
  }
  for (const { entries, start, end } of module.staticExports) {
    const source = entries[0]?.moduleRequest?.value;
    if (source === undefined) continue;
    const typeOnly = /^export\s+type\b/.test(text.slice(start, end)) || entries.every((entry) => entry.isType);
    imports.push({ specifier: source, line: lineAt(start), typeOnly, names: entries.map(({ importName }) => importName.name ?? "*") });
  }
  const mentions: Mention[] = [];
  walk(program, undefined, (node, parent) => {
    const line = lineAt(node.start);
    if (node.type === "ImportExpression") imports.push({ specifier: textOf(node["source"]), line, typeOnly: false, names: ["*"] });
    if (node.type === "TSImportType") imports.push({ specifier: textOf(node["source"]), line, typeOnly: true, names: ["*"] });
    const name = mentioned(node, parent);
    if (name !== undefined) mentions.push({ name, line });
  });
  return { imports, mentions, lines: text.endsWith("\n") ? lineAt(text.length) - 1 : lineAt(text.length) };
}

function mentioned(node: Node, parent: Node | undefined): Mention["name"] | undefined {
  if (node.type === "NewExpression" && nameOf(node["callee"]) === "Date" && isEmpty(node["arguments"])) return "new Date()";
  if (node.type === "MemberExpression") {
    const member = `${nameOf(node["object"])}.${nameOf(node["property"])}`;
    if (member === "Date.now" || member === "Math.random") return member;
    if (member === "globalThis.Buffer") return "Buffer";
  }
  if (nameOf(node) !== "Buffer") return undefined;
  // `x.Buffer` and `{ Buffer: 1 }` name a member of something else.
  return (parent?.type === "MemberExpression" && parent["property"] === node) || (parent?.type === "Property" && parent["key"] === node)
    ? undefined
    : "Buffer";
}

interface Node {
  readonly type: string;
  readonly start: number;
  readonly [member: string]: unknown;
}

function walk(value: unknown, parent: Node | undefined, visit: (node: Node, parent: Node | undefined) => void): void {
  if (Array.isArray(value)) {
    for (const item of value) walk(item, parent, visit);
  } else if (isNode(value)) {
    visit(value, parent);
    for (const member of Object.values(value)) walk(member, value, visit);
  }
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && "type" in value && typeof value.type === "string" && "start" in value;
}

function nameOf(value: unknown): string | undefined {
  return isNode(value) && value.type === "Identifier" && typeof value["name"] === "string" ? value["name"] : undefined;
}

function textOf(value: unknown): string | undefined {
  return isNode(value) && value.type === "Literal" && typeof value["value"] === "string" ? value["value"] : undefined;
}

function isEmpty(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}

function lineCounter(text: string): (offset: number) => number {
  const starts = [0, ...[...text.matchAll(/\n/g)].map(({ index }) => index + 1)];
  return (offset) => {
    let [low, high] = [0, starts.length];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle;
    }
    return low + 1;
  };
}
