// What does the host need to start this VM so that it can be attested? The finished kit of one boot set: what to do in order, what to beware of, and every
// file with where it goes. Without a plan or boot files it asks for those first.
import { Link, useLocation } from "wouter";
import type { KitView } from "../../core/api/kit-schemas.ts";
import type { VmDetail } from "../../core/api/schemas.ts";
import { toBase64, fromHex } from "../../core/base/bytes.ts";
import { useQuery } from "../api/query.ts";
import { bootSetWords, inUse, newestInUse, stateOf } from "../boot/boot-set-state.ts";
import { BootSetMark } from "../parts/boot-set-mark.tsx";
import { ConfigurationImages } from "../parts/configuration-images.tsx";
import { CopyButton } from "../parts/copy.tsx";
import { Digest } from "../parts/digest.tsx";
import { KitFiles } from "../parts/kit-files.tsx";
import { Answer, Empty, Notice } from "../parts/notice.tsx";
import { PageHead, Pairs, Section } from "../parts/page.tsx";
import { SelectField } from "../parts/select-field.tsx";
import { hostWords } from "../words.ts";
import { PlanEditor } from "./plan-editor.tsx";

interface Props {
  readonly id: string;
  /** Another than the newest that is approved. */
  readonly bootSet: string | undefined;
}

export function KitPage({ id, bootSet }: Props) {
  const vm = useQuery({
    key: `vm/${id}`,
    ask: (client) => client.vms.get({ id }),
    concerns: (event) => event.kind === "vm" && (event.id === undefined || event.id === id),
  });
  return (
    <>
      {vm.state !== "ready" && <PageHead title="Launch kit" back={{ href: `/vms/${id}`, label: "Virtual machine" }} />}
      <Answer query={vm} what="this virtual machine">
        {(detail) => <KitOf vm={detail} bootSet={bootSet} />}
      </Answer>
    </>
  );
}

function KitOf({ vm, bootSet }: { readonly vm: VmDetail; readonly bootSet: string | undefined }) {
  const chosen = vm.bootSets.find(({ id }) => id === bootSet) ?? newestInUse(vm);
  return (
    <>
      <PageHead
        title={`Launch kit of ${vm.name}`}
        back={{ href: `/vms/${vm.id}`, label: vm.name }}
        lead="What to give the host, and where it goes. Nothing in it is secret, and the host can change nothing in it unseen."
      />
      {vm.hostPlan === undefined && (
        <Section title="How does the host start it?" lead="The kit is written from this.">
          <PlanEditor vm={vm} />
        </Section>
      )}
      {chosen === undefined && (
        <Empty title="Its boot files are not known yet">
          <p>
            <Link href={`/vms/${vm.id}/boot-files`}>Measure its boot files</Link>, and the kit is written here.
          </p>
        </Empty>
      )}
      {vm.hostPlan !== undefined && chosen !== undefined && <Made vm={vm} chosen={chosen} />}
    </>
  );
}

function Made({ vm, chosen }: { readonly vm: VmDetail; readonly chosen: VmDetail["bootSets"][number] }) {
  const [, navigate] = useLocation();
  const kit = useQuery({
    key: `kit/${chosen.id}/${JSON.stringify([vm.hostPlan, chosen.approvedAt, vm.configurations[0]?.digest, vm.policyVersion.number])}`,
    ask: (client) => client.kit.make({ vm: vm.id, bootSet: chosen.id }),
    concerns: () => false,
  });
  return (
    <>
      <Section title="Made from" beside={<BootSetMark vm={vm} kept={chosen} />}>
        {inUse(vm).length > 1 && (
          <SelectField
            label="Boot files"
            value={chosen.id}
            onChange={(id) => navigate(`/vms/${vm.id}/kit/${id}`)}
            options={inUse(vm).map((kept) => ({
              value: kept.id,
              label: `${kept.label} (${bootSetWords[stateOf(vm, kept)].word.toLowerCase()})`,
            }))}
          />
        )}
        {kit.state === "ready" && <Facts kit={kit.value} />}
        <details className="older">
          <summary>Change how the host starts it</summary>
          <PlanEditor key={JSON.stringify(vm.hostPlan)} vm={vm} />
        </details>
      </Section>
      <Answer query={kit} what="the kit">
        {(made) => (
          <>
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
    </>
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
