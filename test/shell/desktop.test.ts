// Does the desktop app's own road work, but for Electron's runtime? The service process's code, real ports with their roles, main's agent host with the
// real agent as a child, and the approval dialog's loop: a page proposes, the dialog confirms, the disk opens. docs/electron-security.md, row 19.
import { spawn } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { MessageChannel, type MessagePort } from "node:worker_threads";
import { createORPCClient } from "@orpc/client";
import { RPCLink } from "@orpc/client/message-port";
import type { ContractRouterClient } from "@orpc/contract";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Contract } from "../../core/api/contract.ts";
import { type FromService, parseFromService } from "../../core/api/host-messages.ts";
import type { Role } from "../../core/api/roles.ts";
import { AgentHost } from "../../electron/main/agent-host.ts";
import { approvalClient, askAboutProposals, type Question } from "../../electron/main/approval-dialog.ts";
import { serviceArguments } from "../../electron/main/service-arguments.ts";
import type { PortMain } from "../../electron/service/ports.ts";
import { runService } from "../../electron/service/run-service.ts";
import { needs } from "../kit/needs.ts";
import { hierarchyFolder, simulatedHierarchy } from "../kit/simulated.ts";

type Page = ContractRouterClient<Contract>;

describe("the desktop app without its window", needs("cryptsetup"), () => {
  const folder = mkdtempSync(join(tmpdir(), "portcullis-desktop-"));
  const told: FromService[] = [];
  const ports: MessagePort[] = [];
  let listener: (data: unknown, port: PortMain | undefined) => void = () => {};
  let close: (() => Promise<void>) | undefined;

  beforeAll(async () => {
    await simulatedHierarchy();
    mkdirSync(join(folder, "simulator"), { mode: 0o700 });
    copyFileSync(join(hierarchyFolder, "simulated-Milan.json"), join(folder, "simulator", "simulated-Milan.json"));
    const agents = new AgentHost({ fork: forkAgent, tell: (message) => listener(message, undefined) });
    const parent = {
      onMessage: (heard: typeof listener) => void (listener = heard),
      tell(message: FromService) {
        told.push(message);
        const parsed = parseFromService(message);
        if (parsed !== undefined) agents.hear(parsed);
      },
    };
    close = await runService(parent, serviceArguments(["/app", "--data", folder, "--listen=127.0.0.1:0", "--kds", "off", "--inspect"]));
  });
  afterAll(async () => {
    for (const port of ports) port.close();
    await close?.();
    rmSync(folder, { recursive: true, force: true });
  });

  test("starts, and the page's port reaches it", async () => {
    expect(told).toEqual([{ do: "ready" }]);
    const page = clientOf(portFor("operate"));
    const { keychain, confirmation } = await page.status.get({});
    expect(confirmation).toBe("native-dialog");
    // With a keyring on the bus it was chosen by itself; without one a person chooses.
    if (keychain.state === "unset") await page.keychain.choose({ backend: "sealed-file", passphrase: "a passphrase for tests" });
    expect((await page.status.get({})).listener.state).toBe("listening");
    await expect(clientOf(portFor("approve")).console.link({})).rejects.toMatchObject({ data: { code: "service.no-console" } });
  });

  test("a page proposes, the dialog confirms, the disk opens", async () => {
    const page = clientOf(portFor("operate"));
    const shown: Question[] = [];
    void askAboutProposals({
      client: approvalClient(portFor("approve")),
      show(question) {
        shown.push(question);
        return Promise.resolve(1);
      },
    });
    const simulation = await page.simulations.launch({});
    const launchId = await waitFor(async () => (await page.simulations.get({ id: simulation.id })).launch);
    const launch = await waitFor(async () => {
      const seen = await page.launches.get({ id: launchId });
      return seen.state === "pending" ? seen : undefined;
    });
    await page.approvals.propose({ launch: launch.id, evidence: launch.evidence ?? "", verdict: "approve", reason: "from the page" });
    const ended = await waitFor(async () => {
      const seen = await page.launches.get({ id: launch.id });
      return ["pending", "released"].includes(seen.state) ? undefined : seen;
    });
    expect(ended).toMatchObject({ state: "opened", decision: { verdict: "release", by: "person", reason: "from the page" } });
    expect(shown.map(({ message }) => message)).toEqual([`Release the disk keys of ${launch.vmName ?? ""}?`]);
    expect(shown[0]?.detail).toContain("SIMULATED");
    await waitFor(async () => ((await page.simulations.get({ id: simulation.id })).phase === "ended" ? true : undefined));
    expect((await page.simulations.get({ id: simulation.id })).exitCode).toBe(0);
  });

  function portFor(role: Role): MessagePort {
    const { port1, port2 } = new MessageChannel();
    ports.push(port1, port2);
    listener({ do: "connect", role }, mainPort(port1));
    port2.start();
    return port2;
  }
});

test("only the service's four options are taken from the command line", () => {
  const words = [
    "--data=/d",
    "--inspect=9229",
    "--listen",
    "0.0.0.0:7443",
    "--remote-debugging-port=1",
    "--kds",
    "--advertise",
    "a:1",
    "x",
  ];
  expect(serviceArguments(words)).toEqual(["--data=/d", "--listen=0.0.0.0:7443", "--advertise=a:1"]);
});

/** As utilityProcess would, with Node in its place. */
function forkAgent(args: readonly string[]) {
  const child = spawn(process.execPath, [join(import.meta.dirname, "../../agent/simulated-main.ts"), ...args], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  return {
    onLine(listener: (line: string) => void) {
      for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on("line", listener);
    },
    onExit: (listener: (code: number | undefined) => void) => void child.once("close", (code) => listener(code ?? undefined)),
    kill: () => void child.kill(),
  };
}

/** Electron's MessagePortMain wraps what it gets in an event. */
function mainPort(port: MessagePort): PortMain {
  return {
    postMessage: (message) => port.postMessage(message),
    start: () => port.start(),
    close: () => port.close(),
    on: (event: "message" | "close", heard: (event: { readonly data: unknown }) => void) =>
      port.on(event, (data: unknown) => heard({ data })),
  };
}

function clientOf(port: MessagePort): Page {
  return createORPCClient(new RPCLink({ port }));
}

async function waitFor<T>(ask: () => Promise<T | undefined>): Promise<T> {
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
