// May launches have these boot files, from now on or no longer? Approving ahead is confirmed like a release, where the page has no say; retiring and removing
// make the VM stricter and need no more than a reason, or a yes.
import type { KeptBootSetView } from "../../core/api/boot-schemas.ts";
import type { StatusView, VmDetail } from "../../core/api/schemas.ts";
import { AskDialog } from "../parts/ask-dialog.tsx";
import { Digest } from "../parts/digest.tsx";
import { ReasonDialog } from "../parts/reason-dialog.tsx";
import { ProposalDialog } from "./proposal-dialog.tsx";

interface Props {
  readonly vm: VmDetail;
  readonly kept: KeptBootSetView;
  readonly onClose: () => void;
}

export function ApproveAheadDialog({ vm, kept, confirmation, onClose }: Props & { readonly confirmation: StatusView["confirmation"] }) {
  const approved = kept.approvedAt !== undefined;
  return (
    <ProposalDialog
      title={`Approve ${kept.label} ahead`}
      confirmation={confirmation}
      settled={() =>
        approved
          ? `It is approved. The next launch of ${vm.name} with these boot files passes by itself; the ones before do, too, until you retire them.`
          : undefined
      }
      verb="Approve it …"
      ask={(client, reason) => client.approvals.proposeBootSet({ vm: vm.id, id: kept.id, reason })}
      onClose={onClose}
    >
      <p>
        Launches that measure <Digest value={kept.set.measurement} what="Measurement" /> are accepted from then on, beside those that are
        accepted now.
      </p>
    </ProposalDialog>
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
  return (
    <AskDialog
      title={`Remove ${kept.label}?`}
      verb="Remove"
      doing="Removing …"
      danger
      ask={(client) => client.boot.remove({ vm: vm.id, id: kept.id })}
      onClose={onClose}
    >
      It was never approved, so no launch depends on it. The files can be measured again.
    </AskDialog>
  );
}
