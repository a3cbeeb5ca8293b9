// The service process of the desktop app: the same service as headless, answering on ports that the main process hands over, each with its role.
// SECURITY: rows 19 and 24. It shows nothing and has no window; its lines go through the log's allow-list to main.
import type { Role } from "../../core/api/roles.ts";
import { parseArgs } from "node:util";
import { failure, sentenceOf } from "../../core/base/failure.ts";
import { fail, ok } from "../../core/base/result.ts";
import { systemClock } from "../../core/node/clock.ts";
import { createLog, streamSink } from "../../core/node/log.ts";
import { defaultListen, parseHostPort } from "../../core/node/service/address.ts";
import { serveConnection } from "../../core/node/service/connection.ts";
import { openControlSocket } from "../../core/node/service/control-socket.ts";
import { dataFolderOf } from "../../core/node/service/data-folder.ts";
import { openService } from "../../core/node/service/open.ts";
import { type FromService, parseToService } from "../../core/api/host-messages.ts";
import { MainAgentRunner } from "./agent-runner.ts";
import { portConnection, type PortMain } from "./ports.ts";

/** Electron's process.parentPort, as service.ts hands it over. */
interface ParentPort {
  readonly tell: (message: FromService) => void;
  readonly onMessage: (listener: (data: unknown, port: PortMain | undefined) => void) => void;
}

/** @param args of main's service-arguments.ts. @returns how to end it; undefined where it could not start, which main has been told. */
export async function runService(parent: ParentPort, args: readonly string[]): Promise<(() => Promise<void>) | undefined> {
  const { values } = parseArgs({ args: [...args], options: { data: text, listen: text, advertise: text, kds: text } });
  const log = createLog({ sink: streamSink(process.stderr), clock: systemClock });
  const dataFolder = dataFolderOf(values.data);
  const agents = new MainAgentRunner(parent.tell);
  const listen = values.listen === undefined ? ok(defaultListen) : parseHostPort(values.listen);
  const opening = !listen.ok
    ? Promise.resolve(listen)
    : openService({
        dataFolder,
        version: process.env["PORTCULLIS_VERSION"] ?? "unknown",
        listen: listen.value,
        ...(values.advertise === undefined ? {} : { advertise: values.advertise }),
        ...(values.kds === undefined ? {} : { kds: values.kds }),
        runAgent: agents.run,
        confirmation: "native-dialog",
        // The dialog asks for open proposals itself, over its own port.
        onProposal: () => {},
        consoleLink: () => fail(failure("service.no-console")),
        log,
      });
  const connect = async (port: PortMain, role: Role): Promise<void> => {
    const service = await opening;
    if (service.ok) serveConnection(service.value.router, portConnection(port), role, log);
  };
  // Ports may come while the service still opens: they are served as soon as there is one.
  parent.onMessage((data, port) => {
    const message = parseToService(data);
    if (message === undefined) return;
    if (message.do !== "connect") return agents.hear(message);
    if (port === undefined) return;
    // SECURITY: row 19: the role comes with the port, from main, and stays.
    void connect(port, message.role);
  });
  const service = await opening;
  if (!service.ok) {
    log.write("error", "service.failed", { code: service.failure.code });
    parent.tell({ do: "failed", code: service.failure.code, sentence: sentenceOf(service.failure) });
    return undefined;
  }
  const { router } = service.value;
  const control = await openControlSocket(dataFolder, (connection) => serveConnection(router, connection, "approve", log));
  if (!control.ok) log.write("warn", "service.no-control-socket", { code: control.failure.code });
  parent.tell({ do: "ready" });
  return async () => {
    if (control.ok) await control.value.close();
    await service.value.close();
  };
}

const text = { type: "string" } as const;
