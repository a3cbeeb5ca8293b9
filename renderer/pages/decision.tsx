// Shall the key go? The page only proposes, naming the evidence that was looked at; the person confirms where the page has no say.
// docs/electron-security.md, row 19: nothing here can approve by itself.
import { useState } from "react";
import type { LaunchDetail, StatusView } from "../../core/api/schemas.ts";
import { useConnection } from "../api/query.ts";
import { decide } from "../can.ts";
import { ActionButton } from "../parts/button.tsx";
import { Digest } from "../parts/digest.tsx";
import { nameOf } from "../parts/launch-table.tsx";
import { Section } from "../parts/page.tsx";
import { Countdown } from "../parts/time.tsx";
import { DecisionDialog } from "./decision-dialog.tsx";

interface Props {
  readonly launch: LaunchDetail;
  readonly status: StatusView;
  /** Other evidence came while the page was open, and the person has not said that they looked at it. */
  readonly changed: boolean;
}

type Verdict = "approve" | "deny";

export function DecisionPanel({ launch, status, changed }: Props) {
  const connection = useConnection();
  const [open, setOpen] = useState<{ readonly verdict: Verdict; readonly evidence: string }>();
  const can = decide(launch, connection);
  const ask = (verdict: Verdict) => (): void => {
    if (launch.evidence !== undefined) setOpen({ verdict, evidence: launch.evidence });
  };
  return (
    <Section title="Your decision">
      {launch.state === "pending" && launch.waitUntil !== undefined && (
        <p className="decision-left">
          <Countdown until={launch.waitUntil} what={`Decision on ${nameOf(launch)}`} /> left to decide
        </p>
      )}
      {can.allowed ? (
        <>
          <p className="decision-evidence quiet">
            {changed ? "You would decide about the new evidence" : "You decide about evidence"}
            <Digest value={launch.evidence ?? ""} what="Evidence digest" />
          </p>
          <div className="decision-buttons">
            <ActionButton kind="primary" can={can} onPress={ask("approve")}>
              {changed ? `Approve new evidence ${(launch.evidence ?? "").slice(0, 8)}` : "Approve"}
            </ActionButton>
            <ActionButton kind="danger" can={can} onPress={ask("deny")}>
              Deny
            </ActionButton>
          </div>
        </>
      ) : (
        <ActionButton kind="primary" can={can} onPress={ask("approve")}>
          Approve
        </ActionButton>
      )}
      {open !== undefined && (
        <DecisionDialog
          launch={launch}
          evidence={open.evidence}
          verdict={open.verdict}
          confirmation={status.confirmation}
          onClose={() => setOpen(undefined)}
        />
      )}
    </Section>
  );
}
