// `--disk id=…,device=…,name=…` and `--endpoint HOST:PORT`: what a VM's agent opens and where it dials, as several commands take them.
import { failure } from "../base/failure.ts";
import { fail, ok, type Result } from "../base/result.ts";
import { parseEndpoint } from "../launch/agent-configuration.ts";

/** Each field once, in any order. */
export function parseDisk(text: string): Result<{ id: string; device: string; name: string }> {
  const fields = new Map(text.split(",").map((pair) => splitOnce(pair)));
  const [id, device, name] = [fields.get("id"), fields.get("device"), fields.get("name")];
  if (fields.size !== 3 || text.split(",").length !== 3 || id === undefined || device === undefined || name === undefined)
    return fail(failure("cli.usage", `--disk is id=…,device=…,name=…, not ${text}`));
  if (!device.startsWith("/")) return fail(failure("cli.usage", `--disk's device is an absolute path inside the VM, not ${device}`));
  return ok({ id, device, name });
}

/** `--endpoint HOST:PORT`, as an agent's configuration takes it. */
export function parseEndpointOption(text: string): Result<string> {
  return parseEndpoint(text) === undefined ? fail(failure("cli.usage", `--endpoint is HOST:PORT, not ${text}`)) : ok(text);
}

/** All of them, or why the first bad one is bad. */
export function each<T>(texts: readonly string[], parse: (text: string) => Result<T>): Result<T[]> {
  const values: T[] = [];
  for (const text of texts) {
    const parsed = parse(text);
    if (!parsed.ok) return parsed;
    values.push(parsed.value);
  }
  return ok(values);
}

export function splitOnce(text: string): readonly [string, string | undefined] {
  const mark = text.indexOf("=");
  return mark === -1 ? [text, undefined] : [text.slice(0, mark), text.slice(mark + 1)];
}
