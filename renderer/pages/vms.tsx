// Which VMs does this manager know? Each with whether it may launch and how its last launch went.
import { Plus } from "lucide-react";
import { Link } from "wouter";
import type { VmSummary } from "../../core/api/schemas.ts";
import { useQuery } from "../api/query.ts";
import { EnabledMark, LaunchMark, SimulatedBadge } from "../parts/mark.tsx";
import { Answer, Empty } from "../parts/notice.tsx";
import { PageHead } from "../parts/page.tsx";
import { Table } from "../parts/table.tsx";
import { When } from "../parts/time.tsx";

export function VmsPage() {
  const vms = useQuery({
    key: "vms",
    ask: (client) => client.vms.list({}),
    concerns: ({ kind }) => kind === "vm" || kind === "launch",
  });
  return (
    <>
      <PageHead
        title="Virtual machines"
        lead="Only a VM that is enrolled here can get a key."
        actions={
          <>
            <Link href="/vms/check" className="button button-plain">
              Check a host's configuration
            </Link>
            <Link href="/vms/enrol" className="button button-primary">
              <Plus aria-hidden size={16} /> Enrol a virtual machine
            </Link>
          </>
        }
      />
      <Answer query={vms} what="the virtual machines">
        {(list) =>
          list.length === 0 ? (
            <Empty title="No virtual machine is enrolled">
              <p>Enrolling one makes its configuration, its disk keys and the HOST_DATA value that you give to the host.</p>
            </Empty>
          ) : (
            <VmTable vms={list} />
          )
        }
      </Answer>
    </>
  );
}

function VmTable({ vms }: { readonly vms: readonly VmSummary[] }) {
  return (
    <Table caption="Virtual machines" columns={["Name", "May launch", "Last launch", "Enrolled"]}>
      {vms.map((vm) => (
        <tr key={vm.id}>
          <th scope="row">
            <span className="name-with-badge">
              <Link href={`/vms/${vm.id}`}>{vm.name}</Link>
              {vm.simulated && <SimulatedBadge />}
            </span>
          </th>
          <td className="cell-tight">
            <EnabledMark enabled={vm.enabled} />
          </td>
          <td>
            {vm.lastLaunch === undefined ? (
              <span className="quiet">never</span>
            ) : (
              <span className="name-with-badge">
                <LaunchMark state={vm.lastLaunch.state} />
                <Link href={`/launches/${vm.lastLaunch.id}`} aria-label={`Last launch of ${vm.name}, open`}>
                  <When at={vm.lastLaunch.startedAt} />
                </Link>
              </span>
            )}
          </td>
          <td className="cell-tight">
            <When at={vm.createdAt} />
          </td>
        </tr>
      ))}
    </Table>
  );
}
