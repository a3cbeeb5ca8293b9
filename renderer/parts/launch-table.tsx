// How are many launches shown? One row each: what became of it, which VM, when, and why.
import { Link } from "wouter";
import type { LaunchSummary } from "../../core/api/schemas.ts";
import { outcomeSentence } from "../words.ts";
import { shortDigest } from "./digest.tsx";
import { LaunchMark, SimulatedBadge } from "./mark.tsx";
import { Table } from "./table.tsx";
import { When } from "./time.tsx";
import { Waiting } from "./waiting.tsx";

interface Props {
  readonly launches: readonly LaunchSummary[];
  readonly caption: string;
  /** Left out where all are of one VM. */
  readonly withVm?: boolean;
}

export function LaunchTable({ launches, caption, withVm = true }: Props) {
  return (
    <Table caption={caption} columns={["State", ...(withVm ? ["Virtual machine"] : []), "Started", "Outcome"]}>
      {launches.map((launch) => (
        <tr key={launch.id}>
          <td className="cell-tight">
            <LaunchMark state={launch.state} />
          </td>
          {withVm && (
            <th scope="row">
              <VmName launch={launch} />
            </th>
          )}
          <td className="cell-tight">
            <Link href={`/launches/${launch.id}`} aria-label={`Launch of ${nameOf(launch)}, open`}>
              <When at={launch.startedAt} />
            </Link>
          </td>
          <td>{launch.waitingFor === undefined ? outcomeSentence(launch) : <Waiting launch={launch} />}</td>
        </tr>
      ))}
    </Table>
  );
}

/** A name that the owner gave, or the id that a stranger claimed. */
export function nameOf({ vm, vmName }: LaunchSummary): string {
  return vmName ?? `Unknown VM ${shortDigest(vm)}`;
}

function VmName({ launch }: { readonly launch: LaunchSummary }) {
  return (
    <span className="name-with-badge">
      <Link href={`/launches/${launch.id}`}>{nameOf(launch)}</Link>
      {launch.simulated && <SimulatedBadge />}
    </span>
  );
}
