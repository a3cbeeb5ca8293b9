// What is done after a yes? A question, the action itself, and a way out.
import type { ReactNode } from "react";
import { useAction } from "../api/action.ts";
import type { Client } from "../api/link.ts";
import { useConnection } from "../api/query.ts";
import { act } from "../can.ts";
import { ActionButton } from "./button.tsx";
import { Dialog } from "./dialog.tsx";
import { FailureNotice } from "./notice.tsx";

interface Props {
  readonly title: string;
  readonly verb: string;
  readonly doing: string;
  readonly danger?: boolean;
  readonly children: ReactNode;
  readonly ask: (client: Client) => Promise<unknown>;
  readonly onClose: () => void;
}

export function AskDialog({ title, verb, doing, danger = false, children, ask, onClose }: Props) {
  const connection = useConnection();
  const action = useAction();
  return (
    <Dialog title={title} onClose={onClose}>
      <p>{children}</p>
      {action.failure !== undefined && <FailureNotice failure={action.failure} />}
      <div className="dialog-buttons">
        <ActionButton
          kind={danger ? "danger" : "primary"}
          can={act(connection)}
          running={action.running && doing}
          onPress={() => action.run(ask, onClose)}
        >
          {verb}
        </ActionButton>
        <button type="button" className="button button-plain" onClick={onClose}>
          Cancel
        </button>
      </div>
    </Dialog>
  );
}
