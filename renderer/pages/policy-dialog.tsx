// Why, and is it really you? A policy says who gets keys, so another one is confirmed like a release: first the reason, then the window of the app or the code
// from the terminal.
import { type SyntheticEvent, useState } from "react";
import type { PolicyDraft } from "../../core/api/policy-schemas.ts";
import type { PolicyProposalView, StatusView, VmDetail } from "../../core/api/schemas.ts";
import { useAction } from "../api/action.ts";
import { useConnection } from "../api/query.ts";
import { act, type Permission } from "../can.ts";
import { ActionButton } from "../parts/button.tsx";
import { Dialog } from "../parts/dialog.tsx";
import { TextArea } from "../parts/field.tsx";
import { FailureNotice } from "../parts/notice.tsx";
import { PolicyChanges } from "../parts/policy-changes.tsx";
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
        <Reason vm={vm} text={text} changes={changes} onProposed={setProposal} onClose={close} />
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

interface ReasonProps extends Pick<Props, "vm" | "text" | "changes" | "onClose"> {
  readonly onProposed: (proposal: PolicyProposalView) => void;
}

function Reason({ vm, text, changes, onProposed, onClose }: ReasonProps) {
  const connection = useConnection();
  const action = useAction();
  const [reason, setReason] = useState("");
  const given = reason.trim();
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    action.run((client) => client.approvals.proposePolicy({ vm: vm.id, text, before: vm.policyVersion.digest, reason: given }), onProposed);
  };
  const can: Permission =
    given === ""
      ? { allowed: false, why: "Write a reason first." }
      : given.length > longest
        ? { allowed: false, why: `The reason may have ${longest} characters; it has ${given.length}.` }
        : act(connection);
  return (
    <form className="form" onSubmit={submit} noValidate>
      <PolicyChanges changes={changes} />
      <TextArea label="Reason" hint="It stays in the audit log beside the new version." rows={3} value={reason} onChange={setReason} />
      {action.failure !== undefined && <FailureNotice failure={action.failure} />}
      <div className="dialog-buttons">
        <ActionButton submits kind="primary" can={can} running={action.running && "Asking …"}>
          Change it …
        </ActionButton>
        <button type="button" className="button button-plain" onClick={onClose}>
          Cancel
        </button>
      </div>
    </form>
  );
}

/** The contract's own limit. */
const longest = 500;
