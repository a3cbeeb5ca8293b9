// What does a page say when there is nothing, not yet, or a "no"? The same four forms everywhere; each says what to do next.
import { CircleX, Info, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import type { FailureView } from "../../core/api/schemas.ts";
import type { Query } from "../api/query.ts";

export function Notice({
  tone,
  title,
  children,
}: {
  readonly tone: "info" | "wait" | "bad";
  readonly title?: string;
  readonly children: ReactNode;
}) {
  const Icon = noticeIcons[tone];
  return (
    <div className={`notice notice-${tone}`} role={tone === "info" ? "status" : "alert"}>
      <Icon aria-hidden size={20} />
      <div>
        {title !== undefined && <p className="notice-title">{title}</p>}
        {children}
      </div>
    </div>
  );
}

/** A "no" of the service, beside the control that was used. */
export function FailureNotice({
  failure,
  title,
  retry,
}: {
  readonly failure: FailureView;
  readonly title?: string;
  readonly retry?: () => void;
}) {
  return (
    <Notice tone="bad" {...(title === undefined ? {} : { title })}>
      <p>{failure.sentence}</p>
      <p className="quiet">
        Code <code>{failure.code}</code>
      </p>
      {retry !== undefined && (
        <button type="button" className="button" onClick={retry}>
          Try again
        </button>
      )}
    </Notice>
  );
}

export function Empty({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <div className="empty">
      <p className="empty-title">{title}</p>
      {children}
    </div>
  );
}

export function Loading({ what }: { readonly what: string }) {
  return (
    <output className="loading">
      <span className="loading-bar" aria-hidden />
      Loading {what} …
    </output>
  );
}

/** The three faces of a question in one place, so that a page only says what it shows when there is an answer. */
export function Answer<T>({
  query,
  what,
  children,
}: {
  readonly query: Query<T>;
  readonly what: string;
  readonly children: (value: T) => ReactNode;
}) {
  if (query.state === "loading") return <Loading what={what} />;
  if (query.state === "failed") return <FailureNotice failure={query.failure} title={`Could not load ${what}`} retry={query.retry} />;
  return children(query.value);
}

const noticeIcons = { info: Info, wait: TriangleAlert, bad: CircleX };
