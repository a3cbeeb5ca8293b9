// What does this VM demand, and what shall it demand? The policy as text, checked while it is written, with what would become looser or stricter; a change is
// proposed here and confirmed where the page has no say (docs/electron-security.md, row 19). Versions are looked at and never edited.
import { useState } from "react";
import type { StatusView, VmDetail } from "../../core/api/schemas.ts";
import { useQuery } from "../api/query.ts";
import { Answer } from "../parts/notice.tsx";
import { PageHead } from "../parts/page.tsx";
import { PolicyEditor } from "../parts/policy-editor.tsx";
import { FieldGuide } from "../parts/policy-guide.tsx";
import { PolicyVersions } from "../parts/policy-versions.tsx";

interface Props {
  readonly id: string;
  readonly status: StatusView;
}

export function PolicyPage({ id, status }: Props) {
  const vm = useQuery({
    key: `vm/${id}`,
    ask: (client) => client.vms.get({ id }),
    concerns: (event) => event.kind === "vm" && (event.id === undefined || event.id === id),
  });
  return (
    <>
      {vm.state !== "ready" && <PageHead title="Policy" back={{ href: `/vms/${id}`, label: "Virtual machine" }} />}
      <Answer query={vm} what="this virtual machine">
        {(detail) => <PolicyOf vm={detail} status={status} />}
      </Answer>
    </>
  );
}

function PolicyOf({ vm, status }: { readonly vm: VmDetail; readonly status: StatusView }) {
  const [round, setRound] = useState(0);
  const start = useQuery({
    key: `policy/${vm.id}/${round}`,
    ask: (client) => client.policies.check({ text: vm.policy, vm: vm.id }),
    concerns: () => false,
  });
  return (
    <>
      <PageHead
        title={`Policy of ${vm.name}`}
        back={{ href: `/vms/${vm.id}`, label: vm.name }}
        lead="Every check is required with a value, or waived with your reason. Nothing that is missing is ever taken for a yes."
      />
      <Answer query={start} what="its policy">
        {({ yaml = vm.policy }) => (
          <PolicyEditor key={round} vm={vm} start={yaml} status={status} onChanged={() => setRound((count) => count + 1)} />
        )}
      </Answer>
      <FieldGuide />
      <PolicyVersions key={vm.policyVersion.number} vm={vm} />
    </>
  );
}
