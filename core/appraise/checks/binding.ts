// Was this report made for this launch, by the agent's own privilege level, in a form that says enough?
import { toHex } from "../../base/bytes.ts";
import { judge } from "./check.ts";
import type { Check } from "./check.ts";

export const checkReportData: Check = ({ genuine }) =>
  judge(
    {
      id: "report-data",
      group: "binding",
      title: "Bound to this connection (REPORT_DATA)",
      holds: "The report carries the value of this connection, this challenge and the agent's sealing key.",
      code: "appraise.report-data",
    },
    { require: true },
    toHex(genuine.report.reportData),
    // A BoundReport exists only where the comparison held; the check is here so that a person sees it.
    () => ({ expected: toHex(genuine.report.reportData), passes: true }),
  );

export const checkVmpl: Check = ({ genuine, policy }) =>
  judge(
    {
      id: "vmpl",
      group: "binding",
      title: "Privilege level of the agent",
      holds: "The report was asked for at a level that the policy accepts.",
      code: "appraise.vmpl",
    },
    policy.vmpl,
    `VMPL ${genuine.report.vmpl}`,
    ({ maximum }) => ({ expected: `at most VMPL ${maximum}`, passes: genuine.report.vmpl <= maximum }),
  );

export const checkReportVersion: Check = ({ genuine, policy }) =>
  judge(
    {
      id: "report-version",
      group: "binding",
      title: "Report version",
      holds: "The report is not of an older version than the policy demands.",
      code: "appraise.report-version",
    },
    policy.reportVersion,
    `version ${genuine.report.version}`,
    ({ minimum }) => ({ expected: `at least version ${minimum}`, passes: genuine.report.version >= minimum }),
  );
