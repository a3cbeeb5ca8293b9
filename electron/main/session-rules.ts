// What may the page's session do? Nothing but load our own files: no permission, no network, no download, no cache that outlives it.
// SECURITY: rows 1, 5 and 21.
import { type Session, session } from "electron";
import { consoleUrl } from "./console-address.ts";

/** SECURITY: row 21: a partition without the persist: prefix is kept in memory only. */
export function openConsoleSession(): Session {
  const console = session.fromPartition("console", { cache: false });
  // SECURITY: row 5
  console.setPermissionRequestHandler((_contents, _permission, answer) => answer(false));
  console.setPermissionCheckHandler(() => false);
  console.setDevicePermissionHandler(() => false);
  console.setDisplayMediaRequestHandler((_request, answer) => answer({}));
  console.setBluetoothPairingHandler((_details, answer) => answer({ confirmed: false }));
  // SECURITY: row 1: also the way in which file:, http:, ws: and every other scheme is refused.
  console.webRequest.onBeforeRequest(({ url }, answer) => answer({ cancel: !mayLoad(url) }));
  // SECURITY: row 21
  console.on("will-download", (event) => event.preventDefault());
  console.setSpellCheckerEnabled(false);
  console.setSpellCheckerLanguages([]);
  return console;
}

export function mayLoad(url: string): boolean {
  return url.startsWith(consoleUrl);
}
