// What must hold in the window of the desktop app, each tried from the page itself or asked of Electron. docs/electron-security.md, by row.
// What needs no Electron is tested in test/shell; rows about packaging belong to the packaged app.
// oxlint-disable no-extend-native, no-new-func, typescript/no-implied-eval -- a page that does just that is what is tried here.
import type { ElectronApplication, Page } from "playwright-core";

export interface ShellCheck {
  readonly row: number;
  readonly name: string;
  readonly holds: (page: Page, app: ElectronApplication) => Promise<boolean>;
}

export const shellChecks: readonly ShellCheck[] = [
  {
    row: 1,
    name: "no request leaves the page",
    holds: (page) =>
      page.evaluate(() =>
        fetch("https://example.com/").then(
          () => false,
          () => true,
        ),
      ),
  },
  {
    row: 1,
    name: "no WebSocket leaves the page",
    holds: (page) =>
      page.evaluate(
        () =>
          new Promise<boolean>((resolve) => {
            try {
              const socket = new WebSocket("ws://127.0.0.1:9/");
              socket.addEventListener("open", () => resolve(false));
              socket.addEventListener("error", () => resolve(true));
            } catch {
              resolve(true);
            }
          }),
      ),
  },
  { row: 2, name: "the page has no Node", holds: (page) => page.evaluate(() => !("require" in globalThis) && !("process" in globalThis)) },
  {
    row: 3,
    name: "the bridge does not see what the page does to prototypes",
    holds: (page) =>
      page.evaluate(async () => {
        let seen = false;
        const original = Array.prototype.push;
        Array.prototype.push = function (...items) {
          seen = items.some((item) => typeof item === "string" && item.startsWith("portcullis:"));
          return original.apply(this, items);
        };
        await (globalThis as unknown as { portcullis: { openExternal(name: string): Promise<boolean> } }).portcullis.openExternal("none");
        Array.prototype.push = original;
        return !seen;
      }),
  },
  {
    row: 4,
    name: "every renderer is sandboxed",
    holds: (_page, app) =>
      app.evaluate(({ app: own }) => own.getAppMetrics().every(({ type, sandboxed }) => type !== "Tab" || sandboxed !== false)),
  },
  {
    row: 5,
    name: "permissions are refused",
    holds: (page) =>
      page.evaluate(async () => {
        const refused = async (asked: Promise<unknown>): Promise<boolean> =>
          asked.then(
            () => false,
            () => true,
          );
        const camera = await refused(navigator.mediaDevices.getUserMedia({ video: true }));
        const clipboard = await refused(navigator.clipboard.readText());
        return camera && clipboard && Notification.permission === "denied";
      }),
  },
  {
    row: 7,
    name: "text does not become markup or code",
    holds: (page) =>
      page.evaluate(() => {
        const refuses = (act: () => unknown): boolean => {
          try {
            act();
            return false;
          } catch {
            return true;
          }
        };
        return refuses(() => (document.createElement("div").innerHTML = "<b>x</b>")) && refuses(() => new Function("return 1"));
      }),
  },
  {
    row: 9,
    name: "the page stays where it is",
    holds: async (page) => {
      await page.evaluate(() => void (location.href = "https://example.com/"));
      await page.waitForTimeout(500);
      return page.url().startsWith("portcullis://console/");
    },
  },
  {
    row: 10,
    name: "no window opens",
    holds: (page) => page.evaluate(() => window.open("about:blank") === null && window.open("/") === null),
  },
  {
    row: 11,
    name: "an address cannot be expressed",
    holds: (page) =>
      page.evaluate(async () => {
        const { portcullis } = globalThis as unknown as { portcullis: { openExternal(name: string): Promise<boolean> } };
        return !(await portcullis.openExternal("https://example.com/")) && !(await portcullis.openExternal("__proto__"));
      }),
  },
  {
    row: 15,
    name: "no other file is there",
    holds: async (_page, app) =>
      app.evaluate(async ({ BrowserWindow }) => {
        const session = BrowserWindow.getAllWindows()[0]?.webContents.session;
        const status = async (url: string): Promise<number> => (await session?.fetch(url).catch(() => undefined))?.status ?? 0;
        const found = await Promise.all(
          ["portcullis://console/%2e%2e/package.json", "portcullis://console/x", "file:///etc/hosts"].map(status),
        );
        return found.every((code) => code !== 200);
      }),
  },
  {
    row: 18,
    name: "the bridge has two functions and is frozen",
    holds: (page) =>
      page.evaluate(() => {
        const { portcullis } = globalThis as unknown as { portcullis: object };
        return Object.keys(portcullis).sort().join() === "connect,openExternal" && Object.isFrozen(portcullis);
      }),
  },
  {
    row: 21,
    name: "the session is kept in memory",
    holds: (_page, app) =>
      app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().every(({ webContents }) => !webContents.session.isPersistent())),
  },
];
