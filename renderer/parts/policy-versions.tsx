// Which policies did this VM have? Each version as it was: a launch that one of them judged can be judged again.
import { useState } from "react";
import type { VmDetail } from "../../core/api/schemas.ts";
import { useQuery } from "../api/query.ts";
import { CopyButton } from "./copy.tsx";
import { Digest } from "./digest.tsx";
import { Answer } from "./notice.tsx";
import { CodeBlock, Section } from "./page.tsx";
import { PolicyChanges } from "./policy-changes.tsx";
import { pretty } from "./pretty.ts";
import { Table } from "./table.tsx";
import { When } from "./time.tsx";

export function PolicyVersions({ vm }: { readonly vm: VmDetail }) {
  const versions = useQuery({
    key: `policy-versions/${vm.id}`,
    ask: (client) => client.vms.policyVersions({ id: vm.id }),
    concerns: () => false,
  });
  const [shown, setShown] = useState<number>();
  return (
    <Section title="Versions" bare>
      <Answer query={versions} what="its versions">
        {(all) => (
          <Table caption="Versions of this policy, newest first" columns={["Version", "Since", "Digest", "Reason", "Text"]}>
            {all.map(({ number, since, digest, reason }) => (
              <tr key={number}>
                <th scope="row">{number}</th>
                <td>
                  <When at={since} />
                </td>
                <td>
                  <Digest value={digest} what={`Digest of version ${number}`} />
                </td>
                <td>{reason}</td>
                <td>
                  <button
                    type="button"
                    className="link-button"
                    aria-expanded={shown === number}
                    onClick={() => setShown(shown === number ? undefined : number)}
                  >
                    {shown === number ? "Hide" : "Show"} <span className="hidden">version {number}</span>
                  </button>
                </td>
              </tr>
            ))}
          </Table>
        )}
      </Answer>
      {shown !== undefined && <VersionText vm={vm.id} number={shown} />}
    </Section>
  );
}

/** What going back to it would change. */
function Against({ vm, policy }: { readonly vm: string; readonly policy: string }) {
  const draft = useQuery({
    key: `policy/${vm}/against/${policy}`,
    ask: (client) => client.policies.check({ text: policy, vm }),
    concerns: () => false,
  });
  if (draft.state !== "ready" || draft.value.changes.length === 0) return null;
  return (
    <>
      <h3>Against the one that is in force</h3>
      <PolicyChanges changes={draft.value.changes} />
    </>
  );
}

function VersionText({ vm, number }: { readonly vm: string; readonly number: number }) {
  const text = useQuery({
    key: `policy/${vm}/version/${number}`,
    ask: (client) => client.vms.policyOf({ id: vm, number }),
    concerns: () => false,
  });
  return (
    <Answer query={text} what={`version ${number}`}>
      {({ policy }) => (
        <>
          <div className="code-head">
            <h3>Version {number}</h3>
            <CopyButton text={policy} what={`version ${number}`} label="Copy" />
          </div>
          <Against vm={vm} policy={policy} />
          <CodeBlock text={pretty(policy)} label={`Version ${number} of the policy`} />
        </>
      )}
    </Answer>
  );
}
