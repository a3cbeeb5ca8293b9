// What differs between this launch and another one of the same VM? Field by field, in words, the earlier one first.
import { useState } from "react";
import type { ComparisonView } from "../../core/api/explain-schemas.ts";
import type { LaunchDetail, LaunchSummary } from "../../core/api/schemas.ts";
import { useQuery } from "../api/query.ts";
import { groupWords, launchWords } from "../words.ts";
import { Value } from "./digest.tsx";
import { Answer } from "./notice.tsx";
import { Section } from "./page.tsx";
import { SelectField } from "./select-field.tsx";
import { Table } from "./table.tsx";
import { exactly } from "./time.tsx";

export function CompareLaunches({ launch }: { readonly launch: LaunchDetail }) {
  const others = useQuery({
    key: `vm/${launch.vm}/launches-to-compare`,
    ask: (client) => client.launches.list({ vm: launch.vm, limit: 50 }),
    concerns: () => false,
  });
  const [chosen, setChosen] = useState("");
  const list = others.state === "ready" ? others.value.filter(({ id, evidence }) => id !== launch.id && evidence !== undefined) : [];
  const other = list.find(({ id }) => id === chosen);
  if (launch.report === undefined || list.length === 0) return null;
  return (
    <Section title="Compare with another launch">
      <SelectField
        label="Compare with"
        value={chosen}
        onChange={setChosen}
        options={[{ value: "", label: "Choose a launch …" }, ...list.map((one) => ({ value: one.id, label: labelOf(one) }))]}
      />
      {other !== undefined && <Differences launch={launch} other={other} />}
    </Section>
  );
}

function Differences({ launch, other }: { readonly launch: LaunchDetail; readonly other: LaunchSummary }) {
  const [before, after] = other.startedAt <= launch.startedAt ? [other.id, launch.id] : [launch.id, other.id];
  const comparison = useQuery({
    key: `compare/${before}/${after}`,
    ask: (client) => client.launches.compare({ before, after }),
    concerns: () => false,
  });
  return (
    <Answer query={comparison} what="the comparison">
      {({ differences, always }) => (
        <>
          {differences.length === 0 ? <output>Nothing differs that says anything.</output> : <DifferenceTable differences={differences} />}
          {always !== "" && <p className="quiet">{always}</p>}
        </>
      )}
    </Answer>
  );
}

function DifferenceTable({ differences }: Pick<ComparisonView, "differences">) {
  return (
    <Table inner caption="What differs between the two launches" columns={["Field", "Earlier", "Later", "Meaning"]}>
      {differences.map(({ group, name, before, after, sentence }) => (
        <tr key={name}>
          <th scope="row">
            <code>{name}</code>
            <p className="quiet">{groupWords[group]}</p>
          </th>
          <td>
            <Value text={before} what={`${name}, earlier`} />
          </td>
          <td>
            <Value text={after} what={`${name}, later`} />
          </td>
          <td>{sentence}</td>
        </tr>
      ))}
    </Table>
  );
}

function labelOf({ startedAt, state }: LaunchSummary): string {
  return `${exactly(startedAt)}, ${launchWords[state].word}`;
}
