// Does the console's page do its whole job over its WebSocket, and no more: choose a keychain, launch a simulated VM, propose, and confirm with the
// code that only the terminal shows? Real processes; the browser is a WebSocket with the cookie that the link gave.
import { createORPCClient, ORPCError } from "@orpc/client";
import { RPCLink } from "@orpc/client/websocket";
import type { ContractRouterClient } from "@orpc/contract";
import { request } from "node:http";
import { afterEach, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import type { Contract } from "../../core/api/contract.ts";
import type { LaunchDetail } from "../../core/api/schemas.ts";
import { needs } from "../kit/needs.ts";
import { makeInstallation, type Served, serve, serveWith } from "./kit.ts";

type Page = ContractRouterClient<Contract>;
const after: (() => unknown)[] = [];
afterEach(async () => {
  for (const undo of after.splice(0).reverse()) await undo();
});

describe("the page", () => {
  test("chooses a sealed file where no keychain answers, and never before", async () => {
    const installation = await makeInstallation();
    const { DBUS_SESSION_BUS_ADDRESS: _, ...env } = process.env;
    const served = await serveWith(installation, [], { ...env, XDG_RUNTIME_DIR: installation.folder });
    after.push(installation.remove, served.stop);
    const page = await openPage(served);
    expect(await page.status.get({})).toMatchObject({
      keychain: { state: "unset", osKeychainAnswers: false, failure: { code: "service.keychain-unset" } },
      listener: { state: "stopped" },
      confirmation: "terminal-code",
    });
    expect(await refusal(page.vms.list({}))).toBe("service.keychain-unset");
    expect(await refusal(page.simulations.launch({}))).toMatch(/^(service\.keychain-unset|simulation\.no-cryptsetup)$/);
    const chosen = await page.keychain.choose({ backend: "sealed-file", passphrase: "a passphrase for tests" });
    expect(chosen).toMatchObject({ keychain: { state: "ready", backend: "sealed-file" }, listener: { state: "listening" } });
    expect(await page.vms.list({})).toEqual([]);
    expect(await refusal(page.keychain.choose({ backend: "os" }))).toBe("service.keychain-chosen");
  });

  test("gets the system's keychain without being asked, where it answers", needs("keyring"), async () => {
    const installation = await makeInstallation();
    const served = await serveWith(installation, [], process.env);
    after.push(installation.remove, served.stop);
    const page = await openPage(served);
    await expect.poll(async () => (await page.status.get({})).keychain.state, { timeout: 20_000 }).toBe("ready");
    expect((await page.status.get({})).keychain.backend).toBe("secret-service");
  });

  test("launches, proposes, and confirms with the terminal's code", needs("cryptsetup"), async () => {
    const installation = await makeInstallation(true);
    const served = await serve(installation);
    after.push(installation.remove, served.stop);
    const page = await openPage(served);

    const simulation = await page.simulations.launch({});
    const launch = await waitFor(async () => {
      const { launch: id } = await page.simulations.get({ id: simulation.id });
      if (id === undefined) return undefined;
      const seen = await page.launches.get({ id });
      return seen.state === "pending" ? seen : undefined;
    });
    expect(launch.simulated).toBe(true);
    expect(new Set(launch.fields.map(({ group }) => group)).size).toBe(8);
    expect(launch.checks.length).toBeGreaterThan(10);
    expect(launch.checks.filter(({ verdict }) => verdict === "fail")).toEqual([]);

    const question = { launch: launch.id, evidence: launch.evidence ?? "", verdict: "approve", reason: "a planned restart" } as const;
    expect(await refusal(page.launches.decide(question))).toBe("api.not-allowed");
    expect(await refusal(page.approvals.open({}))).toBe("api.not-allowed");
    const proposal = await page.approvals.propose(question);
    expect(JSON.stringify(proposal)).not.toMatch(/"code"/);
    const shown = await served.event("confirmation");
    expect(shown["summary"]).toEqual(proposal.summary);
    expect(shown["code"]).toMatch(/^[0-9]{8}$/);
    expect(await refusal(page.approvals.confirm({ proposal: proposal.proposal, code: "00000000" }))).not.toBe("answered");
    await page.approvals.confirm({ proposal: proposal.proposal, code: String(shown["code"]) });
    const ended = await waitFor<LaunchDetail>(async () => {
      const seen = await page.launches.get({ id: launch.id });
      return ["pending", "released"].includes(seen.state) ? undefined : seen;
    });
    expect(ended).toMatchObject({ state: "opened", decision: { by: "person", reason: "a planned restart" } });
    await expect.poll(async () => (await page.simulations.get({ id: simulation.id })).phase).toBe("ended");
    const view = await page.simulations.get({ id: simulation.id });
    expect([view.exitCode, view.progress]).toEqual([0, "The disk opened."]);
  });

  test("can stop its simulated launch", needs("cryptsetup"), async () => {
    const installation = await makeInstallation(true);
    const served = await serve(installation);
    after.push(installation.remove, served.stop);
    const page = await openPage(served);
    const { id } = await page.simulations.launch({});
    await waitFor(async () => ((await page.simulations.get({ id })).launch === undefined ? undefined : true));
    await page.simulations.cancel({ id });
    await expect.poll(async () => (await page.simulations.get({ id })).phase, { timeout: 20_000 }).toBe("ended");
    expect((await page.simulations.get({ id })).progress).toBe("It was stopped.");
  });
});

async function openPage(served: Served): Promise<Page> {
  const link = String((await served.event("console-link"))["url"]);
  const cookie = await new Promise<string>((resolve, reject) => {
    const asked = request(link, { agent: false }, (response) => {
      response.resume();
      resolve(String(response.headers["set-cookie"]).split(";")[0] ?? "");
    });
    asked.on("error", reject);
    asked.end();
  });
  const { host } = new URL(link);
  const socket = new WebSocket(`ws://${host}/api`, { headers: { cookie, origin: `http://${host}` } });
  after.push(() => socket.terminate());
  await new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject));
  return createORPCClient(new RPCLink({ websocket: socket as unknown as globalThis.WebSocket }));
}

async function refusal(asked: Promise<unknown>): Promise<string> {
  try {
    await asked;
    return "answered";
  } catch (thrown) {
    if (!(thrown instanceof ORPCError)) throw thrown;
    return (thrown.data as { code: string }).code;
  }
}

async function waitFor<T>(ask: () => Promise<T | undefined>): Promise<T> {
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
