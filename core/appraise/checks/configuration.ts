// Does the VM run with the configuration that its enrolment made? HOST_DATA is chosen by the host, so it means something only because it is
// compared. Cannot be waived.
import { equalBytes, toHex } from "../../base/bytes.ts";
import { judge } from "./check.ts";
import type { Check } from "./check.ts";

export const checkConfiguration: Check = ({ genuine, policy, context }) =>
  judge(
    {
      id: "configuration",
      group: "configuration",
      title: "Agent configuration (HOST_DATA)",
      holds: "The VM was started with the agent configuration of its enrolment.",
      code: "appraise.configuration",
    },
    policy.configuration,
    toHex(genuine.report.hostData),
    () => ({ expected: toHex(context.configurationDigest), passes: equalBytes(genuine.report.hostData, context.configurationDigest) }),
  );
