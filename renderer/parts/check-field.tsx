// What is switched on or off, one thing at a time? A check box with what it means; one that may not be used says why.
import { useId } from "react";

interface Props {
  readonly label: string;
  readonly hint: string;
  readonly checked: boolean;
  readonly onChange?: (checked: boolean) => void;
  readonly whyNot?: string | undefined;
}

export function CheckField({ label, hint, checked, onChange, whyNot }: Props) {
  const base = useId();
  return (
    <div className={`choice-option${whyNot === undefined ? "" : " choice-barred"}`}>
      <input
        id={base}
        type="checkbox"
        checked={checked}
        disabled={whyNot !== undefined}
        aria-describedby={`${base}-hint`}
        onChange={(event) => onChange?.(event.target.checked)}
      />
      <div>
        <label htmlFor={base} className="choice-label">
          {label}
        </label>
        <p id={`${base}-hint`} className="choice-hint">
          {hint}
          {whyNot !== undefined && <span className="choice-why">{whyNot}</span>}
        </p>
      </div>
    </div>
  );
}
