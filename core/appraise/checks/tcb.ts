// Is each TCB version at or above the owner's floor? Component by component, with the product's own layout: never as one number.
import { shortfalls, tcbComponents } from "../../snp/tcb.ts";
import type { Tcb } from "../../snp/tcb.ts";
import type { PerLine, TcbFloor } from "../policy-demands.ts";
import type { Demand } from "../policy-reader.ts";
import type { CheckResult } from "../result.ts";
import { judge } from "./check.ts";
import type { GenuineReport } from "../verify.ts";
import type { Check } from "./check.ts";
import { judgeLine } from "./per-line.ts";

export const checkReportedTcb: Check = ({ genuine, policy }) =>
  judgeTcb("reported-tcb", "Reported TCB (the key's)", genuine, policy.reportedTcb, genuine.tcb.reported);

export const checkCommittedTcb: Check = ({ genuine, policy }) =>
  judgeTcb("committed-tcb", "Committed TCB (no way back below it)", genuine, policy.committedTcb, genuine.tcb.committed);

export const checkCurrentTcb: Check = ({ genuine, policy }) =>
  judgeTcb("current-tcb", "Current TCB (running now)", genuine, policy.currentTcb, genuine.tcb.current);

export const checkLaunchTcb: Check = ({ genuine, policy }) =>
  judgeTcb("launch-tcb", "Launch TCB (when the VM was started)", genuine, policy.launchTcb, genuine.tcb.launch);

function judgeTcb(id: string, title: string, genuine: GenuineReport, demand: Demand<PerLine<TcbFloor>>, tcb: Tcb): CheckResult {
  return judge(
    { id, group: "tcb", title, holds: "No component is below the policy's floor.", code: "appraise.tcb-floor" },
    demand,
    textOf(tcb),
    (lines) => {
      const least = (floor: TcbFloor): Tcb => ({ ...floor, product: tcb.product, fmc: floor.fmc });
      return judgeLine(
        genuine,
        lines,
        (floor) => `at least ${textOf(least(floor))}`,
        (floor) => shortfalls(tcb, least(floor)).length === 0,
      );
    },
  );
}

/** "bootloader 4, tee 0, snp 24, microcode 219". */
function textOf(tcb: Tcb): string {
  return tcbComponents.flatMap((component) => (tcb[component] === undefined ? [] : [`${component} ${tcb[component]}`])).join(", ");
}
