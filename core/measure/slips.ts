// In which ways is a command line hashed slightly otherwise? Spaces, line ends, NULs, quotes and what boot loaders add. For explain.ts.
import { utf8 } from "../base/utf8.ts";
import { concat, toHex } from "../base/bytes.ts";

export interface CommandLineSlip {
  readonly says: string;
  /** Exactly what is hashed, with or without a NUL. */
  readonly hashed: Uint8Array;
}

/** @param lines the known one first, then others that this VM has had. */
export function commandLineSlips([line = "", ...others]: readonly string[]): readonly CommandLineSlip[] {
  const words = wordsOf(line).slice(0, maximumWords);
  const slips: readonly CommandLineSlip[] = [
    ...others.map((text) => slip(`command line = ${JSON.stringify(text)}`, text)),
    slip("the command line is empty", ""),
    ...edgesOf(line, "the command line"),
    slip("the command line in quotes", `"${line}"`),
    slip("the command line in single quotes", `'${line}'`),
    slip("the command line with single spaces", wordsOf(line).join(" ")),
    slip("the command line in reverse order", wordsOf(line).toReversed().join(" ")),
    slip("the command line with initrd=initrd.img at its end", `${line} initrd=initrd.img`),
    slip("the command line with initrd=initrd in front", `initrd=initrd ${line}`),
    ...words.map((word, index) => slip(`the command line without ${JSON.stringify(word)}`, wordsOf(line).toSpliced(index, 1).join(" "))),
    ...others.flatMap((text) => edgesOf(text, `command line = ${JSON.stringify(text)}`)),
  ];
  const seen = new Set([toHex(slip("", line).hashed)]);
  return slips.filter(({ hashed }) => seen.size < seen.add(toHex(hashed)).size);
}

/** What a shell, an editor or a script leaves at either end. */
function edgesOf(line: string, name: string): readonly CommandLineSlip[] {
  return [
    slip(`${name} without spaces around it`, line.trim()),
    slip(`${name} with a space at its end`, `${line} `),
    slip(`${name} with a space in front`, ` ${line}`),
    slip(`${name} with a line feed at its end`, `${line}\n`),
    slip(`${name} with a Windows line end`, `${line}\r\n`),
    slip(`${name} with its NUL twice`, `${line}\0`),
    { says: `${name} without its NUL`, hashed: utf8(line) },
    { says: `${name} with a line feed instead of its NUL`, hashed: utf8(`${line}\n`) },
  ];
}

function slip(says: string, text: string): CommandLineSlip {
  return { says, hashed: concat(utf8(text), new Uint8Array(1)) };
}

function wordsOf(line: string): readonly string[] {
  return line.split(/\s+/).filter((word) => word !== "");
}

/** A line of the kernel is at most 4096 bytes; nobody loses the hundredth word. */
const maximumWords = 64;
