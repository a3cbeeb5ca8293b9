// In which ways is a command line written slightly otherwise? Spaces, line ends, quotes and what boot loaders add. For explain.ts.

export interface CommandLineSlip {
  readonly text: string;
  readonly says: string;
}

/** @param lines the known one first, then others that this VM has had. */
export function commandLineSlips([line = "", ...others]: readonly string[]): readonly CommandLineSlip[] {
  const words = line.split(/\s+/).filter((word) => word !== "");
  const slips: readonly CommandLineSlip[] = [
    ...others.map((text) => ({ text, says: `command line = ${JSON.stringify(text)}` })),
    { text: "", says: "the command line is empty" },
    { text: line.trim(), says: "the command line without spaces around it" },
    { text: `${line} `, says: "the command line with a space at its end" },
    { text: ` ${line}`, says: "the command line with a space in front" },
    { text: `${line}\n`, says: "the command line with a line feed at its end" },
    { text: `${line}\r\n`, says: "the command line with a Windows line end" },
    { text: `${line}\0`, says: "the command line with its NUL twice" },
    { text: `"${line}"`, says: "the command line in quotes" },
    { text: words.join(" "), says: "the command line with single spaces" },
    { text: words.toReversed().join(" "), says: "the command line in reverse order" },
    { text: `${line} initrd=initrd.img`, says: "the command line with initrd=initrd.img at its end" },
    ...words.map((word, index) => ({
      text: words.toSpliced(index, 1).join(" "),
      says: `the command line without ${JSON.stringify(word)}`,
    })),
  ];
  const seen = new Set([line]);
  return slips.filter(({ text }) => (seen.has(text) ? false : seen.add(text) !== undefined));
}
