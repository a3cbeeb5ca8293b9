// What `portcullis serve` does: the service, its console in a browser behind a one-time link, the control socket for the other commands, and this
// terminal as the place where a person confirms a decision. Loaded only by that command: it brings the whole manager with it.
import { readFileSync } from "node:fs";
import { rfc3339 } from "../base/clock.ts";
import type { LogLevel } from "../base/log.ts";
import { type Failure, failure, sentenceOf } from "../base/failure.ts";
import { fail, ok, type Result } from "../base/result.ts";
import { systemClock } from "../node/clock.ts";
import { openHeadless } from "../node/console/headless.ts";
import { createLog, streamSink } from "../node/log.ts";
import { leastLaunches, mostLaunches } from "../node/service/capacity.ts";
import { parseHostPort } from "../node/service/address.ts";
import { dataFolderOf } from "../node/service/data-folder.ts";
import type { KeychainChoice } from "../node/service/router-parts.ts";
import { openInBrowser } from "./open-browser.ts";
import type { ManagerOptions } from "./command.ts";
import { type Output, printable } from "./output.ts";
import { programFiles, programVersion } from "./program.ts";

export interface ServeOptions extends ManagerOptions {
  readonly listen: string;
  readonly advertise?: string;
  readonly consolePort?: string;
  readonly keychain?: string;
  readonly passphraseFile?: string;
  readonly kds?: string;
  readonly open?: boolean;
  readonly maxLaunches: string;
  readonly logLevel: string;
}

export async function serve(options: ServeOptions, output: Output): Promise<Result<void>> {
  const listen = parseHostPort(options.listen);
  if (!listen.ok) return usage(sentenceOf(listen.failure));
  if (options.advertise !== undefined && !parseHostPort(options.advertise).ok) return usage(`--advertise ${options.advertise}`);
  if (options.kds !== undefined && options.kds !== "off" && !isHttpAddress(options.kds)) return usage(`--kds ${options.kds}`);
  const consolePort = options.consolePort === undefined ? 0 : Number(options.consolePort);
  if (!Number.isInteger(consolePort) || consolePort < 0 || consolePort > 65_535)
    return usage(`--console-port ${options.consolePort ?? ""}`);
  const maximumLaunches = Number(options.maxLaunches);
  if (!Number.isInteger(maximumLaunches) || maximumLaunches < leastLaunches || maximumLaunches > mostLaunches)
    return usage(`--max-launches is ${leastLaunches} to ${mostLaunches}`);
  const level = logLevels.find((one) => one === options.logLevel);
  if (level === undefined) return usage(`--log-level is one of ${logLevels.join(", ")}`);
  const keychain = keychainChoice(options);
  if (!keychain.ok) return keychain;

  const log = createLog({ sink: streamSink(process.stderr), clock: systemClock, level, form: output.json ? "json" : "text" });
  const host = await openHeadless({
    dataFolder: dataFolderOf(options.data),
    version: programVersion(),
    listen: listen.value,
    ...(options.advertise === undefined ? {} : { advertise: options.advertise }),
    ...(keychain.value === undefined ? {} : { keychain: keychain.value }),
    ...(options.kds === undefined ? {} : { kds: options.kds }),
    consolePort,
    maximumLaunches,
    rendererFolder: programFiles.renderer,
    agentProgram: programFiles.simulatedAgent,
    log,
    onProposal({ summary, expiresAt }, code) {
      tell(output, { event: "confirmation", summary, code, expiresAt: rfc3339(expiresAt) }, [
        "",
        ...summary,
        `To confirm it, type this code in the console: ${code ?? "(none)"}   (until ${rfc3339(expiresAt)})`,
        "If you did not ask for this, do not type it anywhere.",
      ]);
    },
  });
  if (!host.ok) return host;
  const { listener, keychain: opened } = host.value.service.status();
  const why = listener.failure ?? opened.failure;
  tell(output, { event: "started", listener }, [
    listener.state === "listening" ? `Launches: ${listener.address ?? ""}` : `Launches: not listening yet. ${why?.sentence ?? ""}`,
  ]);
  const printLink = (open: boolean): void => {
    const { url, expiresAt } = host.value.link();
    tell(output, { event: "console-link", url, expiresAt: rfc3339(expiresAt) }, [
      `Console: ${url}`,
      "         opens once, within ten minutes. Press Enter for another link, Ctrl-C to stop.",
    ]);
    if (open) openInBrowser(url);
  };
  printLink(options.open === true);
  if (process.stdin.isTTY) process.stdin.on("data", () => printLink(false));
  await stopSignal();
  process.stdin.pause();
  log.write("info", "service.stopping");
  await host.value.close();
  return ok(undefined);
}

/** One JSON object a line with --json, so that a program can follow along. */
function tell(output: Output, event: object, lines: readonly string[]): void {
  process.stdout.write(output.json ? `${JSON.stringify(event)}\n` : `${lines.map(printable).join("\n")}\n`);
}

function keychainChoice({ keychain, passphraseFile }: ServeOptions): Result<KeychainChoice | undefined> {
  if (keychain === undefined && passphraseFile === undefined) return ok(undefined);
  if (keychain === "os" && passphraseFile === undefined) return ok({ backend: "os" });
  if (keychain !== "sealed-file" || passphraseFile === undefined)
    return usage("--keychain is os, or sealed-file together with --passphrase-file");
  try {
    const passphrase = readFileSync(passphraseFile, "utf8").split(/\r?\n/, 1)[0] ?? "";
    if (passphrase.length < minimumPassphrase) return usage(`the passphrase has fewer than ${minimumPassphrase} characters`);
    return ok({ backend: "sealed-file", passphrase });
  } catch (cause) {
    return fail(failure("cli.unreadable", passphraseFile, cause));
  }
}

function isHttpAddress(text: string): boolean {
  const address = URL.canParse(text) ? new URL(text) : undefined;
  return address !== undefined && ["http:", "https:"].includes(address.protocol) && address.search === "" && address.hash === "";
}

function usage(detail: string): { readonly ok: false; readonly failure: Failure } {
  return fail(failure("cli.usage", detail));
}

function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => resolve());
  });
}

const logLevels = ["debug", "info", "warn", "error"] as const satisfies readonly LogLevel[];
/** As in the contract. */
const minimumPassphrase = 12;
