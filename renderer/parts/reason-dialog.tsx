// What is done only with a reason? A question, the reason that stays in the audit log, and the action itself.
import { type ReactNode, type SyntheticEvent, useState } from "react";
import { useAction } from "../api/action.ts";
import type { Client } from "../api/link.ts";
import { useConnection } from "../api/query.ts";
import { act, type Permission } from "../can.ts";
import { ActionButton } from "./button.tsx";
import { Dialog } from "./dialog.tsx";
import { TextArea } from "./field.tsx";
import { FailureNotice } from "./notice.tsx";

interface Props<T> {
  readonly title: string;
  readonly verb: string;
  readonly doing: string;
  readonly danger?: boolean;
  /** Beside the reason, what is in the way; the connection where it is not given. */
  readonly may?: Permission;
  readonly hint?: string;
  readonly children: ReactNode;
  readonly ask: (client: Client, reason: string) => Promise<T>;
  readonly onDone: (answer: T) => void;
  readonly onClose: () => void;
}

export function ReasonDialog<T>({ title, onClose, ...form }: Props<T>) {
  return (
    <Dialog title={title} onClose={onClose}>
      <ReasonForm {...form} onClose={onClose} />
    </Dialog>
  );
}

/** Also the first step of a proposal, in a dialog of its own. */
export function ReasonForm<T>({
  verb,
  doing,
  danger = false,
  may,
  hint = usualHint,
  children,
  ask,
  onDone,
  onClose,
}: Omit<Props<T>, "title">) {
  const connection = useConnection();
  const action = useAction();
  const [reason, setReason] = useState("");
  const given = reason.trim();
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    action.run((client) => ask(client, given), onDone);
  };
  const can: Permission =
    given === ""
      ? { allowed: false, why: "Write a reason first." }
      : given.length > longest
        ? { allowed: false, why: `The reason may have ${longest} characters; it has ${given.length}.` }
        : (may ?? act(connection));
  return (
    <form className="form" onSubmit={submit} noValidate>
      {children}
      <TextArea label="Reason" hint={hint} rows={3} value={reason} onChange={setReason} />
      {action.failure !== undefined && <FailureNotice failure={action.failure} />}
      <div className="dialog-buttons">
        <ActionButton submits kind={danger ? "danger" : "primary"} can={can} running={action.running && doing}>
          {verb}
        </ActionButton>
        <button type="button" className="button button-plain" onClick={onClose}>
          Cancel
        </button>
      </div>
    </form>
  );
}

const usualHint = "It stays in the audit log.";
/** The contract's own limit. */
const longest = 500;
