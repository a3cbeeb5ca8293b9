// Where in a guide is the person? The steps in order; those that can be gone to are links, and where one is now is said, not only coloured.
import { Check } from "lucide-react";
import { Link } from "wouter";

export interface StepLink {
  readonly title: string;
  readonly href: string;
  /** done: may be gone back to · now · later: the ones before come first. */
  readonly state: "done" | "now" | "later";
}

export function Steps({ steps }: { readonly steps: readonly StepLink[] }) {
  return (
    <nav aria-label="Steps">
      <ol className="steps">
        {steps.map(({ title, href, state }, index) => (
          <li key={title} className={`step step-${state}`}>
            <span className="step-number" aria-hidden>
              {state === "done" ? <Check size={14} /> : index + 1}
            </span>
            {state === "done" ? <Link href={href}>{title}</Link> : <span aria-current={state === "now" ? "step" : undefined}>{title}</span>}
            {state === "done" && <span className="hidden">, done</span>}
          </li>
        ))}
      </ol>
    </nav>
  );
}
