// Does the home page say what waits and what was? Empty, loading, refused, pending, history, and a service that goes away and comes back.
import { describe, expect, test } from "vitest";
import { needs } from "../kit/needs.ts";
import { expectText, useConsole } from "./console.ts";
import { before, endedLaunch, history, idOf, pendingLaunch } from "./fixture-values.ts";

describe("launches", needs("chromium"), () => {
  const open = useConsole();

  test("nothing has happened yet", async () => {
    const { page } = await open(() => {});
    await expectText(page, "Nothing waits");
    await expectText(page, "No launch has ended yet");
    expect(await page.title()).toBe("Portcullis");
  });

  test("an answer that is still on its way has words", async () => {
    const { page } = await open((service) => service.silent.add("launches.list"));
    await expectText(page, "Loading the history …");
  });

  test("a refusal is shown with its sentence and code, and can be tried again", async () => {
    const { page, service } = await open((fixture) => {
      fixture.refusals.set("launches.list", { code: "store.damaged", sentence: "The database is damaged. Restore it from a backup." });
    });
    await expectText(page, "The database is damaged. Restore it from a backup.");
    await expectText(page, "store.damaged");
    service.refusals.clear();
    const again = page.getByRole("button", { name: "Try again" });
    await again.nth(1).click();
    await again.first().click();
    await expectText(page, "Nothing waits");
  });

  test("a refusal that depends on the state of the service goes away with it", async () => {
    const { page, service } = await open((fixture) => {
      fixture.refusals.set("launches.list", { code: "service.not-ready", sentence: "The service is still starting." });
    });
    await expectText(page, "The service is still starting.");
    service.refusals.clear();
    service.tell({ kind: "status" });
    await expectText(page, "Nothing waits");
  });

  test("a pending launch is a card with its tally and its time, and counts in the title", async () => {
    const { page } = await open((service) => {
      service.launches = [pendingLaunch()];
      service.status = { ...service.status, pending: 1 };
    });
    const card = page.getByRole("article", { name: "billing-db-01" });
    await card.getByText("12 passed, 1 waived, none failed").waitFor();
    await card.getByText("SIMULATED").waitFor();
    await card.getByText("Waits for you").waitFor();
    await card.getByText(/^4:\d\d$/).waitFor();
    await page.waitForFunction(() => document.title === "(1) Portcullis");
    await card.getByRole("link", { name: "Review billing-db-01" }).click();
    await page.getByRole("heading", { level: 1, name: "billing-db-01" }).waitFor();
    expect(page.url()).toContain(`#/launches/${idOf("pending")}`);
  });

  test("the history names state, VM and reason in words", async () => {
    const { page } = await open((service) => {
      service.launches = [...history()];
    });
    const table = page.getByRole("table", { name: "Launches that have ended, newest first" });
    const refused = table.getByRole("row", { name: /mail-gateway/ });
    await refused.getByText("Refused by policy").waitFor();
    await refused.getByText("Start the VM with debugging off", { exact: false }).waitFor();
    await table.getByRole("row", { name: /Unknown VM/ }).waitFor();
    expect(
      await table
        .getByRole("row", { name: /billing-db-01/ })
        .first()
        .getByText("SIMULATED")
        .count(),
    ).toBe(1);
  });

  test("older launches are a page of their own", async () => {
    const { page } = await open((service) => {
      service.launches = Array.from({ length: 30 }, (_, index) =>
        endedLaunch(`old ${index}`, { vmName: `vm-${index}`, state: "opened", startedAt: before(100 * index) }),
      );
    });
    await page.getByRole("link", { name: "Older launches" }).click();
    await page.getByRole("row", { name: /vm-29/ }).waitFor();
    expect(await page.getByRole("row", { name: /vm-24/ }).count()).toBe(0);
    await expectText(page, "That is all.");
    await page.getByRole("link", { name: "Back to the newest" }).click();
    await page.getByRole("row", { name: /vm-0/ }).waitFor();
  });

  test("a change event renews what is shown", async () => {
    const { page, service } = await open(() => {});
    await expectText(page, "Nothing waits");
    service.launches = [pendingLaunch()];
    service.tell({ kind: "launch", id: idOf("pending") });
    await page.getByRole("article", { name: "billing-db-01" }).waitFor();
  });

  test("a lost service is said, nothing can be started, and it is found again", async () => {
    const { page, service, files } = await open((fixture) => {
      fixture.launches = [...history()];
    });
    await expectText(page, "mail-gateway");
    await service.stop();
    await expectText(page, "The console lost the service");
    await expectText(page, "What you see below is the last that was known");
    const simulate = page.getByRole("button", { name: "Launch a simulated VM" });
    expect(await simulate.getAttribute("aria-disabled")).toBe("true");
    await expectText(page, "The console is not connected to the service.");
    await service.start(files);
    await page.getByRole("button", { name: "Try again now" }).click();
    await page.getByText("The console lost the service").waitFor({ state: "detached" });
  });

  test("a simulation that this machine cannot run says why", async () => {
    const { page } = await open((service) => {
      service.status = {
        ...service.status,
        simulation: { possible: false, failure: { code: "simulation.no-cryptsetup", sentence: "cryptsetup is not installed." } },
      };
    });
    await expectText(page, "cryptsetup is not installed.");
  });

  test("a simulation shows its words, its console and its launch", async () => {
    const { page } = await open((service) => {
      service.launches = [pendingLaunch()];
      service.simulations = [
        {
          id: idOf("sim"),
          vm: idOf("billing"),
          phase: "running",
          progress: "It waits for your decision.",
          launch: idOf("pending"),
          lines: ['{"at":"2026-11-24T06:29:16.094Z","level":"info","event":"agent.pending","reason":"approval"}', "evidence sent"],
        },
      ];
    });
    await page.getByRole("button", { name: "Launch a simulated VM" }).click();
    await page.getByRole("heading", { level: 1, name: "Simulated launch" }).waitFor();
    await expectText(page, "It waits for your decision.");
    await page
      .getByRole("region", { name: "The agent's console" })
      .getByText(/06:29:16\.094 {2}agent\.pending {2}reason approval\s+evidence sent/)
      .waitFor();
    await page.getByRole("link", { name: "Review billing-db-01" }).waitFor();
  });
});
