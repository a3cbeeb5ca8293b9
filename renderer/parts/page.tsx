// How does a page begin, and how are its parts set off? One heading a page, with the way back above it; sections carry their own headings.
import { ChevronLeft } from "lucide-react";
import { type ReactNode, useEffect, useId, useRef } from "react";
import { Link } from "wouter";
import { Scroller } from "./table.tsx";

interface HeadProps {
  readonly title: string;
  readonly back?: { readonly href: string; readonly label: string };
  /** Beside the title: badges. */
  readonly beside?: ReactNode;
  readonly lead?: ReactNode;
  readonly actions?: ReactNode;
}

export function PageHead({ title, back, beside, lead, actions }: HeadProps) {
  return (
    <header className="page-head">
      <div className="page-head-text">
        {back !== undefined && (
          <Link href={back.href} className="back">
            <ChevronLeft aria-hidden size={16} />
            {back.label}
          </Link>
        )}
        <div className="page-title">
          <h1>{title}</h1>
          {beside}
        </div>
        {lead !== undefined && <p className="lead">{lead}</p>}
      </div>
      {actions !== undefined && <div className="page-actions">{actions}</div>}
    </header>
  );
}

interface SectionProps {
  readonly title: string;
  readonly beside?: ReactNode;
  readonly lead?: string;
  /** A card has a frame; a bare section lets its content have one. */
  readonly bare?: boolean;
  readonly id?: string;
  readonly children: ReactNode;
}

export function Section({ title, beside, lead, bare = false, id, children }: SectionProps) {
  const heading = useId();
  return (
    <section className={bare ? "section" : "section card"} aria-labelledby={heading} id={id} tabIndex={id === undefined ? undefined : -1}>
      <div className="section-head">
        <h2 id={heading}>{title}</h2>
        {beside}
      </div>
      {lead !== undefined && <p className="section-lead">{lead}</p>}
      {children}
    </section>
  );
}

export interface Pair {
  readonly term: string;
  readonly value: ReactNode;
}

/** @param beside fills the width with several in a row. */
export function Pairs({ pairs, beside = false }: { readonly pairs: readonly Pair[]; readonly beside?: boolean }) {
  return (
    <dl className={beside ? "pairs pairs-row" : "pairs"}>
      {pairs.map(({ term, value }) => (
        <div key={term}>
          <dt>{term}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** Shown text that may be long: scrolls by itself, and by keyboard. */
export function CodeBlock({ text, label }: { readonly text: string; readonly label: string }) {
  return (
    <Scroller className="code-block" label={label}>
      <pre>
        <code>{text}</code>
      </pre>
    </Scroller>
  );
}

/** The end of something that grows: keeps the newest line in sight. */
export function Tail({ lines, label }: { readonly lines: readonly string[]; readonly label: string }) {
  const end = useRef<HTMLSpanElement>(null);
  useEffect(() => {
    const box = end.current?.closest("section");
    if (lines.length > 0 && box) box.scrollTop = box.scrollHeight;
  }, [lines.length]);
  return (
    <Scroller className="code-block tail" label={label}>
      <pre>
        <code>{lines.join("\n")}</code>
        <span ref={end} />
      </pre>
    </Scroller>
  );
}
