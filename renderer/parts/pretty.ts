// How is JSON shown to a person? With line breaks; for the eye only: what is copied is the text itself.

export function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), undefined, 2);
  } catch {
    return text;
  }
}
