// Which disks are this VM's own, how does its host start it, and what is asked of it?
import type { VmDetail } from "../../core/api/schemas.ts";
import { Link } from "wouter";
import { CopyButton } from "./copy.tsx";
import { CodeBlock, Pairs, Section } from "./page.tsx";
import { deliveryWords } from "./plan-fields.tsx";
import { Table } from "./table.tsx";
import { hostWords } from "../words.ts";
import { pretty } from "./pretty.ts";
import { When } from "./time.tsx";

export function DisksSection({ vm }: { readonly vm: VmDetail }) {
  return (
    <Section title="Disks" bare>
      <Table
        caption="Disks that this virtual machine opens"
        columns={["Id", "Device in the VM", "Name once opened", "UUID that it must have"]}
      >
        {vm.disks.map((disk) => (
          <tr key={disk.id}>
            <th scope="row">{disk.id}</th>
            <td>
              <code>{disk.device}</code>
            </td>
            <td>
              <code>{disk.name}</code>
            </td>
            <td>{disk.uuid === undefined ? <span className="quiet">Any</span> : <code>{disk.uuid}</code>}</td>
          </tr>
        ))}
      </Table>
    </Section>
  );
}

export function HostSection({ vm }: { readonly vm: VmDetail }) {
  const { hostPlan } = vm;
  if (vm.simulated) return null;
  return (
    <Section
      title="Host"
      lead="How the host starts it. The launch kit has everything to paste there."
      beside={
        <Link href={`/vms/${vm.id}/kit`} className="button button-plain">
          {hostPlan === undefined ? "Make its launch kit" : "Launch kit"}
        </Link>
      }
    >
      {hostPlan === undefined ? (
        <p className="quiet">Nobody said yet how its host starts it.</p>
      ) : (
        <Pairs
          beside
          pairs={[
            { term: "Host", value: hostWords[hostPlan.host] },
            { term: "Memory", value: `${hostPlan.memoryMib} MiB` },
            { term: "Guest policy", value: <code>{hostPlan.guestPolicy}</code> },
            { term: "Configuration by", value: deliveryWords[hostPlan.delivery] },
            { term: "Folder on the host", value: <code>{hostPlan.folder}</code> },
            { term: "ID key", value: hostPlan.idKey === undefined ? "none" : <code>{hostPlan.idKey}</code> },
            ...(hostPlan.authorKey === undefined ? [] : [{ term: "Author key", value: <code>{hostPlan.authorKey}</code> }]),
          ]}
        />
      )}
      <p>
        <Link href={`/vms/check/${vm.id}`}>Check a host's configuration</Link>
      </p>
    </Section>
  );
}

export function PolicySection({ vm }: { readonly vm: VmDetail }) {
  const { number, since, reason } = vm.policyVersion;
  return (
    <Section title="Appraisal policy" lead="Every check that its evidence must pass, or a reason why not.">
      <p>
        Version {number}, since <When at={since} />: {reason}
      </p>
      <p>
        <Link href={`/vms/${vm.id}/policy`}>Look at it and change it</Link>
      </p>
      <details className="older">
        <summary>The text that is in force</summary>
        <p className="raw-actions">
          <CopyButton text={vm.policy} what="the policy" label="Copy" />
        </p>
        <CodeBlock text={pretty(vm.policy)} label="Appraisal policy" />
      </details>
    </Section>
  );
}
