// What has to be mended before this goes on? Takes the focus after a try that was not accepted, so that it is heard; each fault leads to its field.
import { useEffect, useRef } from "react";
import type { Faults } from "../boot/boot-form.ts";

/** @param tries how often the person asked to go on. */
export function FaultSummary({ faults, tries }: { readonly faults: Faults; readonly tries: number }) {
  const box = useRef<HTMLElement>(null);
  useEffect(() => {
    if (tries > 0) box.current?.focus();
  }, [tries]);
  if (faults.size === 0) return null;
  return (
    <section className="faults" ref={box} tabIndex={-1} aria-labelledby="faults-title">
      <p id="faults-title" className="notice-title">
        {faults.size === 1 ? "One field needs another look" : `${faults.size} fields need another look`}
      </p>
      <ul>
        {[...faults].map(([field, sentence]) => (
          <li key={field}>
            <button type="button" className="link-button" onClick={() => document.getElementById(field)?.focus()}>
              {sentence}
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
