// The console's page as Electron would serve it, in a real Chromium: the same map of files and the same headers, over HTTP on loopback.
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { chromium, type Browser, type Page } from "playwright-core";
import { answerPage, type PageFiles, pageFiles } from "../../core/api/page-files.ts";
import type { PageHost } from "../../core/api/page-headers.ts";
import { pathOf } from "../kit/needs.ts";

export interface Site {
  readonly origin: string;
  /** Method and target of every request. */
  readonly requests: string[];
  close(): Promise<void>;
}

export async function startSite(files: PageFiles, host: PageHost): Promise<Site> {
  const requests: string[] = [];
  const server = createServer((request: IncomingMessage, response) => {
    requests.push(`${request.method} ${request.url}`);
    const { status, headers, bytes } = answerPage(files, host, request.method ?? "", request.url ?? "");
    response.writeHead(status, { ...headers }).end(bytes);
  });
  server.on("upgrade", (request: IncomingMessage, socket) => {
    requests.push(`UPGRADE ${request.url}`);
    socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen({ host: "127.0.0.1", port: 0 }, resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export function textFiles(files: Readonly<Record<string, string>>): PageFiles {
  return pageFiles(Object.entries(files).map(([name, text]) => [name, new TextEncoder().encode(text)] as const));
}

export function launchChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: pathOf("chromium"),
    args: ["--no-sandbox", "--disable-background-networking", "--disable-gpu", "--disable-dev-shm-usage"],
  });
}

/** Every violation that the page's policy reported, as "directive blocked-uri". */
export async function violations(page: Page): Promise<readonly string[]> {
  return page.evaluate(() => (globalThis as unknown as { violations: string[] }).violations);
}
