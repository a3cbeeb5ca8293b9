// What the tests of agent configurations share: three disks, and how one is issued, launched with, and retired.
import { fromHex } from "../../core/base/bytes.ts";
import type { ConfigurationQuestion } from "../../core/manager/new-configuration.ts";
import type { VmRecord } from "../../core/manager/records.ts";
import { saidOn, type Connection, type World } from "../kit/world.ts";

export const root = { id: "root", device: "/dev/vda", name: "root" };
export const store = { id: "store", device: "/dev/vdb", name: "store", uuid: "6f9619ff-8b86-4d01-b42d-00cf4fc964ff" };
export const swap = { id: "swap", device: "/dev/vdc", name: "swap" };
export const endpoints = ["manager.test:7443"];

export type Asked = Partial<Omit<ConfigurationQuestion, "vm">>;

export function issue(world: World, { id }: VmRecord, asked: Asked = {}): ReturnType<World["manager"]["issueConfiguration"]> {
  return world.manager.issueConfiguration({ vm: id, endpoints, disks: [root, store], reason: "a second disk", ...asked });
}

export function retire(world: World, { id }: VmRecord, digest: string): ReturnType<World["manager"]["retireConfiguration"]> {
  return world.manager.retireConfiguration({ vm: id, digest, reason: "no host has it any more" });
}

export function launch(world: World, vm: VmRecord, digest: string, disks: readonly string[]): Connection {
  return world.connect(vm, { configuration: digest, disks });
}

export function digests({ configurations }: VmRecord): readonly string[] {
  return configurations.map(({ digest }) => digest);
}

export function bytesOf(digest: string): Uint8Array {
  return fromHex(digest) ?? new Uint8Array(0);
}

export function releasedDisks({ link }: Connection): readonly string[] | undefined {
  const release = saidOn(link).find((message) => message.type === "release");
  return release?.type === "release" ? release.disks.map(({ disk }) => disk) : undefined;
}

export async function released(world: World, connection: Connection): Promise<readonly string[] | undefined> {
  await world.run();
  await world.answer(connection);
  await world.settle();
  return releasedDisks(connection);
}
