// The one window, which shows the console. It has no menu and no way to another address.
import { BrowserWindow, Menu, type Session } from "electron";
import { consoleUrl } from "./console-address.ts";
import { webPreferences } from "./window-options.ts";

export interface WindowParts {
  readonly session: Session;
  /** Absolute path of the bundled preload. */
  readonly preload: string;
  readonly packaged: boolean;
}

export function openConsoleWindow({ session, preload, packaged }: WindowParts): BrowserWindow {
  // SECURITY: row 22: the usual menu has an entry for the developer tools.
  Menu.setApplicationMenu(process.platform === "darwin" ? Menu.buildFromTemplate([{ role: "appMenu" }, { role: "editMenu" }]) : null);
  const window = new BrowserWindow({
    width: 1280,
    height: 860,
    minWidth: 480,
    minHeight: 480,
    title: "Portcullis",
    show: false,
    autoHideMenuBar: true,
    webPreferences: webPreferences(session, preload, packaged),
  });
  window.once("ready-to-show", () => window.show());
  void window.loadURL(consoleUrl);
  return window;
}
