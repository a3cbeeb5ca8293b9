// How does a page get what only a person may do? First the reason, then the window of the app or the code from the terminal. Closing the dialog before it is
// settled takes the proposal back.
import { type ReactNode, useState } from "react";
import type { BootSetProposalView, PolicyProposalView, StatusView } from "../../core/api/schemas.ts";
import { useAction } from "../api/action.ts";
import type { Client } from "../api/link.ts";
import { Dialog } from "../parts/dialog.tsx";
import { ReasonForm } from "../parts/reason-dialog.tsx";
import { Confirmation } from "./confirmation.tsx";

interface Props<P> {
  readonly title: string;
  readonly confirmation: StatusView["confirmation"];
  /** What to say once there is nothing to confirm any more, given what was proposed here; undefined until then. */
  readonly settled: (proposal: P | undefined) => string | undefined;
  readonly verb: string;
  readonly hint?: string;
  /** What stands above the reason. */
  readonly children: ReactNode;
  readonly ask: (client: Client, reason: string) => Promise<P>;
  readonly onClose: () => void;
}

export function ProposalDialog<P extends BootSetProposalView | PolicyProposalView>({
  title,
  confirmation,
  settled,
  verb,
  hint,
  children,
  ask,
  onClose,
}: Props<P>) {
  const [proposal, setProposal] = useState<P>();
  const drop = useAction();
  const said = settled(proposal);
  const close = (): void => {
    if (proposal !== undefined && said === undefined) drop.run((client) => client.approvals.cancel({ proposal: proposal.proposal }));
    onClose();
  };
  return (
    <Dialog title={title} onClose={close}>
      {said !== undefined ? (
        <>
          <output>{said}</output>
          <div className="dialog-buttons">
            <button type="button" className="button button-primary" onClick={close}>
              Done
            </button>
          </div>
        </>
      ) : proposal === undefined ? (
        <ReasonForm verb={verb} doing="Asking …" {...(hint === undefined ? {} : { hint })} ask={ask} onDone={setProposal} onClose={close}>
          {children}
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
