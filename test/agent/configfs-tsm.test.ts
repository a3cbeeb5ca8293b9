// Is a report asked for as the kernel wants it, and only one that is surely ours taken? No configfs is here: a scripted kernel stands in
// for its files, and the real file calls are tried on plain folders.
import { chmodSync, mkdirSync, readdirSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { type EntryFiles, configfsReportSource } from "../../agent/configfs-tsm.ts";
import { must } from "../../core/base/result.ts";
import { fromUtf8, utf8 } from "../../core/base/utf8.ts";
import { systemRandom } from "../../core/node/random.ts";
import { bytes } from "../launch/kit.ts";
import { scratchFolder } from "./kit.ts";

const reportData = bytes(64);
const report = bytes(1184);
const table = bytes(4096);

class Kernel implements EntryFiles {
  readonly calls: string[] = [];
  readonly entries = new Set<string>();
  generation = 0;
  provider = "sev_guest\n";
  answers: Record<string, Uint8Array | undefined> = { outblob: report, auxblob: table };
  /** Another writer in the same entry. */
  racer = 0;
  floor = 0;

  makeFolder(path: string): Promise<void> {
    if (this.entries.has(path)) return Promise.reject(new Error("EEXIST"));
    this.entries.add(path);
    return Promise.resolve();
  }

  removeFolder(path: string): Promise<void> {
    this.calls.push("rmdir");
    this.entries.delete(path);
    return Promise.resolve();
  }

  write(path: string, content: Uint8Array): Promise<void> {
    const name = basename(path);
    this.calls.push(`${name}<${name === "inblob" ? content.length : fromUtf8(content)}`);
    if (!this.entries.has(dirname(path))) return Promise.reject(new Error("ENOENT"));
    if (name === "privlevel" && Number(fromUtf8(content)) < this.floor)
      return Promise.reject(Object.assign(new Error("EINVAL"), { code: "EINVAL" }));
    this.generation++;
    return Promise.resolve();
  }

  read(path: string, most: number): Promise<Uint8Array> {
    const name = basename(path);
    this.calls.push(name);
    if (name === "provider") return Promise.resolve(utf8(this.provider));
    if (name === "generation") return Promise.resolve(utf8(`${this.generation + this.racer}\n`));
    const answer = this.answers[name];
    if (answer === undefined || answer.length > most) return Promise.reject(Object.assign(new Error("EFBIG"), { code: "EFBIG" }));
    return Promise.resolve(answer);
  }
}

const ask = (kernel: Kernel): ReturnType<ReturnType<typeof configfsReportSource>["report"]> =>
  configfsReportSource(systemRandom, "/tsm", kernel).report(reportData);

describe("an entry", () => {
  test("is private, written once with 64 bytes for VMPL 0, checked for other writers and removed", async () => {
    const kernel = new Kernel();
    expect(must(await ask(kernel))).toEqual({ report, certificates: table });
    expect(kernel.calls).toEqual(["provider", "inblob<64", "privlevel<0", "outblob", "auxblob", "generation", "rmdir"]);
    expect(kernel.entries.size).toBe(0);
  });

  test("has a new name each time", async () => {
    const names: string[] = [];
    const kernel = new Kernel();
    const files: EntryFiles = { ...bound(kernel), makeFolder: (path) => (names.push(path), kernel.makeFolder(path)) };
    const source = configfsReportSource(systemRandom, "/tsm", files);
    await source.report(reportData);
    kernel.generation = 0;
    await source.report(reportData);
    expect(new Set(names).size).toBe(2);
  });

  test("whose generation says that another one wrote too is discarded", async () => {
    const kernel = new Kernel();
    kernel.racer = 1;
    expect(await ask(kernel)).toMatchObject({ failure: { code: "agent.report-mixed" } });
    expect(kernel.calls.at(-1)).toBe("rmdir");
  });

  test.each(["tdx_guest\n", "", "sev_guest2"])("of provider %j is not ours to ask, and is not written to", async (provider) => {
    const kernel = new Kernel();
    kernel.provider = provider;
    expect(await ask(kernel)).toMatchObject({ failure: { code: "agent.report-source" } });
    expect(kernel.calls).toEqual(["provider", "rmdir"]);
  });

  test("is removed when the processor fails, which is worth another try", async () => {
    const kernel = new Kernel();
    kernel.answers = {};
    expect(await ask(kernel)).toMatchObject({ failure: { code: "agent.report-source-unavailable", detail: "EFBIG" } });
    expect(kernel.entries.size).toBe(0);
  });

  test("at another VMPL than 0 gives no report", async () => {
    const kernel = new Kernel();
    kernel.floor = 1;
    expect(await ask(kernel)).toMatchObject({ failure: { code: "agent.report-source-unavailable", detail: "EINVAL" } });
  });

  test.each([
    ["none", undefined, 0],
    ["an empty one", new Uint8Array(0), 0],
    ["one that does not fit into a message", bytes(40_961), 0],
    ["one that just fits", bytes(40_960), 40_960],
  ])("with %s as certificate table still gives the report", async (_name, auxblob, length) => {
    const kernel = new Kernel();
    kernel.answers = { outblob: report, auxblob };
    expect(must(await ask(kernel)).certificates.length).toBe(length);
  });
});

describe("with real files", () => {
  test("no configfs is told as such", async () => {
    expect(await configfsReportSource(systemRandom, "/nonexistent/tsm").report(reportData)).toMatchObject({
      failure: { code: "agent.report-source" },
    });
  });

  test("an entry without the kernel behind it gives nothing and is removed", async () => {
    const root = join(scratchFolder(), "report");
    mkdirSync(root);
    chmodSync(root, 0o700);
    expect(await configfsReportSource(systemRandom, root).report(reportData)).toMatchObject({
      failure: { code: "agent.report-source-unavailable" },
    });
    expect(readdirSync(root)).toEqual([]);
  });
});

function bound(kernel: Kernel): EntryFiles {
  return {
    makeFolder: (path) => kernel.makeFolder(path),
    removeFolder: (path) => kernel.removeFolder(path),
    write: (path, content) => kernel.write(path, content),
    read: (path, most) => kernel.read(path, most),
  };
}
