// What surrounds every page? Navigation, the state of the service in words, how many launches wait, and a banner when the service is gone.
import { CircleCheck, FileBadge, History, Hourglass, Server, Settings, TriangleAlert, Unplug } from "lucide-react";
import type { LucideIcon } from "lucide-react";
import { type MouseEvent, type ReactNode, useEffect, useRef } from "react";
import { Link, useLocation } from "wouter";
import type { StatusView } from "../../core/api/schemas.ts";
import { useService } from "../api/query.ts";
import type { Connection } from "../api/service.ts";
import { Logo } from "../parts/logo.tsx";
import { Mark } from "../parts/mark.tsx";
import { ExpiringNotice } from "../parts/expiring.tsx";
import { Notice } from "../parts/notice.tsx";

interface Props {
  readonly status: StatusView | undefined;
  readonly connection: Connection;
  readonly children: ReactNode;
}

export function Shell({ status, connection, children }: Props) {
  const main = useRef<HTMLElement>(null);
  const pending = status?.pending ?? 0;
  useEffect(() => {
    document.title = pending > 0 ? `(${pending}) Portcullis` : "Portcullis";
  }, [pending]);
  const skip = (event: MouseEvent): void => {
    event.preventDefault();
    main.current?.focus();
  };
  const ready = status?.keychain.state === "ready";
  return (
    <div className="shell">
      <a className="skip" href="#main" onClick={skip}>
        Skip to the page
      </a>
      <header className="side">
        <Link href="/" className="brand" aria-label="Portcullis, launches">
          <Logo />
          <span>Portcullis</span>
        </Link>
        {ready && (
          <nav aria-label="Main" className="nav">
            <NavLink href="/" icon={History} under={["/launches", "/simulations"]} count={pending}>
              Launches
            </NavLink>
            <NavLink href="/vms" icon={Server} under={["/vms"]}>
              Virtual machines
            </NavLink>
            <NavLink href="/collateral" icon={FileBadge} under={["/collateral"]}>
              Collateral
            </NavLink>
            <NavLink href="/settings" icon={Settings} under={["/settings"]}>
              Settings
            </NavLink>
          </nav>
        )}
        <div className="side-foot">
          <ServiceState status={status} connection={connection} />
        </div>
      </header>
      <main id="main" className="main" ref={main} tabIndex={-1}>
        {connection.state === "lost" && <LostBanner attempts={connection.attempts} known={status !== undefined} />}
        {ready && status.expiring !== undefined && <ExpiringNotice expiring={status.expiring} />}
        {children}
      </main>
    </div>
  );
}

interface NavProps {
  readonly href: string;
  readonly icon: LucideIcon;
  /** Addresses that belong to this entry too. */
  readonly under: readonly string[];
  readonly count?: number;
  readonly children: string;
}

function NavLink({ href, icon: Icon, under, count = 0, children }: NavProps) {
  const [location] = useLocation();
  const current = location === href || under.some((prefix) => location.startsWith(prefix));
  return (
    <Link href={href} className="nav-link" aria-current={current ? "page" : undefined}>
      <Icon aria-hidden size={18} />
      <span>{children}</span>
      {count > 0 && (
        <span className="nav-count">
          {count}
          <span className="hidden"> {count === 1 ? "waits" : "wait"} for you</span>
        </span>
      )}
    </Link>
  );
}

function ServiceState({ status, connection }: Omit<Props, "children">) {
  return (
    <section className="service-state" aria-label="Service">
      {connection.state === "connecting" && (
        <Mark icon={Hourglass} tone="calm">
          Connecting
        </Mark>
      )}
      {connection.state === "lost" && (
        <Mark icon={Unplug} tone="bad">
          Not connected
        </Mark>
      )}
      {connection.state === "connected" && status !== undefined && <ListenerState status={status} />}
    </section>
  );
}

function ListenerState({ status: { listener } }: { readonly status: StatusView }) {
  if (listener.state === "listening")
    return (
      <>
        <Mark icon={CircleCheck} tone="good">
          Listening
        </Mark>
        {listener.address !== undefined && <code className="service-address">{listener.address}</code>}
      </>
    );
  return (
    <>
      <Mark icon={TriangleAlert} tone={listener.state === "failed" ? "bad" : "wait"}>
        {listener.state === "failed" ? "Cannot listen" : "Not listening"}
      </Mark>
      {listener.failure !== undefined && <Link href="/settings">Why</Link>}
    </>
  );
}

function LostBanner({ attempts, known }: { readonly attempts: number; readonly known: boolean }) {
  const service = useService();
  return (
    <Notice tone="bad" title="The console lost the service">
      <p>
        {known
          ? "What you see below is the last that was known, and nothing can be decided here."
          : "Nothing can be shown or decided here."}{" "}
        The service may have stopped; if it runs, launches go on waiting until their time is up. If it was started again, open the new link
        that it printed, or restart the app.
      </p>
      <p className="notice-actions">
        <button type="button" className="button" onClick={() => service.connect()}>
          Try again now
        </button>
        <span className="quiet">It also tries by itself{attempts > 1 ? ` (${attempts} tries so far)` : ""}.</span>
      </p>
    </Notice>
  );
}
