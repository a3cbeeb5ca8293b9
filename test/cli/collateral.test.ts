// Does a bundle of AMD's own certificates get from loose files to a manager without internet, and on to the next? Real processes, real certificates.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { CollateralImport, CollateralItemView } from "../../core/api/collateral-schemas.ts";
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
