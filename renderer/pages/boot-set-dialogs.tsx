// May launches have these boot files, from now on or no longer? Approving ahead is confirmed like a release, where the page has no say; retiring and removing
// make the VM stricter and need no more than a reason, or a yes.
import { useState } from "react";
import type { KeptBootSetView } from "../../core/api/boot-schemas.ts";
import type { BootSetProposalView, StatusView, VmDetail } from "../../core/api/schemas.ts";
import { useAction } from "../api/action.ts";
import { useConnection } from "../api/query.ts";
import { act } from "../can.ts";
import { ActionButton } from "../parts/button.tsx";
import { Dialog } from "../parts/dialog.tsx";
import { Digest } from "../parts/digest.tsx";
import { FailureNotice } from "../parts/notice.tsx";
import { ReasonDialog, ReasonForm } from "../parts/reason-dialog.tsx";
import { Confirmation } from "./confirmation.tsx";

interface Props {
  readonly vm: VmDetail;
  readonly kept: KeptBootSetView;
  readonly onClose: () => void;
}

export function ApproveAheadDialog({ vm, kept, confirmation, onClose }: Props & { readonly confirmation: StatusView["confirmation"] }) {
  const [proposal, setProposal] = useState<BootSetProposalView>();
  const drop = useAction();
  const approved = kept.approvedAt !== undefined;
  const close = (): void => {
    if (proposal !== undefined && !approved) drop.run((client) => client.approvals.cancel({ proposal: proposal.proposal }));
    onClose();
  };
  return (
    <Dialog title={`Approve ${kept.label} ahead`} onClose={close}>
      {approved ? (
        <>
          <output>
            It is approved. The next launch of {vm.name} with these boot files passes by itself; the ones before do, too, until you retire
            them.
          </output>
          <div className="dialog-buttons">
            <button type="button" className="button button-primary" onClick={onClose}>
              Done
            </button>
          </div>
        </>
      ) : proposal === undefined ? (
        <ReasonForm
          verb="Approve it …"
          doing="Asking …"
          ask={(client, reason) => client.approvals.proposeBootSet({ vm: vm.id, id: kept.id, reason })}
          onDone={setProposal}
          onClose={close}
        >
          <p>
            Launches that measure <Digest value={kept.set.measurement} what="Measurement" /> are accepted from then on, beside those that
            are accepted now.
          </p>
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

export function RetireBootSetDialog({ vm, kept, onClose }: Props) {
  return (
    <ReasonDialog
      title={`Retire ${kept.label}?`}
      verb="Retire"
      doing="Retiring …"
      danger
      ask={(client, reason) => client.boot.retire({ vm: vm.id, id: kept.id, reason })}
      onDone={onClose}
      onClose={onClose}
    >
      <p>
        From now on a launch of {vm.name} with these boot files is refused. Retire them once the VM has come up with the newer ones; a
        retired set does not come back.
      </p>
    </ReasonDialog>
  );
}

export function RemoveBootSetDialog({ vm, kept, onClose }: Props) {
  const connection = useConnection();
  const action = useAction();
  return (
    <Dialog title={`Remove ${kept.label}?`} onClose={onClose}>
      <p>It was never approved, so no launch depends on it. The files can be measured again.</p>
      {action.failure !== undefined && <FailureNotice failure={action.failure} />}
      <div className="dialog-buttons">
        <ActionButton
          kind="danger"
          can={act(connection)}
          running={action.running && "Removing …"}
          onPress={() => action.run((client) => client.boot.remove({ vm: vm.id, id: kept.id }), onClose)}
        >
          Remove
        </ActionButton>
        <button type="button" className="button button-plain" onClick={onClose}>
          Cancel
        </button>
      </div>
    </Dialog>
  );
}
