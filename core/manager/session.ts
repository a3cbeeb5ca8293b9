// Who drives one launch? Bytes, answers and deadlines become events, one after the other; what the machine wants done is done in its order.
// docs/architecture.md. It decides nothing: core/launch/manager-machine.ts does, and launch.ts and delivery.ts carry it out.
import { rfc3339 } from "../base/clock.ts";
import { failure, type Failure } from "../base/failure.ts";
import type { Result } from "../base/result.ts";
import { FrameReader } from "../launch/codec.ts";
import { decodeAgentMessage } from "../launch/decode.ts";
import { openManagerSession, stepManager } from "../launch/manager-machine.ts";
import type { DeadlineName, ManagerEffect, ManagerEvent, ManagerState } from "../launch/manager-machine.ts";
import type { Gate } from "./admit.ts";
import type { ManagerContext } from "./context.ts";
import { Delivery } from "./delivery.ts";
import type { Launch } from "./launch.ts";
import type { DecisionQuestion } from "./requests.ts";
import type { Channel } from "./ports.ts";
import type { LaunchRecord } from "./records.ts";
import type { ServedSession } from "./sessions.ts";

export class Session implements ServedSession {
  readonly ended: Promise<void>;
  readonly #context: ManagerContext;
  readonly #gate: Gate;
  readonly #channel: Channel;
  readonly #deadlines = new Map<DeadlineName, () => void>();
  /** Bounded: a peer's frame that is not awaited ends the session, and each of our answers was asked for. */
  readonly #queue: ManagerEvent[] = [];
  readonly #onEnd: () => void;
  #state: ManagerState;
  #draining = false;
  #closed = false;
  #launch: Launch | undefined;
  #delivery: Delivery | undefined;

  constructor(context: ManagerContext, gate: Gate, channel: Channel, onEnd: () => void) {
    this.#context = context;
    this.#gate = gate;
    this.#channel = channel;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.ended = promise;
    this.#onEnd = () => {
      onEnd();
      resolve();
    };
    const { state, effects } = openManagerSession(channel.exporter, context.ports.primitives);
    this.#state = state;
    for (const effect of effects) this.#perform(effect);
  }

  get launch(): Launch | undefined {
    return this.#launch;
  }

  /** Resolves when the session has ended. */
  run(): Promise<void> {
    this.#read().catch((cause: unknown) => this.#onBug(cause));
    return this.ended;
  }

  cancel(why: Failure): void {
    this.#post({ on: "cancelled", failure: why });
  }

  /** Resolves when the answer is durable, or has come to nothing. */
  answer({ verdict, evidence, reason }: DecisionQuestion): Promise<Result<LaunchRecord>> {
    return new Promise((resolve) => {
      const answered = this.#launch?.answer(verdict, evidence, reason, resolve);
      if (answered === undefined) resolve({ ok: false, failure: failure("approval.not-pending") });
      else if (answered.ok) this.#post(answered.value);
      else resolve(answered);
    });
  }

  async #read(): Promise<void> {
    const reader = new FrameReader();
    try {
      for await (const chunk of this.#channel.received) {
        const frames = reader.push(chunk);
        if (!frames.ok) this.#post({ on: "misread", failure: frames.failure });
        else for (const body of frames.value) this.#onFrame(body);
        if (this.#closed) return;
      }
    } catch (cause) {
      this.#context.ports.log.write("info", "session.broken", { address: this.#channel.peer, reason: nameOf(cause) });
    }
    const whole = reader.end();
    this.#post(whole.ok ? { on: "peer-gone" } : { on: "misread", failure: whole.failure });
  }

  #onFrame(body: Uint8Array): void {
    const message = decodeAgentMessage(body);
    this.#post(message.ok ? { on: "frame", message: message.value, body } : { on: "misread", failure: message.failure });
  }

  #post(event: ManagerEvent): void {
    this.#queue.push(event);
    if (this.#draining) return;
    this.#draining = true;
    try {
      for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
        const { state, effects } = stepManager(this.#state, next, this.#context.ports.primitives);
        this.#state = state;
        for (const effect of effects) this.#perform(effect);
      }
    } catch (cause) {
      this.#onBug(cause);
    } finally {
      this.#draining = false;
    }
  }

  /** An answer of our own that is there at once comes before whatever else waits: nothing interleaves with a commit. */
  #answerNow(result: Result<void>): void {
    this.#queue.unshift(result.ok ? { on: "committed" } : { on: "commit-failed", failure: result.failure });
  }

  #perform(effect: ManagerEffect): void {
    switch (effect.do) {
      case "send":
        if (!this.#closed) this.#channel.send(effect.frame);
        return;
      case "set-deadline":
        return this.#setDeadline(effect.name, effect.ms);
      case "clear-deadline":
        this.#deadlines.get(effect.name)?.();
        this.#deadlines.delete(effect.name);
        return;
      case "admit":
        return this.#admit(effect);
      case "judge":
        return this.#judge(effect);
      case "commit-release":
        return this.#later(this.#ongoing.delivery.commitRelease(), (result) =>
          result.ok ? { on: "committed" } : { on: "commit-failed", failure: result.failure },
        );
      case "commit-refusal":
        return this.#answerNow(this.#ongoing.launch.commitRefusal(effect.failure));
      case "seal":
        return this.#later(this.#ongoing.delivery.seal(), (result) =>
          result.ok ? { on: "sealed", disks: result.value } : { on: "seal-failed", failure: result.failure },
        );
      case "commit-outcome":
        return this.#answerNow(this.#ongoing.delivery.commitOutcome(effect.disks, effect.failure));
      case "commit-delivery-unknown":
        return this.#ongoing.delivery.commitDeliveryUnknown(effect.failure);
      case "abandon":
        this.#tellLog("launch.abandoned", effect.failure);
        this.#launch?.abandon(effect.failure);
        return;
      case "close":
        return this.#close();
    }
  }

  /** The machine asks for these only after it was told that the launch is admitted. */
  get #ongoing(): { readonly launch: Launch; readonly delivery: Delivery } {
    if (this.#launch === undefined || this.#delivery === undefined) throw new Error("no launch was admitted");
    return { launch: this.#launch, delivery: this.#delivery };
  }

  #admit({ hello }: Extract<ManagerEffect, { readonly do: "admit" }>): void {
    const admission = this.#gate.admit(hello, this.#channel.peer);
    if (!admission.admitted) {
      const { failure: why, retryAfterSeconds } = admission;
      this.#tellLog("launch.turned-away", why);
      this.#queue.unshift({ on: "turned-away", failure: why, ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }) });
      return;
    }
    const { launch, nonce } = admission;
    this.#launch = launch;
    this.#delivery = new Delivery(this.#context, launch);
    this.#context.ports.log.write("info", "launch.admitted", { launch: launch.id, vm: launch.vm, address: this.#channel.peer });
    this.#queue.unshift({ on: "admitted", launch: launch.id, nonce, heartbeatSeconds: this.#context.limits.heartbeatSeconds });
  }

  #judge(effect: Extract<ManagerEffect, { readonly do: "judge" }>): void {
    const { launch } = this.#ongoing;
    const judging = launch.judge(effect, (until) => this.#post({ on: "collateral-wanted", until: rfc3339(until) }));
    this.#later(judging, (judgement) => ({ on: "judged", judgement }));
  }

  #later<T>(work: Promise<T>, event: (value: T) => ManagerEvent): void {
    work.then(
      (value) => this.#post(event(value)),
      (cause: unknown) => this.#onBug(cause),
    );
  }

  #setDeadline(name: DeadlineName, ms: number): void {
    this.#deadlines.get(name)?.();
    const cancel = this.#context.ports.timers.after(ms, () => {
      this.#deadlines.delete(name);
      this.#post({ on: "deadline", name });
    });
    this.#deadlines.set(name, cancel);
  }

  /** The promise of the machine may be broken, so it is not asked: nothing more is sent, and unsettled.ts closes the record. */
  #onBug(cause: unknown): void {
    this.#context.ports.log.write("error", "session.bug", { address: this.#channel.peer, reason: nameOf(cause) });
    this.#tellLog("launch.ended", failure("manager.bug"));
    this.#queue.length = 0;
    this.#state = { waitsFor: "nothing" };
    this.#close();
  }

  #close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const cancel of this.#deadlines.values()) cancel();
    this.#deadlines.clear();
    this.#channel.close();
    this.#delivery?.end();
    // The launch is over before anyone hears of it, so that a new one finds its place free.
    this.#onEnd();
    try {
      this.#launch?.end("over" in this.#state ? this.#state.over : undefined);
    } catch (cause) {
      // A store that cannot even be read: unsettled.ts knows of the launch and comes back to it.
      this.#context.ports.log.write("error", "session.unsettled", { reason: nameOf(cause) });
    }
  }

  /** Without the failure's detail, which may quote what the peer sent: the record keeps it. */
  #tellLog(event: string, { code }: Failure): void {
    const launch = this.#launch;
    this.#context.ports.log.write("info", event, {
      code,
      address: this.#channel.peer,
      ...(launch === undefined ? {} : { launch: launch.id, vm: launch.vm }),
    });
  }
}

/** The kind of an error, not its text: a text may quote input. */
function nameOf(cause: unknown): string {
  return cause instanceof Error ? cause.name : typeof cause;
}
