// How is a table framed? It scrolls by itself where it is wider than the page, also by keyboard, and says by its caption what it lists.
import type { ReactNode } from "react";

interface Props {
  readonly caption: string;
  readonly columns: readonly string[];
  readonly className?: string;
  /** Inside a card: no shadow of its own. */
  readonly inner?: boolean;
  /** The rows. */
  readonly children: ReactNode;
}

export function Table({ caption, columns, className, inner = false, children }: Props) {
  return (
    <Scroller label={caption} className={inner ? "table-frame table-inner" : "table-frame"}>
      <table className={className}>
        <caption className="hidden">{caption}</caption>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column} scope="col">
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </Scroller>
  );
}

export function Scroller({
  label,
  className,
  children,
}: {
  readonly label: string;
  readonly className: string;
  readonly children: ReactNode;
}) {
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reachable by keyboard
    <section className={className} aria-label={label} tabIndex={0}>
      {children}
    </section>
  );
}
