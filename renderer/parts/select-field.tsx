// What is chosen from a longer list? The browser's own select, with a label, a hint and an error that belong to it by id.
import { useId } from "react";

interface Props {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly options: readonly { readonly value: string; readonly label: string }[];
  readonly hint?: string;
  readonly error?: string | undefined;
  readonly id?: string;
}

export function SelectField({ label, value, onChange, options, hint, error, id }: Props) {
  const made = useId();
  const own = id ?? made;
  const described = [...(hint === undefined ? [] : [`${own}-hint`]), ...(error === undefined ? [] : [`${own}-error`])];
  return (
    <div className="field">
      <label htmlFor={own}>{label}</label>
      {hint !== undefined && (
        <p id={`${own}-hint`} className="field-hint">
          {hint}
        </p>
      )}
      <select
        id={own}
        className="input"
        value={value}
        aria-invalid={error !== undefined}
        aria-describedby={described.length === 0 ? undefined : described.join(" ")}
        onChange={(event) => onChange(event.target.value)}
      >
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.label}
          </option>
        ))}
      </select>
      {error !== undefined && (
        <p id={`${own}-error`} className="field-error">
          {error}
        </p>
      )}
    </div>
  );
}
