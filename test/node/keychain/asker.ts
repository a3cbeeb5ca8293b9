// A process of its own for the keychain's tests: opens the system's keychain under the bus it was started on, does what its arguments say,
// and prints one code for each. Never prints a secret.
import { execFileSync } from "node:child_process";
import { Secret } from "../../../core/base/secret.ts";
import { openOsKeychain } from "../../../core/node/keychain/os-keychain.ts";
import { codeOf } from "../answers.ts";
import type { Keychain } from "../../../core/manager/ports.ts";

const answers: string[] = [];
let keychain: Keychain | undefined;
for (const task of process.argv.slice(2)) answers.push(await answer(task));
process.stdout.write(`${JSON.stringify(answers)}\n`);
process.exit(0);

async function answer(task: string): Promise<string> {
  if (task === "open") return open();
  if (task === "lock") return lock();
  if (task === "restart") return restart();
  if (keychain === undefined) return "not open";
  if (task === "get-others") return others(keychain);
  if (task === "set") return codeOf(await keychain.setSecret("a", new Secret(Uint8Array.of(1, 2))));
  return codeOf(await keychain.getSecret(task === "get" ? "a" : "another"));
}

/** Many at once: each must hear the truth, whatever the others ask meanwhile. */
async function others(of: Keychain): Promise<string> {
  const heard = await Promise.all(Array.from({ length: 12 }, (_, i) => of.getSecret(`other ${i}`)));
  return [...new Set(heard.map(codeOf))].join();
}

async function open(): Promise<string> {
  const opened = await openOsKeychain({ installation: "asker", timeoutMs: 20_000 });
  if (opened.ok) keychain = opened.value;
  return codeOf(opened);
}

/** The service ends and another takes its place, with the same keyring. */
function restart(): string {
  const words = ["--replace", "--unlock", "--components=secrets"];
  execFileSync("gnome-keyring-daemon", words, { input: "ci\n", stdio: ["pipe", "ignore", "ignore"] });
  return "another service";
}

function lock(): string {
  const service = ["--session", "--print-reply", "--dest=org.freedesktop.secrets", "/org/freedesktop/secrets"];
  const collection = "array:objpath:/org/freedesktop/secrets/collection/login";
  execFileSync("dbus-send", [...service, "org.freedesktop.Secret.Service.Lock", collection]);
  return "locked now";
}
