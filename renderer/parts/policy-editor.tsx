// How is a policy written? As text with comments; what is wrong with it and what it would change is said while it is written, and before anybody is asked.
import { useDeferredValue, useState } from "react";
import type { PolicyDraft, PolicyPresetView } from "../../core/api/policy-schemas.ts";
import type { StatusView, VmDetail } from "../../core/api/schemas.ts";
import { useConnection, useQuery } from "../api/query.ts";
import { act, type Permission } from "../can.ts";
import { PolicyDialog } from "../pages/policy-dialog.tsx";
import { ActionButton } from "./button.tsx";
import { TextArea } from "./field.tsx";
import { Answer, Notice } from "./notice.tsx";
import { Section } from "./page.tsx";
import { PolicyChanges } from "./policy-changes.tsx";

interface Props {
  readonly vm: VmDetail;
  /** The text to begin with. */
  readonly start: string;
  readonly status: StatusView;
  readonly onChanged: () => void;
}

export function PolicyEditor({ vm, start, status, onChanged }: Props) {
  const connection = useConnection();
  const [text, setText] = useState(start);
  // As it was when the person asked: what is being confirmed must not change under the question.
  const [asked, setAsked] = useState<{ readonly text: string; readonly changes: PolicyDraft["changes"] }>();
  // Typing comes first: the check follows when there is time for it.
  const checked = useDeferredValue(text);
  const draft = useQuery({
    key: `draft/${vm.policyVersion.digest}/${checked}`,
    ask: (client) => client.policies.check({ text: checked, vm: vm.id }),
    concerns: () => false,
  });
  const ready = draft.state === "ready" ? draft.value : undefined;
  return (
    <Section title="Edit" lead="YAML or JSON. Comments are for you alone: what is kept is what it means.">
      <Presets onTake={setText} />
      <TextArea label="Policy" code rows={24} value={text} onChange={setText} />
      <Answer query={draft} what="what is wrong with it">
        {(value) => <Verdict draft={value} />}
      </Answer>
      <div className="decision-buttons">
        <ActionButton
          kind="primary"
          can={mayPropose(ready, act(connection))}
          onPress={() => ready !== undefined && setAsked({ text: checked, changes: ready.changes })}
        >
          Change the policy …
        </ActionButton>
        <button type="button" className="button button-plain" disabled={text === start} onClick={() => setText(start)}>
          Undo my edits
        </button>
      </div>
      {asked !== undefined && (
        <PolicyDialog vm={vm} {...asked} confirmation={status.confirmation} onClose={() => setAsked(undefined)} onChanged={onChanged} />
      )}
    </Section>
  );
}

function mayPropose(draft: PolicyDraft | undefined, connected: Permission): Permission {
  if (draft === undefined) return { allowed: false, why: "It is being checked." };
  if (!draft.ok) return { allowed: false, why: "It is no policy yet: mend what is named." };
  if (draft.changes.length === 0) return { allowed: false, why: "It demands what the VM's policy demands already." };
  return connected;
}

function Verdict({ draft }: { readonly draft: PolicyDraft }) {
  if (!draft.ok)
    return (
      <Notice tone="wait" title={draft.faults.length === 1 ? "One thing is wrong" : `${draft.faults.length} things are wrong`}>
        <ul>
          {draft.faults.map((fault) => (
            <li key={fault}>{fault}</li>
          ))}
        </ul>
      </Notice>
    );
  return (
    <>
      <PolicyChanges changes={draft.changes} />
      {draft.waived.length > 0 && (
        <details className="older">
          <summary>{draft.waived.length === 1 ? "One check is waived" : `${draft.waived.length} checks are waived`}</summary>
          <ul>
            {draft.waived.map(({ field, title, reason }) => (
              <li key={field}>
                {title}: {reason}
              </li>
            ))}
          </ul>
        </details>
      )}
    </>
  );
}

function Presets({ onTake }: { readonly onTake: (text: string) => void }) {
  const presets = useQuery({ key: "presets", ask: (client) => client.policies.presets({}), concerns: () => false });
  const list: readonly PolicyPresetView[] = presets.state === "ready" ? presets.value : [];
  return (
    <details className="older">
      <summary>Start from a preset</summary>
      <ul>
        {list.map(({ name, title, notes, text }) => (
          <li key={name}>
            <button type="button" className="link-button" onClick={() => onTake(text)}>
              {title}
            </button>
            {notes.map((note) => (
              <p key={note} className="quiet">
                {note}
              </p>
            ))}
          </li>
        ))}
      </ul>
    </details>
  );
}
