// How does a text get through a shell, a Perl split, QEMU's option lists and XML unchanged? One function for each reader, and nothing else writes quotes.
// Each is total over the characters that its reader can take; what a reader cannot take is refused before (launch-facts.ts).

/** One word of a POSIX shell: single quotes keep everything but themselves. */
export function shellWord(text: string): string {
  return /^[A-Za-z0-9_./:=,+-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

/** One word of Perl's Text::ParseWords, which Proxmox VE splits `args` with: in double quotes a backslash keeps any character. */
export function perlWord(text: string): string {
  return /^[A-Za-z0-9_./:=,+-]+$/.test(text) ? text : `"${text.replace(/[\\"]/g, String.raw`\$&`)}"`;
}

/** QEMU's lists of options: a comma that is not a separator is doubled. */
export function qemuOptions(...options: readonly (string | readonly [key: string, value: string])[]): string {
  return options.map((option) => (typeof option === "string" ? option : `${option[0]}=${option[1].replaceAll(",", ",,")}`)).join(",");
}

/** Text or an attribute's value in XML. White space that a parser would change is written as a reference. */
export function xmlText(text: string): string {
  return text.replace(/[&<>"'\t\n\r]/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** An element; attributes and text are escaped here, children are elements already. */
export function xmlElement(
  name: string,
  attributes: Readonly<Record<string, string>> = {},
  ...content: readonly (string | XmlElement)[]
): XmlElement {
  return { name, attributes, content };
}

export interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** Strings are text. An element has either text or children. */
  readonly content: readonly (string | XmlElement)[];
}

export function writeXml({ name, attributes, content }: XmlElement, indent = ""): string {
  const head = `${indent}<${name}${Object.entries(attributes)
    .map(([key, value]) => ` ${key}="${xmlText(value)}"`)
    .join("")}`;
  if (content.length === 0) return `${head}/>\n`;
  const children = content.filter((child) => typeof child !== "string");
  if (children.length === 0)
    return `${head}>${content.map((text) => (typeof text === "string" ? xmlText(text) : "")).join("")}</${name}>\n`;
  return `${head}>\n${children.map((child) => writeXml(child, `${indent}  `)).join("")}${indent}</${name}>\n`;
}
