// What shall every launch prove? A preset with what it demands and gives up, or a policy of the owner's own that is checked while it is written.
import { useDeferredValue } from "react";
import type { PolicyPresetView } from "../../core/api/policy-schemas.ts";
import { useQuery } from "../api/query.ts";
import type { Faults } from "../boot/boot-form.ts";
import { CopyButton } from "../parts/copy.tsx";
import { Choice, TextArea } from "../parts/field.tsx";
import { Answer, Notice } from "../parts/notice.tsx";
import type { EnrolForm } from "./enrol-form.ts";

interface Props {
  readonly form: EnrolForm;
  readonly faults: Faults;
  readonly measurement: string | undefined;
  readonly onChange: (form: EnrolForm) => void;
}

export function PolicyStep({ form, faults, measurement, onChange }: Props) {
  const presets = useQuery({ key: "presets", ask: (client) => client.policies.presets({}), concerns: () => false });
  const simulated = form.platform === "simulated";
  const own = form.policy.trim() !== "";
  return (
    <Answer query={presets} what="the presets">
      {(all) => (
        <>
          {simulated ? (
            <Notes preset={all.find(({ name }) => name === "simulated")} />
          ) : (
            <>
              <Choice
                legend="Preset"
                name="preset"
                value={own ? undefined : form.preset}
                onChange={(preset) => onChange({ ...form, preset, policy: "" })}
                options={order.map((name) => ({
                  value: name,
                  label: all.find((preset) => preset.name === name)?.title ?? name,
                  hint: hints[name],
                }))}
              />
              {!own && <Notes preset={all.find(({ name }) => name === form.preset)} />}
            </>
          )}
          {!own && measurement !== undefined && (
            <p>The measurement of the boot files goes into the policy: a launch that measures anything else is refused.</p>
          )}
          <details className="older" open={own || undefined}>
            <summary>Use a policy of your own</summary>
            <TextArea
              id="policy"
              label="Appraisal policy, YAML or JSON"
              hint="Replaces the preset as a whole. Leave it empty to use the preset."
              rows={10}
              code
              value={form.policy}
              onChange={(policy) => onChange({ ...form, policy })}
              error={faults.get("policy")}
            />
            {own && <Own text={form.policy} measurement={measurement} />}
          </details>
        </>
      )}
    </Answer>
  );
}

function Notes({ preset }: { readonly preset: PolicyPresetView | undefined }) {
  if (preset === undefined) return null;
  return (
    <section aria-label={`What ${preset.title} demands`}>
      <ul className="preset-notes">
        {preset.notes.map((note) => (
          <li key={note}>{note}</li>
        ))}
      </ul>
    </section>
  );
}

function Own({ text, measurement }: { readonly text: string; readonly measurement: string | undefined }) {
  const checked = useDeferredValue(text);
  const draft = useQuery({
    key: `enrol-policy/${checked}`,
    ask: (client) => client.policies.check({ text: checked }),
    concerns: () => false,
  });
  return (
    <>
      {draft.state === "ready" && !draft.value.ok && (
        <Notice tone="wait" title="It is no policy yet">
          <ul>
            {draft.value.faults.map((fault) => (
              <li key={fault}>{fault}</li>
            ))}
          </ul>
        </Notice>
      )}
      {measurement !== undefined && !text.includes(measurement) && (
        <Notice tone="wait" title="It does not name the measurement of your boot files">
          <p>
            Write it under checks.measurement, or launches with these files do not pass.{" "}
            <CopyButton text={measurement} what="the measurement" />
          </p>
        </Notice>
      )}
    </>
  );
}

const order = ["standard", "strict", "lab"] as const;
const hints: Readonly<Record<(typeof order)[number], string>> = {
  standard: "For a data centre of somebody else.",
  strict: "For secrets that are worth an attack on the host.",
  lab: "For your own bench. Nothing secret.",
};
