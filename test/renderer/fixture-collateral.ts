// What does the fixture service show of collateral? Made up, in the contract's own types.
import type { CollateralItemView, CollateralRun } from "../../core/api/collateral-schemas.ts";
import type { LaunchDetail } from "../../core/api/schemas.ts";
import { before, digestOf, endedLaunch, idOf } from "./fixture-values.ts";

const day = 86_400;
const issuer = { product: "Genoa", from: before(800 * day), until: before(-8_000 * day), state: "current" } as const;
const tcb = "0a00000000001854";

export function collateral(): readonly CollateralItemView[] {
  return [
    { ...issuer, kind: "ark" },
    { ...issuer, kind: "ask" },
    { ...issuer, kind: "vcek", chipId: digestOf("chip", 64), tcb },
    { ...issuer, kind: "vcek", chipId: digestOf("another chip", 64), tcb },
    { ...issuer, kind: "vlek", provider: "cloud.example", tcb, until: before(2 * day), state: "expired" },
    { kind: "crl", product: "Genoa", from: before(40 * day), until: before(-5.8 * day), state: "soon" },
    { kind: "crl", product: "Turin", from: before(-3_600), until: before(-45 * day), state: "not-yet" },
  ];
}

export const endedRun: CollateralRun = {
  state: "ended",
  startedAt: before(700),
  endedAt: before(300),
  total: 41,
  left: 0,
  fetched: 33,
  known: 7,
  failed: 1,
  failures: [
    {
      product: "Genoa",
      chipId: digestOf("third chip", 64),
      tcb,
      failure: { code: "kds.not-found", sentence: "AMD knows no certificate for this chip and TCB." },
    },
  ],
};

export function waitingLaunch(part: Partial<LaunchDetail> = {}): LaunchDetail {
  const {
    evidence: _e,
    report: _r,
    ...launch
  } = endedLaunch("waiting", {
    vm: idOf("mail"),
    vmName: "mail-gateway",
    simulated: false,
    state: "attesting",
    checks: [],
    fields: [],
    signals: [],
    waitingFor: { what: "collateral", until: before(-235), ahead: 23 },
    ...part,
  });
  return launch;
}
