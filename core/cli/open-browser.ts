// Opens an address in the person's browser, where there is a display. The address is always printed as well, so a failure needs no words.
import { spawn } from "node:child_process";

/** @param url one of our own, on loopback. The one-time token is seen by other programs of this user for a moment, and works once. */
export function openInBrowser(url: string): void {
  const [program, ...args] = opener();
  if (program === undefined) return;
  const child = spawn(program, [...args, url], { stdio: "ignore", detached: true });
  child.on("error", () => {});
  child.unref();
}

function opener(): readonly string[] {
  if (process.platform === "darwin") return ["open"];
  if (process.platform === "win32") return ["rundll32", "url.dll,FileProtocolHandler"];
  const display = process.env["DISPLAY"] ?? process.env["WAYLAND_DISPLAY"];
  return display === undefined || display === "" ? [] : ["xdg-open"];
}
