// How does an invariant say that it does not hold? By its name, which a kept action list is found by.

export function broken(invariant: string, detail = ""): never {
  throw new Error(`broken: ${invariant}${detail === "" ? "" : ` (${detail})`}`);
}
