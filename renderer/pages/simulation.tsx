// How far is the simulated launch? Progress in words, the agent's own console, and the launch as soon as the manager knows it.
import { useAction } from "../api/action.ts";
import { useConnection, useQuery } from "../api/query.ts";
import { act } from "../can.ts";
import type { LaunchDetail, SimulationView } from "../../core/api/schemas.ts";
import { Link } from "wouter";
import { ActionButton } from "../parts/button.tsx";
import { LaunchMark, SimulatedBadge } from "../parts/mark.tsx";
import { Answer, FailureNotice, Notice } from "../parts/notice.tsx";
import { PageHead, Section, Tail } from "../parts/page.tsx";
import { PendingCard } from "../parts/pending-card.tsx";
import { launchSentence } from "../words.ts";
import { consoleLine } from "./console-line.ts";

export function SimulationPage({ id }: { readonly id: string }) {
  const simulation = useQuery({
    key: `simulation/${id}`,
    ask: (client) => client.simulations.get({ id }),
    concerns: (event) => event.kind === "simulation" && (event.id === undefined || event.id === id),
  });
  return (
    <>
      <PageHead
        title="Simulated launch"
        back={{ href: "/", label: "Launches" }}
        beside={<SimulatedBadge />}
        lead="The real agent runs on this machine with a simulated processor and a scratch disk. It proves nothing about real hardware."
      />
      <Answer query={simulation} what="the simulation">
        {(view) => <Progress view={view} />}
      </Answer>
    </>
  );
}

function Progress({ view }: { readonly view: SimulationView }) {
  const connection = useConnection();
  const cancel = useAction();
  const ended = view.phase === "ended";
  return (
    <>
      {view.launch !== undefined && <ItsLaunch id={view.launch} />}
      <Section
        title="Agent"
        beside={
          !ended && (
            <ActionButton
              can={act(connection)}
              running={cancel.running && "Stopping …"}
              onPress={() => cancel.run((client) => client.simulations.cancel({ id: view.id }))}
            >
              Stop the simulation
            </ActionButton>
          )
        }
      >
        <output className="progress">
          <span className={ended ? "progress-dot" : "progress-dot progress-live"} aria-hidden />
          {view.progress}
          {view.exitCode !== undefined && <span className="quiet"> Exit code {view.exitCode}.</span>}
        </output>
        {cancel.failure !== undefined && <FailureNotice failure={cancel.failure} />}
        {view.failure !== undefined && <FailureNotice failure={view.failure} title="The simulation failed" />}
        {view.lines.length === 0 ? (
          <p className="quiet">The agent has not written anything yet.</p>
        ) : (
          <Tail lines={view.lines.map(consoleLine)} label="The agent's console" />
        )}
      </Section>
    </>
  );
}

function ItsLaunch({ id }: { readonly id: string }) {
  const launch = useQuery({
    key: `launch/${id}`,
    ask: (client) => client.launches.get({ id }),
    concerns: (event) => event.kind === "launch" && (event.id === undefined || event.id === id),
  });
  return (
    <Section title="Launch" bare>
      <Answer query={launch} what="its launch">
        {(detail) => (detail.state === "pending" ? <PendingCard launch={detail} /> : <Ended launch={detail} />)}
      </Answer>
    </Section>
  );
}

function Ended({ launch }: { readonly launch: LaunchDetail }) {
  return (
    <Notice tone="info">
      <p>
        <LaunchMark state={launch.state} />
      </p>
      <p>{launchSentence(launch)}</p>
      <p>
        <Link href={`/launches/${launch.id}`}>Look at the launch</Link>
      </p>
    </Notice>
  );
}
