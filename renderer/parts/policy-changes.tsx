// What would another policy change? What becomes looser first; words carry the direction, colour only repeats it.
import { ArrowDown, ArrowUp, Equal } from "lucide-react";
import type { PolicyDraft } from "../../core/api/policy-schemas.ts";

type Change = PolicyDraft["changes"][number];

export function PolicyChanges({ changes }: { readonly changes: readonly Change[] }) {
  if (changes.length === 0) return <p className="quiet">It changes nothing that is judged.</p>;
  const ordered = directions.flatMap((direction) => changes.filter((change) => change.direction === direction));
  return (
    <ul className="policy-changes" aria-label="What it changes">
      {ordered.map(({ field, direction, title, sentence }) => {
        const { word, Icon } = words[direction];
        return (
          <li key={`${field} ${sentence}`} className={`policy-change policy-${direction}`}>
            <span className="policy-direction">
              <Icon aria-hidden size={16} /> {word}
            </span>
            <span>
              <strong>{title}.</strong> {sentence}
            </span>
          </li>
        );
      })}
    </ul>
  );
}

const directions = ["looser", "stricter", "changed"] as const;
const words = {
  looser: { word: "Looser", Icon: ArrowDown },
  stricter: { word: "Stricter", Icon: ArrowUp },
  changed: { word: "Changed", Icon: Equal },
} as const;
