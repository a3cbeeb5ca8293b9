// Where may a page go? Nowhere: no navigation, no new window, no webview, for every web contents that this app ever makes.
// SECURITY: rows 8, 9 and 10. Our own address is set once, by windows.ts, which no rule here sees.
import type { App, WebContents } from "electron";

export function applyWindowRules(app: App): void {
  app.on("web-contents-created", (_event, contents) => refuseEverything(contents));
}

function refuseEverything(contents: WebContents): void {
  // SECURITY: row 9
  contents.on("will-navigate", (event) => event.preventDefault());
  contents.on("will-frame-navigate", (event) => event.preventDefault());
  contents.on("will-redirect", (event) => event.preventDefault());
  // SECURITY: row 8
  contents.on("will-attach-webview", (event) => event.preventDefault());
  // SECURITY: row 10
  contents.setWindowOpenHandler(() => ({ action: "deny" }));
}
