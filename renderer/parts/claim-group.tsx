// What was checked and what was read, group by group? Failed checks come first in their group; no claim is left out.
import { Fragment } from "react";
import type { CheckView, FieldView } from "../../core/api/schemas.ts";
import { type Group, groupQuestions, groups, groupWords, tally } from "../words.ts";
import { Value } from "./digest.tsx";
import { TallyMark, VerdictMark } from "./mark.tsx";
import { Section } from "./page.tsx";
import { Table } from "./table.tsx";

export function ClaimGroups({ checks, fields }: { readonly checks: readonly CheckView[]; readonly fields: readonly FieldView[] }) {
  return groups.map((group) => (
    <ClaimGroup
      key={group}
      group={group}
      checks={checks.filter((check) => check.group === group).toSorted((a, b) => order[a.verdict] - order[b.verdict])}
      fields={fields.filter((field) => field.group === group)}
    />
  ));
}

export function groupId(group: Group): string {
  return `group-${group}`;
}

interface Props {
  readonly group: Group;
  readonly checks: readonly CheckView[];
  readonly fields: readonly FieldView[];
}

function ClaimGroup({ group, checks, fields }: Props) {
  if (checks.length + fields.length === 0) return null;
  return (
    <Section
      id={groupId(group)}
      title={groupWords[group]}
      lead={groupQuestions[group]}
      beside={checks.length > 0 && <TallyMark tally={tally(checks)} />}
    >
      {checks.length > 0 && (
        <ul className="checks" aria-label={`${groupWords[group]}: checks`}>
          {checks.map((check) => (
            <Check key={check.id} check={check} />
          ))}
        </ul>
      )}
      {fields.length > 0 && <Fields group={group} fields={fields} />}
    </Section>
  );
}

function Check({ check }: { readonly check: CheckView }) {
  const same = check.expected === check.actual;
  // A waived check's sentence is its reason, which stands below under its own name.
  const repeats = check.waiver !== undefined && check.sentence.includes(check.waiver);
  return (
    <li className={`check check-${check.verdict}`}>
      <div className="check-head">
        <h3>{check.title}</h3>
        <VerdictMark verdict={check.verdict} />
      </div>
      {!repeats && <p>{check.sentence}</p>}
      <dl className="compare">
        <div>
          <dt>{same ? "Expected and actual" : "Expected"}</dt>
          <dd>
            <Value text={check.expected} what={`${check.title}, expected`} />
          </dd>
        </div>
        {!same && (
          <div>
            <dt>Actual</dt>
            <dd>
              <Value text={check.actual} what={`${check.title}, actual`} />
            </dd>
          </div>
        )}
        {check.waiver !== undefined && (
          <div>
            <dt>Waived because</dt>
            <dd>{check.waiver}</dd>
          </div>
        )}
        {check.code !== undefined && (
          <div>
            <dt>Code</dt>
            <dd>
              <code>{check.code}</code>
            </dd>
          </div>
        )}
      </dl>
    </li>
  );
}

function Fields({ group, fields }: { readonly group: Group; readonly fields: readonly FieldView[] }) {
  return (
    <Table inner className="fields" caption={`${groupWords[group]}: decoded fields`} columns={["Field", "Value", "Meaning"]}>
      {fields.map((field) => (
        <tr key={field.name}>
          <th scope="row">
            <FieldName name={field.name} />
          </th>
          <td>
            <Value text={field.value} what={field.name} />
          </td>
          <td>{field.meaning}</td>
        </tr>
      ))}
    </Table>
  );
}

/** AMD's long names break after an underscore or a dot, not inside a word. */
function FieldName({ name }: { readonly name: string }) {
  return (
    <code>
      {name.split(/(?<=[_.])/).map((part, index) => (
        <Fragment key={`${index} ${part}`}>
          {index > 0 && <wbr />}
          {part}
        </Fragment>
      ))}
    </code>
  );
}

const order = { fail: 0, waived: 1, pass: 2 } as const;
