// Why, and is it really you? A policy says who gets keys, so another one is confirmed like a release.
import { useState } from "react";
import type { PolicyDraft } from "../../core/api/policy-schemas.ts";
import type { PolicyProposalView, StatusView, VmDetail } from "../../core/api/schemas.ts";
import { PolicyChanges } from "../parts/policy-changes.tsx";
import { ProposalDialog } from "./proposal-dialog.tsx";

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
  const changed = vm.policyVersion.number !== before.number;
  return (
    <ProposalDialog
      title={`Change the policy of ${vm.name}`}
      confirmation={confirmation}
      settled={(proposal: PolicyProposalView | undefined) => {
        if (!changed) return undefined;
        return vm.policyVersion.digest === proposal?.after
          ? `Version ${vm.policyVersion.number} is in force. A launch that is under way is asked again under it.`
          : "Somebody else changed the policy meanwhile. Look at it, and make your change again.";
      }}
      verb="Change it …"
      hint="It stays in the audit log beside the new version."
      ask={(client, reason) => client.approvals.proposePolicy({ vm: vm.id, text, before: vm.policyVersion.digest, reason })}
      onClose={() => {
        onClose();
        if (changed) onChanged();
      }}
    >
      <PolicyChanges changes={changes} />
    </ProposalDialog>
  );
}
