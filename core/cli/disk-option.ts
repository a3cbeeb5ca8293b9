// `--disk id=…,device=…,name=…[,uuid=…]` and `--endpoint HOST:PORT`: what a VM's agent opens and where it dials, as several commands take them.
import { failure } from "../base/failure.ts";
import { fail, ok, type Result } from "../base/result.ts";
import { type ConfiguredDisk, parseEndpoint, uuid } from "../launch/agent-configuration.ts";

/** Each field once, in any order; `uuid` may be left out. */
export function parseDisk(text: string): Result<ConfiguredDisk> {
  const pairs = text.split(",").map((pair) => splitOnce(pair));
  const fields = new Map(pairs);
  const [id, device, name, header] = [fields.get("id"), fields.get("device"), fields.get("name"), fields.get("uuid")];
  const expected = fields.has("uuid") ? 4 : 3;
  if (fields.size !== expected || pairs.length !== expected || id === undefined || device === undefined || name === undefined)
    return fail(failure("cli.usage", `--disk is id=…,device=…,name=… and perhaps uuid=…, not ${text}`));
  if (!device.startsWith("/")) return fail(failure("cli.usage", `--disk's device is an absolute path inside the VM, not ${device}`));
  if (!fields.has("uuid")) return ok({ id, device, name });
  if (header === undefined || !uuid.test(header))
    return fail(
      failure("cli.usage", `--disk's uuid is that of the LUKS2 header in lower case, as \`disk check\` prints it, not ${header ?? ""}`),
    );
  return ok({ id, device, name, uuid: header });
}

/** What {@link parseDisk} reads. */
export function diskText({ id, device, name, uuid: header }: ConfiguredDisk): string {
  return `id=${id},device=${device},name=${name}${header === undefined ? "" : `,uuid=${header}`}`;
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
