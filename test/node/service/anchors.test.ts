// Is the simulated revocation list signed once a day, whatever the clock does, and is it current whenever it is given?
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { must } from "../../../core/base/result.ts";
import { parseCrl } from "../../../core/endorse/crl.ts";
import { SimulatedAnchors } from "../../../core/node/service/simulation/anchors.ts";
import { hierarchyFolder, simulatedHierarchy, simulatedInstant } from "../../kit/simulated.ts";
import { scratchFolder } from "../kit.ts";

const day = 86_400_000;

test.each([
  [0, true],
  [day - 1, true],
  [day, false],
  [-1, false],
  [400 * day, false],
])("%d ms later it is the same list: %s", async (ms, same) => {
  const milan = await simulatedHierarchy();
  const folder = scratchFolder();
  copyFileSync(join(hierarchyFolder, "simulated-Milan.json"), join(folder, "simulated-Milan.json"));
  let now = simulatedInstant;
  const anchors = new SimulatedAnchors(folder, { now: () => now, monotonic: () => 0 });
  const wanted = {
    product: "Milan",
    signer: "vcek",
    chipId: milan.chipId(),
    reportedTcb: new Uint8Array(8),
    vekKnown: true,
    issuersKnown: true,
    crlWanted: true,
  } as const;
  const list = async (): Promise<Uint8Array> => must(await anchors.fetch(wanted)).crls[0] ?? new Uint8Array(0);
  const first = await list();
  now += ms;
  const second = await list();
  expect(second === first).toBe(same);
  const { thisUpdate, nextUpdate } = must(parseCrl(second));
  expect(thisUpdate).toBeLessThanOrEqual(now);
  expect(nextUpdate).toBeGreaterThan(now);
});
