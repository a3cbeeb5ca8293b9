// How is something typed or chosen? A label, a hint and an error that belong to their control by id.
import { type ReactNode, useEffect, useId, useRef } from "react";

export interface FieldProps {
  readonly label: string;
  readonly hint?: ReactNode;
  readonly error?: string | undefined;
  readonly id?: string;
}

interface TextProps extends FieldProps {
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly type?: "text" | "password";
  readonly code?: boolean;
  readonly autoComplete?: string;
  readonly inputMode?: "numeric";
  /** When it appears: for a step that replaces another. */
  readonly takesFocus?: boolean;
}

export function TextField({
  label,
  hint,
  error,
  id,
  value,
  onChange,
  type = "text",
  code = false,
  takesFocus = false,
  ...rest
}: TextProps) {
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (takesFocus) input.current?.focus();
  }, [takesFocus]);
  return (
    <FieldFrame label={label} hint={hint} error={error} {...(id === undefined ? {} : { id })}>
      {(wiring) => (
        <input
          {...wiring}
          {...rest}
          ref={input}
          type={type}
          className={code ? "input code" : "input"}
          value={value}
          spellCheck={false}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    </FieldFrame>
  );
}

interface AreaProps extends FieldProps {
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly rows: number;
  readonly code?: boolean;
}

export function TextArea({ label, hint, error, id, value, onChange, rows, code = false }: AreaProps) {
  return (
    <FieldFrame label={label} hint={hint} error={error} {...(id === undefined ? {} : { id })}>
      {(wiring) => (
        <textarea
          {...wiring}
          className={code ? "input code" : "input"}
          rows={rows}
          value={value}
          spellCheck={false}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    </FieldFrame>
  );
}

interface ChoiceProps<T extends string> {
  readonly legend: string;
  readonly name: string;
  readonly value: T | undefined;
  readonly onChange: (value: T) => void;
  readonly options: readonly { readonly value: T; readonly label: string; readonly hint?: string; readonly whyNot?: string | undefined }[];
}

export function Choice<T extends string>({ legend, name, value, onChange, options }: ChoiceProps<T>) {
  const base = useId();
  return (
    <fieldset className="choice">
      <legend>{legend}</legend>
      {options.map((option) => (
        <div key={option.value} className={`choice-option${option.whyNot === undefined ? "" : " choice-barred"}`}>
          <input
            id={`${base}-${option.value}`}
            type="radio"
            name={name}
            checked={value === option.value}
            disabled={option.whyNot !== undefined}
            aria-describedby={`${base}-${option.value}-hint`}
            onChange={() => onChange(option.value)}
          />
          <div>
            <label htmlFor={`${base}-${option.value}`} className="choice-label">
              {option.label}
            </label>
            <p id={`${base}-${option.value}-hint`} className="choice-hint">
              {option.hint}
              {option.whyNot !== undefined && <span className="choice-why">{option.whyNot}</span>}
            </p>
          </div>
        </div>
      ))}
    </fieldset>
  );
}

interface Wiring {
  readonly id: string;
  readonly "aria-invalid": boolean;
  readonly "aria-describedby": string | undefined;
}

/** Around a control of any kind, which takes the wiring. */
export function FieldFrame({ label, hint, error, id, children }: FieldProps & { readonly children: (wiring: Wiring) => ReactNode }) {
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
      {children({
        id: own,
        "aria-invalid": error !== undefined,
        "aria-describedby": described.length === 0 ? undefined : described.join(" "),
      })}
      {error !== undefined && (
        <p id={`${own}-error`} className="field-error">
          {error}
        </p>
      )}
    </div>
  );
}
