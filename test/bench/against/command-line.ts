// Which words is a command started with? Split here and started without a shell, so that nothing in a path or a name is ever run.
// It never guesses: what is not a plain word, a quoted one or a known placeholder is refused with a sentence.
import type { VectorParts } from "./vector.ts";

type Placeholder = keyof VectorParts;
export type PartFiles = { readonly [part in Placeholder]: string | undefined };

/** @returns the words with their placeholders, or a sentence that says why there are none. */
export function splitCommand(command: string): readonly string[] | string {
  const words: string[] = [];
  let rest = command.trimStart();
  while (rest !== "") {
    const word = wordForm.exec(rest)?.[0] ?? "";
    if (word === "") return `a quote is not closed in: ${command}`;
    words.push(word.replace(quotedForm, (_, double: string | undefined, single: string | undefined) => double ?? single ?? ""));
    rest = rest.slice(word.length).trimStart();
  }
  if (words.length === 0) return "the command is empty";
  const named = words.flatMap((word) => [...word.matchAll(placeholderForm)].map(([, name = ""]) => name));
  const unknown = named.find((name) => !isPlaceholder(name));
  if (unknown !== undefined) return `there is no placeholder {${unknown}}: known are ${placeholders.map((name) => `{${name}}`).join(" ")}`;
  if (!named.includes("report")) return "the command does not name {report}";
  return words;
}

export function namesList(words: readonly string[]): boolean {
  return words.some((word) => word.includes("{crl}"));
}

/** Throws where a placeholder has no file: {@link splitCommand} and {@link namesList} were not asked. */
export function withFiles(words: readonly string[], files: PartFiles): readonly [program: string, ...args: string[]] {
  const [program = "", ...args] = words.map((word) =>
    word.replace(placeholderForm, (_, name: string) => {
      const file = isPlaceholder(name) ? files[name] : undefined;
      if (file === undefined) throw new Error(`no file for {${name}}`);
      return file;
    }),
  );
  return [program, ...args];
}

function isPlaceholder(name: string): name is Placeholder {
  return (placeholders as readonly string[]).includes(name);
}

const placeholders: readonly Placeholder[] = ["report", "vek", "ask", "ark", "crl"];
const placeholderForm = /\{([a-z]*)\}/g;
/** Anything but white space and quotes, and whole quoted parts. */
const wordForm = /^(?:[^\s"']|"[^"]*"|'[^']*')+(?=\s|$)/;
const quotedForm = /"([^"]*)"|'([^']*)'/g;
