// Does the simulated key service speak HTTP, and are its faults real ones on the wire?
import { createServer } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { must } from "../../core/base/result.ts";
import { crlUrl, vcekUrl } from "../../core/endorse/kds-address.ts";
import { startKdsServer } from "../../core/node/simulator/kds-server.ts";
import { makeChip } from "../../core/simulator/chip.ts";
import { SimulatedKds } from "../../core/simulator/kds.ts";
import { simulatedHierarchy, stoppedClock } from "../kit/simulated.ts";
import type { AddressInfo } from "node:net";
import type { KdsServer } from "../../core/node/simulator/kds-server.ts";
import type { Chip } from "../../core/simulator/chip.ts";

let kds: SimulatedKds;
let chip: Chip;
let server: KdsServer;
const asked: string[] = [];

beforeEach(async () => {
  const hierarchy = await simulatedHierarchy();
  chip = makeChip("Milan", hierarchy.chipId());
  kds = new SimulatedKds({ hierarchies: [hierarchy], chips: [chip.chipId], clock: stoppedClock() });
  asked.length = 0;
  server = must(await startKdsServer({ kds, slowness: 300, onRequest: (target) => asked.push(target) }));
});

afterEach(() => server.close());

test("serves a VCEK once, then throttles", async () => {
  const first = await fetch(vcekAddress());
  expect([first.status, first.headers.get("content-type")]).toEqual([200, "application/pkix-cert"]);
  expect((await first.bytes()).length).toBeGreaterThan(1000);
  expect((await fetch(vcekAddress())).status).toBe(429);
  expect(asked).toEqual([vcekAddress(), vcekAddress()].map((address) => address.slice(server.origin.length)));
});

test("serves a revocation list, 404, and nothing but GET", async () => {
  expect((await fetch(crlAddress())).status).toBe(200);
  expect((await fetch(`${server.origin}/robots.txt`)).status).toBe(404);
  expect((await fetch(crlAddress(), { method: "POST", body: "x" })).status).toBe(405);
});

describe("faults", () => {
  test("500", async () => {
    kds.fault = "error-500";
    expect((await fetch(crlAddress())).status).toBe(500);
  });

  test("hang: no answer until the client gives up", async () => {
    kds.fault = "hang";
    await expect(fetch(crlAddress(), { signal: AbortSignal.timeout(200) })).rejects.toMatchObject({ name: "TimeoutError" });
  });

  test("truncated: the body ends early", async () => {
    kds.fault = "truncated";
    const response = await fetch(crlAddress());
    expect(response.status).toBe(200);
    await expect(response.bytes()).rejects.toThrow("terminated");
  });

  test("slow: the whole body, over the time that was set", async () => {
    kds.fault = "slow";
    const from = performance.now();
    const body = await (await fetch(crlAddress())).bytes();
    expect(performance.now() - from).toBeGreaterThan(250);
    kds.fault = undefined;
    expect(body.length).toBe((await (await fetch(crlAddress())).bytes()).length);
  });

  test("close ends what hangs", async () => {
    kds.fault = "hang";
    const hanging = fetch(crlAddress());
    await Promise.all([
      expect(hanging).rejects.toThrow("fetch failed"),
      new Promise((resolve) => setTimeout(resolve, 50)).then(() => server.close()),
    ]);
  });
});

test("a port in use is said so", async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
  const { port } = other.address() as AddressInfo;
  expect(await startKdsServer({ kds, port })).toMatchObject({ ok: false, failure: { code: "simulator.address-unusable" } });
  other.close();
});

function vcekAddress(): string {
  return vcekUrl("Milan", chip.chipId, chip.reportedTcb, server.origin);
}

function crlAddress(): string {
  return crlUrl("Milan", "vcek", server.origin);
}
