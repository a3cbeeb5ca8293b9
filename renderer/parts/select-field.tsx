// What is chosen from a longer list? The browser's own select, with a label, a hint and an error that belong to it by id.
import { FieldFrame, type FieldProps } from "./field.tsx";

interface Props extends FieldProps {
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly options: readonly { readonly value: string; readonly label: string }[];
}

export function SelectField({ label, hint, error, id, value, onChange, options }: Props) {
  return (
    <FieldFrame label={label} hint={hint} error={error} {...(id === undefined ? {} : { id })}>
      {(wiring) => (
        <select {...wiring} className="input" value={value} onChange={(event) => onChange(event.target.value)}>
          {options.map((option) => (
            <option key={option.value} value={option.value}>
              {option.label}
            </option>
          ))}
        </select>
      )}
    </FieldFrame>
  );
}
