// How does the person confirm what was proposed? In the app's own window, or with the code that only the terminal shows.
import { type SyntheticEvent, useEffect, useRef, useState } from "react";
import type { ProposalView, StatusView } from "../../core/api/schemas.ts";
import { useAction } from "../api/action.ts";
import { useConnection, useService } from "../api/query.ts";
import { act, type Permission } from "../can.ts";
import { useSecond } from "../now.ts";
import { ActionButton } from "../parts/button.tsx";
import { TextField } from "../parts/field.tsx";
import { FailureNotice, Notice } from "../parts/notice.tsx";
import { Scroller } from "../parts/table.tsx";
import { Countdown } from "../parts/time.tsx";

interface Props {
  readonly proposal: ProposalView;
  /** The VM sent other evidence after this was proposed. */
  readonly overtaken: boolean;
  readonly confirmation: StatusView["confirmation"];
  readonly onClose: () => void;
  /** Back to the reason. */
  readonly onAgain: () => void;
}

export function Confirmation({ proposal, overtaken, confirmation, onClose, onAgain }: Props) {
  const [confirmed, setConfirmed] = useState(false);
  const over = useSecond() >= Date.parse(proposal.expiresAt);
  if (confirmed) return <Confirmed proposal={proposal} />;
  return (
    <>
      <Scroller className="summary" label="What you are asked to confirm">
        {proposal.summary.map((sentence) => (
          <p key={sentence}>{sentence}</p>
        ))}
      </Scroller>
      {overtaken && (
        <Notice tone="wait" title="The VM sent new evidence">
          <p>What was proposed here names the evidence before. If you have not confirmed it yet, drop it and look at the new evidence.</p>
        </Notice>
      )}
      {over ? (
        <>
          <Notice tone="wait" title="The question ran out">
            <p>It was not confirmed in time, and nothing was decided.</p>
          </Notice>
          <div className="dialog-buttons">
            <button type="button" className="button button-primary" onClick={onAgain}>
              Ask again
            </button>
          </div>
        </>
      ) : confirmation === "native-dialog" ? (
        <InWindow proposal={proposal} onClose={onClose} onAgain={onAgain} />
      ) : (
        <ByCode proposal={proposal} onClose={onClose} onConfirmed={() => setConfirmed(true)} />
      )}
    </>
  );
}

function Confirmed({ proposal: { about, verdict } }: Pick<Props, "proposal">) {
  if (about === "policy") return <output>You confirmed it. The new version appears here in a moment.</output>;
  if (about === "boot-set")
    return <output>You confirmed it. A launch with these boot files passes from now on; the ones before do, too.</output>;
  return (
    <output>
      {verdict === "approve"
        ? "You confirmed it. The VM may be asked for fresh evidence first; then its key goes out, and what came of it appears here."
        : "You confirmed it. The VM is being told."}
    </output>
  );
}

function InWindow({ proposal, onClose, onAgain }: Pick<Props, "proposal" | "onClose" | "onAgain">) {
  const service = useService();
  const [closed, setClosed] = useState(false);
  const shownAt = useRef<number>(undefined);
  useEffect(() => {
    shownAt.current ??= performance.now();
    return service.onChange(({ kind, id }) => {
      // The service tells of a proposal when it begins and when it ends. Word of the beginning may come after the answer that made this:
      // nobody reads and answers a window within a second.
      const late = performance.now() - (shownAt.current ?? 0) > 1000;
      if (late && kind === "proposal" && id === proposal.proposal) setClosed(true);
    });
  }, [service, proposal.proposal]);
  if (closed)
    return (
      <>
        <output>The window was answered. If you confirmed, the decision appears here in a moment; if not, nothing was decided.</output>
        <div className="dialog-buttons">
          <button type="button" className="button button-plain" onClick={onAgain}>
            Ask again
          </button>
          <button type="button" className="button button-plain" onClick={onClose}>
            Close
          </button>
        </div>
      </>
    );
  return (
    <>
      <Notice tone="info" title="Confirm in the window that Portcullis opened">
        <p>
          It shows the same sentences, made by the service itself. Compare them, and answer there. <Left proposal={proposal} />
        </p>
      </Notice>
      <div className="dialog-buttons">
        <button type="button" className="button button-plain" onClick={onClose}>
          Drop the question
        </button>
      </div>
    </>
  );
}

interface ByCodeProps extends Pick<Props, "proposal" | "onClose"> {
  readonly onConfirmed: () => void;
}

function ByCode({ proposal, onClose, onConfirmed }: ByCodeProps) {
  const connection = useConnection();
  const action = useAction();
  const [typed, setTyped] = useState("");
  const code = typed.replaceAll(/\s/g, "");
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    action.run((client) => client.approvals.confirm({ proposal: proposal.proposal, code }), onConfirmed);
  };
  const can: Permission = /^[0-9]{8}$/.test(code) ? act(connection) : { allowed: false, why: "The code has 8 digits." };
  return (
    <form className="form" onSubmit={submit} noValidate>
      <TextField
        label="Code from the terminal"
        hint={
          <>
            The terminal where Portcullis runs shows the same sentences and an 8-digit code. Compare them before you type it.{" "}
            <Left proposal={proposal} />
          </>
        }
        code
        takesFocus
        inputMode="numeric"
        autoComplete="one-time-code"
        value={typed}
        onChange={setTyped}
      />
      {action.failure !== undefined && <FailureNotice failure={action.failure} />}
      <div className="dialog-buttons">
        <ActionButton
          submits
          kind={proposal.verdict === "approve" ? "primary" : "danger"}
          can={can}
          running={action.running && "Confirming …"}
        >
          {confirmLabel(proposal)}
        </ActionButton>
        <button type="button" className="button button-plain" onClick={onClose}>
          Drop the question
        </button>
      </div>
    </form>
  );
}

function confirmLabel({ about, verdict }: ProposalView): string {
  if (about === "policy") return "Change the policy";
  if (about === "boot-set") return "Approve ahead";
  return verdict === "approve" ? "Approve" : "Deny";
}

function Left({ proposal }: { readonly proposal: ProposalView }) {
  return (
    <>
      <Countdown until={proposal.expiresAt} what="Confirmation" /> left.
    </>
  );
}
