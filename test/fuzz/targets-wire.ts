// Fuzz targets for what comes in frames: the launch protocol in both directions, the simulated processor's port, and the sealed key table.
import { concat, u32be } from "../../core/base/bytes.ts";
import { canonicalJson, type Json, parseJson } from "../../core/base/json.ts";
import { Secret } from "../../core/base/secret.ts";
import { fromUtf8 } from "../../core/base/utf8.ts";
import { encodeFrame, FrameReader } from "../../core/launch/codec.ts";
import { decodeAgentMessage, decodeManagerMessage } from "../../core/launch/decode.ts";
import type { Message } from "../../core/launch/messages.ts";
import { encodeKeyTable, parseKeyTable } from "../../core/node/keychain/key-table.ts";
import {
  encodePortAnswer,
  encodePortRequest,
  FrameSplitter,
  maximumAnswer,
  parsePortAnswer,
  parsePortRequest,
} from "../../core/simulator/port-codec.ts";
import { Draw } from "./draw.ts";
import { mutateBytes, mutateWith } from "./mutate-bytes.ts";
import { mutateJson } from "./mutate-json.ts";
import { pattern } from "./seeds.ts";
import { expectSame, expectThat, outcomeOf, parsed, type Target } from "./target.ts";

const vm = "0b0f5f4e-9a53-4f0b-9d1c-3a1f0a3f7c11";
const disks = ["root", "data"];
const messages: readonly Message[] = [
  { type: "hello", vm, nonce: pattern(32), tee: "sev-snp", agent: "portcullis-agent/0.1.0", configuration: pattern(32) },
  { type: "evidence", tee: "sev-snp", report: pattern(1184), sealingKey: { kem: "x-wing", key: pattern(1216) } },
  {
    type: "evidence",
    tee: "sev-snp",
    report: pattern(1184),
    certificates: pattern(100),
    sealingKey: { kem: "x-wing", key: pattern(1216) },
  },
  {
    type: "outcome",
    disks: [
      { disk: "root", opened: true },
      { disk: "data", opened: false, code: "agent.disk-key" },
    ],
    wiped: true,
  },
  { type: "challenge", launch: vm, nonce: pattern(32), heartbeat: 15 },
  { type: "pending", reason: "approval", until: "2026-11-24T06:00:00.000Z" },
  { type: "refused", code: "try-later", retryAfter: 30 },
  { type: "refused", code: "not-accepted" },
  { type: "release", disks: disks.map((disk) => ({ disk, encapsulated: pattern(1120), ciphertext: pattern(48) })) },
  { type: "recorded" },
];

const message: Target = {
  name: "message",
  seeds: messages.map((each) => encodeFrame(each).body),
  mutate: mutateWith(mutateJson),
  examine: (body) => {
    const fromAgent = outcomeOf(decodeAgentMessage(body), (value) => expectWritten(value, body));
    const fromManager = outcomeOf(decodeManagerMessage(body), (value) => expectWritten(value, body));
    expectThat(fromAgent !== parsed || fromManager !== parsed, "a message goes both ways");
    return fromManager === parsed ? parsed : fromAgent;
  },
};

/** Members may come in another order and with white space; nothing else may be lost or added. */
function expectWritten(value: Message, body: Uint8Array): void {
  const text = fromUtf8(encodeFrame(value).body) ?? "";
  expectThat(canonicalJson(JSON.parse(text) as Json) === canonicalJson(parseJson(fromUtf8(body) ?? "")), "a message says something else");
}

const frames: Target = {
  name: "frames",
  seeds: messages.map((each) => encodeFrame(each).frame).filter(({ length }) => length < 600),
  mutate: (seed, draw, seeds) => {
    const bodies = [seed, ...Array.from({ length: draw.below(3) }, () => draw.pick(seeds))].map((frame) => frame.subarray(4));
    const whole = concat(...bodies.flatMap((body) => [u32be(body.length + (draw.chance(5) ? draw.below(5) - 2 : 0)), body]));
    return draw.chance(30) ? whole : mutateBytes(whole, draw, seeds);
  },
  examine: (stream) => {
    const whole = new FrameReader();
    const atOnce = outcomeOf(whole.push(stream), () => undefined);
    const bodies = new FrameReader().push(stream);
    const pieces = inPieces(stream);
    expectThat(pieces.outcome === atOnce, "the pieces of a stream change its outcome");
    if (!bodies.ok) return atOnce;
    expectThat(pieces.bodies.length === bodies.value.length, "the pieces of a stream change its frames");
    for (const [index, body] of bodies.value.entries()) {
      expectSame("a frame in pieces", pieces.bodies[index] ?? new Uint8Array(0), body);
      message.examine(body);
    }
    return outcomeOf(whole.end(), () => undefined);
  },
};

/** Cut in the same places for the same stream. */
function inPieces(stream: Uint8Array): { readonly outcome: string; readonly bodies: readonly Uint8Array[] } {
  const draw = new Draw(stream.length, stream[3] ?? 0);
  const reader = new FrameReader();
  const bodies: Uint8Array[] = [];
  for (let at = 0; at < stream.length; ) {
    const end = at + 1 + draw.below(draw.chance(50) ? 5 : 400);
    const outcome = outcomeOf(reader.push(stream.subarray(at, end)), (more) => bodies.push(...more));
    if (outcome !== parsed) return { outcome, bodies };
    at = end;
  }
  return { outcome: parsed, bodies };
}

const processorPort: Target = {
  name: "processor-port",
  seeds: [
    encodePortRequest({ reportData: pattern(64), vmpl: 3 }),
    encodePortAnswer({ report: pattern(1184), certificates: pattern(300) }),
    encodePortAnswer({ report: pattern(1184), certificates: new Uint8Array(0) }),
  ],
  mutate: mutateBytes,
  examine: (stream) => {
    const splitter = new FrameSplitter(maximumAnswer);
    const bodies: Uint8Array[] = [];
    const split = outcomeOf(splitter.push(stream.subarray(0, stream.length >> 1)), (some) => bodies.push(...some));
    if (split !== parsed) return split;
    const rest = outcomeOf(splitter.push(stream.subarray(stream.length >> 1)), (some) => bodies.push(...some));
    if (rest !== parsed) return rest;
    const asked = outcomeOf(parsePortRequest(bodies[0] ?? new Uint8Array(0)), ({ reportData, vmpl }) => {
      expectThat(reportData.length === 64 && vmpl <= 3, "a request out of its limits");
    });
    return asked === parsed ? parsed : outcomeOf(parsePortAnswer(bodies), () => undefined);
  },
};

const keyTable: Target = {
  name: "key-table",
  seeds: [[], ["a"], ["manager/ca", "manager/identity", "vm/é"]].map((accounts) =>
    encodeKeyTable(new Map(accounts.map((account, index) => [account, new Secret(pattern(32 + index))]))),
  ),
  mutate: mutateBytes,
  examine: (input) => {
    const table = parseKeyTable(input);
    if (table === undefined) return "refused";
    expectSame("key table", encodeKeyTable(table), input);
    for (const secret of table.values()) secret.wipe();
    return parsed;
  },
};

export const wireTargets: readonly Target[] = [message, frames, processorPort, keyTable];
