// Who may speak to the main process, where may a page go, and what can it express? Pure rules of electron/main, each tried from every side.
// docs/electron-security.md, rows 1, 2, 3, 4, 6, 8, 9, 11, 13, 15 and 22.
import { describe, expect, test } from "vitest";
import { answerPage } from "../../core/api/page-files.ts";
import { parseFromService, parseToService } from "../../core/api/host-messages.ts";
import { consolePath, consoleUrl } from "../../electron/main/console-address.ts";
import { type Contents, type Frame, isConsoleFrame } from "../../electron/main/frame-rules.ts";
import { webPreferences } from "../../electron/main/window-options.ts";
import { textFiles } from "./kit.ts";

const gone = (): boolean => true;
const contents: Contents = { id: 1, isDestroyed: () => false };
const frame: Frame = { url: consoleUrl, parent: null, detached: false, isDestroyed: () => false };

describe("row 13: a frame", () => {
  test.each(["", "#/", "#/launches/0d9f"])("of the console at %j may speak", (fragment) => {
    expect(isConsoleFrame({ ...frame, url: consoleUrl + fragment }, contents, contents)).toBe(true);
  });

  test.each([
    "",
    "about:blank",
    "portcullis://console",
    "portcullis://console.evil/",
    "portcullis://consoles/",
    "portcullis://evil@console/",
    "portcullis://console/other.html",
    "portcullis://console/?x",
    "portcullis:console/",
    "PORTCULLIS://console/",
    "file:///",
    "http://console/",
    "devtools://devtools/bundled/devtools_app.html",
    " portcullis://console/",
  ])("of %j may not", (url) => {
    expect(isConsoleFrame({ ...frame, url }, contents, contents)).toBe(false);
  });

  test.each([
    ["that is gone", null, contents, contents],
    ["that is destroyed", { ...frame, isDestroyed: gone }, contents, contents],
    ["that is detached", { ...frame, detached: true }, contents, contents],
    ["below another", { ...frame, parent: {} }, contents, contents],
    ["of another window", frame, { ...contents, id: 2 }, contents],
    ["of a destroyed sender", frame, { ...contents, isDestroyed: gone }, contents],
    ["of a destroyed window", frame, contents, { ...contents, isDestroyed: gone }],
    ["where there is no window", frame, contents, undefined],
  ] as const)("%s may not", (_name, of, sender, expected) => {
    expect(isConsoleFrame(of, sender, expected)).toBe(false);
  });
});

describe("row 15: an address", () => {
  const files = textFiles({ "index.html": "page", "assets/main.js": "script" });

  test.each(["", "#/vms", "?x=1"])("of ours with %j is the page", (end) => {
    expect(answerPage(files, "electron", "GET", consolePath(consoleUrl + end) ?? "").status).toBe(200);
  });

  test.each([
    "portcullis://console/../package.json",
    "portcullis://console/%2e%2e/package.json",
    "portcullis://console/assets/..%2fmain.js",
    "portcullis://console/assets/%6dain.js",
    "portcullis://console/assets//main.js",
    "portcullis://console//etc/passwd",
    "portcullis://console/assets/",
    "portcullis://console/__proto__",
    "portcullis://console/constructor",
    "portcullis://other/",
    "portcullis://console:80/",
    "file:///etc/passwd",
  ])("%s is no file", (url) => {
    expect(answerPage(files, "electron", "GET", consolePath(url) ?? "").status).toBe(404);
  });

  test("only GET and HEAD are answered", () => {
    expect(["GET", "HEAD", "POST", "PUT"].map((method) => answerPage(files, "electron", method, "/").status)).toEqual([200, 200, 405, 405]);
  });
});

test("rows 2, 3, 4, 6, 8, 22: a window has these rights and no others", () => {
  const { session: _, ...stated } = webPreferences({} as never, "/app/preload.cjs", true);
  expect(stated).toEqual({
    preload: "/app/preload.cjs",
    nodeIntegration: false,
    nodeIntegrationInWorker: false,
    nodeIntegrationInSubFrames: false,
    contextIsolation: true,
    sandbox: true,
    webSecurity: true,
    allowRunningInsecureContent: false,
    experimentalFeatures: false,
    webviewTag: false,
    devTools: false,
    spellcheck: false,
    navigateOnDragDrop: false,
    safeDialogs: true,
    autoplayPolicy: "document-user-activation-required",
    disableDialogs: true,
    enableWebSQL: false,
  });
  expect(webPreferences({} as never, "", false).devTools).toBe(true);
});

describe("row 19: messages between main and service", () => {
  test.each([
    undefined,
    null,
    "connect",
    {},
    { do: "connect" },
    { do: "connect", role: "owner" },
    { do: "connect", role: ["approve"] },
    { do: "agent-line", run: 1, line: "" },
    { do: "run-agent", run: "1", configuration: "/c", processor: "/p" },
  ])("%j is nothing that main says", (message) => {
    expect(parseToService(message)).toBeUndefined();
  });

  test.each([
    undefined,
    7,
    {},
    { do: "run-agent", run: "1" },
    { do: "run-agent", configuration: "/c", processor: "/p" },
    { do: "connect", role: "approve" },
  ])("%j is nothing that the service says", (message) => {
    expect(parseFromService(message)).toBeUndefined();
  });

  test("what is more than asked is left out", () => {
    expect(parseToService({ do: "connect", role: "operate", more: 1 })).toEqual({ do: "connect", role: "operate" });
    expect(parseFromService({ do: "stop-agent", run: "1", more: 1 })).toEqual({ do: "stop-agent", run: "1" });
  });
});
