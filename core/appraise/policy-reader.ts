// How is a policy's JSON read? Small strict readers that are put together into one: each names the place that it refuses.
// Throws PolicyFault and nothing else; one fault does not hide the others.
import { fromHex, isZero } from "../base/bytes.ts";
import type { Json } from "../base/json.ts";

/** What was wrong and where, for a failure's detail. */
export class PolicyFault extends Error {
  /** At least one; the message has the first few. */
  readonly faults: readonly string[];

  constructor(first: string, ...others: readonly string[]) {
    const faults = [first, ...others];
    const more = faults.length - faultsInMessage;
    super(`${faults.slice(0, faultsInMessage).join("; ")}${more > 0 ? `; and ${more} more` : ""}`);
    this.faults = faults;
  }
}

export type Read<T> = (json: Json, path: string) => T;

/** A check is required with a value, or waived with the owner's reason. */
export type Demand<T> = { readonly require: T } | { readonly waived: string };

/** Every member of the shape is needed, and no other is allowed; with `optional` any of them may be absent. */
export function object<T>(shape: Shape<T>, { optional = false } = {}): Read<T> {
  const readers = Object.entries<Read<unknown> | undefined>(shape).flatMap(([name, read]) => (read === undefined ? [] : [{ name, read }]));
  const names = new Set(readers.map(({ name }) => name));
  return (json, path) => {
    const members = membersOf(json, path);
    const faults = new Faults();
    for (const name of Object.keys(members).filter((one) => !names.has(one))) {
      faults.add(`${path} has an unknown member ${JSON.stringify(name.slice(0, 40))}`);
    }
    const values: Record<string, unknown> = {};
    for (const { name, read } of readers) {
      const member = Object.hasOwn(members, name) ? members[name] : undefined;
      if (member !== undefined) faults.keep(() => (values[name] = read(member, `${path}.${name}`)));
      else if (!optional) faults.add(`${path}.${name} is missing`);
    }
    faults.end();
    // Each member was read by the reader that the type demands for it.
    return values as T;
  };
}

/** A reader for each member; whether an optional member of the type is one of this object is the shape's choice. */
type Shape<T> = { readonly [K in keyof T]: Read<Exclude<T[K], undefined>> };

export function demand<T>(read: Read<T>): Read<Demand<T>> {
  return (json, path) => {
    const members = membersOf(json, path);
    const [[name, value] = [], ...others] = Object.entries(members);
    if (others.length > 0 || value === undefined) throw new PolicyFault(`${path} is neither required nor waived`);
    if (name === "require") return { require: read(value, path) };
    if (name !== "waived") throw new PolicyFault(`${path} is neither required nor waived`);
    if (typeof value !== "string" || value.trim() === "" || value.length > maximumReason)
      throw new PolicyFault(`${path} is waived without a reason`);
    return { waived: value };
  };
}

/** Distinct values; an empty list, which nothing could satisfy or everything, is refused unless it has a meaning. */
export function listOf<T extends string | number>(read: Read<T>, { mayBeEmpty = false } = {}): Read<readonly T[]> {
  return listOfObjects(read, String, { mayBeEmpty });
}

/** The same of objects, which are distinct where `nameOf` tells them apart. */
export function listOfObjects<T>(
  read: Read<T>,
  nameOf: (value: T) => string,
  { mayBeEmpty = false, most = maximumList } = {},
): Read<readonly T[]> {
  return (json, path) => {
    if (!Array.isArray(json) || json.length > most) throw new PolicyFault(`${path} is not a list of at most ${most}`);
    const elements: readonly Json[] = json;
    const faults = new Faults();
    const values: T[] = [];
    for (const [index, value] of elements.entries()) faults.keep(() => values.push(read(value, `${path}[${index}]`)));
    faults.end();
    if (values.length === 0 && !mayBeEmpty) throw new PolicyFault(`${path} is empty`);
    if (new Set(values.map(nameOf)).size !== values.length) throw new PolicyFault(`${path} names a value twice`);
    return values;
  };
}

export function oneOf<T extends string | number>(...choices: readonly T[]): Read<T> {
  return (json, path) => {
    const choice = choices.find((known) => known === json);
    if (choice === undefined) throw new PolicyFault(`${path} is not one of ${choices.join(", ")}`);
    return choice;
  };
}

export function integer(least: number, most: number): Read<number> {
  return (json, path) => {
    if (typeof json !== "number" || !Number.isInteger(json) || json < least || json > most) {
      throw new PolicyFault(`${path} is not a whole number from ${least} to ${most}`);
    }
    return json;
  };
}

/** Lower-case hex of exactly `length` bytes. Zeros mean "absent" in a report, so they are no expectation unless that has a meaning. */
export function hexOf(length: number, { mayBeZero = false } = {}): Read<string> {
  return (json, path) => {
    const bytes = typeof json === "string" ? fromHex(json) : undefined;
    if (typeof json !== "string" || bytes?.length !== length) throw new PolicyFault(`${path} is not ${length} bytes of lower-case hex`);
    if (isZero(bytes) && !mayBeZero) throw new PolicyFault(`${path} is all zero`);
    return json;
  };
}

/** `parts` numbers of a byte each, with dots between. */
export function version(parts: number): Read<string> {
  return (json, path) => {
    const numbers = typeof json === "string" ? json.split(".") : [];
    const wellFormed = numbers.length === parts && numbers.every((number) => /^(0|[1-9]\d{0,2})$/.test(number) && Number(number) <= 255);
    if (typeof json !== "string" || !wellFormed) throw new PolicyFault(`${path} is not a version of ${parts} numbers${inQuotes(json)}`);
    return json;
  };
}

/** YAML makes a number of what looks like one. */
function inQuotes(json: Json): string {
  return typeof json === "number" ? ": put it in quotes" : "";
}

/** "1.55.29" or "1.55", major first, as numbers; {@link version} has made sure of the form. */
export function versionNumbers(text: string): number[] {
  return text.split(".").map(Number);
}

/** A mask of 64 bits, "0x…" in lower case without leading zeros. */
export const bits: Read<string> = (json, path) => {
  if (typeof json !== "string" || !/^0x(0|[1-9a-f][0-9a-f]{0,15})$/.test(json))
    throw new PolicyFault(`${path} is not a mask such as 0x3f${inQuotes(json)}`);
  return json;
};

/** "HH:MM", to "24:00". */
export const clockTime: Read<string> = (json, path) => {
  if (typeof json !== "string" || !/^(([01]\d|2[0-3]):[0-5]\d|24:00)$/.test(json))
    throw new PolicyFault(`${path} is not a time such as 06:30`);
  return json;
};

/** For a person: one line without control characters, trimmed. */
export function sentence(most: number): Read<string> {
  return (json, path) => {
    const good =
      typeof json === "string" &&
      json.length >= 1 &&
      json.length <= most &&
      json.trim() === json &&
      !/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u.test(json);
    if (!good) throw new PolicyFault(`${path} is not one line of 1 to ${most} characters`);
    return json;
  };
}

export const yes: Read<true> = (json, path) => {
  if (json !== true) throw new PolicyFault(`${path} can only be required as true`);
  return json;
};

/** Goes on after a fault, so that an author sees all of them at once. */
class Faults {
  readonly #faults: string[] = [];

  add(fault: string): void {
    if (this.#faults.length < maximumFaults) this.#faults.push(fault);
  }

  keep(read: () => void): void {
    try {
      read();
    } catch (cause) {
      if (!(cause instanceof PolicyFault)) throw cause;
      for (const fault of cause.faults) this.add(fault);
    }
  }

  end(): void {
    const [first, ...others] = this.#faults;
    if (first !== undefined) throw new PolicyFault(first, ...others);
  }
}

function membersOf(json: Json, path: string): { readonly [name: string]: Json } {
  if (json === null || typeof json !== "object" || isList(json)) throw new PolicyFault(`${path} is not an object`);
  return json;
}

function isList(json: object): json is readonly Json[] {
  return Array.isArray(json);
}

const faultsInMessage = 5;
const maximumFaults = 256;
const maximumReason = 500;
const maximumList = 256;
