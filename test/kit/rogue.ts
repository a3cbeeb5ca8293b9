// A peer that speaks the protocol without the agent's own checks: what a host would send that has the hello, the challenge and a processor,
// but no scruples. It computes the right REPORT_DATA and then hands over whatever the test forges.
import { encodeFrame } from "../../core/launch/codec.ts";
import { addToTranscript, openTranscript, reportData } from "../../core/launch/transcript.ts";
import { nodePrimitives } from "../../core/node/primitives.ts";
import { makeSealingKey } from "../../core/base/hpke.ts";
import { MemoryLink } from "./memory-link.ts";
import { seededRandom } from "./memory-ports.ts";
import { digestOf, saidOn, type World } from "./world.ts";
import type { RefusedCode } from "../../core/launch/messages.ts";
import type { LaunchRecord, VmRecord } from "../../core/manager/records.ts";

export interface Forged {
  readonly report: Uint8Array;
  readonly certificates?: Uint8Array;
}

export interface RogueChoices {
  readonly vm?: string;
  readonly configuration?: Uint8Array;
  /** @param reportData what an honest report would carry. */
  readonly forge: (reportData: Uint8Array) => Forged;
}

export interface RogueResult {
  readonly link: MemoryLink;
  readonly record: LaunchRecord | undefined;
  readonly refused: RefusedCode | undefined;
}

/** Hello, challenge, forged evidence; then whatever the manager says to it. */
export async function rogueLaunch(world: World, vm: VmRecord, { forge, ...choices }: RogueChoices): Promise<RogueResult> {
  const random = seededRandom("rogue");
  const exporter = random.bytes(32);
  const link = new MemoryLink("198.51.100.9:666", exporter);
  void world.manager.accept(link.channel);
  const hello = encodeFrame({
    type: "hello",
    vm: choices.vm ?? vm.id,
    nonce: random.bytes(32),
    tee: "sev-snp",
    agent: "rogue/1",
    configuration: choices.configuration ?? digestOf(vm),
  });
  link.inject(hello.frame);
  await world.quiet();
  const challenge = link.toAgent.shift();
  const key = await makeSealingKey(random);
  if (challenge !== undefined) {
    let transcript = openTranscript(exporter, nodePrimitives);
    transcript = addToTranscript(transcript, "agent", hello.body, nodePrimitives);
    transcript = addToTranscript(transcript, "manager", challenge.subarray(4), nodePrimitives);
    const { report, certificates } = forge(reportData(transcript, key.publicKey, nodePrimitives));
    const sealingKey = { kem: "x-wing", key: key.publicKey } as const;
    link.inject(
      encodeFrame({ type: "evidence", tee: "sev-snp", report, ...(certificates === undefined ? {} : { certificates }), sealingKey }).frame,
    );
    await world.quiet();
  }
  return { link, record: recordOf(world, link), refused: refusedOn(link) };
}

export function refusedOn(link: MemoryLink): RefusedCode | undefined {
  for (const message of saidOn(link)) if (message.type === "refused") return message.code;
  return undefined;
}

export function recordOf(world: World, link: MemoryLink): LaunchRecord | undefined {
  for (const message of saidOn(link)) if (message.type === "challenge") return world.disk.launches.get(message.launch);
  return undefined;
}
