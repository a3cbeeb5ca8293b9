// The key service with AMD's own throttle, over real HTTP and with the real store. Only time is not real: it stands still while a request is
// under way, and otherwise jumps.
import { onTestFinished } from "vitest";
import { must } from "../../../core/base/result.ts";
import { openCollateralSource } from "../../../core/node/collateral/collateral-source.ts";
import { defaultKdsTiming } from "../../../core/node/collateral/kds-queue.ts";
import { startKdsServer } from "../../../core/node/simulator/kds-server.ts";
import { openStore } from "../../../core/node/store/sqlite-store.ts";
import { trustAnchorsOf } from "../../../core/simulator/hierarchy.ts";
import { SimulatedKds } from "../../../core/simulator/kds.ts";
import { simulatedInstant } from "../../kit/simulated.ts";
import { hearingLog, scratchFolder } from "../kit.ts";
import type { Clock, Instant } from "../../../core/base/clock.ts";
import type { Timers } from "../../../core/manager/ports.ts";
import type { Hierarchy } from "../../../core/simulator/hierarchy.ts";

/** Nothing is waited for in real time: once no request is under way, the next timer is due. */
export class KdsTime implements Clock, Timers {
  #passed = 0;
  /** Until when it jumps at most; without, there is no end. */
  end: Instant = Number.POSITIVE_INFINITY;
  /** It goes on although a request is under way: the service hangs. */
  hangs = false;
  readonly #waiting = new Set<{ readonly due: number; readonly ms: number; readonly callback: () => void }>();

  now(): Instant {
    return simulatedInstant + this.#passed;
  }

  monotonic(): number {
    return this.#passed;
  }

  after(ms: number, callback: () => void): () => void {
    const timer = { due: this.#passed + ms, ms, callback };
    this.#waiting.add(timer);
    return () => this.#waiting.delete(timer);
  }

  jump(): void {
    const [next] = [...this.#waiting].toSorted((a, b) => a.due - b.due);
    const isAsking = [...this.#waiting].some(({ ms }) => ms === defaultKdsTiming.requestMs);
    if (next === undefined || (isAsking && !this.hangs) || simulatedInstant + next.due > this.end) return;
    this.#waiting.delete(next);
    this.#passed = next.due;
    next.callback();
  }
}

/** @param chips that were sold. @param base "off" for a manager without internet. */
export async function kdsWorld(milan: Hierarchy, chips: readonly Uint8Array[], more: { readonly off?: boolean } = {}) {
  const time = new KdsTime();
  const folder = scratchFolder();
  const { log } = hearingLog();
  // The throttle that is not given is AMD's.
  const kds = new SimulatedKds({ hierarchies: [milan], chips, clock: time });
  const asked: string[] = [];
  const server = must(await startKdsServer({ kds, onRequest: (target) => asked.push(target) }));
  const pump = setInterval(() => time.jump(), 1);
  const opened = new Set<() => void>();
  const open = () => {
    const store = must(openStore({ folder, log }));
    const source = openCollateralSource({
      store,
      kds: more.off === true ? "off" : { base: server.origin },
      anchors: trustAnchorsOf([milan]),
      clock: time,
      timers: time,
      log,
    });
    const close = (): void => {
      opened.delete(close);
      source.close();
      store.close();
    };
    opened.add(close);
    return { source, store, close };
  };
  onTestFinished(async () => {
    clearInterval(pump);
    for (const close of opened) close();
    await server.close();
  });
  return { time, kds, asked, open };
}
