// Does a launch work between two programs that share nothing but a socket? The product's manager with the system's keychain, the real agent, a LUKS2
// image whose key its owner brought, a person at the command line: from enrolment to `opened`, with nothing in between that knows both sides.
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { type Answer, makeInstallation, portcullis, serveWith } from "../cli/kit.ts";
import { missing } from "../kit/needs.ts";
import { AgentProcess, makeImage } from "./agent-process.ts";

describe.skipIf(missing("cryptsetup", "keyring"))("two programs and a keychain", () => {
  test("an approved launch opens the disk, and the record says so", { timeout: 120_000 }, async () => {
    const installation = await makeInstallation(true);
    const folder = mkdtempSync(join(tmpdir(), "portcullis-separate-"));
    const served = await serveWith(installation, ["--keychain", "os"], process.env);
    const cli = (...words: readonly string[]): Promise<Answer> => portcullis(...words, ...installation.data, "--json");
    try {
      const key = new Uint8Array(randomBytes(64));
      const keyFile = join(folder, "disk.key");
      writeFileSync(keyFile, key, { mode: 0o600 });
      const disk = `id=root,device=${await makeImage(folder, key)},name=root`;
      const added = await cli("vm", "add", "--name", "db-1", "--simulated", "--disk", disk, "--disk-key-file", `root=${keyFile}`);
      const { configurations } = vm.parse(added.json());
      // From here on the manager's keychain has the only copy.
      rmSync(keyFile);

      const agent = await AgentProcess.start({ folder, configuration: configurations[0].text });
      const { id, evidence } = await untilPending(cli);
      expect(agent.evidence).toEqual([evidence]);
      expect((await cli("launches", "approve", id, "--evidence", evidence, "--reason", "it is mine")).code).toBe(0);
      expect(await agent.ended).toBe(0);
      expect(agent.released()).toEqual([id]);

      const ended = (await cli("launches", "show", id)).json();
      expect(ended).toMatchObject({ state: "opened", outcome: [{ disk: "root", opened: true }], decision: { by: "person" } });
      expect(served.process.pid).not.toBe(agent.pid);
      expect((await served.stop()).code).toBe(0);
    } finally {
      served.process.kill("SIGKILL");
      installation.remove();
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

async function untilPending(
  cli: (...words: readonly string[]) => Promise<Answer>,
): Promise<{ readonly id: string; readonly evidence: string }> {
  for (;;) {
    const [first] = pending.parse((await cli("launches", "list", "--state", "pending")).json());
    if (first !== undefined) return first;
  }
}

const vm = z.looseObject({ configurations: z.tuple([z.looseObject({ text: z.string() })]) });
const pending = z.array(z.looseObject({ id: z.string(), evidence: z.string() }));
