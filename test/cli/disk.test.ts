// Are disks made, stopped, gone on with and looked at from the command line, with a manager that may be killed meanwhile? Real processes, real images.
import { execFileSync, spawn } from "node:child_process";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sizeOf } from "../../core/cli/disk-run.ts";
import { bytes } from "../launch/kit.ts";
import { missing } from "../kit/needs.ts";
import { ext4Image, mebibyte, plaintextOf } from "../node/disk/kit.ts";
import { KeyDetector } from "../proofs/key-detector.ts";
import { type Answer, type Installation, makeInstallation, portcullis, portcullisProgram, type Served, serve } from "./kit.ts";

describe.skipIf(missing("cryptsetup", "mke2fs"))("portcullis disk", () => {
  let installation: Installation;
  let served: Served;
  let folder: string;
  const key = bytes(64);
  const detector = new KeyDetector({ "disk key": key });

  beforeAll(async () => {
    installation = await makeInstallation();
    folder = join(installation.folder, "..");
    served = await serve(installation);
    writeFileSync(join(folder, "root.key"), key);
    const disk = ["--disk", "id=root,device=/dev/vda,name=root", "--disk-key-file", `root=${join(folder, "root.key")}`];
    const added = await portcullis("vm", "add", "--name", "db-1", ...disk, "--endpoint", "manager.test:7443", ...installation.data);
    if (added.code !== 0) throw new Error(added.stderr);
  }, 30_000);

  afterAll(async () => {
    await served.stop();
    installation.remove();
  });

  const words = (image: string, ...more: readonly string[]): readonly string[] => {
    const backup = ["--header-backup", `${image}.header`];
    return ["disk", "prepare", image, "--vm", "db-1", "--disk", "root", ...backup, ...more, ...installation.data];
  };

  /** Runs a preparation, and does something when it has come so far. */
  function preparing(image: string, mode: string, line: RegExp, then: (kill: (signal: NodeJS.Signals) => void) => void): Promise<Answer> {
    const child = spawn(process.execPath, [portcullisProgram, ...words(image, mode)], { stdio: ["ignore", "pipe", "pipe"] });
    let [stdout, stderr, told] = ["", "", false];
    child.stdout.on("data", (piece: Buffer) => (stdout += piece.toString()));
    child.stderr.on("data", (piece: Buffer) => {
      stderr += piece.toString();
      if (!told && line.test(stderr)) {
        told = true;
        then((signal) => child.kill(signal));
      }
    });
    return new Promise((resolve) => {
      child.once("close", (code) => resolve({ code, stdout, stderr, json: () => JSON.parse(stdout) as unknown }));
    });
  }

  test("prepare --new makes a disk, and check says that the agent would ask for its key", async () => {
    const image = join(folder, "new.img");
    const made = await portcullis(...words(image, "--new", "--size", "32M", "--json"));
    expect([made.code, made.json()]).toMatchObject([0, { phase: "done", image, mode: "format" }]);
    expect(statSync(image).size).toBe(48 * mebibyte);
    const checked = await portcullis("disk", "check", image, "--json");
    expect([checked.code, checked.json()]).toMatchObject([0, { image, header: (made.json() as { headerDigest: string }).headerDigest }]);
    const ofVm = await portcullis("disk", "check", image, "--vm", "db-1", ...installation.data);
    expect([ofVm.code, ofVm.stdout]).toMatchObject([0, expect.stringContaining("looks for it at /dev/vda") as unknown]);
    expect(detector.find(made.stdout + made.stderr + checked.stdout + ofVm.stdout)).toEqual([]);
    const { uuid } = checked.json() as { uuid: string };
    expect(made.json()).toMatchObject({ uuid });
    const reconfigure = (id: string): Promise<Answer> => {
      const disk = `id=root,device=/dev/vda,name=root,uuid=${id}`;
      return portcullis("vm", "reconfigure", "db-1", "--disk", disk, "--reason", "its UUID", "--json", ...installation.data);
    };
    expect((await reconfigure(uuid.toUpperCase())).stderr).toContain("[cli.usage]");
    expect((await reconfigure(uuid)).stdout).toContain(uuid);
    const demanded = await portcullis("disk", "check", image, "--vm", "db-1", ...installation.data);
    expect(demanded.stdout).toContain("it demands this UUID");
    const other = await portcullis(...words(join(folder, "other.img"), "--new", "--size", "32M"));
    expect(other.stdout).toContain(`DEMANDS ANOTHER, ${uuid}: its agent does not open this disk`);
    const again = await portcullis(...words(image, "--new", "--size", "32M"));
    expect([again.code, again.stderr]).toMatchObject([1, expect.stringContaining("[disk.backup-exists]") as unknown]);
  });

  test("prepare says how the agent demands the new disk's UUID, in a command that can be pasted and leaves the VM's other disks as they are", async () => {
    const disks = ["id=root,device=/dev/vda,name=root", "id=data,device=/dev/disk/by-id/its-own,name=data"].flatMap((disk) => [
      "--disk",
      disk,
    ]);
    const added = await portcullis("vm", "add", "--name", "db 2", ...disks, "--endpoint", "manager.test:7443", ...installation.data);
    expect(added.code).toBe(0);
    const image = join(folder, "data.img");
    const sized = ["--new", "--size", "32M", "--header-backup", `${image}.header`];
    const made = await portcullis("disk", "prepare", image, "--vm", "db 2", "--disk", "data", ...sized, ...installation.data);
    const [, uuid = ""] = /^UUID (.*)$/m.exec(made.stdout) ?? [];
    const [, command = ""] = /^To have the agent demand this one: portcullis (.*)$/m.exec(made.stdout) ?? [];
    const typed = execFileSync("sh", ["-c", `printf '%s\\n' ${command}`], { encoding: "utf8" })
      .trimEnd()
      .split("\n");
    expect((await portcullis(...typed, ...installation.data)).code).toBe(0);
    const shown = await portcullis("vm", "show", "db 2", "--json", ...installation.data);
    expect(shown.json()).toMatchObject({
      disks: [
        { id: "root", device: "/dev/vda", name: "root" },
        { id: "data", device: "/dev/disk/by-id/its-own", name: "data", uuid },
      ],
    });
  });

  test("Ctrl-C stops a conversion where it can go on, and says how", async () => {
    const image = ext4Image(folder, "stopped.img", { megabytes: 300 });
    const before = readFileSync(image);
    const stopped = await preparing(image, "--convert", /Encrypting/, (kill) => kill("SIGINT"));
    expect(stopped.code).toBe(1);
    expect(stopped.stderr).toContain("[disk.cancelled]");
    expect(stopped.stderr).toContain(`disk prepare ${image} --vm db-1 --disk root --resume --header-backup ${image}.header`);
    const checked = await portcullis("disk", "check", image);
    expect([checked.code, checked.stderr]).toMatchObject([1, expect.stringContaining("[disk.half-done]") as unknown]);
    const done = await portcullis(...words(image, "--resume", "--json"));
    expect([done.code, done.json()]).toMatchObject([0, { phase: "done", originalSize: before.length }]);
    expect(plaintextOf(image, key).equals(before)).toBe(true);
  }, 60_000);

  test("a manager that is killed again and again, at random moments, goes on after each", async () => {
    const image = ext4Image(folder, "killed.img", { megabytes: 300 });
    const before = readFileSync(image);
    const resume = async (): Promise<Answer> => {
      // A cryptsetup that outlived its manager has the image until it is done, or finds that nobody listens.
      for (let round = 0; ; round++) {
        const answer = await portcullis(...words(image, "--resume", "--json"));
        if (round === 50 || !answer.stderr.includes("[disk.in-use]")) return answer;
      }
    };
    for (const line of [/Making room for the header [2-5]/, /Making room for the header [6-9]/, /Encrypting [1-4]/, /Encrypting [5-9]/]) {
      const mode = existsSync(`${image}.portcullis/journal.json`) ? "--resume" : "--convert";
      const cut = await preparing(image, mode, line, () => served.process.kill("SIGKILL"));
      // It may have been done before the signal came.
      if (cut.code === 0) break;
      await served.ended;
      served = await serve(installation);
    }
    await resume();
    expect(existsSync(`${image}.portcullis`)).toBe(false);
    expect(plaintextOf(image, key).equals(before)).toBe(true);
    expect(readFileSync(`${image}.header`).equals(readFileSync(image).subarray(0, 16 * mebibyte))).toBe(true);
  }, 120_000);

  test.each([
    ["no mode", []],
    ["two modes", ["--new", "--convert"]],
    ["a size that is none", ["--new", "--size", "20 GB"]],
  ])("%s is bad usage", async (_name, more) => {
    const { code, stderr } = await portcullis(...words(join(folder, "none.img"), ...more));
    expect([code, stderr]).toMatchObject([2, expect.stringContaining("[cli.usage]") as unknown]);
  });

  test("check says of what is no LUKS2 disk what the agent would say", async () => {
    writeFileSync(join(folder, "plain.img"), Buffer.alloc(mebibyte));
    const { code, stderr } = await portcullis("disk", "check", join(folder, "plain.img"));
    expect([code, stderr]).toMatchObject([1, expect.stringContaining("[agent.disk-missing]") as unknown]);
  });
});

test.each([
  ["1", 1],
  ["512", 512],
  ["4K", 4096],
  ["20M", 20 * mebibyte],
  ["20G", 20 * 1024 ** 3],
  ["2T", 2 * 1024 ** 4],
])("the size %s is %i bytes", (text, size) => {
  expect(sizeOf(text)).toEqual({ ok: true, value: size });
});

test.each(["", "0", "-1", "1.5G", "20GB", "20g", "G", "1e9", "9999999T", " 1"])("%j is no size", (text) => {
  expect(sizeOf(text)).toMatchObject({ failure: { code: "cli.usage" } });
});
