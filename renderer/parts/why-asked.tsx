// Why is a person asked about this launch? Because it is the first, because something is new (each thing with what was approved and what it is now, in full), or
// because of the time.
import type { LaunchDetail } from "../../core/api/schemas.ts";
import { Notice } from "./notice.tsx";
import { Table } from "./table.tsx";

export function WhyAsked({ launch: { because, decision } }: { readonly launch: LaunchDetail }) {
  if (because === undefined || because.reason === "always" || decision !== undefined) return null;
  if (because.reason === "first-launch")
    return (
      <Notice tone="info" title="The first launch that you are asked about">
        <p>
          What you approve now is remembered: a later launch that shows exactly this goes by itself, and anything new comes back to you.
        </p>
      </Notice>
    );
  if (because.reason === "outside-times")
    return (
      <Notice tone="info" title="Outside the times of release">
        <p>The policy lets keys go by themselves at other times only, so it asks you.</p>
      </Notice>
    );
  return (
    <Notice tone="wait" title={because.differences.length === 1 ? "One thing is new" : `${because.differences.length} things are new`}>
      <Table caption="What is new since the launch that you approved" columns={["What", "Approved", "Now"]}>
        {because.differences.map(({ title, approved, now }) => (
          <tr key={title}>
            <th scope="row">{title}</th>
            <td>
              <code className="value">{approved || "none"}</code>
            </td>
            <td>
              <code className="value">{now || "none"}</code>
            </td>
          </tr>
        ))}
      </Table>
    </Notice>
  );
}
