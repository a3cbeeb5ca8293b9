// What does the agent-side machine do in every state with every event? The whole table, and then what must hold over any sequence.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { failure } from "../../core/base/failure.ts";
import { must } from "../../core/base/result.ts";
import { FrameReader, encodeFrame } from "../../core/launch/codec.ts";
import { decodeAgentMessage, maximumCertificates } from "../../core/launch/decode.ts";
import { openAgentSession, stepAgent } from "../../core/launch/agent-machine.ts";
import type { AgentEffect, AgentEvent, AgentStep } from "../../core/launch/agent-machine.ts";
import type { AgentMessage, ManagerMessage } from "../../core/launch/messages.ts";
import { addToTranscript, openTranscript, releaseInfo, reportData } from "../../core/launch/transcript.ts";
import { nodePrimitives } from "../../core/node/primitives.ts";
import { bytes, challenge, outcome, pending, recorded, refused, release, vm } from "./kit.ts";

const exporter = bytes(32);
const configurationDigest = bytes(32);
const publicKey = bytes(1216);
const nonce = bytes(32);
const why = failure("agent.report-source");
const opening = { exporter, vm, agent: "portcullis-agent/0.1.0", nonce, terms: { disks: ["root", "data"], configurationDigest } };

const frame = (message: ManagerMessage): AgentEvent => ({ on: "frame", message, body: encodeFrame(message).body });
const hello = encodeFrame({ type: "hello", vm, nonce, tee: "sev-snp", agent: opening.agent, configuration: configurationDigest }).body;
const t1 = addToTranscript(openTranscript(exporter, nodePrimitives), "agent", hello, nodePrimitives);
const t2 = addToTranscript(t1, "manager", encodeFrame(challenge).body, nodePrimitives);
const asked = reportData(t2, publicKey, nodePrimitives);

const reportWith = (data: Uint8Array, hostData: Uint8Array): Uint8Array => {
  const report = new Uint8Array(1184);
  report.set(data, 0x50);
  report.set(hostData, 0xc0);
  return report;
};
const report = reportWith(asked, configurationDigest);
const reported = (raw: Uint8Array, certificates: Uint8Array = new Uint8Array(0)): AgentEvent => ({
  on: "reported",
  report: raw,
  certificates,
});

const events = {
  challenge: frame(challenge),
  pending: frame(pending),
  refused: frame({ ...refused, retryAfter: 9 }),
  release: frame(release),
  recorded: frame(recorded),
  misread: { on: "misread", failure: failure("launch.message-shape") },
  gone: { on: "peer-gone" },
  cancelled: { on: "cancelled" },
  key: { on: "sealing-key-made", publicKey },
  reported: reported(report),
  "report-failed": { on: "report-failed", failure: why },
  "keys-open": { on: "release-opened" },
  "keys-unreadable": { on: "release-unreadable", failure: failure("launch.sealed-key") },
  "all-open": { on: "unlocked", disks: release.disks.map(({ disk }) => ({ disk, opened: true })) },
  "not-open": { on: "unlocked", disks: outcome.disks },
  "late-challenge": { on: "deadline", name: "challenge" },
  "late-report": { on: "deadline", name: "report" },
  silence: { on: "deadline", name: "silence" },
  "late-unlock": { on: "deadline", name: "unlock" },
  "late-recorded": { on: "deadline", name: "recorded" },
} as const satisfies Record<string, AgentEvent>;
type EventName = keyof typeof events;

const run = (...names: readonly EventName[]): AgentStep =>
  names.reduce((step, name) => stepAgent(step.state, events[name], nodePrimitives), openAgentSession(opening, nodePrimitives));

const paths = {
  challenge: [],
  "sealing-key": ["challenge"],
  report: ["challenge", "key"],
  verdict: ["challenge", "key", "reported"],
  keys: ["challenge", "key", "reported", "release"],
  "keys, alone": ["challenge", "key", "reported", "release", "gone"],
  disks: ["challenge", "key", "reported", "release", "keys-open"],
  "disks, alone": ["challenge", "key", "reported", "release", "keys-open", "gone"],
  recorded: ["challenge", "key", "reported", "release", "keys-open", "all-open"],
  "recorded, failed": ["challenge", "key", "reported", "release", "keys-open", "not-open"],
  nothing: ["gone"],
} as const satisfies Record<string, readonly EventName[]>;
type StateName = keyof typeof paths;

const sent = ({ frame: onWire }: AgentEffect & { readonly do: "send" }): AgentMessage =>
  must(decodeAgentMessage(must(new FrameReader().push(onWire))[0] ?? new Uint8Array(0)));

const word = (effect: AgentEffect): string => {
  if (effect.do === "send") {
    const message = sent(effect);
    return message.type === "outcome" ? `outcome:${message.disks.map(({ code = "open" }) => code).join()}` : message.type;
  }
  if (effect.do !== "finish") return effect.do;
  const { ending } = effect;
  if (ending.end === "opened") return `opened:${ending.recorded}`;
  if (ending.end === "refused") return `refused:${ending.code}:${ending.retryAfterSeconds}`;
  return `failed:${ending.failure.code}:${ending.released}`;
};
const words = (effects: readonly AgentEffect[]): string =>
  effects
    .filter((effect) => effect.do !== "set-deadline" && effect.do !== "clear-deadline")
    .map(word)
    .join(" ");

type Row = Partial<Record<EventName, string>>;
const fails = (code: string): string => `nothing: wipe failed:${code}:false`;
const closes = (code: string): string => `nothing: close-disks wipe failed:${code}:true`;
const turn = fails("launch.out-of-turn");
const unreleased: Row = {
  challenge: turn,
  pending: turn,
  release: turn,
  recorded: turn,
  refused: "nothing: wipe refused:not-accepted:9",
  misread: fails("launch.message-shape"),
  gone: fails("agent.manager-gone"),
  cancelled: fails("agent.stopped"),
};
const lateTurn = closes("launch.out-of-turn");
const holding: Row = {
  challenge: lateTurn,
  pending: lateTurn,
  release: lateTurn,
  recorded: lateTurn,
  refused: lateTurn,
  misread: closes("launch.message-shape"),
  cancelled: closes("agent.stopped"),
};
const both = (code: string): string => `outcome:${code},${code}`;
const alone = (row: Row): Row => Object.fromEntries(Object.entries({ ...row, gone: undefined }).filter(([, value]) => value !== undefined));

const table: Readonly<Record<StateName, Row>> = {
  challenge: { ...unreleased, challenge: "sealing-key: make-sealing-key", "late-challenge": fails("agent.manager-silent") },
  "sealing-key": { ...unreleased, key: "report: fetch-report", "late-report": fails("agent.report-late") },
  report: {
    ...unreleased,
    reported: "verdict: evidence",
    "report-failed": fails("agent.report-source"),
    "late-report": fails("agent.report-late"),
  },
  verdict: {
    ...unreleased,
    challenge: "sealing-key: make-sealing-key",
    pending: "verdict: ",
    release: "keys: open-release",
    silence: fails("agent.manager-silent"),
  },
  keys: {
    ...holding,
    gone: "keys: ",
    "keys-open": "disks: unlock",
    "keys-unreadable": `recorded: close-disks wipe ${both("launch.sealed-key")}`,
    "late-unlock": `recorded: close-disks wipe ${both("agent.disk-late")}`,
  },
  "keys, alone": {
    ...alone(holding),
    "keys-open": "disks: unlock",
    "keys-unreadable": closes("launch.sealed-key"),
    "late-unlock": closes("agent.disk-late"),
  },
  disks: {
    ...holding,
    gone: "disks: ",
    "all-open": `recorded: wipe ${both("open")}`,
    "not-open": "recorded: close-disks wipe outcome:open,agent.disk-key",
    "late-unlock": `recorded: close-disks wipe ${both("agent.disk-late")}`,
  },
  "disks, alone": {
    ...alone(holding),
    "all-open": "nothing: wipe opened:false",
    "not-open": closes("agent.disk-key"),
    "late-unlock": closes("agent.disk-late"),
  },
  recorded: {
    ...Object.fromEntries(
      (["challenge", "pending", "refused", "release", "misread", "gone", "late-recorded"] as const).map((name) => [
        name,
        "nothing: wipe opened:false",
      ]),
    ),
    recorded: "nothing: wipe opened:true",
    cancelled: closes("agent.stopped"),
  },
  "recorded, failed": {
    ...Object.fromEntries(
      (["challenge", "pending", "refused", "release", "recorded", "misread", "gone", "late-recorded"] as const).map((name) => [
        name,
        "nothing: wipe failed:agent.disk-key:true",
      ]),
    ),
    cancelled: closes("agent.disk-key"),
  },
  nothing: {},
};

describe.each(Object.keys(paths) as StateName[])("waiting for %s", (stateName) => {
  test.each(Object.keys(events) as EventName[])("%s", (eventName) => {
    const { state } = run(...paths[stateName]);
    const next = stepAgent(state, events[eventName], nodePrimitives);
    const expected = table[stateName][eventName];
    // An event that changes nothing leaves the state as it is; that the peer is gone twice may be noted twice.
    if (expected === undefined) expect(next).toEqual({ state, effects: [] });
    else expect(`${next.state.waitsFor}: ${words(next.effects)}`).toBe(expected);
  });
});

describe("the report", () => {
  const { state } = run("challenge", "key");
  const step = (event: AgentEvent): string => {
    const { state: next, effects } = stepAgent(state, event, nodePrimitives);
    return `${next.waitsFor}: ${words(effects)}`;
  };

  test("with another HOST_DATA is not sent: the host changed the configuration", () => {
    const flipped = configurationDigest.map((byte, index) => (index === 31 ? byte ^ 1 : byte));
    expect(step(reported(reportWith(asked, flipped)))).toBe(fails("agent.host-data"));
    expect(step(reported(reportWith(asked, new Uint8Array(32))))).toBe(fails("agent.host-data"));
  });

  test("with other REPORT_DATA answers somebody else's question", () => {
    expect(step(reported(reportWith(bytes(64), configurationDigest)))).toBe(fails("agent.report-mixed"));
  });

  test.each([0, 1183, 1185])("of %i bytes is none", (length) => {
    expect(step(reported(new Uint8Array(length)))).toBe(fails("agent.report-source-unavailable"));
  });

  test.each([
    [0, undefined],
    [1, 1],
    [maximumCertificates, maximumCertificates],
    [maximumCertificates + 1, undefined],
  ])("with %i bytes of hints passes on %s", (length, passed) => {
    const { effects } = stepAgent(state, reported(report, bytes(length)), nodePrimitives);
    const effect = effects.find((one) => one.do === "send");
    expect(effect === undefined ? undefined : sent(effect)).toMatchObject({ report, sealingKey: { key: publicKey } });
    expect((effect === undefined ? undefined : (sent(effect) as { certificates?: Uint8Array }))?.certificates?.length).toBe(passed);
  });
});

describe("the release", () => {
  test("opens with the transcript up to the evidence", () => {
    const evidence = run("challenge", "key", "reported").effects.find((effect) => effect.do === "send");
    const t3 = addToTranscript(t2, "agent", evidence?.frame.subarray(4) ?? new Uint8Array(0), nodePrimitives);
    const open = run("challenge", "key", "reported", "pending", "release").effects.find((effect) => effect.do === "open-release");
    expect(open?.hpkeInfo).toEqual(releaseInfo(t3));
  });

  test.each([
    ["one too few", release.disks.slice(0, 1)],
    ["one too many", [...release.disks, { ...release.disks[0], disk: "swap" }]],
    ["another one", [release.disks[0], { ...release.disks[1], disk: "swap" }]],
  ])("for %s opens nothing, and says so", (_name, disks) => {
    const { state } = run("challenge", "key", "reported");
    const message = { ...release, disks } as typeof release;
    const next = stepAgent(state, { on: "frame", message, body: new Uint8Array(1) }, nodePrimitives);
    const codes = disks.map(() => "agent.release-disks").join();
    expect(`${next.state.waitsFor}: ${words(next.effects)}`).toBe(`recorded: close-disks wipe outcome:${codes}`);
  });

  test("one disk that did not open among outcomes is a failure, and so is a missing outcome", () => {
    const { state } = run(...paths.disks);
    const next = stepAgent(state, { on: "unlocked", disks: [{ disk: "root", opened: true }] }, nodePrimitives);
    expect(next.state).toMatchObject({ waitsFor: "recorded", failed: { code: "agent.disk-failed" } });
  });
});

test("three heartbeats of silence is what it bears, and a pending frame starts them anew", () => {
  const silence = { do: "set-deadline", name: "silence", ms: 45_000 };
  expect(run("challenge", "key", "reported").effects).toContainEqual(silence);
  expect(run("challenge", "key", "reported", "pending").effects).toEqual([silence]);
});

test("over any sequence: every end wipes before it finishes, one unlock at most, and an outcome only after a wipe", () => {
  const anyEvent = fc.constantFrom(...(Object.keys(events) as EventName[]));
  const start = fc.constantFrom(...(Object.keys(paths) as StateName[]));
  fc.assert(
    fc.property(start, fc.array(anyEvent, { maxLength: 40 }), (from, tail) => {
      let { state, effects } = openAgentSession(opening, nodePrimitives);
      const all = [...effects];
      for (const name of [...paths[from], ...tail]) {
        ({ state, effects } = stepAgent(state, events[name], nodePrimitives));
        all.push(...effects);
        const kinds = effects.map((effect) => effect.do);
        if (kinds.includes("finish")) expect(kinds.slice(-2)).toEqual(["wipe", "finish"]);
        if (effects.some((effect) => effect.do === "send" && sent(effect).type === "outcome"))
          expect(kinds.indexOf("wipe")).toBeLessThan(kinds.indexOf("send"));
      }
      const count = (kind: AgentEffect["do"]): number => all.filter((effect) => effect.do === kind).length;
      expect(count("unlock")).toBeLessThanOrEqual(1);
      expect(count("open-release")).toBeLessThanOrEqual(1);
      expect(count("finish")).toBeLessThanOrEqual(1);
    }),
    { numRuns: 3000 },
  );
});
