// The desktop app: one window with the console, one service process, and the native dialog in which a person approves. Order matters here:
// sandbox and scheme before "ready", the single instance lock before any data is touched. It holds no key and asks the service for none.
import { join } from "node:path";
import { app, dialog, MessageChannelMain, type BrowserWindow, type MessagePortMain } from "electron";
import type { Role } from "../../core/api/roles.ts";
import { AgentHost } from "./agent-host.ts";
import { declareConsoleScheme, readPageFiles, serveConsole } from "./app-protocol.ts";
import { approvalClient, askAboutProposals, type Question } from "./approval-dialog.ts";
import { openGate } from "./ipc-gate.ts";
import { serviceArguments } from "./service-arguments.ts";
import { serviceEnvironment, ServiceHost } from "./service-host.ts";
import { parseFromService } from "../../core/api/host-messages.ts";
import { openConsoleSession } from "./session-rules.ts";
import { forkUtility } from "./utility-child.ts";
import { applyWindowRules } from "./window-rules.ts";
import { openConsoleWindow } from "./windows.ts";

// SECURITY: row 4
app.enableSandbox();
declareConsoleScheme();
applyWindowRules(app);
// SECURITY: row 25: a second start shows the first one's window and ends; no deep link and no file is ever opened.
if (app.requestSingleInstanceLock()) void app.whenReady().then(start);
else app.quit();

function start(): void {
  const folder = app.getAppPath();
  const bundled = (name: string): string => join(folder, "out/electron", name);
  const session = openConsoleSession();
  serveConsole(session, readPageFiles(join(folder, "out/renderer")));

  const args = serviceArguments(process.argv.slice(1));
  const agents = new AgentHost({
    fork: (given) => forkUtility(join(folder, "out/agent/simulated-agent.cjs"), given, "simulated VM", { env: {}, execArgv: [] }),
    tell: (message) => void service.post(message),
  });
  const service = new ServiceHost<MessagePortMain>({
    fork: (options) => forkUtility(bundled("service.mjs"), args, "Portcullis service", options),
    env: { ...serviceEnvironment(process.env), PORTCULLIS_VERSION: app.getVersion() },
    onMessage(message) {
      const parsed = parseFromService(message);
      if (parsed?.do === "failed") {
        service.stop();
        dialog.showErrorBox("Portcullis cannot start", `${parsed.sentence}\n\n${parsed.code}`);
        app.quit();
      } else if (parsed !== undefined) agents.hear(parsed);
    },
    // SECURITY: row 24: lines of the service's own log, which has an allow-list of fields.
    onLine: (line) => void process.stderr.write(`${line}\n`),
    onStart: () => void askWhileItRuns(),
    onGivenUp() {
      dialog.showErrorBox(
        "Portcullis",
        "The service ended several times in a minute and was not started again. Look into its log, then restart.",
      );
      app.quit();
    },
    monotonic: () => performance.now(),
    after(ms, callback) {
      const timer = setTimeout(callback, ms);
      return () => clearTimeout(timer);
    },
  });

  // SECURITY: row 19: the role is said by main, once, where the port is made.
  const portFor = (role: Role): MessagePortMain | undefined => {
    const { port1, port2 } = new MessageChannelMain();
    return service.post({ do: "connect", role }, [port1]) ? port2 : undefined;
  };

  const askWhileItRuns = async (): Promise<void> => {
    const port = portFor("approve");
    if (port === undefined) return;
    port.start();
    await askAboutProposals({ client: approvalClient(port), show: (question) => ask(window, question) });
  };

  let window: BrowserWindow | undefined;
  const show = (): void => {
    if (window !== undefined) return reveal(window);
    window = openConsoleWindow({ session, preload: bundled("preload.cjs"), packaged: app.isPackaged });
    window.once("closed", () => {
      window = undefined;
    });
  };
  openGate({
    expected: () => window?.webContents,
    portForPage: () => portFor("operate"),
    refused: (channel) => void process.stderr.write(`${JSON.stringify({ level: "warn", event: "ipc.refused", method: channel })}\n`),
  });
  service.start();
  show();

  app.on("second-instance", show);
  app.on("activate", show);
  // On macOS too: a manager that runs without a window would release keys that nobody sees.
  app.on("window-all-closed", () => app.quit());
  app.on("will-quit", () => {
    agents.stopAll();
    service.stop();
  });
}

async function ask(window: BrowserWindow | undefined, { buttons, ...question }: Question): Promise<number> {
  const options = { ...question, buttons: [...buttons] };
  const answer = window === undefined ? await dialog.showMessageBox(options) : await dialog.showMessageBox(window, options);
  return answer.response;
}

function reveal(window: BrowserWindow): void {
  if (window.isMinimized()) window.restore();
  window.focus();
}
