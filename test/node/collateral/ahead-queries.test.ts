// Which chips did launches show? Each once, with what all chips of a product need first; and none that a stranger could have named.
import { expect, test } from "vitest";
import { nameOf, shownItems, withIssuers } from "../../../core/node/collateral/ahead-queries.ts";
import { encodeReport } from "../../../core/snp/report-encode.ts";
import { fullLaunch, uuid } from "../store/records.ts";
import type { LaunchQuery } from "../../../core/manager/ports.ts";
import type { LaunchRecord } from "../../../core/manager/records.ts";

const tcb = Uint8Array.of(10, 0, 0, 0, 0, 0, 24, 84);
const genoa = { family: 25, model: 17, stepping: 1 };
const chip = (fill: number): Uint8Array => new Uint8Array(64).fill(fill);
const report = (part: Parameters<typeof encodeReport>[0] = {}): Uint8Array =>
  encodeReport({ version: 3, signingKey: "vcek", cpuid: genoa, chipId: chip(1), reportedTcb: tcb, ...part });

let made = 0;
function launch(part: Partial<LaunchRecord> = {}, ...without: readonly (keyof LaunchRecord)[]): LaunchRecord {
  const record = { ...fullLaunch, id: uuid(++made), simulated: false, report: report(), ...part };
  return Object.fromEntries(Object.entries(record).filter(([name]) => !without.some((one) => one === name))) as unknown as LaunchRecord;
}

async function shown(...launches: readonly LaunchRecord[]): Promise<readonly string[]> {
  const store = {
    launches({ before, limit }: LaunchQuery): readonly LaunchRecord[] {
      const start = before === undefined ? 0 : launches.findIndex(({ id }) => id === before) + 1;
      return launches.slice(start, start + limit);
    },
  };
  return (await shownItems(store)).map(nameOf);
}

const first = `Genoa ${"01".repeat(64)} 0a00000000001854`;

test("a genuine launch's chip and TCB, once, however many pages there are", async () => {
  const others = Array.from({ length: 450 }, () => launch());
  expect(await shown(...others, launch({ report: report({ chipId: chip(2) }) }))).toEqual([
    first,
    `Genoa ${"02".repeat(64)} 0a00000000001854`,
  ]);
});

test.each(["kds.throttled", "kds.unavailable", "kds.off", "manager.collateral-slow", "manager.collateral-missing"])(
  "of a launch that was refused with %s",
  async (code) => {
    expect(await shown(launch({ code }, "claimsDigest"))).toEqual([first]);
  },
);

test.each<[string, LaunchRecord]>([
  ["a stranger's", launch({}, "vmName")],
  ["a simulated VM's", launch({ simulated: true })],
  ["one that was not genuine", launch({ code: "endorse.signature" }, "claimsDigest")],
  ["one without a report", launch({}, "report")],
  ["a damaged report", launch({ report: new Uint8Array(1184) })],
  ["an unsigned report", launch({ report: report({ signingKey: "none" }) })],
  ["version 2, which names no product", launch({ report: encodeReport({ version: 2, signingKey: "vcek", chipId: chip(1) }) })],
])("nothing of %s", async (_what, of) => {
  expect(await shown(of)).toEqual([]);
});

test("only the issuers and the list of a masked chip, and of a VLEK", async () => {
  expect(await shown(launch({ report: report({ chipId: chip(0) }) }))).toEqual(["Genoa vcek"]);
  expect(await shown(launch({ report: report({ signingKey: "vlek" }) }))).toEqual(["Genoa vlek"]);
});

test("what all chips of a product need comes first, once", () => {
  const of = (fill: number) => ({ product: "Milan", signer: "vcek", chip: { chipId: chip(fill), tcb } }) as const;
  const names = withIssuers([of(1), of(2), of(1), { product: "Milan", signer: "vcek" }, { product: "Turin", signer: "vlek" }]).map(nameOf);
  expect(names.map((name) => name.slice(0, 10))).toEqual(["Milan vcek", "Turin vlek", "Milan 0101", "Milan 0202"]);
});
