// What is in the kit? What it says at a glance, its traps as warnings, what to do in order, and every file with where it goes.
import { Link } from "wouter";
import type { KeptBootSetView } from "../../core/api/boot-schemas.ts";
import type { KitView } from "../../core/api/kit-schemas.ts";
import type { VmDetail } from "../../core/api/schemas.ts";
import { fromHex, toBase64 } from "../../core/base/bytes.ts";
import { useQuery } from "../api/query.ts";
import { ConfigurationImages } from "../parts/configuration-images.tsx";
import { CopyButton } from "../parts/copy.tsx";
import { Digest } from "../parts/digest.tsx";
import { KitFiles } from "../parts/kit-files.tsx";
import { Answer, Notice } from "../parts/notice.tsx";
import { Pairs, Section } from "../parts/page.tsx";
import { hostWords } from "../words.ts";

interface Props {
  readonly vm: VmDetail;
  readonly chosen: KeptBootSetView;
}

export function MadeKit({ vm, chosen }: Props) {
  const kit = useQuery({
    key: `kit/${chosen.id}/${JSON.stringify([vm.hostPlan, chosen.approvedAt, vm.configurations, vm.policyVersion.number])}`,
    ask: (client) => client.kit.make({ vm: vm.id, bootSet: chosen.id }),
    concerns: () => false,
  });
  return (
    <Answer query={kit} what="the kit">
      {(made) => (
        <>
          <Section title="What it says">
            <Facts kit={made} />
          </Section>
          {made.traps.length > 0 && (
            <Notice tone="wait" title={made.traps.length === 1 ? "Beware" : `Beware of ${made.traps.length} things`}>
              <ul className="preset-notes">
                {made.traps.map((trap) => (
                  <li key={trap}>{trap}</li>
                ))}
              </ul>
            </Notice>
          )}
          <Section title="What to do">
            <ol className="kit-steps">
              {made.steps.map((step) => (
                <li key={step}>{step}</li>
              ))}
            </ol>
          </Section>
          <KitFiles files={made.files} />
          <ConfigurationImages vm={vm} digest={made.hostData} delivery={vm.hostPlan?.delivery ?? "fw-cfg"} />
          <p>
            Is the VM set up on the host already? <Link href={`/vms/check/${vm.id}`}>Check the host's configuration</Link>
          </p>
        </>
      )}
    </Answer>
  );
}

function Facts({ kit }: { readonly kit: KitView }) {
  const hostData = toBase64(fromHex(kit.hostData) ?? new Uint8Array(0));
  return (
    <>
      <Pairs
        beside
        pairs={[
          { term: "Host", value: hostWords[kit.host] },
          { term: "Measurement", value: <Digest value={kit.bootSet.measurement} what="Measurement" /> },
          { term: "Guest policy", value: <code>{kit.guestPolicy}</code> },
          { term: "ID block", value: kit.idBlock ? "signed" : "none" },
        ]}
      />
      <Pairs
        pairs={[
          {
            term: "HOST_DATA, the digest of its configuration",
            value: (
              <>
                <code className="value">{kit.hostData}</code> <CopyButton text={kit.hostData} what="HOST_DATA as hex" />
                <CopyButton text={hostData} what="HOST_DATA as base64" label="base64" />
              </>
            ),
          },
        ]}
      />
    </>
  );
}
