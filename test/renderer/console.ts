// The console in front of the fixture service, for one test file: built and opened once, each test with a service and a page of its own.
import { afterAll, afterEach, beforeAll, expect } from "vitest";
import type { Browser, Page } from "playwright-core";
import type { PageFiles } from "../../core/api/page-files.ts";
import { buildConsole, type Look, openBrowser, show, type Shown } from "./browser.ts";
import { FixtureService } from "./fixture-service.ts";

export interface Opened {
  readonly page: Page;
  readonly service: FixtureService;
  readonly files: PageFiles;
}

/** Call once, at the top of a `describe`. After each test: nothing was blocked by the page's policy, and no error was written. */
export function useConsole(): (set: (service: FixtureService) => void, path?: string, look?: Look) => Promise<Opened> {
  let files: PageFiles;
  let browser: Browser;
  let shown: Shown | undefined;
  let service: FixtureService | undefined;

  beforeAll(async () => {
    [files, browser] = await Promise.all([buildConsole(), openBrowser()]);
  });
  afterEach(async () => {
    const complaints = shown?.complaints ?? [];
    await shown?.close();
    await service?.stop();
    shown = undefined;
    expect(complaints).toEqual([]);
  });
  afterAll(() => browser.close());

  return async (set, path = "/", look = {}) => {
    service = new FixtureService();
    set(service);
    await service.start(files);
    shown = await show(browser, `${service.url}#${path}`, look);
    return { page: shown.page, service, files };
  };
}

/** Playwright waits for it; the test's own time-out ends the wait. */
export async function expectText(page: Page, text: string | RegExp): Promise<void> {
  await page.getByText(text).first().waitFor();
}

/** What is on the clipboard, the way a person gets it out: the page itself may not read it. */
export async function pasted(page: Page): Promise<string> {
  // The page says when the clipboard has it; before that there is nothing to paste.
  await page
    .getByText(/^Copied /)
    .first()
    .waitFor({ state: "attached" });
  await page.evaluate(() => {
    const area = document.createElement("textarea");
    area.id = "pasted";
    document.body.append(area);
    area.focus();
  });
  await page.keyboard.press("ControlOrMeta+V");
  await page.waitForFunction(() => document.querySelector<HTMLTextAreaElement>("textarea#pasted")?.value !== "");
  const text = await page.locator("#pasted").inputValue();
  await page.locator("#pasted").evaluate((element) => element.remove());
  return text;
}
