// What does the page get from Electron? Two functions, frozen: ask for a port to the service, and open a page of main's table by name.
// SECURITY: row 18. No ipcRenderer, no event, no callback crosses the bridge; the port itself comes to the page as a message of its own window.
import { contextBridge, ipcRenderer } from "electron";

/** A sandboxed preload has a window; this folder's type library does not name it. */
declare const window: { postMessage(message: string, origin: string, ports: readonly unknown[]): void };

const consoleOrigin = "portcullis://console";

ipcRenderer.on("portcullis:port", (event) => {
  const [port] = event.ports as readonly unknown[];
  if (port !== undefined) window.postMessage("portcullis-port", consoleOrigin, [port]);
});

contextBridge.exposeInMainWorld(
  "portcullis",
  Object.freeze({
    connect: () => ipcRenderer.invoke("portcullis:connect") as Promise<boolean>,
    openExternal: (name: string) => ipcRenderer.invoke("portcullis:open-external", name) as Promise<boolean>,
  }),
);
