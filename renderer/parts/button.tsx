// How is something done? A button that, where it may not be used, stays reachable by keyboard and says why beside it.
import { type ReactNode, useId } from "react";
import type { Permission } from "../can.ts";

interface Props {
  readonly can: Permission;
  /** Left out where it submits its form. */
  readonly onPress?: () => void;
  readonly submits?: boolean;
  readonly kind?: "primary" | "danger" | "plain";
  /** Replaces the label while the action runs: words, not a spinner. */
  readonly running?: string | false;
  readonly children: ReactNode;
}

export function ActionButton({ can, onPress, submits = false, kind = "plain", running = false, children }: Props) {
  const reason = useId();
  const barred = !can.allowed || running !== false;
  return (
    <span className="action">
      <button
        type={submits ? "submit" : "button"}
        className={`button button-${kind}`}
        aria-disabled={barred}
        aria-describedby={can.allowed ? undefined : reason}
        onClick={(event) => {
          // A barred submit button must not submit either: Enter in a field comes this way too.
          if (barred) event.preventDefault();
          else onPress?.();
        }}
      >
        {running === false ? children : running}
      </button>
      {!can.allowed && (
        <span id={reason} className="action-reason">
          {can.why}
        </span>
      )}
    </span>
  );
}
