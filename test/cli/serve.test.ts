// What does `portcullis serve` say to bad input, and do the commands agree on exit codes? Real processes throughout.
import { chmodSync, renameSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { request } from "node:http";
import { join } from "node:path";
import { spawn } from "node:child_process";
import { afterEach, describe, expect, test } from "vitest";
import { type Installation, makeInstallation, portcullis, serve, serveWith } from "./kit.ts";

const installations: Installation[] = [];
afterEach(() => {
  for (const installation of installations.splice(0)) installation.remove();
});

async function fresh(): Promise<Installation> {
  const installation = await makeInstallation();
  installations.push(installation);
  return installation;
}

function serveArgs({ data, passphraseFile }: Installation, ...more: readonly string[]): readonly string[] {
  return [
    "serve",
    "--json",
    ...data,
    "--listen",
    "127.0.0.1:0",
    "--kds",
    "off",
    "--keychain",
    "sealed-file",
    "--passphrase-file",
    passphraseFile,
    ...more,
  ];
}

describe("serve", () => {
  test("starts, answers the other commands, gives links, and ends with 0 at SIGTERM", async () => {
    const installation = await fresh();
    const served = await serve(installation);
    expect((await served.event("started"))["listener"]).toMatchObject({ state: "listening" });
    const first = String((await served.event("console-link"))["url"]);
    const again = await portcullis("console-link", "--json", ...installation.data);
    expect(again.code).toBe(0);
    const { url } = again.json() as { url: string };
    expect(url).not.toBe(first);
    for (const link of [first, url]) expect(await statusOf(link)).toBe(303);
    expect(await statusOf(url)).toBe(403);
    const vms = await portcullis("vm", "list", "--json", ...installation.data);
    expect([vms.code, vms.stdout]).toEqual([0, "[]\n"]);
    expect((await served.stop()).code).toBe(0);
    const gone = await portcullis("vm", "list", "--json", ...installation.data);
    expect([gone.code, gone.json()]).toMatchObject([1, { failure: { code: "cli.no-manager" } }]);
  });

  test("a second manager on the same folder is refused, and the first goes on", async () => {
    const installation = await fresh();
    const served = await serve(installation);
    const second = await portcullis(...serveArgs(installation));
    expect([second.code, second.json()]).toMatchObject([1, { failure: { code: "store.in-use" } }]);
    expect((await portcullis("vm", "list", ...installation.data)).code).toBe(0);
    await served.stop();
  });

  test("after SIGKILL the next start is clean", async () => {
    const installation = await fresh();
    const served = await serve(installation);
    served.process.kill("SIGKILL");
    await served.ended;
    const next = await serve(installation);
    expect((await portcullis("vm", "list", ...installation.data)).code).toBe(0);
    expect((await next.stop()).code).toBe(0);
  });

  test("a port in use leaves the console running, and says so", async () => {
    const installation = await fresh();
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen({ host: "127.0.0.1", port: 0 }, resolve));
    const address = taken.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const served = await serve(installation, "--listen", `127.0.0.1:${port}`);
    expect((await served.event("started"))["listener"]).toMatchObject({ state: "failed", failure: { code: "listener.port-in-use" } });
    expect((await portcullis("vm", "list", ...installation.data)).code).toBe(0);
    await served.stop();
    await new Promise((resolve) => taken.close(resolve));
  });

  test("a console port in use is refused", async () => {
    const installation = await fresh();
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen({ host: "127.0.0.1", port: 0 }, resolve));
    const address = taken.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const refused = await portcullis(...serveArgs(installation, "--console-port", `${port}`));
    expect([refused.code, refused.json()]).toMatchObject([1, { failure: { code: "console.port-in-use" } }]);
    await new Promise((resolve) => taken.close(resolve));
  });

  test("a corrupt database is refused and left as it is", async () => {
    const installation = await fresh();
    writeFileSync(join(installation.folder, "manager.db"), Buffer.alloc(8192, 0x5a), { mode: 0o600 });
    const refused = await portcullis(...serveArgs(installation));
    expect([refused.code, refused.json()]).toMatchObject([
      1,
      { failure: { code: expect.stringMatching(/^store\.(corrupt|foreign)$/) as string } },
    ]);
  });

  test("a wrong passphrase is refused; without one the console asks for it", async () => {
    const installation = await fresh();
    await (await serve(installation)).stop();
    writeFileSync(installation.passphraseFile, "another passphrase\n");
    const refused = await portcullis(...serveArgs(installation));
    expect([refused.code, refused.json()]).toMatchObject([1, { failure: { code: "keychain.wrong-passphrase" } }]);

    const waiting = await serveWith(installation, [], process.env);
    const locked = await portcullis("vm", "list", "--json", ...installation.data);
    expect([locked.code, locked.json()]).toMatchObject([1, { failure: { code: "service.keychain-passphrase" } }]);
    expect((await waiting.stop()).code).toBe(0);
  });

  test("another keychain than the recorded one is refused", async () => {
    const installation = await fresh();
    await (await serve(installation)).stop();
    const refused = await portcullis("serve", "--json", ...installation.data, "--listen", "127.0.0.1:0", "--keychain", "os");
    expect([refused.code, refused.json()]).toMatchObject([1, { failure: { code: "keychain.another-backend" } }]);
  });

  test("a sealed key file that is gone is not made anew", async () => {
    const installation = await fresh();
    await (await serve(installation)).stop();
    renameSync(join(installation.folder, "keys.age"), join(installation.folder, "moved.age"));
    const refused = await portcullis(...serveArgs(installation));
    expect([refused.code, refused.json()]).toMatchObject([1, { failure: { code: "keychain.absent" } }]);
  });

  test("a data folder that others can write to is refused", async () => {
    const installation = await fresh();
    chmodSync(installation.folder, 0o777);
    const refused = await portcullis(...serveArgs(installation));
    expect([refused.code, refused.json()]).toMatchObject([1, { failure: { code: "files.too-open" } }]);
  });
});

describe("bad usage is exit 2", () => {
  test.each([
    [["serve", "--listen", "nowhere"]],
    [["serve", "--listen", "127.0.0.1:70000"]],
    [["serve", "--console-port", "x"]],
    [["serve", "--kds", "nowhere"]],
    [["serve", "--advertise", "nowhere"]],
    [["serve", "--keychain", "paper"]],
    [["serve", "--keychain", "sealed-file"]],
    [["serve", "--keychain", "sealed-file", "--passphrase-file", "/nowhere/at/all"]],
    [["serve", "--unknown"]],
    [["frobnicate"]],
    [[]],
    [["vm", "add"]],
    [["launches", "approve", "x"]],
    [["report", "decode"]],
    [["report", "decode", "/nowhere/at/all"]],
    [["report", "verify", "/nowhere/at/all", "--vek", "/nowhere", "--chain", "/nowhere"]],
    [["report", "decode", "x", "--product", "Rome"]],
  ])("%j", async (args) => {
    const answer = await portcullis(...args, ...(args.length > 1 ? ["--json"] : []));
    expect(answer.code).toBe(2);
    expect(answer.stderr).not.toBe("");
    if (args.length > 1) expect((answer.json() as { failure: { code: string } }).failure.code).toMatch(/^cli\.|^service\.listen-address$/);
  });
});

describe("every command", () => {
  test.each([
    [[]],
    [["serve"]],
    [["vm"]],
    [["vm", "add"]],
    [["vm", "list"]],
    [["vm", "show"]],
    [["launches", "list"]],
    [["launches", "show"]],
    [["launches", "approve"]],
    [["launches", "deny"]],
    [["simulate", "launch"]],
    [["console-link"]],
    [["report", "decode"]],
    [["report", "verify"]],
  ])("%j has --help", async (args) => {
    const answer = await portcullis(...args, "--help");
    expect([answer.code, answer.stderr]).toEqual([0, ""]);
    expect(answer.stdout).toContain("Usage: portcullis");
    if (args.length > 0) expect(answer.stdout).toContain(`  $ portcullis ${args[0] ?? ""}`);
  });

  test("ends quietly when its reader goes away", async () => {
    const child = spawn(
      "/bin/sh",
      ["-c", '"$0" "$1" serve --help | head -c 1', process.execPath, join(import.meta.dirname, "../../core/cli/main.ts")],
      {
        stdio: ["ignore", "pipe", "pipe"],
      },
    );
    let stderr = "";
    child.stderr.on("data", (piece: Buffer) => (stderr += piece.toString("utf8")));
    await new Promise((resolve) => child.once("close", resolve));
    expect(stderr).toBe("");
  });

  test("of vm refuses a disk that is not one", async () => {
    const installation = await fresh();
    const served = await serve(installation);
    const name = ["--name", "a", "--json", ...installation.data];
    for (const disk of [
      "id=root",
      "id=root,device=/dev/vda,name=root,id=x",
      "id=Root,device=/dev/vda,name=root",
      "id=root,device=vda,name=root",
    ]) {
      const refused = await portcullis("vm", "add", "--disk", disk, ...name);
      expect([refused.code, refused.json()]).toMatchObject([2, { failure: { code: "cli.usage" } }]);
    }
    const keyless = await portcullis(
      "vm",
      "add",
      "--disk",
      "id=root,device=/dev/vda,name=root",
      "--disk-key-file",
      "root=/nowhere/key",
      ...name,
    );
    expect([keyless.code, keyless.json()]).toMatchObject([1, { failure: { code: "files.unreadable" } }]);
    await served.stop();
  });
});

function statusOf(url: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    asked.on("error", reject);
    asked.end();
  });
}
