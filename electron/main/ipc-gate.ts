// What may a page ask of the main process? A port to the service, and a page of the fixed table in the browser; both only for the console's own
// main frame. SECURITY: rows 13, 14 and 19. The only file that imports ipcMain; there is no synchronous channel, and no name that a page chooses.
import { ipcMain, type IpcMainInvokeEvent, type MessagePortMain, type WebContents } from "electron";
import { openExternalLink } from "./external-links.ts";
import { isConsoleFrame } from "./frame-rules.ts";

export interface GateParts {
  /** The window that shows the console, while there is one. */
  readonly expected: () => WebContents | undefined;
  /** A new port to the service, whose role is fixed to operate where it is made. */
  readonly portForPage: () => MessagePortMain | undefined;
  readonly refused: (channel: string) => void;
}

export function openGate({ expected, portForPage, refused }: GateParts): void {
  // SECURITY: row 13
  const allowed = (channel: string, event: IpcMainInvokeEvent): boolean => {
    const own = isConsoleFrame(event.senderFrame, event.sender, expected());
    if (!own) refused(channel);
    return own;
  };
  ipcMain.handle("portcullis:connect", (event) => {
    if (!allowed("connect", event)) return false;
    const port = portForPage();
    if (port === undefined) return false;
    event.senderFrame?.postMessage("portcullis:port", null, [port]);
    return true;
  });
  ipcMain.handle("portcullis:open-external", (event, name: unknown) => allowed("open-external", event) && openExternalLink(name));
}
