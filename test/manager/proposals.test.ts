// Proposals: bound to what they were made for, confirmed once, by a code that cannot be guessed, or by the host's dialog.
import { beforeEach, describe, expect, test } from "vitest";
import { must } from "../../core/base/result.ts";
import { defaultLimits } from "../../core/manager/limits.ts";
import { OpenProposals } from "../../core/manager/proposals.ts";
import { makeWorld, type Connection, type World } from "../kit/world.ts";
import type { Proposal, Proposals } from "../../core/manager/proposals.ts";

let world: World;
let connection: Connection;
let proposals: Proposals;

beforeEach(async () => {
  world = await makeWorld();
  connection = world.connect(await world.enrol({ name: "web-1" }));
  await world.run();
  proposals = world.manager.proposals;
});

function propose(verdict: "approve" | "deny" = "approve"): Proposal {
  const { id, evidenceDigest = "" } = world.launchOf(connection);
  return must(proposals.propose({ launch: id, evidence: evidenceDigest, verdict, reason: " planned restart " }));
}

describe("proposing", () => {
  test("the summary is made from the service's own record", () => {
    const { summary, vmName, reason } = propose();
    expect(vmName).toBe("web-1");
    expect(reason).toBe("planned restart");
    expect(summary[0]).toMatch(/^SIMULATED/);
    expect(summary[1]).toContain("Release the disk keys of “web-1”");
    expect(summary.join("\n")).toContain(`Measurement: ${"00".repeat(48)}`);
    expect(summary.join("\n")).toContain("Reported TCB (Milan): bootloader 4, tee 0, snp 24, microcode 219; firmware 1.55.29.");
    expect(summary.filter((line) => line.startsWith("Not checked:")).length).toBeGreaterThan(3);
    expect(summary.at(-1)).toBe("Reason given: “planned restart”");
    expect(propose("deny").summary[1]).toContain("Deny the launch of “web-1”");
  });

  test("only for evidence in hand, of a launch that waits, with a reason", () => {
    const { id, evidenceDigest = "" } = world.launchOf(connection);
    const question = { launch: id, evidence: evidenceDigest, verdict: "approve", reason: "x" } as const;
    const codeFor = (change: Partial<typeof question>): unknown => {
      const answer = proposals.propose({ ...question, ...change });
      return answer.ok ? "ok" : answer.failure.code;
    };
    expect(codeFor({ evidence: "00".repeat(48) })).toBe("approval.evidence-changed");
    expect(codeFor({ launch: "00000000-0000-4000-8000-000000000000" })).toBe("approval.not-pending");
    expect(codeFor({ reason: " " as "x" })).toBe("approval.reason-missing");
    expect(codeFor({ reason: "x".repeat(501) as "x" })).toBe("approval.reason-missing");
    expect(codeFor({ reason: "a\u0007b" as "x" })).toBe("approval.reason-missing");
    expect(codeFor({ reason: "x".repeat(500) as "x" })).toBe("ok");
  });
});

describe("confirming with the code", () => {
  test("decides once", async () => {
    const { proposal } = propose();
    const code = proposals.codeOf(proposal) ?? "";
    expect(code).toMatch(/^[0-9]{8}$/);
    const confirmed = proposals.confirm(proposal, `${code.slice(0, 4)} ${code.slice(4)}`);
    await world.run();
    expect(await confirmed).toMatchObject({
      ok: true,
      value: { about: "launch", launch: { decision: { by: "person", reason: "planned restart" } } },
    });
    expect(await proposals.confirm(proposal, code)).toMatchObject({ ok: false, failure: { code: "proposal.unknown" } });
    expect(world.launchOf(connection).state).toBe("opened");
  });

  test("three wrong codes drop it, two do not", async () => {
    const { proposal } = propose();
    const code = proposals.codeOf(proposal) ?? "";
    const wrong = code === "00000000" ? "00000001" : "00000000";
    for (let tries = 0; tries < defaultLimits.wrongCodes - 1; tries++) {
      expect(await proposals.confirm(proposal, wrong)).toMatchObject({ failure: { code: "proposal.wrong-code" } });
    }
    expect(proposals.open()).toHaveLength(1);
    expect(await proposals.confirm(proposal, wrong)).toMatchObject({ failure: { code: "proposal.wrong-code" } });
    expect(await proposals.confirm(proposal, code)).toMatchObject({ failure: { code: "proposal.unknown" } });
    expect(world.launchOf(connection).state).toBe("pending");
  });

  test("it expires, at its time and not before", async () => {
    const { proposal } = propose();
    const code = proposals.codeOf(proposal) ?? "";
    world.time.advance(defaultLimits.proposalMs - 1);
    expect(proposals.open()).toHaveLength(1);
    world.time.advance(1);
    expect(proposals.codeOf(proposal)).toBeUndefined();
    expect(await proposals.confirm(proposal, code)).toMatchObject({ failure: { code: "proposal.unknown" } });
  });
});

describe("the host's dialog", () => {
  test("answers once, for the proposed verdict", async () => {
    const denied = propose("deny");
    expect(await proposals.answer(denied.proposal, "approve", true)).toMatchObject({ failure: { code: "proposal.another-verdict" } });
    expect(await proposals.answer(denied.proposal, "deny", true)).toMatchObject({ failure: { code: "proposal.unknown" } });
    const dropped = propose();
    expect(await proposals.answer(dropped.proposal, "approve", false)).toEqual({ ok: true, value: undefined });
    expect(world.launchOf(connection).state).toBe("pending");
    const confirmed = proposals.answer(propose("deny").proposal, "deny", true);
    await world.run();
    expect(await confirmed).toMatchObject({ ok: true, value: { about: "launch", launch: { state: "denied" } } });
  });

  test("a proposal can be cancelled, and everybody hears of it", async () => {
    const changes: string[] = [];
    world.manager.subscribe(({ kind }) => changes.push(kind));
    const { proposal } = propose();
    expect(proposals.cancel(proposal).ok).toBe(true);
    expect(proposals.cancel(proposal)).toMatchObject({ failure: { code: "proposal.unknown" } });
    await world.quiet();
    expect(changes).toEqual(["proposal", "proposal"]);
  });
});

test("the code is unbiased: numbers above the last whole multiple are thrown away", () => {
  const answers = [Uint8Array.of(0xff, 0xff, 0xff, 0xff), Uint8Array.of(0xfa, 0x56, 0xea, 0x00), Uint8Array.of(0, 0, 0, 7)];
  const record = world.launchOf(connection);
  const random = { bytes: (length: number) => (length === 4 ? answers.shift() : undefined) ?? new Uint8Array(length) };
  const ports = { ...world.ports, random };
  const shell = { ports, limits: defaultLimits, notify: () => {} };
  const open = new OpenProposals(shell, {
    decide: () => Promise.reject(new Error("not asked")),
    changePolicy: () => {
      throw new Error("not asked");
    },
    approveBootSet: () => {
      throw new Error("not asked");
    },
  });
  const { proposal } = must(open.propose({ launch: record.id, evidence: record.evidenceDigest ?? "", verdict: "approve", reason: "x" }));
  expect(open.codeOf(proposal)).toBe("00000007");
  expect(answers).toHaveLength(0);
});
