// Does the headless console keep strangers out, and its page in? Real sockets: links, cookies, hosts, origins, files and WebSockets.
import { request as httpRequest } from "node:http";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { pageFiles } from "../../../core/api/page-files.ts";
import { silentLog } from "../../../core/base/log.ts";
import { must } from "../../../core/base/result.ts";
import { type ConsoleHost, openConsole } from "../../../core/node/console/server.ts";
import { systemClock } from "../../../core/node/clock.ts";
import { systemRandom } from "../../../core/node/random.ts";

const files = pageFiles([
  ["index.html", new TextEncoder().encode("<!doctype html><title>console</title>")],
  ["assets/main-1.js", new TextEncoder().encode("export {};")],
  ["secret.txt", new TextEncoder().encode("not a kind of file that the console has")],
]);
let consoleHost: ConsoleHost;
let connections = 0;

beforeAll(async () => {
  const parts = { files, random: systemRandom, clock: systemClock, log: silentLog };
  consoleHost = must(
    await openConsole({
      ...parts,
      onConnection(connection) {
        connections++;
        connection.onMessage(() => connection.send("heard"));
      },
    }),
  );
});
afterAll(() => consoleHost.close());

describe("the one-time link", () => {
  test("answers 303 with a cookie that no script reads and no other site sends", async () => {
    const answer = await get(pathOf(consoleHost.link().url));
    expect(answer.status).toBe(303);
    expect(answer.headers["location"]).toBe("/");
    expect(answer.headers["set-cookie"]).toEqual([
      expect.stringMatching(new RegExp(`^portcullis-session-${consoleHost.port}=[A-Za-z0-9_-]{43}; Path=/; HttpOnly; SameSite=Strict$`)),
    ]);
    expect(answer.headers["cache-control"]).toBe("no-store");
    expect(answer.headers["referrer-policy"]).toBe("no-referrer");
  });

  test("opens once, and says how to get another", async () => {
    const path = pathOf(consoleHost.link().url);
    expect((await get(path)).status).toBe(303);
    const second = await get(path);
    expect(second.status).toBe(403);
    expect(second.headers["set-cookie"]).toBeUndefined();
    expect(second.body).toContain("used already");
    expect(second.body).toContain("portcullis console-link");
  });

  test("is not used up by HEAD", async () => {
    const path = pathOf(consoleHost.link().url);
    expect((await get(path, {}, "HEAD")).status).toBe(405);
    expect((await get(path)).status).toBe(303);
  });

  test("nothing of an unknown link is in the answer", async () => {
    const answer = await get("/open?token=%3Cscript%3E");
    expect(answer.status).toBe(403);
    expect(answer.body).not.toContain("script");
  });
});

describe("pages", () => {
  test("need the cookie", async () => {
    expect((await get("/")).status).toBe(401);
    expect((await get("/assets/main-1.js")).status).toBe(401);
    const cookie = await session();
    const page = await get("/", { cookie });
    expect(page.status).toBe(200);
    expect(page.headers["content-type"]).toBe("text/html; charset=utf-8");
    expect(page.headers["content-security-policy"]).toContain("default-src 'none'");
    expect((await get("/assets/main-1.js", { cookie })).headers["content-type"]).toBe("text/javascript; charset=utf-8");
  });

  test.each([
    "/secret.txt",
    "/assets/",
    "/assets",
    "/../package.json",
    "/%2e%2e/package.json",
    "/assets/%6dain-1.js",
    "//index.html",
    "/index.html/",
    "*",
  ])("%s is no file of ours", async (path) => {
    expect((await get(path, { cookie: await session() })).status).toBe(404);
  });

  test("another host's name gets no answer, even with the cookie", async () => {
    const cookie = await session();
    expect((await get("/", { cookie, host: "evil.example" })).status).toBe(421);
    expect((await get("/", { cookie, host: `evil.example:${consoleHost.port}` })).status).toBe(421);
  });

  test.each(["POST", "PUT", "DELETE", "OPTIONS"])("%s is not answered", async (method) => {
    expect((await get("/", { cookie: await session() }, method)).status).toBe(405);
  });
});

describe("the WebSocket", () => {
  test("opens for the page with its cookie", async () => {
    const before = connections;
    const socket = open({ cookie: await session(), origin: own() });
    await expect(opened(socket)).resolves.toBe(true);
    expect(connections).toBe(before + 1);
    socket.terminate();
  });

  test.each([
    ["without a cookie", async () => ({ origin: own() })],
    ["with another cookie", async () => ({ origin: own(), cookie: `portcullis-session-${consoleHost.port}=${"A".repeat(43)}` })],
    ["from another origin", async () => ({ origin: "http://evil.example", cookie: await session() })],
    ["without an origin", async () => ({ cookie: await session() })],
    ["for another host", async () => ({ origin: own(), cookie: await session(), host: "evil.example" })],
  ])("%s it is refused", async (_name, headers) => {
    const before = connections;
    await expect(opened(open(await headers()))).resolves.toBe(false);
    expect(connections).toBe(before);
  });

  test("a message over the cap ends it", async () => {
    const socket = open({ cookie: await session(), origin: own() });
    await opened(socket);
    const closed = new Promise<number>((resolve) => socket.once("close", resolve));
    socket.send("x".repeat(300_000));
    expect(await closed).toBe(1009);
  });
});

test("a port in use is an answer", async () => {
  const second = await openConsole({
    files,
    port: consoleHost.port,
    random: systemRandom,
    clock: systemClock,
    log: silentLog,
    onConnection: () => {},
  });
  expect(second.ok ? "" : second.failure.code).toBe("console.port-in-use");
});

interface Answer {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly body: string;
}

/** Node's own fetch would set Host and normalise paths. */
function get(path: string, headers: Record<string, string> = {}, method = "GET"): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = httpRequest({ host: "127.0.0.1", port: consoleHost.port, path, method, headers, agent: false }, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (piece: string) => (body += piece));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }));
    });
    asked.on("error", reject);
    asked.end();
  });
}

async function session(): Promise<string> {
  const answer = await get(pathOf(consoleHost.link().url));
  return String(answer.headers["set-cookie"]).split(";")[0] ?? "";
}

function pathOf(url: string): string {
  return url.slice(`http://127.0.0.1:${consoleHost.port}`.length);
}

function own(): string {
  return `http://127.0.0.1:${consoleHost.port}`;
}

function open(headers: Record<string, string>): WebSocket {
  return new WebSocket(`ws://127.0.0.1:${consoleHost.port}/api`, { headers });
}

function opened(socket: WebSocket): Promise<boolean> {
  return new Promise((resolve) => {
    socket.once("open", () => resolve(true));
    socket.once("error", () => resolve(false));
  });
}
