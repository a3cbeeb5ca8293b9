// Does an owner see what is in the cache, what runs out, what is being fetched, and why a launch waits? In words, and live.
import { describe, expect, test } from "vitest";
import { needs } from "../kit/needs.ts";
import { pasted, expectText, useConsole } from "./console.ts";
import { collateral, endedRun, waitingLaunch } from "./fixture-collateral.ts";
import { before, idOf } from "./fixture-values.ts";

describe("collateral", needs("chromium"), () => {
  const open = useConsole();

  test("an empty cache says how something gets into it, and the lines for a terminal can be copied", async () => {
    const { page } = await open(() => {}, "/collateral");
    await expectText(page, "Nothing is in the cache yet");
    await expectText(page, "import a bundle that another manager exported");
    await page.getByRole("button", { name: "Copy the line: Take such a file in, without internet" }).click();
    expect(await pasted(page)).toBe("portcullis collateral import fleet.json");
  });

  test("what has run out comes first, and each state is a word", async () => {
    const { page } = await open((service) => {
      service.collateral = [...collateral()];
    }, "/collateral");
    const table = page.getByRole("table", { name: /^Certificates and revocation lists/ });
    await table.getByRole("row", { name: /Expired Provider's key \(VLEK\) Genoa cloud\.example/ }).waitFor();
    const states = await table.locator("tbody tr td:first-child").allTextContents();
    expect(states).toEqual(["Expired", "Expires soon", "Not valid yet", "Current", "Current", "Current", "Current"]);
    await table.getByRole("row", { name: /Expires soon Revocation list \(CRL\) Genoa/ }).waitFor();
  });

  test("thousands of chips are cut off, and it is said where all are", async () => {
    const { page } = await open((service) => {
      const [item] = collateral();
      service.collateral = item === undefined ? [] : Array.from({ length: 230 }, () => item);
    }, "/collateral");
    await expectText(page, "And 30 more.");
    expect(await page.locator("tbody tr").count()).toBe(200);
  });

  test("fetching known chips starts, is followed, and says what could not be had", async () => {
    const { page, service } = await open(() => {}, "/collateral");
    const fetch = page.getByRole("button", { name: "Fetch known chips" });
    await fetch.click();
    await expectText(page, "0 of 41 done: 0 fetched, 0 in the cache before, 0 failed.");
    await expectText(page, "A VM that boots meanwhile is served first.");
    expect(await fetch.getAttribute("aria-disabled")).toBe("true");
    await expectText(page, "It is being fetched already.");
    service.run = endedRun;
    service.tell({ kind: "collateral" });
    await expectText(page, "41 of 41 done: 33 fetched, 7 in the cache before, 1 failed.");
    await expectText(page, "AMD knows no certificate for this chip and TCB.");
    await expectText(page, "kds.not-found");
    expect(await fetch.getAttribute("aria-disabled")).not.toBe("true");
  });

  test("a run that was given up says why, and how much was not tried", async () => {
    const stopped = { code: "kds.unavailable", sentence: "AMD's key service did not answer usefully." };
    const { page } = await open((service) => {
      service.run = { ...endedRun, failed: 0, failures: [], left: 12, stopped };
    }, "/collateral");
    await expectText(page, "12 were not tried");
    await expectText(page, "AMD's key service did not answer usefully.");
  });

  test("a manager without internet says what to do instead", async () => {
    const { page } = await open((service) => {
      service.refusals.set("collateral.fetchKnown", { code: "kds.off", sentence: "AMD's key service is switched off. Import a bundle." });
    }, "/collateral");
    await page.getByRole("button", { name: "Fetch known chips" }).click();
    await expectText(page, "AMD's key service is switched off. Import a bundle.");
  });

  test("a list that runs out is said on every page, and leaves once it is renewed", async () => {
    const { page, service } = await open((fixture) => {
      fixture.status = { ...fixture.status, expiring: [{ product: "Genoa", until: before(-200_000), state: "soon" }] };
    });
    await expectText(page, "A revocation list of AMD's runs out soon");
    await expectText(page, /Genoa: runs out in 2 days/);
    service.status = { ...service.status, expiring: [{ product: "Genoa", until: before(200_000), state: "expired" }] };
    service.tell({ kind: "collateral" });
    await expectText(page, "A revocation list of AMD's has run out");
    await page.getByRole("alert").getByRole("link", { name: "Collateral" }).click();
    await page.getByRole("heading", { level: 1, name: "Collateral" }).waitFor();
    service.status = { ...service.status, expiring: [] };
    service.tell({ kind: "collateral" });
    await page.getByText("A revocation list of AMD's has run out").waitFor({ state: "detached" });
  });

  test("a launch that waits for AMD says so in the list and on its page, and moves on by itself", async () => {
    const { page, service } = await open((fixture) => {
      fixture.launches = [waitingLaunch()];
    });
    const card = page.getByRole("article", { name: "mail-gateway" });
    await card.getByText("Waiting for AMD's key service: 23 requests ahead, at most 4 minutes").waitFor();
    await card.getByRole("link", { name: "Look mail-gateway" }).click();
    await page.getByRole("heading", { level: 1, name: "mail-gateway" }).waitFor();
    await expectText(page, "Waiting for AMD's key service: 23 requests ahead, at most 4 minutes");
    service.launches = [waitingLaunch({ waitingFor: { what: "collateral", until: before(-20), ahead: 1 } })];
    service.tell({ kind: "launch", id: idOf("waiting") });
    await expectText(page, "Waiting for AMD's key service: 1 request ahead, at most a minute");
  });
});
