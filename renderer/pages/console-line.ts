// How does a line of the agent's console read? Its JSON as time, event and facts; any other text stays as it is.

export function consoleLine(line: string): string {
  const { at, level, event, ...facts } = objectOf(line);
  if (typeof at !== "string" || typeof event !== "string") return line;
  const told = Object.entries(facts).map(([name, value]) => `${name} ${typeof value === "string" ? value : JSON.stringify(value)}`);
  const urgency = typeof level === "string" && level !== "info" ? `${level} ` : "";
  return `${at.slice(11, 23)}  ${urgency}${event}${told.length === 0 ? "" : `  ${told.join(" · ")}`}`;
}

function objectOf(line: string): Readonly<Record<"at" | "level" | "event", unknown>> {
  const nothing = { at: undefined, level: undefined, event: undefined };
  try {
    const parsed: unknown = JSON.parse(line);
    return typeof parsed === "object" && parsed !== null ? { ...nothing, ...parsed } : nothing;
  } catch {
    return nothing;
  }
}
