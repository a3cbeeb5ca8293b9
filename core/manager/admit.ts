// May this hello become a launch? Known VM, enabled, its own configuration, not too often, one at a time. Who fails the first three goes on
// as a decoy: challenged, verified and then refused like any other, so that a stranger learns nothing (docs/protocol.md, step 1).
import { toHex } from "../base/bytes.ts";
import { rfc3339 } from "../base/clock.ts";
import { failure, type Failure } from "../base/failure.ts";
import type { Hello } from "../launch/messages.ts";
import { configurationFault } from "./configurations.ts";
import type { ManagerContext } from "./context.ts";
import { Launch } from "./launch.ts";
import { RateLimit } from "./rate-limit.ts";
import type { LaunchRecord, VmRecord } from "./records.ts";
import type { Sessions } from "./sessions.ts";
import { freshUuid } from "./uuid.ts";

export type Admission =
  | { readonly admitted: true; readonly launch: Launch; readonly nonce: Uint8Array }
  | { readonly admitted: false; readonly failure: Failure; readonly retryAfterSeconds?: number };

export class Gate {
  readonly #context: ManagerContext;
  readonly #sessions: Sessions;
  readonly #ofOneId: RateLimit;
  readonly #ofStrangers: RateLimit;

  constructor(context: ManagerContext, sessions: Sessions) {
    this.#context = context;
    this.#sessions = sessions;
    this.#ofOneId = new RateLimit(context.limits.launchesPerMinute, minute);
    this.#ofStrangers = new RateLimit(context.limits.unknownPerMinute, minute);
  }

  admit(hello: Hello, peer: string): Admission {
    const { ports, unsettled, strangers, ledger } = this.#context;
    // CRASH: what a silent store left open is closed first, so that nobody launches beside it.
    const settled = unsettled.settle();
    if (!settled.ok) return { admitted: false, failure: settled.failure };
    const vm = ports.store.vm(hello.vm);
    const wait = this.#mustWait(hello.vm, vm !== undefined, ports.clock.monotonic());
    if (wait > 0) {
      if (vm === undefined) strangers.count();
      return { admitted: false, failure: failure("manager.rate-limited"), retryAfterSeconds: Math.ceil(wait / 1000) };
    }
    const configuration = toHex(hello.configuration);
    const decoy = whyDecoy(vm, configuration);
    const busy = this.#makeRoom(hello.vm, vm, decoy, peer);
    if (busy !== undefined) return { admitted: false, failure: busy, retryAfterSeconds: busySeconds };

    const now = ports.clock.now();
    const record: LaunchRecord = {
      id: freshUuid(ports.random),
      vm: hello.vm,
      ...(vm === undefined ? {} : { vmName: vm.name }),
      simulated: vm?.simulatedAnchors !== undefined,
      peer,
      agent: hello.agent,
      startedAt: now,
      updatedAt: now,
      state: "attesting",
    };
    if (vm !== undefined) {
      const saved = ledger.saveProgress(record);
      if (!saved.ok) return { admitted: false, failure: saved.failure };
    }
    const launch = new Launch(this.#context, { record, vm, decoy, configuration, liveLaunches: () => this.#sessions.liveCount(hello.vm) });
    return { admitted: true, launch, nonce: ports.random.bytes(nonceLength) };
  }

  /** The limit of one id is the same whether it is enrolled or not, so that it tells nothing; all strangers together have one more. */
  #mustWait(id: string, known: boolean, now: number): number {
    const strangers = known ? 0 : this.#ofStrangers.take("", now);
    return strangers > 0 ? strangers : this.#ofOneId.take(id, now);
  }

  /** @returns why there is no room: another launch under this id is live. The owner of that one is alerted. */
  #makeRoom(id: string, vm: VmRecord | undefined, decoy: Failure | undefined, peer: string): Failure | undefined {
    const live = this.#sessions.live(id);
    if (live !== undefined) {
      live.launch?.alert(`Another launch of this VM was attempted from ${peer} at ${rfc3339(this.#context.ports.clock.now())}.`);
      // SECURITY: only who could be released may take the place of another, and only while nothing was decided.
      if (decoy === undefined && vm?.policy.secondLaunch === "replace" && live.launch?.undecided === true) {
        live.cancel(failure("manager.replaced", peer));
      }
    }
    const taken = this.#sessions.live(id) ?? (decoy === undefined ? undefined : this.#sessions.decoy(id));
    return taken === undefined ? undefined : failure("release.second-launch");
  }
}

function whyDecoy(vm: VmRecord | undefined, digest: string): Failure | undefined {
  if (vm === undefined) return failure("release.vm-unknown");
  if (!vm.enabled) return failure("release.vm-disabled");
  return configurationFault(vm, digest);
}

const minute = 60_000;
/** Enough for a live launch to end; its agent tries again by itself. */
const busySeconds = 30;
const nonceLength = 32;
