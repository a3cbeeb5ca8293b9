// Who can approve in the desktop app? A page that calls everything that it can reach cannot; the dialog, filled from the service, can.
// Real ports, the real router and service side; only the manager behind it is small. docs/electron-security.md, row 19.
import { MessageChannel, type MessagePort } from "node:worker_threads";
import { createORPCClient, ORPCError } from "@orpc/client";
import { RPCLink } from "@orpc/client/message-port";
import type { ContractRouterClient } from "@orpc/contract";
import { traverseContractProcedures } from "@orpc/server";
import { afterEach, describe, expect, test } from "vitest";
import { type Contract, contract } from "../../core/api/contract.ts";
import type { Role } from "../../core/api/roles.ts";
import { failure } from "../../core/base/failure.ts";
import { fail, ok } from "../../core/base/result.ts";
import type { Manager } from "../../core/manager/manager.ts";
import type { LaunchProposal } from "../../core/manager/proposals.ts";
import { Changes } from "../../core/node/service/changes.ts";
import { serveConnection } from "../../core/node/service/connection.ts";
import { createRouter } from "../../core/node/service/router.ts";
import { restingParts } from "../node/service/resting-parts.ts";
import { approvalClient, askAboutProposals, type Question, questionOf } from "../../electron/main/approval-dialog.ts";
import { portConnection } from "../../electron/service/ports.ts";

const ports: MessagePort[] = [];
afterEach(() => {
  for (const port of ports.splice(0)) port.close();
});

const proposal: LaunchProposal = {
  about: "launch",
  proposal: "0b5d7a3e-6a3c-4b8e-9a53-0f6ad1a2b3c4",
  launch: "7f0c6f3a-12ab-4c55-8a44-95b1c2d3e4f5",
  evidence: "ab".repeat(48),
  verdict: "approve",
  reason: "planned \u202Erestart\u0007",
  expiresAt: Date.UTC(2026, 10, 24),
  vmName: "db-1",
  summary: ["SIMULATED: nothing is proved.", "Release the disk keys of “db-1”?"],
};

describe("the page", () => {
  test("reaches nothing that decides, whatever it calls", async () => {
    const house = makeHouse();
    const page = house.client("operate");
    const answers = new Map<string, string>();
    for (const [method, path] of methods()) answers.set(method, await codeOf(page, path));
    const refused = [...answers].filter(([, code]) => code === "api.not-allowed").map(([method]) => method);
    expect(refused.sort()).toEqual([
      "approvals.answer",
      "approvals.open",
      "boot.approve",
      "collateral.export",
      "collateral.fetch",
      "collateral.import",
      "console.link",
      "disks.prepare",
      "idKeys.import",
      "idKeys.remove",
      "idKeys.signBlock",
      "idKeys.signReferences",
      "launches.decide",
      "vms.addWithKeys",
      "vms.setPolicy",
    ]);
    expect(house.answers).toEqual([]);
  });

  test("that does not speak the protocol is cut off, and the service goes on", async () => {
    const house = makeHouse();
    for (const message of ["{", "[]", '{"i":1}', new Uint8Array(4), 7, null, "x".repeat(300_000)]) {
      const port = house.port("operate");
      const closed = new Promise((resolve) => port.once("close", resolve));
      port.postMessage(message);
      await closed;
    }
    expect(await codeOf(house.client("view"), ["vms", "list"])).toBe("answered");
  });
});

describe("the dialog", () => {
  test("shows the service's sentences, and its harmless button comes first", () => {
    const question = questionOf({ ...view(), verdict: "approve" });
    expect(question.detail).toContain(proposal.summary.join("\n"));
    expect(question.detail).toContain("abababababababab");
    expect([question.defaultId, question.cancelId, question.buttons[0]]).toEqual([0, 0, "Cancel"]);
    expect(question.message).toBe("Release the disk keys of db-1?");
    expect(questionOf({ ...view(), verdict: "deny" }).buttons[1]).toBe("Deny the launch");
  });

  test("asks about boot files in a window of its own, with the service's sentences alone", () => {
    const { proposal: id, reason, expiresAt, vmName } = view();
    const [bootSet, measurement] = ["7f0c6f3a-12ab-4c55-8a44-95b1c2d3e4f6", "cd".repeat(48)];
    const summary = [`Measurement: ${measurement}`, 'Command line: "ro "'];
    const head = { proposal: id, reason, expiresAt, vmName, summary };
    const question = questionOf({ about: "boot-set", ...head, vm: bootSet, bootSet, measurement, verdict: "approve" });
    expect(question).toMatchObject({ type: "warning", message: "Approve boot files of db-1 ahead?", buttons: ["Cancel", "Approve ahead"] });
    expect(question.detail).toContain(summary.join("\n"));
    expect([question.defaultId, question.cancelId]).toEqual([0, 0]);
  });

  test("shows no control or direction characters", () => {
    const { detail, message } = questionOf({ ...view(), vmName: "a\u0000b\u202Ec", summary: ["x\u2066y"] });
    expect(detail + message).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202a-\u202e\u2066-\u2069]/);
  });

  test("answers each proposal once, by its id and its verdict", async () => {
    const house = makeHouse();
    const shown: Question[] = [];
    const asking = askAboutProposals({
      client: approvalClient(house.port("approve")),
      show(question) {
        shown.push(question);
        return Promise.resolve(1);
      },
    });
    await expect.poll(() => house.answers).toEqual([[proposal.proposal, "approve", true]]);
    house.changes.tell({ kind: "proposal", id: proposal.proposal });
    house.changes.tell({ kind: "status" });
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(shown).toHaveLength(1);
    house.changes.end();
    await asking;
  });

  test("that is closed confirms nothing", async () => {
    const house = makeHouse();
    const asking = askAboutProposals({ client: approvalClient(house.port("approve")), show: () => Promise.resolve(0) });
    await expect.poll(() => house.answers).toEqual([[proposal.proposal, "approve", false]]);
    house.changes.end();
    await asking;
  });
});

function makeHouse() {
  const answers: [string, string, boolean][] = [];
  const changes = new Changes();
  const refused = fail(failure("api.no-such-launch"));
  const manager = {
    launches: () => [],
    launch: () => undefined,
    vms: () => [],
    vm: () => undefined,
    setEnabled: () => refused,
    decide: () => Promise.resolve(ok("decided")),
    proposals: {
      propose: () => refused,
      confirm: () => Promise.resolve(refused),
      cancel: () => refused,
      // Listed for ever, as if the answer had been refused.
      open: () => [proposal],
      answer(id: string, verdict: string, confirmed: boolean) {
        answers.push([id, verdict, confirmed]);
        return Promise.resolve(ok(undefined));
      },
    },
  } as unknown as Manager;
  const router = createRouter(restingParts({ manager: () => ok(manager), changes }));
  const port = (role: Role): MessagePort => {
    const { port1, port2 } = new MessageChannel();
    ports.push(port1, port2);
    serveConnection(router, portConnection(mainPort(port1)), role, { write: () => {} });
    return port2;
  };
  return { answers, changes, port, client: (role: Role) => clientOf(port(role)) };
}

/** Electron's MessagePortMain wraps what it gets in an event. */
function mainPort(port: MessagePort) {
  return {
    postMessage: (message: unknown) => port.postMessage(message),
    start: () => port.start(),
    close: () => port.close(),
    on: (event: "message" | "close", listener: (event: { readonly data: unknown }) => void) =>
      port.on(event, (data: unknown) => listener({ data })),
  };
}

function clientOf(port: MessagePort): ContractRouterClient<Contract> {
  const link = new RPCLink({ port });
  port.start();
  return createORPCClient(link);
}

function view() {
  return { ...proposal, summary: [...proposal.summary], expiresAt: "2026-11-24T00:00:00.000Z" };
}

function methods(): readonly (readonly [string, readonly string[]])[] {
  const found: (readonly [string, readonly string[]])[] = [];
  traverseContractProcedures({ router: contract, path: [] }, ({ path }) => found.push([path.join("."), path]));
  return found;
}

async function codeOf(client: unknown, path: readonly string[]): Promise<string> {
  let target = client;
  for (const name of path) target = (target as Record<string, unknown>)[name];
  try {
    await (target as (input: unknown) => Promise<unknown>)({});
    return "answered";
  } catch (thrown) {
    if (!(thrown instanceof ORPCError)) throw thrown;
    return thrown.code === "REFUSED" ? (thrown.data as { code: string }).code : String(thrown.code);
  }
}
