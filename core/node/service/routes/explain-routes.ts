// What answers "why does this launch not match?" and "what differs between these two?" Records to the core's words; it judges nothing.
import { compareReports } from "../../../appraise/report-difference.ts";
import { failure } from "../../../base/failure.ts";
import { parseReport, type Report } from "../../../snp/report.ts";
import { refused, take, type Api } from "../api.ts";
import { Explanations } from "../explanations.ts";
import type { RouterParts } from "../router-parts.ts";

export function explainRoutes(api: Api["launches"], { manager }: RouterParts) {
  const explanations = new Explanations();
  const launchOf = (id: string) => {
    const launch = take(manager()).launch(id);
    if (launch === undefined) throw refused(failure("api.no-such-launch", id));
    return launch;
  };
  const reportOf = (id: string): Report => {
    const { report } = launchOf(id);
    const parsed = report === undefined ? undefined : parseReport(report);
    if (parsed?.ok !== true) throw refused(failure("measure.no-report", id, parsed?.failure));
    return parsed.value;
  };
  return {
    explain: api.explain.handler(async ({ input, signal }) => {
      const launch = launchOf(input.launch);
      return take(await explanations.explain(launch, take(manager()).vm(launch.vm), signal));
    }),
    compare: api.compare.handler(({ input }) => {
      const { differences, always } = compareReports(reportOf(input.before), reportOf(input.after));
      return { differences: differences.map((difference) => ({ ...difference })), always };
    }),
  };
}
