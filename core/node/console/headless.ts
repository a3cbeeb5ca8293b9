// The headless host: the service with a console on loopback and a control socket. Roles are fixed here: the page operates, the socket's owner approves.
import { pageFiles } from "../../api/page-files.ts";
import { rfc3339 } from "../../base/clock.ts";
import { utf8 } from "../../base/utf8.ts";
import type { Instant } from "../../base/clock.ts";
import { failure } from "../../base/failure.ts";
import { fail, ok, type Result } from "../../base/result.ts";
import { systemClock } from "../clock.ts";
import { systemRandom } from "../random.ts";
import { serveConnection } from "../service/connection.ts";
import { type ControlSocket, openControlSocket } from "../service/control-socket.ts";
import { openService, type ServiceOptions } from "../service/open.ts";
import type { Service } from "../service/service.ts";
import { nodeAgentRunner } from "../service/simulation/agent-run.ts";
import { loadPageFiles } from "./files.ts";
import { noticePage } from "./pages.ts";
import { type ConsoleHost, openConsole } from "./server.ts";

export interface HeadlessOptions extends Omit<ServiceOptions, "confirmation" | "consoleLink" | "runAgent"> {
  /** 0: a free one. */
  readonly consolePort: number;
  /** The built console. */
  readonly rendererFolder: string;
  /** The agent with the simulated report source. */
  readonly agentProgram: string;
}

export interface HeadlessHost {
  readonly service: Service;
  readonly consolePort: number;
  link(): { readonly url: string; readonly expiresAt: Instant };
  close(): Promise<void>;
}

export async function openHeadless(options: HeadlessOptions): Promise<Result<HeadlessHost>> {
  const { log } = options;
  const files = loadPageFiles(options.rendererFolder);
  // A manager without its page still releases keys, and the command line can decide: the page says what to do.
  if (!files.ok) log.write("warn", "console.not-built", { code: files.failure.code, path: options.rendererFolder });
  const web: { host?: ConsoleHost } = {};
  const service = await openService({
    ...options,
    confirmation: "terminal-code",
    runAgent: nodeAgentRunner(options.agentProgram),
    consoleLink() {
      if (web.host === undefined) return fail(failure("service.not-ready"));
      const { url, expiresAt } = web.host.link();
      return ok({ url, expiresAt: rfc3339(expiresAt) });
    },
  });
  if (!service.ok) return service;
  const { router } = service.value;
  // SECURITY: row 19: the page gets operate and never approve, whoever opened the link.
  const opened = await openConsole({
    files: files.ok ? files.value : pageFiles([["index.html", utf8(noticePage("not-built"))]]),
    port: options.consolePort,
    random: systemRandom,
    clock: systemClock,
    log,
    onConnection: (connection) => serveConnection(router, connection, "operate", log),
  });
  const control = opened.ok
    ? await openControlSocket(options.dataFolder, (connection) => serveConnection(router, connection, "approve", log))
    : opened;
  if (!opened.ok || !control.ok) {
    if (opened.ok) await opened.value.close();
    await service.value.close();
    return control.ok ? fail(failure("service.not-ready")) : control;
  }
  web.host = opened.value;
  log.write("info", "console.open", { port: opened.value.port });
  return ok(hostOf(service.value, opened.value, control.value));
}

function hostOf(service: Service, web: ConsoleHost, control: ControlSocket): HeadlessHost {
  return {
    service,
    consolePort: web.port,
    link: () => web.link(),
    async close() {
      await Promise.all([control.close(), web.close()]);
      await service.close();
    },
  };
}
