// What the agent's tests share: a manager on a real TLS socket whose judge is the test, and real LUKS2 images.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { toHex } from "../../core/base/bytes.ts";
import { failure } from "../../core/base/failure.ts";
import { sealTo } from "../../core/base/hpke.ts";
import { silentLog } from "../../core/base/log.ts";
import { must } from "../../core/base/result.ts";
import { Secret } from "../../core/base/secret.ts";
import { type CanonicalConfiguration, makeConfiguration } from "../../core/launch/agent-configuration.ts";
import { FrameReader } from "../../core/launch/codec.ts";
import { decodeAgentMessage } from "../../core/launch/decode.ts";
import {
  type Judgement,
  type ManagerEffect,
  type ManagerEvent,
  type ManagerState,
  openManagerSession,
  stepManager,
} from "../../core/launch/manager-machine.ts";
import type { DiskOutcome } from "../../core/launch/messages.ts";
import { diskAad } from "../../core/launch/transcript.ts";
import type { Channel } from "../../core/manager/ports.ts";
import { systemClock } from "../../core/node/clock.ts";
import { nodePrimitives } from "../../core/node/primitives.ts";
import { systemRandom } from "../../core/node/random.ts";
import { systemTimers } from "../../core/node/timers.ts";
import { type TlsAuthority, openAuthority } from "../../core/node/tls/authority.ts";
import { listen } from "../../core/node/tls/listener.ts";
import { pathOf } from "../kit/needs.ts";
import { launchId, vm } from "../launch/kit.ts";
import { MemoryKeychain, MemorySettings } from "../node/kit.ts";

export function scratchFolder(): string {
  const path = mkdtempSync(join(tmpdir(), "portcullis-agent-test-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** A LUKS2 image with one cheap key slot. @returns its path. */
export function luksImage(folder: string, name: string, key: Uint8Array, more: readonly string[] = []): string {
  const [path, keyFile] = [join(folder, name), join(folder, `${name}.key`)];
  writeFileSync(path, "");
  truncateSync(path, 20 * 2 ** 20);
  writeFileSync(keyFile, key);
  const slot = ["--pbkdf", "pbkdf2", "--pbkdf-force-iterations", "1000", "--key-size", "512"];
  execFileSync(pathOf("cryptsetup"), [
    "luksFormat",
    "--disable-locks",
    "--batch-mode",
    "--type",
    "luks2",
    ...slot,
    ...more,
    "--key-file",
    keyFile,
    path,
  ]);
  rmSync(keyFile);
  return path;
}

export async function authority(): Promise<TlsAuthority> {
  const ports = {
    store: new MemorySettings(),
    keychain: new MemoryKeychain(),
    clock: systemClock,
    timers: systemTimers,
    random: systemRandom,
  };
  const opened = must(await openAuthority({ ...ports, log: silentLog }));
  onTestFinished(() => opened.close());
  return opened;
}

export interface ManagerScript {
  /** Asked once a connection. */
  readonly judge?: (round: number) => Judgement | "hang" | "drop";
  /** Key for each disk id. */
  readonly keys: ReadonlyMap<string, Uint8Array>;
}

export interface ScriptedManager {
  readonly endpoint: string;
  readonly anchor: string;
  readonly outcomes: (readonly DiskOutcome[])[];
  readonly connections: () => number;
}

/** The real listener and the real machine; only judge, store and keychain are the test's. */
export async function scriptedManager({ judge = () => ({ verdict: "release" }), keys }: ManagerScript): Promise<ScriptedManager> {
  const own = await authority();
  const outcomes: (readonly DiskOutcome[])[] = [];
  let rounds = 0;
  const onChannel = (channel: Channel): void => {
    const round = ++rounds;
    void serve(channel, { judge: () => judge(round), keys, outcomes });
  };
  const listener = must(
    await listen({ host: "127.0.0.1", port: 0, authority: own, clock: systemClock, timers: systemTimers, log: silentLog, onChannel }),
  );
  onTestFinished(() => listener.close());
  return { endpoint: `127.0.0.1:${listener.port}`, anchor: toHex(own.anchor), outcomes, connections: () => rounds };
}

export function configurationFor(
  managers: readonly { readonly endpoint: string; readonly anchor: string }[],
  disks: readonly { readonly id: string; readonly device: string }[],
  giveUpAfterSeconds = 60,
): CanonicalConfiguration {
  return must(
    makeConfiguration({
      vm,
      manager: { endpoints: managers.map(({ endpoint }) => endpoint), anchor: managers[0]?.anchor ?? "" },
      disks: disks.map(({ id, device }) => ({ id, device, name: `test-${id}` })),
      retry: { firstDelaySeconds: 1, maximumDelaySeconds: 1, giveUpAfterSeconds },
    }),
  );
}

interface Serving {
  readonly judge: () => Judgement | "hang" | "drop";
  readonly keys: ReadonlyMap<string, Uint8Array>;
  readonly outcomes: (readonly DiskOutcome[])[];
  evidence?: ManagerEffect & { readonly do: "judge" };
}

async function serve(channel: Channel, serving: Serving): Promise<void> {
  const reader = new FrameReader();
  let { state, effects } = openManagerSession(channel.exporter, nodePrimitives);
  for await (const chunk of channel.received) {
    for (const body of must(reader.push(chunk))) {
      const events: ManagerEvent[] = [{ on: "frame", message: must(decodeAgentMessage(body)), body }];
      for (let event = events.shift(); event !== undefined; event = events.shift()) {
        const before: ManagerState = state;
        ({ state, effects } = stepManager(before, event, nodePrimitives));
        for (const effect of effects) events.push(...(await answer(effect, channel, serving)));
      }
    }
  }
}

async function answer(effect: ManagerEffect, channel: Channel, serving: Serving): Promise<readonly ManagerEvent[]> {
  switch (effect.do) {
    case "send":
      channel.send(effect.frame);
      return [];
    case "close":
      channel.close();
      return [];
    case "admit":
      return [{ on: "admitted", launch: launchId, nonce: systemRandom.bytes(32), heartbeatSeconds: 15 }];
    case "judge": {
      serving.evidence = effect;
      const judgement = serving.judge();
      if (judgement === "drop") channel.close();
      return judgement === "hang" || judgement === "drop" ? [] : [{ on: "judged", judgement }];
    }
    case "seal": {
      const { evidence, keys } = serving;
      if (evidence === undefined) return [{ on: "seal-failed", failure: failure("launch.seal-late") }];
      const { evidence: message, hpkeInfo: info } = evidence;
      const target = { publicKey: message.sealingKey.key, info, random: systemRandom };
      const seal = async ([disk, key]: readonly [string, Uint8Array]): Promise<{
        disk: string;
        encapsulated: Uint8Array;
        ciphertext: Uint8Array;
      }> => ({
        disk,
        ...must(await sealTo({ ...target, aad: diskAad(disk) }, new Secret(key.slice()))),
      });
      return [{ on: "sealed", disks: await Promise.all([...keys].map(seal)) }];
    }
    case "commit-outcome":
      serving.outcomes.push(effect.disks);
      return [{ on: "committed" }];
    case "commit-release":
    case "commit-refusal":
      return [{ on: "committed" }];
    default:
      return [];
  }
}
