// What does each field of a policy mean, and what is at stake? The same table as docs/policy.md, beside the text that is being written.
import { useState } from "react";
import { useQuery } from "../api/query.ts";
import { TextField } from "./field.tsx";
import { Answer } from "./notice.tsx";

export function FieldGuide() {
  const fields = useQuery({ key: "policy-fields", ask: (client) => client.policies.fields({}), concerns: () => false });
  const [sought, setSought] = useState("");
  const words = sought.trim().toLowerCase();
  return (
    <details className="card raw">
      <summary>
        <span className="raw-title">What each field means</span> <span className="quiet">and what a wrong value costs</span>
      </summary>
      <Answer query={fields} what="the fields">
        {(all) => {
          const found = all.filter((one) => Object.values(one).some((value) => String(value).toLowerCase().includes(words)));
          return (
            <>
              <TextField label="Find a field" value={sought} onChange={setSought} />
              <output className="quiet">
                {found.length === 0 ? "No field speaks of that." : `${found.length} of ${all.length} fields`}
              </output>
              <dl className="policy-guide">
                {found.map(({ field, title, form, meaning, stake, polarity }) => (
                  <div key={field}>
                    <dt>
                      <code>{field}</code> {title}
                    </dt>
                    <dd>
                      <p>{meaning}</p>
                      <p>Write: {plain(form)}.</p>
                      <p>At stake: {stake}</p>
                      <p className="quiet">{polarity}</p>
                    </dd>
                  </div>
                ))}
              </dl>
            </>
          );
        }}
      </Answer>
    </details>
  );
}

/** The table is written for a page of Markdown. */
function plain(text: string): string {
  return text.replaceAll("`", "");
}
