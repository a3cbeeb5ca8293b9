// Which connections are being served, and which launch of each VM is the live one? At most one of a VM could be released at any time
// (docs/protocol.md, "What must always hold", 6).
import type { LaunchRecord } from "./records.ts";
import type { Session } from "./session.ts";

export class Sessions {
  readonly #all = new Set<Session>();

  get count(): number {
    return this.#all.size;
  }

  add(session: Session): void {
    this.#all.add(session);
  }

  remove(session: Session): void {
    this.#all.delete(session);
  }

  all(): readonly Session[] {
    return [...this.#all];
  }

  byLaunch(id: string): Session | undefined {
    return this.all().find(({ launch }) => launch?.id === id);
  }

  /** The session whose launch could be released to this VM. */
  live(vm: string): Session | undefined {
    return this.all().find(({ launch }) => launch?.vm === vm && launch.decoy === undefined);
  }

  /** A launch under this id that will be refused whatever it shows. */
  decoy(vm: string): Session | undefined {
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
