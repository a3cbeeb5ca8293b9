// What text did a person give: a file's, or what comes in on stdin for "-"? Bounded while it is read, because a pipe and a file of /proc have no size.
import { closeSync, constants, openSync, readSync } from "node:fs";
import { failure } from "../base/failure.ts";
import { fail, ok, type Result } from "../base/result.ts";
import { fromUtf8 } from "../base/utf8.ts";

/** @param maximum bytes. `cli.unreadable`, `kit.check-too-long`, `kit.check-malformed` where it is not UTF-8. */
export async function readText(file: string, maximum: number): Promise<Result<string>> {
  const bytes = file === "-" ? await readStdin(maximum) : readFileText(file, maximum);
  if (!bytes.ok) return bytes;
  const text = fromUtf8(bytes.value);
  return text === undefined ? fail(failure("kit.check-malformed", "not UTF-8")) : ok(text);
}

async function readStdin(maximum: number): Promise<Result<Uint8Array>> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of process.stdin) {
    const bytes = piece as Uint8Array;
    length += bytes.length;
    if (length > maximum) return fail(failure("kit.check-too-long", "stdin"));
    pieces.push(bytes);
  }
  return ok(new Uint8Array(Buffer.concat(pieces)));
}

function readFileText(path: string, maximum: number): Result<Uint8Array> {
  try {
    const file = openSync(path, constants.O_RDONLY);
    try {
      const buffer = new Uint8Array(maximum + 1);
      let length = 0;
      for (let read = -1; read !== 0 && length < buffer.length; length += read)
        read = readSync(file, buffer, length, buffer.length - length, null);
      return length > maximum ? fail(failure("kit.check-too-long", path)) : ok(buffer.slice(0, length));
    } finally {
      closeSync(file);
    }
  } catch (cause) {
    return fail(failure("cli.unreadable", path, cause));
  }
}
