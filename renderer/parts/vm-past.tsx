// What did persons approve of this VM, and where was it given its keys? The pins of "first-launch-manual" and the chips and instances that were seen.
import { useState } from "react";
import { Link } from "wouter";
import type { VmDetail } from "../../core/api/schemas.ts";
import { useConnection } from "../api/query.ts";
import { act } from "../can.ts";
import { AskDialog } from "./ask-dialog.tsx";
import { ActionButton } from "./button.tsx";
import { Digest } from "./digest.tsx";
import { Section } from "./page.tsx";
import { Table } from "./table.tsx";
import { When } from "./time.tsx";

export function ApprovalsSection({ vm }: { readonly vm: VmDetail }) {
  const connection = useConnection();
  const [asking, setAsking] = useState(false);
  if (vm.pins.length === 0) return null;
  return (
    <Section
      title="Approved launches"
      lead="A launch that shows exactly this goes by itself, while the policy's rule is first-launch-manual."
    >
      <Table caption="What persons approved, newest first" columns={["Approved", "Measurement", "Chip", "Launch"]}>
        {vm.pins.map((pin) => (
          <tr key={pin.launch}>
            <th scope="row">
              <When at={pin.at} />
            </th>
            <td>
              <Digest value={pin.measurement} what="Measurement" />
            </td>
            <td>
              <Digest value={pin.chipId} what="Chip" />
            </td>
            <td>
              <Link href={`/launches/${pin.launch}`}>Look at it</Link>
            </td>
          </tr>
        ))}
      </Table>
      <ActionButton can={act(connection)} onPress={() => setAsking(true)}>
        Forget these approvals …
      </ActionButton>
      {asking && <ForgetDialog vm={vm} onClose={() => setAsking(false)} />}
    </Section>
  );
}

function ForgetDialog({ vm, onClose }: { readonly vm: VmDetail; readonly onClose: () => void }) {
  return (
    <AskDialog
      title={`Forget what was approved of ${vm.name}?`}
      verb="Forget"
      doing="Forgetting …"
      ask={(client) => client.vms.forgetApprovals({ id: vm.id })}
      onClose={onClose}
    >
      Its next launch is a first one again: it waits until a person has looked at it. Its keys and its history stay.
    </AskDialog>
  );
}

export function ChipsSection({ vm }: { readonly vm: VmDetail }) {
  if (vm.history.chips.length === 0) return null;
  return (
    <Section title="Where it ran" bare>
      <Table caption="Chips that were given this VM's keys, newest first" columns={["Chip", "First", "Last", "Reported TCB"]}>
        {vm.history.chips.map((chip) => (
          <tr key={chip.chipId}>
            <th scope="row">
              <Digest value={chip.chipId} what="Chip" />
            </th>
            <td>
              <When at={chip.firstAt} />
            </td>
            <td>
              <When at={chip.lastAt} />
            </td>
            <td>
              <code>{chip.reportedTcb}</code>
            </td>
          </tr>
        ))}
      </Table>
    </Section>
  );
}
