// Which elements does an XML text hold? Bounded and plain: no document type, no entities but XML's own five and references to characters (XML 1.0, 4.6).
// White space is kept: a command line is measured with it.
import { XMLParser } from "fast-xml-parser";

export interface XmlNode {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly XmlNode[];
  /** All of its text, and of what is in it: XPath's string(), by which libvirt reads. */
  readonly text: string;
}

/** @returns the root, or a sentence's end where there is none. */
export function xmlRoot(text: string): XmlNode | { readonly fault: string } {
  if (/<!(?:DOCTYPE|ENTITY|ELEMENT|ATTLIST|NOTATION)/i.test(text)) return { fault: "a document type, which libvirt never writes" };
  // What stands in one is never decoded, and the parser does not tell it from other text.
  if (text.includes("<![CDATA[")) return { fault: "a CDATA section, which libvirt never writes" };
  try {
    // `true`: whether it is well-formed is looked at first; the parser alone would make something of anything.
    // oxlint-disable-next-line typescript/no-deprecated -- its successor is another package of the same validator
    const parsed: unknown = parser.parse(text, true);
    const roots = nodesOf(parsed, 0);
    return roots.length === 1 && roots[0] !== undefined ? roots[0] : { fault: "it has not one root element" };
  } catch (fault) {
    if (fault instanceof XmlFault) return { fault: fault.message };
    // The library's own ways to refuse.
    return { fault: "not well-formed" };
  }
}

export function child(node: XmlNode | undefined, name: string): XmlNode | undefined {
  return node?.children.find((one) => one.name === name);
}

export function childrenOf(node: XmlNode | undefined, name: string): readonly XmlNode[] {
  return node?.children.filter((one) => one.name === name) ?? [];
}

class XmlFault extends Error {}

/** What the library gives in the order of the text: one object a node, its attributes under ":@". */
function nodesOf(list: unknown, depth: number): XmlNode[] {
  if (!Array.isArray(list) || depth > maximumDepth) throw new XmlFault("too many elements in one another");
  return list.flatMap((one: unknown) => {
    const entry = Object.entries(one as Record<string, unknown>);
    const [name, content] = entry.find(([key]) => key !== ":@") ?? [];
    if (name === undefined || name === "#text" || name.startsWith("?")) return [];
    const attributes = Object.entries(entry.find(([key]) => key === ":@")?.[1] ?? {});
    return [
      {
        name,
        attributes: new Map(attributes.map(([key, value]) => [key, decoded(String(value))])),
        children: nodesOf(content, depth + 1),
        text: textOf(content),
      },
    ];
  });
}

function textOf(content: unknown): string {
  if (!Array.isArray(content)) return "";
  return content.map((one: unknown) => (isText(one) ? decoded(String(one["#text"])) : textOf(elementContent(one)))).join("");
}

/** Of a node that is no text. */
function elementContent(one: unknown): unknown {
  const [, content] = Object.entries(one as Record<string, unknown>).find(([key]) => key !== ":@" && !key.startsWith("?")) ?? [];
  return content;
}

function isText(one: unknown): one is { readonly "#text": unknown } {
  return typeof one === "object" && one !== null && "#text" in one;
}

function decoded(text: string): string {
  return text.replaceAll(/&([^;&]{0,10});?/g, (whole, name: string) => {
    const character = named.get(name) ?? referenced(name);
    if (character === undefined || !whole.endsWith(";")) throw new XmlFault("an entity that XML does not have by itself");
    return character;
  });
}

function referenced(name: string): string | undefined {
  const code = /^#x[0-9a-fA-F]{1,6}$/.test(name)
    ? Number.parseInt(name.slice(2), 16)
    : /^#[0-9]{1,7}$/.test(name)
      ? Number(name.slice(1))
      : 0;
  const isCharacter = code >= 0x20 ? code <= 0x10ffff && (code < 0xd800 || code > 0xdfff) : [9, 10, 13].includes(code);
  return isCharacter ? String.fromCodePoint(code) : undefined;
}

const parser = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: "",
  parseTagValue: false,
  parseAttributeValue: false,
  trimValues: false,
  processEntities: false,
  ignoreDeclaration: true,
  ignorePiTags: true,
  maxNestedTags: 32,
});
const named: ReadonlyMap<string, string> = new Map([
  ["amp", "&"],
  ["lt", "<"],
  ["gt", ">"],
  ["quot", '"'],
  ["apos", "'"],
]);
const maximumDepth = 32;
