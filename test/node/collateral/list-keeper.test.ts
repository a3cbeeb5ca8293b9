// Are revocation lists renewed in time when no launch comes, a few tries a day at most, and does an owner hear of those that were not?
import { beforeAll, expect, onTestFinished, test } from "vitest";
import { must } from "../../../core/base/result.ts";
import { expiringLists, ListKeeper } from "../../../core/node/collateral/list-keeper.ts";
import { simulatedHierarchy, simulatedInstant } from "../../kit/simulated.ts";
import { hearingLog } from "../kit.ts";
import { kdsWorld } from "./kds-world.ts";
import type { CollateralQuery } from "../../../core/manager/ports.ts";
import type { Hierarchy } from "../../../core/simulator/hierarchy.ts";

const day = 86_400_000;
/** As the simulated service publishes them. */
const lasts = 45 * day;
let milan: Hierarchy;
beforeAll(async () => {
  milan = await simulatedHierarchy("Milan");
});

test("a list is left alone until a week before its end, and then renewed without a launch", async () => {
  const { asked, until, source, keeper } = await world();
  await until(lasts - 7 * day - 1);
  expect(lists(asked)).toBe(1);
  await until(lasts - 6.5 * day);
  expect(lists(asked)).toBe(2);
  expect(source.lists().map(({ until: end }) => end > simulatedInstant + lasts)).toEqual([true]);
  expect(keeper.expiring()).toEqual([]);
});

test("while the service is down it tries four times a day, and the owner hears of it once that has evidently failed", async () => {
  const { asked, kds, until, keeper } = await world();
  await until(lasts - 7 * day - 1);
  kds.fault = "error-500";
  const before = lists(asked);
  await until(lasts - 3 * day - 1);
  expect(lists(asked) - before).toBeLessThanOrEqual(4 * 4 + 1);
  expect(lists(asked) - before).toBeGreaterThanOrEqual(4 * 4 - 1);
  expect(keeper.expiring()).toEqual([]);
  await until(lasts - 3 * day);
  expect(keeper.expiring()).toEqual([{ product: "Milan", until: new Date(simulatedInstant + lasts).toISOString(), state: "soon" }]);
  await until(lasts + 1);
  expect(keeper.expiring()).toMatchObject([{ product: "Milan", state: "expired" }]);
  kds.fault = undefined;
  await until(lasts + day);
  expect(keeper.expiring()).toEqual([]);
});

test("a manager without internet asks nobody", async () => {
  const { asked, until } = await world(true);
  await until(2 * lasts);
  expect(asked).toEqual([]);
});

const at = simulatedInstant;
const list = (until: number, signer: "vcek" | "vlek" = "vcek", product: "Milan" | "Turin" = "Milan") => ({ product, signer, until });
test.each([
  ["offline, in more than 14 days", [list(at + 14 * day + 1)], false, []],
  ["offline, in 14 days", [list(at + 14 * day)], false, ["Milan soon"]],
  ["online, in more than 3 days", [list(at + 3 * day + 1)], true, []],
  ["online, in 3 days", [list(at + 3 * day)], true, ["Milan soon"]],
  ["at its end", [list(at)], true, ["Milan soon"]],
  ["after it", [list(at - 1)], true, ["Milan expired"]],
  ["a newer one for the other kind of key", [list(at - 1), list(at + 20 * day, "vlek")], true, []],
  ["another product's", [list(at - 1), list(at + 20 * day, "vcek", "Turin")], true, ["Milan expired"]],
  ["none", [], false, []],
])("what an owner hears: %s", (_what, all, online, expected) => {
  expect(expiringLists(all, online, at).map(({ product, state }) => `${product} ${state}`)).toEqual(expected);
});

function lists(asked: readonly string[]): number {
  return asked.filter((target) => target.endsWith("/crl")).length;
}

async function world(off = false) {
  const { time, kds, asked, open } = await kdsWorld(milan, [], { off });
  const { source } = open();
  const keeper = new ListKeeper({ source, clock: time, timers: time, log: hearingLog().log, onChange: () => {} });
  const wanted: CollateralQuery = {
    product: "Milan",
    signer: "vcek",
    chipId: new Uint8Array(64),
    reportedTcb: new Uint8Array(8),
    vekKnown: true,
    issuersKnown: true,
    crlWanted: true,
  };
  if (!off) must(await source.fetch(wanted, () => {}));
  keeper.start();
  onTestFinished(() => keeper.close());
  const until = async (ms: number): Promise<void> => {
    time.after(ms - time.monotonic(), () => {});
    time.end = simulatedInstant + ms;
    while (time.now() < time.end) await new Promise((resolve) => setTimeout(resolve, 1));
    // What is due at this instant is under way.
    await new Promise((resolve) => setTimeout(resolve, 50));
  };
  return { asked, kds, source, keeper, until };
}
