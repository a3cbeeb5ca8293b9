// Which connections are being served, and which launch of each VM is the live one? At most one of a VM could be released at any time
// (docs/protocol.md, "What must always hold", 6).
import type { Failure } from "../base/failure.ts";
import type { Result } from "../base/result.ts";
import type { Launch } from "./launch.ts";
import type { LaunchRecord } from "./records.ts";
import type { DecisionQuestion } from "./requests.ts";

/** A session as the others see it. */
export interface ServedSession {
  /** Undefined until its hello was admitted. */
  readonly launch: Launch | undefined;
  readonly ended: Promise<void>;
  cancel(why: Failure): void;
  answer(question: DecisionQuestion): Promise<Result<LaunchRecord>>;
}

export class Sessions {
  readonly #all = new Set<ServedSession>();

  get count(): number {
    return this.#all.size;
  }

  /** Sessions that no enrolled VM stands behind, or that have not said which one. */
  get strangers(): number {
    return this.all().filter(({ launch }) => launch === undefined || launch.decoy !== undefined).length;
  }

  /** The one that has been open for the longest without saying who it is. */
  get oldestSilent(): ServedSession | undefined {
    return this.all().find(({ launch }) => launch === undefined);
  }

  add(session: ServedSession): void {
    this.#all.add(session);
  }

  remove(session: ServedSession): void {
    this.#all.delete(session);
  }

  all(): readonly ServedSession[] {
    return [...this.#all];
  }

  byLaunch(id: string): ServedSession | undefined {
    return this.all().find(({ launch }) => launch?.id === id);
  }

  /** The session whose launch could be released to this VM. */
  live(vm: string): ServedSession | undefined {
    return this.all().find(({ launch }) => launch?.vm === vm && launch.decoy === undefined);
  }

  /** A launch under this id that will be refused whatever it shows. */
  decoy(vm: string): ServedSession | undefined {
    return this.all().find(({ launch }) => launch?.vm === vm && launch.decoy !== undefined);
  }

  /** Launches that wait for a person, oldest first. */
  waiting(): readonly LaunchRecord[] {
    return this.all().flatMap(({ launch }) => (launch?.waiting === true ? [launch.record] : []));
  }

  liveCount(vm: string): number {
    return this.all().filter(({ launch }) => launch?.vm === vm && launch.decoy === undefined).length;
  }
}
