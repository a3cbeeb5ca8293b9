// Why, and is it really you? A policy says who gets keys, so another one is confirmed like a release: first the reason, then the window of the app or the code
// from the terminal.
import { useState } from "react";
import type { PolicyDraft } from "../../core/api/policy-schemas.ts";
import type { PolicyProposalView, StatusView, VmDetail } from "../../core/api/schemas.ts";
import { useAction } from "../api/action.ts";
import { Dialog } from "../parts/dialog.tsx";
import { PolicyChanges } from "../parts/policy-changes.tsx";
import { ReasonForm } from "../parts/reason-dialog.tsx";
import { Confirmation } from "./confirmation.tsx";

interface Props {
  readonly vm: VmDetail;
  readonly text: string;
  readonly changes: PolicyDraft["changes"];
  readonly confirmation: StatusView["confirmation"];
  readonly onClose: () => void;
  readonly onChanged: () => void;
}

export function PolicyDialog({ vm, text, changes, confirmation, onClose, onChanged }: Props) {
  // What it was when it opened: another change in between must not look like this one's effect.
  const [before] = useState(vm.policyVersion);
  const [proposal, setProposal] = useState<PolicyProposalView>();
  const drop = useAction();
  const changed = vm.policyVersion.number !== before.number;
  const close = (): void => {
    if (proposal !== undefined && !changed) drop.run((client) => client.approvals.cancel({ proposal: proposal.proposal }));
    onClose();
    if (changed) onChanged();
  };
  return (
    <Dialog title={`Change the policy of ${vm.name}`} onClose={close}>
      {changed ? (
        <>
          <output>
            {vm.policyVersion.digest === proposal?.after
              ? `Version ${vm.policyVersion.number} is in force. A launch that is under way is asked again under it.`
              : "Somebody else changed the policy meanwhile. Look at it, and make your change again."}
          </output>
          <div className="dialog-buttons">
            <button type="button" className="button button-primary" onClick={close}>
              Done
            </button>
          </div>
        </>
      ) : proposal === undefined ? (
        <ReasonForm
          verb="Change it …"
          doing="Asking …"
          ask={(client, reason) => client.approvals.proposePolicy({ vm: vm.id, text, before: vm.policyVersion.digest, reason })}
          onDone={setProposal}
          onClose={close}
        >
          <PolicyChanges changes={changes} />
        </ReasonForm>
      ) : (
        <Confirmation
          proposal={proposal}
          overtaken={false}
          confirmation={confirmation}
          onClose={close}
          onAgain={() => setProposal(undefined)}
        />
      )}
    </Dialog>
  );
}
