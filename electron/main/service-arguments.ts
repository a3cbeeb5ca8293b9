// Which of the command line's words are for the service? Four options, by name, in both forms; everything else stays with the shell.
// SECURITY: row 24: nothing of Node's or Chromium's can be said through them.

/** @param words without the program's own name. @returns in the form --name=value. */
export function serviceArguments(words: readonly string[]): string[] {
  const found: string[] = [];
  for (const [index, word] of words.entries()) {
    const [, name, value] = /^--(data|listen|advertise|kds)(?:=(.*))?$/.exec(word) ?? [];
    const given = value ?? words[index + 1];
    if (name !== undefined && given !== undefined && !given.startsWith("--")) found.push(`--${name}=${given}`);
  }
  return found;
}
