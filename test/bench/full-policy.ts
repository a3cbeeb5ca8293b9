// What is the most that a policy asks of one report? Every check requires something that this report has, the owner has rules of their own, and
// the VM has launched before. Only an author key, which this report has not, stays waived.
import type { LaunchHistory, SeenInstance } from "../../core/appraise/history.ts";
import type { PerLine, TcbFloor } from "../../core/appraise/policy-demands.ts";
import type { AppraisalPolicy } from "../../core/appraise/policy.ts";
import { strictPreset } from "../../core/appraise/presets.ts";
import type { BoundReport } from "../../core/appraise/verify.ts";
import { toHex } from "../../core/base/bytes.ts";
import type { Tcb } from "../../core/snp/tcb.ts";

export function fullPolicy({ report, product, tcb, at }: BoundReport): {
  readonly policy: AppraisalPolicy;
  readonly history: LaunchHistory;
} {
  const floor = (of: Tcb): { require: PerLine<TcbFloor> } => {
    const { bootloader, tee, snp, microcode } = of;
    return { require: { [product]: { bootloader, tee, snp, microcode } } };
  };
  const preset = strictPreset();
  const chipId = toHex(report.chipId);
  const policy: AppraisalPolicy = {
    ...preset,
    checks: {
      ...preset.checks,
      measurement: { require: [{ digest: toHex(report.measurement), label: "this one" }] },
      chipId: { require: [chipId] },
      idKeyDigest: { require: [toHex(report.idKeyDigest)] },
      familyId: { require: [toHex(report.familyId)] },
      imageId: { require: [toHex(report.imageId)] },
      guestSvn: { require: { minimum: 0 } },
      guestPolicy: { require: { allowed: ["smt"], demanded: [], abiMinimum: "0.0" } },
      platform: { require: { required: ["aliasCheckComplete"], forbidden: ["tioEn"], unknownAllowed: [] } },
      reportedTcb: floor(tcb.reported),
      committedTcb: floor(tcb.committed),
      currentTcb: floor(tcb.current),
      launchTcb: floor(tcb.launch),
      firmware: { require: { [product]: { current: "0.0.0", committed: "0.0.0" } } },
      mitigations: { require: { [product]: { launch: "0x0", current: "0x0" } } },
    },
    rules: [
      { id: "no-debug", expression: "!policy.debug && policy.abiMajor >= 0", sentence: "The host cannot read the VM's memory." },
      { id: "image", expression: "report.guestSvn >= 0 && report.vmpl == 0", sentence: "The image has a version and runs alone." },
      { id: "levels", expression: "tcb.committed.snp <= tcb.current.snp && tcb.reported.snp <= tcb.current.snp", sentence: "It adds up." },
      {
        id: "place",
        expression: "product in ['Milan', 'Genoa', 'Turin'] && !(40 in platform.unknownBits) && at.getHours() < 24",
        sentence: "A machine that we know.",
      },
    ],
  };
  const before = at - day;
  const instances = Array.from({ length: launchesBefore }, (_, launch): SeenInstance => {
    return { reportId: toHex(new Uint8Array(32).fill(launch)), chipId, launch: `launch-${launch}`, at: before };
  });
  const levels = { reportedTcb: toHex(report.reportedTcb), committedTcb: toHex(report.committedTcb) };
  return { policy, history: { chips: [{ chipId, ...levels, firstAt: before, lastAt: before }], instances } };
}

const day = 86_400_000;
const launchesBefore = 8;
