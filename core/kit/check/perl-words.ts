// Which words does Proxmox VE split `args` into? As Perl's Text::ParseWords does: quotes and backslashes, no variables, no comments, nothing run.

/** @returns undefined where Perl has none: a quote that is not closed, a backslash at the end. */
export function perlWords(text: string): readonly string[] | undefined {
  const words: string[] = [];
  let word: string | undefined;
  let quote = "";
  for (let at = 0; at < text.length; at++) {
    const character = text.charAt(at);
    if (character === "\\") {
      at += 1;
      if (at === text.length) return undefined;
      // In single quotes it keeps the next character from ending them, and stays.
      word = (word ?? "") + (quote === "'" ? character : "") + text.charAt(at);
    } else if (quote !== "") {
      if (character === quote) quote = "";
      else word = (word ?? "") + character;
    } else if (character === "'" || character === '"') {
      quote = character;
      word ??= "";
    } else if (/\s/.test(character)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? "") + character;
  }
  if (quote !== "") return undefined;
  return word === undefined ? words : [...words, word];
}
