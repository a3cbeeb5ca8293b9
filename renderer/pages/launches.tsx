// What waits for me, and what happened before? Pending launches first, as cards; then the history, page by page.
import { FlaskConical } from "lucide-react";
import { Link, useLocation } from "wouter";
import { launchState, type LaunchSummary, type StatusView } from "../../core/api/schemas.ts";
import { useAction } from "../api/action.ts";
import { useConnection, useQuery } from "../api/query.ts";
import { launchSimulation } from "../can.ts";
import { ActionButton } from "../parts/button.tsx";
import { LaunchTable } from "../parts/launch-table.tsx";
import { Answer, Empty, FailureNotice } from "../parts/notice.tsx";
import { PageHead, Section } from "../parts/page.tsx";
import { PendingCard } from "../parts/pending-card.tsx";

export function LaunchesPage({ status, before }: { readonly status: StatusView; readonly before?: string }) {
  return (
    <>
      <PageHead
        title="Launches"
        lead="A VM gets its disk key only after its evidence was appraised and you said yes."
        actions={<Simulate status={status} />}
      />
      <Pending />
      <History {...(before === undefined ? {} : { before })} />
    </>
  );
}

function Simulate({ status }: { readonly status: StatusView }) {
  const connection = useConnection();
  const action = useAction();
  const [, navigate] = useLocation();
  const launch = (): void =>
    action.run(
      (client) => client.simulations.launch({}),
      ({ id }) => navigate(`/simulations/${id}`),
    );
  return (
    <>
      <ActionButton can={launchSimulation(status, connection)} onPress={launch} running={action.running && "Starting …"}>
        <FlaskConical aria-hidden size={16} /> Launch a simulated VM
      </ActionButton>
      {action.failure !== undefined && <FailureNotice failure={action.failure} title="The simulation did not start" />}
    </>
  );
}

function Pending() {
  const pending = useQuery({
    key: "launches/live",
    ask: (client) => client.launches.list({ states: [...liveStates], limit: most }),
    concerns: ({ kind }) => kind === "launch",
  });
  return (
    <Section title="Waiting for you" bare>
      <Answer query={pending} what="the launches that wait">
        {(launches) =>
          launches.length === 0 ? (
            <Empty title="Nothing waits">
              <p>When a VM asks for its disk key, it appears here with everything it proved.</p>
            </Empty>
          ) : (
            <ul className="cards">
              {launches.map((launch) => (
                <li key={launch.id}>
                  <PendingCard launch={launch} />
                </li>
              ))}
            </ul>
          )
        }
      </Answer>
    </Section>
  );
}

function History({ before }: { readonly before?: string }) {
  const history = useQuery({
    key: `launches/before/${before ?? ""}`,
    ask: (client) => client.launches.list({ states: [...pastStates], limit: pageLength, ...(before === undefined ? {} : { before }) }),
    concerns: ({ kind }) => kind === "launch",
  });
  return (
    <Section title="History" bare beside={before !== undefined && <Link href="/">Back to the newest</Link>}>
      <Answer query={history} what="the history">
        {(launches) =>
          launches.length === 0 ? (
            <Empty title={before === undefined ? "No launch has ended yet" : "Nothing older"}>
              <p>
                {before === undefined ? (
                  <>
                    <Link href="/vms/enrol">Enrol a virtual machine</Link>, or launch a simulated one to see how it goes.
                  </>
                ) : (
                  "This was the first launch of this manager."
                )}
              </p>
            </Empty>
          ) : (
            <>
              <LaunchTable launches={launches} caption="Launches that have ended, newest first" />
              <Older launches={launches} />
            </>
          )
        }
      </Answer>
    </Section>
  );
}

function Older({ launches }: { readonly launches: readonly LaunchSummary[] }) {
  const last = launches.at(-1);
  if (last === undefined || launches.length < pageLength) return <p className="quiet list-end">That is all.</p>;
  return (
    <p className="list-end">
      <Link href={`/launches/before/${last.id}`} className="button button-plain">
        Older launches
      </Link>
    </p>
  );
}

const liveStates = ["pending", "attesting"] as const;
const pastStates = launchState.options.filter((state) => state !== "pending" && state !== "attesting");
const pageLength = 25;
/** At most one live launch per VM, and the service bounds its sessions: this is more than can be. */
const most = 200;
