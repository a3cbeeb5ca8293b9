// Which files does the console consist of? Reads the built folder once, at start, into the exact map that core/api/page-files.ts answers from.
// It is never asked for a path of a request.
import { readdirSync, readFileSync } from "node:fs";
import { join, sep } from "node:path";
import { type PageFiles, pageFiles } from "../../api/page-files.ts";
import { failure } from "../../base/failure.ts";
import { fail, ok, type Result } from "../../base/result.ts";

/** `console.not-built` where there is no page in the folder. */
export function loadPageFiles(folder: string): Result<PageFiles> {
  const found: [string, Uint8Array][] = [];
  try {
    for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const path = join(entry.parentPath, entry.name);
      found.push([
        path
          .slice(folder.length + 1)
          .split(sep)
          .join("/"),
        new Uint8Array(readFileSync(path)),
      ]);
    }
  } catch (cause) {
    return fail(failure("console.not-built", folder, cause));
  }
  const files = pageFiles(found);
  return files.has("/") ? ok(files) : fail(failure("console.not-built", folder));
}
