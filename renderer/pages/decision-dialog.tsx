// Why, and is it really you? First the reason, then the confirmation where the page cannot reach: a window of the app, or a code in
// the terminal. Its evidence is fixed when it opens; when the VM sends other evidence, nothing can be proposed from here any more.
import { useState } from "react";
import type { LaunchDetail, ProposalView, StatusView } from "../../core/api/schemas.ts";
import { useAction } from "../api/action.ts";
import { useConnection } from "../api/query.ts";
import { act, decide } from "../can.ts";
import { Dialog } from "../parts/dialog.tsx";
import { Digest } from "../parts/digest.tsx";
import { nameOf } from "../parts/launch-table.tsx";
import { LaunchMark, SimulatedBadge } from "../parts/mark.tsx";
import { Notice } from "../parts/notice.tsx";
import { ReasonForm } from "../parts/reason-dialog.tsx";
import { launchSentence } from "../words.ts";
import { Confirmation } from "./confirmation.tsx";

interface Props {
  readonly launch: LaunchDetail;
  readonly evidence: string;
  readonly verdict: "approve" | "deny";
  readonly confirmation: StatusView["confirmation"];
  readonly onClose: () => void;
}

export function DecisionDialog({ launch, evidence, verdict, confirmation, onClose }: Props) {
  const [proposal, setProposal] = useState<ProposalView>();
  const drop = useAction();
  const decided = launch.state !== "pending" && launch.state !== "attesting";
  const close = (): void => {
    if (proposal !== undefined && !decided) drop.run((client) => client.approvals.cancel({ proposal: proposal.proposal }));
    onClose();
  };
  return (
    <Dialog title={`${verdict === "approve" ? "Approve" : "Deny"} the launch of ${nameOf(launch)}`} onClose={close}>
      {decided ? (
        <Decided launch={launch} onClose={onClose} />
      ) : proposal !== undefined ? (
        <Confirmation
          proposal={proposal}
          overtaken={launch.evidence !== evidence}
          confirmation={confirmation}
          onClose={close}
          onAgain={() => setProposal(undefined)}
        />
      ) : launch.evidence === evidence ? (
        <Reason launch={launch} evidence={evidence} verdict={verdict} onProposed={setProposal} onClose={close} />
      ) : (
        <OtherEvidence onClose={close} />
      )}
    </Dialog>
  );
}

interface ReasonProps extends Omit<Props, "confirmation"> {
  readonly onProposed: (proposal: ProposalView) => void;
}

function Reason({ launch, evidence, verdict, onProposed, onClose }: ReasonProps) {
  const connection = useConnection();
  return (
    <ReasonForm
      verb={verdict === "approve" ? "Approve …" : "Deny …"}
      doing="Asking …"
      danger={verdict === "deny"}
      may={decide(launch, connection)}
      hint="It stays in the audit log beside the decision."
      ask={(client, reason) => client.approvals.propose({ launch: launch.id, evidence, verdict, reason })}
      onDone={onProposed}
      onClose={onClose}
    >
      <p>
        {verdict === "approve"
          ? "The disk key will be sealed to this VM and sent. That cannot be taken back."
          : "The VM gets no key and powers off. It may ask again with a new launch."}{" "}
        {launch.simulated && <SimulatedBadge />}
      </p>
      <p className="decision-evidence">
        Evidence <Digest value={evidence} what="Evidence digest" />
      </p>
    </ReasonForm>
  );
}

function OtherEvidence({ onClose }: { readonly onClose: () => void }) {
  return (
    <>
      <Notice tone="wait" title="The VM sent new evidence">
        <p>What you were about to decide named the evidence before. Nothing was decided. Look at the new evidence, then decide again.</p>
      </Notice>
      <div className="dialog-buttons">
        <button type="button" className="button button-primary" onClick={onClose}>
          Look at the new evidence
        </button>
      </div>
    </>
  );
}

function Decided({ launch, onClose }: { readonly launch: LaunchDetail; readonly onClose: () => void }) {
  const connection = useConnection();
  return (
    <>
      <output className="stack">
        <span>
          <LaunchMark state={launch.state} />
        </span>
        <span>{launchSentence(launch)}</span>
        {!act(connection).allowed && <span className="quiet">The console is not connected: this is the last that was known.</span>}
      </output>
      <div className="dialog-buttons">
        <button type="button" className="button button-primary" onClick={onClose}>
          Done
        </button>
      </div>
    </>
  );
}
