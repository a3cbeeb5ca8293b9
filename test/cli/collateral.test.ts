// Does a bundle of AMD's own certificates get from loose files to a manager without internet, and on to the next? Real processes, real certificates.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { CollateralImport, CollateralItemView, CollateralRun } from "../../core/api/collateral-schemas.ts";
import { simulatedHierarchy } from "../kit/simulated.ts";
import { needsVectors, vectors } from "../kit/vectors.ts";
import { type Installation, makeInstallation, portcullis, type Served, serve } from "./kit.ts";

const folder = mkdtempSync(join(tmpdir(), "portcullis-collateral-"));
const milan = ["ARK-Milan", "SEV-Milan"].map((name) => vectors("amd-roots", `${name}.der`));
const turin = ["ARK-Turin", "SEV-Turin"].map((name) => vectors("amd-roots", `${name}.der`));
const leaf = vectors("reports", "milan-v3.vek.der");
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Shown {
  readonly createdAt: string;
  readonly items: readonly (CollateralItemView & { readonly failure?: { readonly code: string } })[];
}

describe("with files alone", needsVectors(), () => {
  test("pack makes a bundle, show says what is in it and until when", async () => {
    const bundle = join(folder, "fleet.json");
    const packed = await portcullis("collateral", "pack", bundle, leaf, ...milan, "--json");
    expect([packed.code, packed.stderr]).toEqual([0, ""]);
    const { items } = packed.json() as Shown;
    expect(items.map(({ kind, state, failure }) => [kind, state, failure])).toEqual([
      ["ark", "current", undefined],
      ["ask", "current", undefined],
      ["vcek", "current", undefined],
    ]);
    expect(items[2]).toMatchObject({ product: "Milan", fetchedAt: expect.stringMatching(/Z$/) as string });
    const shown = await portcullis("collateral", "show", bundle);
    expect([shown.code, shown.stderr]).toEqual([0, ""]);
    expect(shown.stdout).toMatch(/Milan +VCEK +[0-9a-f]{16}… +[0-9a-f]{16} +\d+ days +20\d\d-\d\d-\d\d +current/);
    expect(shown.stdout).toContain("All of it goes back to AMD's roots.");
  });

  test("show says what does not go back to AMD's roots", async () => {
    const { authorities } = await simulatedHierarchy("Milan");
    const [root, bundle] = [join(folder, "root.der"), join(folder, "simulated.json")];
    writeFileSync(root, authorities.ark.certificate);
    const packed = await portcullis("collateral", "pack", bundle, root);
    expect([packed.code, packed.stdout]).toEqual([0, expect.stringContaining("[endorse.root-not-pinned]")]);
  });

  test("pack writes over nothing, and takes no other files", async () => {
    const [there, rubbish] = [join(folder, "there"), join(folder, "rubbish")];
    writeFileSync(there, "mine");
    writeFileSync(rubbish, "rubbish");
    const over = await portcullis("collateral", "pack", there, ...milan, "--json");
    expect([over.code, over.json()]).toMatchObject([2, { failure: { code: "cli.usage" } }]);
    expect(readFileSync(there, "utf8")).toBe("mine");
    const other = await portcullis("collateral", "pack", join(folder, "new"), ...milan, rubbish, "--json");
    expect([other.code, other.json()]).toMatchObject([2, { failure: { code: "endorse.certificate-malformed" } }]);
    expect(existsSync(join(folder, "new"))).toBe(false);
    expect((await portcullis("collateral", "show", rubbish)).code).toBe(2);
    expect((await portcullis("collateral", "show", join(folder, "absent"))).code).toBe(2);
  });
});

describe("with a manager without internet", needsVectors(), () => {
  const installations: Installation[] = [];
  const managers: Served[] = [];

  beforeAll(async () => {
    for (let count = 0; count < 2; count++) {
      const installation = await makeInstallation();
      installations.push(installation);
      // The kit says --kds off.
      managers.push(await serve(installation));
    }
  });
  afterAll(async () => {
    await Promise.all(managers.map((manager) => manager.stop()));
    for (const installation of installations) installation.remove();
  });

  test("a bundle goes in, is listed, goes out, and into another; a changed one changes nothing", async () => {
    const [bundle, exported] = [join(folder, "in.json"), join(folder, "out.json")];
    const [first = [], second = []] = installations.map(({ data }) => data);
    expect((await portcullis("collateral", "pack", bundle, leaf, ...milan, ...turin)).code).toBe(0);
    expect((await portcullis("collateral", "list", ...first)).stdout).toBe("No collateral.\n");

    const imported = await portcullis("collateral", "import", bundle, "--json", ...first);
    expect([imported.code, (imported.json() as CollateralImport).added]).toEqual([0, 5]);
    const again = await portcullis("collateral", "import", bundle, ...first);
    expect([again.code, again.stdout]).toEqual([0, expect.stringContaining("0 of 5 were new.")]);
    expect(await kinds(first)).toEqual(["Milan ark", "Milan ask", "Milan vcek", "Turin ark", "Turin ask"]);

    const out = await portcullis("collateral", "export", exported, "--product", "milan", ...first);
    expect([out.code, out.stderr]).toEqual([0, ""]);
    expect((await portcullis("collateral", "import", exported, ...second)).code).toBe(0);
    expect(await kinds(second)).toEqual(["Milan ark", "Milan ask", "Milan vcek"]);
    expect((await portcullis("collateral", "export", exported, ...first)).code).toBe(2);

    const changed = join(folder, "changed.json");
    writeFileSync(changed, readFileSync(bundle, "utf8").replace('"product":"Turin"', '"product":"Genoa"'));
    const refused = await portcullis("collateral", "import", changed, "--json", ...second);
    expect([refused.code, refused.json()]).toMatchObject([1, { failure: { code: "endorse.bundle-misstated" } }]);
    const simulated = join(folder, "roots.json");
    const { authorities } = await simulatedHierarchy("Milan");
    writeFileSync(join(folder, "ark.der"), authorities.ark.certificate);
    await portcullis("collateral", "pack", simulated, join(folder, "ark.der"), ...turin);
    const strange = await portcullis("collateral", "import", simulated, "--json", ...second);
    expect([strange.code, strange.json()]).toMatchObject([1, { failure: { code: "endorse.root-not-pinned" } }]);
    expect(await kinds(second)).toEqual(["Milan ark", "Milan ask", "Milan vcek"]);
    expect((await portcullis("collateral", "import", join(folder, "absent"), ...second)).code).toBe(1);
  });

  async function kinds(data: readonly string[]): Promise<readonly string[]> {
    const listed = await portcullis("collateral", "list", "--json", ...data);
    return (listed.json() as CollateralItemView[]).map(({ product, kind }) => `${product} ${kind}`).toSorted();
  }
});

describe("fetched ahead", needsVectors(), () => {
  const report = vectors("reports", "milan-v3.report.bin");
  const [chipId, tcb] = [[0x1a0, 64] as const, [0x180, 8] as const].map(([at, length]) =>
    readFileSync(report).toString("hex", at, at + length),
  );
  const asked: string[] = [];
  // AMD's own certificates, because the manager believes no others; there is no list of AMD's among the vectors.
  const service = createServer(({ url = "" }, response) => {
    asked.push(url);
    if (url === "/vcek/v1/Milan/cert_chain") response.end(Buffer.concat([...milan].reverse().map((file) => pem(file))));
    else if (url.startsWith(`/vcek/v1/Milan/${chipId}?`)) response.end(readFileSync(leaf));
    else response.writeHead(404).end();
  });
  let installation: Installation;
  let manager: Served;
  let data: readonly string[] = [];

  beforeAll(async () => {
    await new Promise<void>((resolve) => service.listen(0, "127.0.0.1", resolve));
    installation = await makeInstallation();
    data = installation.data;
    manager = await serve(installation, "--kds", `http://127.0.0.1:${(service.address() as AddressInfo).port}`);
  });
  afterAll(async () => {
    await manager.stop();
    installation.remove();
    service.close();
  });

  test("for a report's chip, followed to its end; what failed is named, and the exit code says so", async () => {
    const before = await portcullis("collateral", "fetch", "--wait", ...data);
    expect([before.code, before.stdout]).toEqual([0, "Nothing was fetched ahead since the manager started.\n"]);
    const fetched = await portcullis("collateral", "fetch", report, report, "--wait", "--json", ...data);
    const run = fetched.json() as CollateralRun;
    expect([fetched.code, fetched.stderr]).toEqual([1, ""]);
    expect(run).toMatchObject({ state: "ended", total: 2, left: 0, fetched: 1, known: 0, failed: 1 });
    expect(run.failures).toMatchObject([{ product: "Milan", failure: { code: "kds.not-found" } }]);
    const listed = (await portcullis("collateral", "list", "--json", ...data)).json() as CollateralItemView[];
    expect(listed.map(({ kind }) => kind).toSorted()).toEqual(["ark", "ask", "vcek"]);
    expect(asked.filter((url) => url.includes("?"))).toHaveLength(1);
  });

  test("for a chip and a TCB, and for what is known: nothing is asked for twice", async () => {
    const stated = await portcullis(
      "collateral",
      "fetch",
      "--chip",
      chipId ?? "",
      "--tcb",
      tcb ?? "",
      "--product",
      "milan",
      "--wait",
      ...data,
    );
    expect([stated.code, stated.stdout]).toEqual([1, expect.stringContaining("0 fetched, 1 known before, 1 failed") as string]);
    expect(stated.stdout).toMatch(/Milan issuers and list .*\[kds\.not-found\]/);
    const known = await portcullis("collateral", "fetch", "--known", "--wait", ...data);
    expect([known.code, known.stdout]).toEqual([0, expect.stringContaining("Nothing to fetch") as string]);
    expect(asked.filter((url) => url.includes("?"))).toHaveLength(1);
  });

  test.each<[string, readonly string[], string]>([
    ["nothing", [], "cli.usage"],
    ["a chip without its TCB", ["--chip", "00".repeat(64), "--product", "Milan"], "cli.usage"],
    ["a chip without its product", ["--chip", "00".repeat(64), "--tcb", "00".repeat(8)], "cli.usage"],
    ["a short chip id of another product", ["--chip", "00".repeat(8), "--tcb", "00".repeat(8), "--product", "Milan"], "cli.usage"],
    ["an unknown product", [report, "--product", "Rome"], "cli.usage"],
    ["a file that is not there", [join(folder, "absent")], "cli.unreadable"],
    ["a file that is no report", [leaf], "snp.report-length"],
    ["a report that a VLEK signed", [vectors("reports", "vlek-milan-v3-vmpl1.report.bin")], "cli.usage"],
    ["a report of version 2 without its product", [vectors("reports", "milan-v2.report.bin")], "appraise.product-unknown"],
  ])("exit 2 and nothing asked for: %s", async (_what, args, code) => {
    const before = asked.length;
    const answer = await portcullis("collateral", "fetch", ...args, "--json", ...data);
    expect([answer.code, answer.json()]).toMatchObject([2, { failure: { code } }]);
    expect(asked).toHaveLength(before);
  });

  function pem(file: string): Buffer {
    const lines = readFileSync(file).toString("base64").replace(/.{64}/g, "$&\n");
    return Buffer.from(`-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`);
  }
});

describe("fetched ahead without internet", () => {
  test("refused at once, with what to do", async () => {
    const installation = await makeInstallation();
    const manager = await serve(installation);
    const answer = await portcullis("collateral", "fetch", "--known", "--json", ...installation.data);
    expect([answer.code, answer.json()]).toMatchObject([1, { failure: { code: "kds.off" } }]);
    await manager.stop();
    installation.remove();
  });
});
