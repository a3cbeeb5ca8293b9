// How is a digest or an id shown? Always short first, whole on demand, with copy; and the same way in every place, so that two can
// be compared.
import { useState } from "react";
import { CopyButton } from "./copy.tsx";

/** @param what names it for the buttons, e.g. "evidence digest". */
export function Digest({ value, what }: { readonly value: string; readonly what: string }) {
  const [whole, setWhole] = useState(false);
  return (
    <span className="digest">
      <button
        type="button"
        className="digest-text"
        aria-expanded={whole}
        aria-label={`${what} ${whole ? value : shortDigest(value)}, ${whole ? "show short" : "show whole"}`}
        title={whole ? "Show short" : value}
        onClick={() => setWhole(!whole)}
      >
        <code>{whole ? value : shortDigest(value)}</code>
      </button>
      <CopyButton text={value} what={what} />
    </span>
  );
}

/** The first and the last eight characters: a prefix alone is easy to imitate. */
export function shortDigest(value: string): string {
  return value.length <= 20 ? value : `${value.slice(0, 8)}…${value.slice(-8)}`;
}

/** A field's or check's value: long hex as a digest, everything else as it is. */
export function Value({ text, what }: { readonly text: string; readonly what: string }) {
  if (/^[0-9a-f]{32,}$/.test(text)) return <Digest value={text} what={what} />;
  return <code className="value">{text === "" ? "none" : text}</code>;
}
