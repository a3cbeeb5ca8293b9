// A whole run of the product with everything that it lets be seen: what its programs wrote, what its page and its folders hold, what its processes were
// started with. redaction.test.ts looks into it for keys.
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { z } from "zod";
import { type Answer, type Installation, makeInstallation, portcullis, type Served, serve, serveWith } from "../cli/kit.ts";
import { openBrowser } from "../renderer/browser.ts";
import { AgentProcess, makeImage } from "./agent-process.ts";
import { ProcessSampler, type Sampled } from "./proc-sampler.ts";
import { automaticPolicy } from "./real-manager.ts";

/** What a part of the run let be seen, by where it was. */
export interface Seen {
  readonly where: string;
  readonly what: Uint8Array | string;
}

export interface RedactionRun {
  readonly seen: readonly Seen[];
  readonly sampled: readonly Sampled[];
  /** Names of the secrets that the owner brought along, with their bytes. */
  readonly brought: Readonly<Record<string, Uint8Array>>;
  /** Exit codes of the agents: refused, and with the wrong key. */
  readonly exits: readonly (number | undefined)[];
}

/** @param whileOpen called with the data folder while the manager runs and all is done: to read its keys. */
export async function redactionRun(
  keychain: "os" | "sealed-file",
  whileOpen: (installation: Installation, passphrase: Uint8Array) => Promise<void>,
): Promise<RedactionRun> {
  const sampler = await ProcessSampler.start();
  const seen: Seen[] = [];
  const installation = await makeInstallation(true);
  const scratch = mkdtempSync(join(tmpdir(), "portcullis-redaction-"));
  const passphrase = randomBytes(24).toString("base64url");
  writeFileSync(installation.passphraseFile, `${passphrase}\n`, { mode: 0o600 });
  const diskKey = new Uint8Array(randomBytes(64));
  const shortKey = new Uint8Array(randomBytes(12));
  let served: Served | undefined;
  try {
    served = keychain === "os" ? await serveWith(installation, ["--keychain", "os"], process.env) : await serve(installation);
    await launchInBrowser(String((await served.event("console-link"))["url"]), served, seen);
    const cli = commandLine(installation, seen);
    const policy = join(scratch, "policy.json");
    writeFileSync(policy, automaticPolicy());
    const exits = [await refusedAgent(cli, policy, scratch, seen), await wrongKeyAgent(cli, policy, scratch, diskKey, seen)];
    await askEverything(cli);
    await addWithShortKey(cli, scratch, shortKey);
    await askOfSigningKeys(cli, scratch);
    await whileOpen(installation, Buffer.from(passphrase));
    // The write-ahead log is only there while the manager runs.
    seen.push(...filesIn("data folder, open", installation.folder));
    const { stdout, stderr } = await served.stop();
    seen.push({ where: "serve stdout", what: stdout }, { where: "serve stderr", what: stderr });
    seen.push(...filesIn("data folder, closed", installation.folder), ...filesIn("agents' folders", join(scratch, "agents")));
    const sampled = await sampler.stop();
    for (const { command, environment } of sampled) {
      seen.push({ where: `arguments of ${command.split("\0", 1)[0] ?? ""}`, what: Buffer.from(command, "latin1") });
      seen.push({ where: `environment of ${command.split("\0", 1)[0] ?? ""}`, what: Buffer.from(environment, "latin1") });
    }
    const brought = { passphrase: Buffer.from(passphrase), "imported disk key": diskKey, "key that is too short": shortKey };
    return { seen, sampled, brought, exits };
  } finally {
    served?.process.kill("SIGKILL");
    installation.remove();
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** As in test/console/e2e.test.ts: the link, a simulated launch, its review, the approval with the terminal's code, the end. */
async function launchInBrowser(url: string, served: Served, seen: Seen[]): Promise<void> {
  const browser = await openBrowser();
  try {
    const page = await browser.newPage();
    record(page, seen);
    await page.goto(url);
    await page.getByRole("heading", { name: "Launches", exact: true }).waitFor();
    await page.getByRole("button", { name: "Launch a simulated VM" }).click();
    const review = page.getByRole("link", { name: /^Review/ });
    await review.waitFor({ timeout: 60_000 });
    seen.push({ where: "page: simulation", what: await page.content() });
    await review.click();
    await page.getByRole("button", { name: "Approve", exact: true }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Reason").fill("the redaction run");
    await dialog.getByRole("button", { name: "Approve …" }).click();
    const { code } = await served.event("confirmation");
    const field = dialog.getByLabel("Code from the terminal");
    await field.fill(String(code));
    await field.press("Enter");
    await dialog.getByText("every disk opened", { exact: false }).waitFor({ timeout: 60_000 });
    await dialog.getByRole("button", { name: "Done" }).click();
    for (const link of ["Launches", "Virtual machines", "Settings"]) {
      await page.getByRole("link", { name: link, exact: true }).first().click();
      await page.getByRole("heading", { level: 1 }).first().waitFor();
      seen.push({ where: `page: ${link}`, what: await page.content() });
    }
    const kept = await page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage }));
    seen.push({ where: "page: storage", what: kept }, { where: "page: cookies", what: JSON.stringify(await page.context().cookies()) });
  } finally {
    await browser.close();
  }
}

function record(page: Page, seen: Seen[]): void {
  page.on("websocket", (socket) => {
    socket.on("framesent", ({ payload }) => void seen.push({ where: "frame from the page", what: payload }));
    socket.on("framereceived", ({ payload }) => void seen.push({ where: "frame to the page", what: payload }));
  });
  page.on("console", (message) => void seen.push({ where: "page: console", what: message.text() }));
  page.on("response", (response) => {
    response.body().then(
      (body) => seen.push({ where: `response ${response.url()}`, what: body }),
      // A response without a body.
      () => undefined,
    );
  });
}

type CommandLine = (...words: readonly string[]) => Promise<Answer>;

function commandLine({ data }: Installation, seen: Seen[]): CommandLine {
  return async (...words) => {
    const answer = await portcullis(...words, ...data, "--json");
    seen.push({ where: `portcullis ${words.slice(0, 2).join(" ")}`, what: `${answer.stdout}\n${answer.stderr}` });
    return answer;
  };
}

async function refusedAgent(cli: CommandLine, policy: string, scratch: string, seen: Seen[]): Promise<number | undefined> {
  const folder = folderFor(scratch, "refused");
  const configuration = await enrol(cli, "refused", join(folder, "disk.img"), "--policy", policy);
  return endOf("refused agent", await AgentProcess.start({ folder, configuration, measurement: new Uint8Array(48).fill(1) }), seen);
}

/** The key is the one that its owner brought; the disk was made with another. */
async function wrongKeyAgent(
  cli: CommandLine,
  policy: string,
  scratch: string,
  key: Uint8Array,
  seen: Seen[],
): Promise<number | undefined> {
  const folder = folderFor(scratch, "wrong-key");
  const device = await makeImage(folder, new Uint8Array(randomBytes(64)));
  const file = join(scratch, "disk.key");
  writeFileSync(file, key, { mode: 0o600 });
  const configuration = await enrol(cli, "wrong-key", device, "--policy", policy, "--disk-key-file", `root=${file}`);
  return endOf("agent with the wrong key", await AgentProcess.start({ folder, configuration }), seen);
}

async function addWithShortKey(cli: CommandLine, scratch: string, key: Uint8Array): Promise<void> {
  const file = join(scratch, "short.key");
  writeFileSync(file, key, { mode: 0o600 });
  const words = ["--name", "short", "--simulated", "--disk", "id=root,device=/srv/short.img,name=root", "--disk-key-file", `root=${file}`];
  const { code } = await cli("vm", "add", ...words);
  if (code === 0) throw new Error("a key of 12 bytes was taken");
}

/** Keys of every purpose, one of them from a file, and everything that can be asked of them. */
async function askOfSigningKeys(cli: CommandLine, scratch: string): Promise<void> {
  const file = join(scratch, "id-key.pem");
  writeFileSync(file, generateKeyPairSync("ec", { namedCurve: "secp384r1" }).privateKey.export({ format: "pem", type: "pkcs8" }), {
    mode: 0o600,
  });
  const answers = [
    await cli("id-key", "create", "image", "--purpose", "id"),
    await cli("id-key", "create", "releases", "--purpose", "reference"),
    await cli("id-key", "import", "owner", file, "--purpose", "author"),
    await cli("id-key", "list"),
    await cli("id-key", "show", "owner"),
    await cli("id-key", "export", "image"),
    await cli("id-key", "policy", "image", "--vm", "refused", "--author-key", "owner"),
  ];
  const failed = answers.find(({ code }) => code !== 0);
  if (failed !== undefined) throw new Error(`a signing key could not be used: ${failed.stderr}`);
  const other = generateKeyPairSync("ec", { namedCurve: "prime256v1" }).privateKey.export({ format: "pem", type: "pkcs8" });
  writeFileSync(file, other);
  if ((await cli("id-key", "import", "other", file, "--purpose", "id")).code === 0) throw new Error("a key of another curve was taken");
}

async function askEverything(cli: CommandLine): Promise<void> {
  const vms = named.parse((await cli("vm", "list")).json());
  for (const { id } of vms) await cli("vm", "show", id);
  const launches = named.parse((await cli("launches", "list")).json());
  for (const { id } of launches) await cli("launches", "show", id);
}

async function enrol(cli: CommandLine, name: string, device: string, ...more: readonly string[]): Promise<string> {
  const added = await cli("vm", "add", "--name", name, "--simulated", "--disk", `id=root,device=${device},name=root`, ...more);
  if (added.code !== 0) throw new Error(`${name} was not enrolled: ${added.stderr}`);
  const { configurations } = enrolled.parse(added.json());
  return configurations[0].text;
}

async function endOf(where: string, agent: AgentProcess, seen: Seen[]): Promise<number | undefined> {
  const exit = await agent.ended;
  seen.push({ where, what: agent.lines.join("\n") });
  return exit;
}

function folderFor(scratch: string, name: string): string {
  const folder = join(scratch, "agents", name);
  mkdirSync(folder, { recursive: true });
  return folder;
}

function filesIn(where: string, folder: string): readonly Seen[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => lstatSync(join(folder, name)).isFile())
    .map((name) => ({ where: `${where}: ${name}`, what: readFileSync(join(folder, name)) }));
}

const named = z.array(z.looseObject({ id: z.string() })).min(1);
const enrolled = z.looseObject({ configurations: z.tuple([z.looseObject({ text: z.string() })]) });
