// Where among the claims is what I look for? Each group with its verdict; pressing one goes there.
import type { CheckView } from "../../core/api/schemas.ts";
import { groups, groupWords, tally, tallyShort, verdictWords, worstOf } from "../words.ts";
import { groupId } from "./claim-group.tsx";
import { verdictIcons } from "./mark.tsx";
import { Section } from "./page.tsx";

export function GroupIndex({ checks }: { readonly checks: readonly CheckView[] }) {
  return (
    <Section title="Checks">
      <ul className="group-index">
        {groups.map((group) => {
          const own = tally(checks.filter((check) => check.group === group));
          const Icon = verdictIcons[worstOf(own)];
          return (
            <li key={group}>
              <button type="button" className="group-link" onClick={() => document.getElementById(groupId(group))?.focus()}>
                <Icon aria-hidden size={16} className={`tone-${verdictWords[worstOf(own)].tone}`} />
                <span>{groupWords[group]}</span>
                <span className="quiet">{tallyShort(own)}</span>
              </button>
            </li>
          );
        })}
      </ul>
    </Section>
  );
}
