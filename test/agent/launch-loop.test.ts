// Which endpoint, how long a wait, and when is it over? Over real sockets, with the real machines at both ends.
import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { exitCodes } from "../../agent/exit-codes.ts";
import { type LoopParts, afterEnding, backoffMs, launch } from "../../agent/launch-loop.ts";
import type { ReportSource } from "../../agent/report-source.ts";
import type { LockedDisk } from "../../agent/unlock.ts";
import { toHex } from "../../core/base/bytes.ts";
import { failure } from "../../core/base/failure.ts";
import { fail, ok } from "../../core/base/result.ts";
import type { CanonicalConfiguration } from "../../core/launch/agent-configuration.ts";
import type { DiskOutcome } from "../../core/launch/messages.ts";
import { systemClock } from "../../core/node/clock.ts";
import { nodePrimitives } from "../../core/node/primitives.ts";
import { systemRandom } from "../../core/node/random.ts";
import { bytes, launchId } from "../launch/kit.ts";
import { hearingLog } from "../node/kit.ts";
import { authority, configurationFor, scriptedManager } from "./kit.ts";

const key = bytes(32);
const keys = new Map([["root", key]]);
const disks = [{ id: "root", device: "/dev/none" }];
const closed = "127.0.0.1:9";

/** Opens what has the right key, without a disk. */
class Unlocks {
  closedAll = 0;
  readonly seen: LockedDisk[] = [];

  unlock(locked: readonly LockedDisk[]): Promise<readonly DiskOutcome[]> {
    this.seen.push(...locked);
    return Promise.resolve(
      locked.map(({ disk, key: secret }) => {
        const opened = secret.use((one) => Buffer.from(one).equals(key));
        return opened ? { disk: disk.id, opened } : { disk: disk.id, opened, code: "agent.disk-key" };
      }),
    );
  }

  closeAll(): Promise<void> {
    this.closedAll++;
    return Promise.resolve();
  }
}

const sourceFor = ({ bytes: attested }: CanonicalConfiguration): ReportSource => ({
  name: "test",
  report: (reportData) => {
    const report = new Uint8Array(1184);
    report.set(reportData, 0x50);
    report.set(createHash("sha256").update(attested).digest(), 0xc0);
    return Promise.resolve(ok({ report, certificates: new Uint8Array(0) }));
  },
});

const partsFor = (
  configuration: CanonicalConfiguration,
  more: Partial<LoopParts> = {},
): LoopParts & { unlocker: Unlocks; lines: readonly { readonly event: string }[] } => {
  const { log, lines } = hearingLog();
  const unlocker = new Unlocks();
  const ports = { random: systemRandom, primitives: nodePrimitives, clock: systemClock, log, signal: new AbortController().signal };
  return {
    agent: "test/1",
    configuration,
    source: sourceFor(configuration),
    ...ports,
    ...more,
    unlocker,
    lines,
  };
};

describe("a launch", () => {
  test("opens, reports, and is recorded", async () => {
    const manager = await scriptedManager({ keys });
    const parts = partsFor(configurationFor([manager], disks));
    expect(await launch(parts)).toEqual({ exit: exitCodes.opened, launch: launchId });
    expect(manager.outcomes).toEqual([[{ disk: "root", opened: true }]]);
    expect(parts.lines.map(({ event }) => event)).toEqual([
      "agent.connected",
      "agent.challenged",
      "agent.released",
      "agent.disk-opened",
      "agent.recorded",
      "agent.launch-ended",
    ]);
    expect(parts.unlocker.seen.every(({ key: secret }) => secret.wiped)).toBe(true);
  });

  test("goes to the next endpoint where one does not answer", async () => {
    const manager = await scriptedManager({ keys });
    const parts = partsFor(configurationFor([{ endpoint: closed, anchor: manager.anchor }, manager], disks));
    expect(await launch(parts)).toEqual({ exit: exitCodes.opened, launch: launchId });
    expect(parts.lines[0]).toMatchObject({ event: "agent.not-connected", fields: { address: closed, code: "agent.unreachable" } });
  });

  test("is tried again after the manager hung up in the middle", async () => {
    const manager = await scriptedManager({ keys, judge: (round) => (round === 1 ? "drop" : { verdict: "release" }) });
    const parts = partsFor(configurationFor([manager], disks));
    expect(await launch(parts)).toEqual({ exit: exitCodes.opened, launch: launchId });
    expect(manager.connections()).toBe(2);
  });

  test("is tried again when asked to come later, and ends when refused for good", async () => {
    const manager = await scriptedManager({
      keys,
      judge: (round) => ({ verdict: "refuse", failure: failure(round === 1 ? "launch.seal-late" : "agent.host-data") }),
    });
    const parts = partsFor(configurationFor([manager], disks));
    expect(await launch(parts)).toMatchObject({ exit: exitCodes.refused, failure: { code: "agent.refused", detail: "not-accepted" } });
    expect(manager.connections()).toBe(2);
    expect(parts.unlocker.seen).toEqual([]);
  });

  test("with a wrong key ends with what was open closed, and is not tried again", async () => {
    const manager = await scriptedManager({ keys: new Map([["root", bytes(32)]]) });
    const parts = partsFor(configurationFor([manager], disks));
    expect(await launch(parts)).toMatchObject({ exit: exitCodes.disks, failure: { code: "agent.disk-key" } });
    expect(manager.outcomes).toEqual([[{ disk: "root", opened: false, code: "agent.disk-key" }]]);
    expect(manager.connections()).toBe(1);
    expect(parts.unlocker.closedAll).toBe(1);
  });

  test("on a configuration that the host changed ends before any evidence is sent", async () => {
    const manager = await scriptedManager({ keys });
    const attested = configurationFor([manager], disks);
    const changed = configurationFor([manager], [{ id: "root", device: "/dev/other" }]);
    const parts = partsFor(changed, { source: sourceFor(attested) });
    expect(await launch(parts)).toMatchObject({ exit: exitCodes.hostData, failure: { code: "agent.host-data" } });
    expect(parts.lines.map(({ event }) => event)).not.toContain("agent.released");
  });

  test("without a report source ends at once", async () => {
    const manager = await scriptedManager({ keys });
    const none: ReportSource = { name: "none", report: () => Promise.resolve(fail(failure("agent.report-source"))) };
    const parts = partsFor(configurationFor([manager], disks), { source: none });
    expect(await launch(parts)).toMatchObject({ exit: exitCodes.notEquipped });
    expect(manager.connections()).toBe(1);
  });

  test("through a relay with its own TLS never starts, and is given up in time", async () => {
    const manager = await scriptedManager({ keys });
    const other = await authority();
    const parts = partsFor(configurationFor([{ ...manager, anchor: toHex(other.anchor) }], disks, 1));
    expect(await launch(parts)).toMatchObject({
      exit: exitCodes.gaveUp,
      failure: { code: "agent.gave-up", detail: "agent.manager-untrusted" },
    });
    expect(parts.lines.map(({ event }) => event)).not.toContain("agent.connected");
  });

  test("stops at a signal, waiting for a verdict or between two tries", async () => {
    const manager = await scriptedManager({ keys, judge: () => "hang" });
    for (const endpoint of [manager, { ...manager, endpoint: closed }]) {
      const stop = new AbortController();
      const parts = partsFor(configurationFor([endpoint], disks), { signal: stop.signal });
      const running = launch(parts);
      await expect.poll(() => parts.lines.length, { timeout: 5000 }).toBeGreaterThan(1);
      stop.abort();
      expect(await running).toMatchObject({ exit: exitCodes.stopped, failure: { code: "agent.stopped" } });
    }
  });

  test("that breaks by a bug of ours rejects, with everything wiped and closed", async () => {
    const manager = await scriptedManager({ keys });
    const parts = partsFor(configurationFor([manager], disks));
    const held: LockedDisk[] = [];
    parts.unlocker.unlock = (locked) => {
      held.push(...locked);
      return Promise.reject(new Error("a bug"));
    };
    await expect(launch(parts)).rejects.toThrow("a bug");
    expect(held.map(({ key: secret }) => secret.wiped)).toEqual([true]);
    expect(parts.unlocker.closedAll).toBe(1);
  });
});

describe("the wait between two tries", () => {
  const plan = { firstDelaySeconds: 2, maximumDelaySeconds: 60, giveUpAfterSeconds: 0 };

  test.each([
    [1, 1000, 2000],
    [2, 2000, 4000],
    [5, 16_000, 32_000],
    [6, 30_000, 60_000],
    [1_000_000, 30_000, 60_000],
  ])("after try %i is between %i and %i ms", (attempt, least, most) => {
    expect(backoffMs(plan, attempt, Uint8Array.of(0))).toBe(least);
    expect(backoffMs(plan, attempt, Uint8Array.of(255))).toBe(most);
  });
});

describe("an ending", () => {
  test.each([
    [
      { end: "opened", recorded: true },
      { exit: 0, launch: launchId },
    ],
    [{ end: "opened", recorded: false }, { exit: 0 }],
    [{ end: "refused", code: "unsupported" }, { exit: 13 }],
    [{ end: "refused", code: "malformed" }, { exit: 13 }],
    [
      { end: "refused", code: "busy", retryAfterSeconds: 9 },
      { retryAfterSeconds: 9, failure: { code: "agent.try-later" } },
    ],
    [{ end: "failed", failure: failure("launch.frame-truncated"), released: false }, { failure: { code: "launch.frame-truncated" } }],
    [{ end: "failed", failure: failure("agent.manager-gone"), released: true }, { exit: 14 }],
    [{ end: "failed", failure: failure("agent.stopped"), released: true }, { exit: 16 }],
  ] as const)("%j", (ending, next) => {
    const after = afterEnding(ending, launchId);
    expect(after).toMatchObject(next);
    for (const member of ["exit", "launch"]) expect(member in after).toBe(member in next);
  });
});
