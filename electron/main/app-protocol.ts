// Where does the page come from? Our own scheme, answered from an exact map of known files that is read once, at start, with the console's headers.
// SECURITY: row 15. Never joins a path of a request; the file scheme is refused by session-rules.ts.
import { readdirSync, readFileSync } from "node:fs";
import { join, sep } from "node:path";
import { protocol, type Session } from "electron";
import { answerPage, type PageFiles, pageFiles } from "../../core/api/page-files.ts";
import { consolePath, consoleScheme } from "./console-address.ts";

/** Must be called before the app is ready. */
export function declareConsoleScheme(): void {
  // SECURITY: row 15: standard and secure, and nothing more: no fetch, no service workers, no streams.
  protocol.registerSchemesAsPrivileged([{ scheme: consoleScheme, privileges: { standard: true, secure: true } }]);
}

export function serveConsole(session: Session, files: PageFiles): void {
  session.protocol.handle(consoleScheme, ({ method, url }) => {
    const { status, headers, bytes } = answerPage(files, "electron", method, consolePath(url) ?? "");
    return new Response(new Uint8Array(bytes), { status, headers: { ...headers } });
  });
}

/** @throws where the console was not built: without a page there is no app. */
export function readPageFiles(folder: string): PageFiles {
  const found = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map(
      (path) =>
        [
          path
            .slice(folder.length + 1)
            .split(sep)
            .join("/"),
          new Uint8Array(readFileSync(path)),
        ] as const,
    );
  const files = pageFiles(found);
  if (!files.has("/")) throw new Error("the console was not built");
  return files;
}
