// How is the console looked at in a test? Built once a file by Vite, served with the real headers, shown in a real Chromium. Fails
// on anything that the page's policy blocked or that the page wrote to its console as an error.
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { build } from "vite";
import type { PageFiles } from "../../core/api/page-files.ts";
import { must } from "../../core/base/result.ts";
import { loadPageFiles } from "../../core/node/console/files.ts";
import { pathOf } from "../kit/needs.ts";

export async function buildConsole(): Promise<PageFiles> {
  const folder = mkdtempSync(join(tmpdir(), "portcullis-console-"));
  try {
    await build({ configFile: join(root, "vite.config.ts"), logLevel: "error", build: { outDir: folder, emptyOutDir: true } });
    return must(loadPageFiles(folder));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export function openBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: pathOf("chromium"),
    args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--no-first-run"],
  });
}

export interface Look {
  readonly scheme?: "light" | "dark";
  readonly width?: number;
  readonly height?: number;
  /** Runs in the page before its own scripts. */
  readonly before?: () => void;
}

export interface Shown {
  readonly page: Page;
  /** What the page's policy blocked, and errors that the page wrote. Must stay empty but for lost connections. */
  readonly complaints: readonly string[];
  close(): Promise<void>;
}

export async function show(
  browser: Browser,
  url: string,
  { scheme = "light", width = 1280, height = 800, before }: Look = {},
): Promise<Shown> {
  const context: BrowserContext = await browser.newContext({ viewport: { width, height }, colorScheme: scheme, reducedMotion: "reduce" });
  if (before !== undefined) await context.addInitScript(before);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error" && !message.text().includes("WebSocket connection to")) complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  await page.goto(url);
  return { page, complaints, close: () => context.close() };
}

/** Into test/results, for a person to look at. */
export async function shoot(page: Page, name: string, fullPage = false): Promise<void> {
  mkdirSync(results, { recursive: true });
  await page.screenshot({ path: join(results, `${name}.png`), fullPage });
}

const root = resolve(import.meta.dirname, "../..");
const results = join(root, "test/results/console");
