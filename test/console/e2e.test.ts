// The main job, as a person does it: from the first start over the choice of a keychain to a simulated VM whose real LUKS2 disk opens.
// Nothing is a stand-in but the processor: real service, store, sealed file, TLS, agent, cryptsetup and browser.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Browser } from "playwright-core";
import { needs } from "../kit/needs.ts";
import { openBrowser, shoot, show } from "../renderer/browser.ts";
import { serve, type Served } from "./serve.ts";

describe("the first attested launch, in the browser", needs("chromium", "cryptsetup"), () => {
  let browser: Browser;
  let served: Served;
  beforeAll(async () => {
    [browser, served] = await Promise.all([openBrowser(), serve()]);
  });
  afterAll(async () => {
    await browser.close();
    await served.stop();
  });

  test("first start, pending, approved with the terminal's code, disk opened, recorded", { timeout: 180_000 }, async () => {
    const { url } = await served.told("console-link");
    const { page, complaints } = await show(browser, url);

    await page.getByRole("heading", { name: "Where shall disk keys live?" }).waitFor();
    await page.getByLabel("A file sealed with a passphrase").check();
    await page.getByLabel("Passphrase", { exact: true }).fill("correct horse battery staple");
    await page.getByLabel("Passphrase again").fill("correct horse battery staple");
    await shoot(page, "e2e-1-keychain");
    await page.getByRole("button", { name: "Use this" }).click();

    await page.getByRole("heading", { name: "Launches", exact: true }).waitFor();
    await page.getByText("Nothing waits").waitFor();
    await page.getByRole("button", { name: "Launch a simulated VM" }).click();
    await page.getByRole("heading", { name: "Simulated launch" }).waitFor();
    const review = page.getByRole("link", { name: /^Review/ });
    await review.waitFor({ timeout: 60_000 });
    await shoot(page, "e2e-2-simulation");
    await page.waitForFunction(() => document.title === "(1) Portcullis");
    await review.click();

    await page.getByText("SIMULATED", { exact: true }).first().waitFor();
    await page.getByText(/checks that ran came out as expected/).waitFor();
    for (const scheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme: scheme });
      await shoot(page, `e2e-3-launch-${scheme}`);
    }
    await page.emulateMedia({ colorScheme: "light" });
    await page.getByRole("button", { name: "Approve", exact: true }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Reason").fill("The first attested launch");
    await dialog.getByRole("button", { name: "Approve …" }).click();
    const { code, summary } = await served.told("confirmation");
    for (const sentence of summary) await dialog.getByText(sentence, { exact: true }).waitFor();
    const field = dialog.getByLabel("Code from the terminal");
    await field.fill(code === "00000000" ? "11111111" : "00000000");
    await field.press("Enter");
    await dialog.getByRole("alert").waitFor();
    await shoot(page, "e2e-4-wrong-code");
    await field.fill(code);
    await field.press("Enter");

    await dialog.getByText("The disk key was released, and every disk opened.", { exact: false }).waitFor({ timeout: 60_000 });
    await dialog.getByRole("button", { name: "Done" }).click();
    const record = page.getByRole("region", { name: "What happened" });
    await record.getByText("A person released the key").waitFor();
    await record.getByText("“The first attested launch”").waitFor();
    await record.getByText(/^Disk .* opened$/).waitFor();
    for (const scheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme: scheme });
      await shoot(page, `e2e-5-opened-${scheme}`);
    }

    await page.getByRole("link", { name: "Launches", exact: true }).first().click();
    const row = page.getByRole("table", { name: "Launches that have ended, newest first" }).getByRole("row", { name: /SIMULATED/ });
    await row.getByText("Opened", { exact: true }).waitFor();
    await page.waitForFunction(() => document.title === "Portcullis");
    expect(complaints).toEqual([]);
    expect(served.written()).not.toContain("correct horse");
  });

  test("the link opens once", async () => {
    const { url } = await served.told("console-link");
    const { page, close } = await show(browser, url);
    expect(await page.getByRole("heading", { name: "Launches", exact: true }).count()).toBe(0);
    await close();
  });
});
