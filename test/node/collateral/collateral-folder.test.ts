// Does the folder always say what is in it now, without reading again what did not change?
import { renameSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { must } from "../../../core/base/result.ts";
import { CollateralFolder } from "../../../core/node/collateral/collateral-folder.ts";
import { revocationList } from "../../../core/simulator/revocation-list.ts";
import { simulatedHierarchy, simulatedInstant } from "../../kit/simulated.ts";
import { scratchFolder } from "../kit.ts";
import type { Hierarchy } from "../../../core/simulator/hierarchy.ts";

let milan: Hierarchy;
beforeAll(async () => {
  milan = await simulatedHierarchy("Milan");
});

test("what did not change is the same value; what came, changed or went is seen at once", () => {
  const path = scratchFolder();
  const folder = new CollateralFolder(path);
  expect(must(folder.read())).toEqual({ certificates: [], crls: [], passedOver: 0 });
  writeFileSync(join(path, "ark"), milan.authorities.ark.certificate);
  writeFileSync(join(path, "rubbish"), "nothing");
  const first = must(folder.read());
  expect([first.certificates.length, first.passedOver]).toEqual([1, 1]);
  expect(must(folder.read()).certificates[0]).toBe(first.certificates[0]);

  writeFileSync(join(path, "list"), revocationList(milan, simulatedInstant));
  expect(must(folder.read()).crls).toHaveLength(1);
  expect(must(folder.read()).certificates[0]).toBe(first.certificates[0]);

  // The same length and the same time, as a careful copy leaves them.
  const old = revocationList(milan, simulatedInstant);
  const newer = revocationList(milan, simulatedInstant + 86_400_000);
  expect(newer.length).toBe(old.length);
  const list = join(path, "list");
  for (const [bytes, replaces] of [[old, false] as const, [newer, false] as const, [old, true] as const]) {
    if (replaces) {
      writeFileSync(`${list}.new`, bytes);
      renameSync(`${list}.new`, list);
    } else writeFileSync(list, bytes);
    utimesSync(list, 1_000, 1_000);
    expect(must(folder.read()).crls.map(({ der }) => Buffer.from(der))).toEqual([Buffer.from(bytes)]);
  }

  rmSync(join(path, "ark"));
  expect(must(folder.read()).certificates).toEqual([]);
  rmSync(path, { recursive: true });
  expect(must(folder.read())).toEqual({ certificates: [], crls: [], passedOver: 0 });
});

test("a file that could not be read is tried again", () => {
  const path = scratchFolder();
  const file = join(path, "ark");
  // More than is ever read: permissions would not keep an administrator out.
  writeFileSync(file, new Uint8Array(2 ** 20 + 1));
  const folder = new CollateralFolder(path);
  expect(must(folder.read()).passedOver).toBe(1);
  writeFileSync(file, milan.authorities.ark.certificate);
  expect(must(folder.read()).certificates).toHaveLength(1);
});
