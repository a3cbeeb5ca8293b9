// What did this VM prove, and shall it get its key? Everything the service decoded and checked, the decision, and what came of it.
import { useState } from "react";
import { Link } from "wouter";
import type { LaunchDetail, StatusView } from "../../core/api/schemas.ts";
import { useQuery } from "../api/query.ts";
import { ClaimGroups } from "../parts/claim-group.tsx";
import { Digest, shortDigest } from "../parts/digest.tsx";
import { GroupIndex } from "../parts/group-index.tsx";
import { nameOf } from "../parts/launch-table.tsx";
import { LaunchMark, SimulatedBadge } from "../parts/mark.tsx";
import { Answer, Empty, FailureNotice, Notice } from "../parts/notice.tsx";
import { PageHead, Pairs, Section } from "../parts/page.tsx";
import { RawReport } from "../parts/raw-report.tsx";
import { WhenExactly } from "../parts/time.tsx";
import { Timeline } from "../parts/timeline.tsx";
import { CompareLaunches } from "../parts/compare-launches.tsx";
import { Waiting } from "../parts/waiting.tsx";
import { launchSentence, launchWords, tally } from "../words.ts";
import { WhichInput } from "../parts/which-input.tsx";
import { WhyAsked } from "../parts/why-asked.tsx";
import { DecisionPanel } from "./decision.tsx";

interface Props {
  readonly id: string;
  readonly status: StatusView;
}

export function LaunchPage({ id, status }: Props) {
  const launch = useQuery({
    key: `launch/${id}`,
    ask: (client) => client.launches.get({ id }),
    concerns: (event) => event.kind === "launch" && (event.id === undefined || event.id === id),
  });
  return (
    <>
      {launch.state !== "ready" && <PageHead title="Launch" back={back} />}
      <Answer query={launch} what="this launch">
        {(detail) => <LaunchView launch={detail} status={status} />}
      </Answer>
    </>
  );
}

function LaunchView({ launch, status }: { readonly launch: LaunchDetail; readonly status: StatusView }) {
  // The evidence that was on the page first: other evidence must not slip in unseen.
  const [seen, setSeen] = useState(launch.evidence);
  if (seen === undefined && launch.evidence !== undefined) setSeen(launch.evidence);
  const changed = seen !== undefined && launch.evidence !== undefined && launch.evidence !== seen;
  return (
    <>
      <PageHead
        title={nameOf(launch)}
        back={back}
        beside={
          <>
            {launch.simulated && <SimulatedBadge />}
            <LaunchMark state={launch.state} />
          </>
        }
      />
      <div className="launch">
        <div className="launch-top">
          <Verdict launch={launch} />
          {changed && <NewEvidence evidence={launch.evidence} onSeen={() => setSeen(launch.evidence)} />}
          <WhyAsked launch={launch} />
          <WhichInput launch={launch} />
          {launch.signals.length > 0 && (
            <Notice tone="wait" title={launch.signals.length === 1 ? "Something to know" : `${launch.signals.length} things to know`}>
              {launch.signals.map((signal) => (
                <p key={signal}>{signal}</p>
              ))}
            </Notice>
          )}
          {launch.alert !== undefined && (
            <Notice tone="wait" title="Another launch of this VM knocked">
              <p>{launch.alert}</p>
            </Notice>
          )}
        </div>
        <aside className="launch-aside" aria-label="Decision and checks">
          <DecisionPanel launch={launch} status={status} changed={changed} />
          {launch.checks.length > 0 && <GroupIndex checks={launch.checks} />}
        </aside>
        <div className="launch-claims">
          <Facts launch={launch} />
          {launch.checks.length + launch.fields.length === 0 ? (
            <Empty title="No evidence was appraised">
              <p>This launch ended before the VM's report was read, so there are no fields and no checks to show.</p>
            </Empty>
          ) : (
            <ClaimGroups checks={launch.checks} fields={launch.fields} />
          )}
          <CompareLaunches launch={launch} />
          {launch.report !== undefined && <RawReport hex={launch.report} />}
          <Timeline launch={launch} />
        </div>
      </div>
    </>
  );
}

function Verdict({ launch }: { readonly launch: LaunchDetail }) {
  const failed = tally(launch.checks).fail > 0;
  return (
    <div className={`verdict verdict-${failed ? "bad" : launchWords[launch.state].tone}`}>
      <p className="verdict-sentence">{launchSentence(launch)}</p>
      <Waiting launch={launch} />
      {launch.simulated && <p className="verdict-note">The processor is simulated, so this proves nothing about real hardware.</p>}
      {launch.failure !== undefined && <FailureNotice failure={launch.failure} />}
    </div>
  );
}

function NewEvidence({ evidence, onSeen }: { readonly evidence: string | undefined; readonly onSeen: () => void }) {
  return (
    <Notice tone="wait" title="The VM sent new evidence while you were looking">
      <p>
        Everything below is now about evidence <code>{shortDigest(evidence ?? "")}</code>. What you read before may be different: look again
        before you decide.
      </p>
      <button type="button" className="button" onClick={onSeen}>
        I have looked at the new evidence
      </button>
    </Notice>
  );
}

function Facts({ launch }: { readonly launch: LaunchDetail }) {
  return (
    <Section title="About this launch">
      <Pairs
        beside
        pairs={[
          {
            term: "Virtual machine",
            value:
              launch.vmName === undefined ? (
                <Digest value={launch.vm} what="VM id" />
              ) : (
                <Link href={`/vms/${launch.vm}`}>{launch.vmName}</Link>
              ),
          },
          { term: "From", value: <code>{launch.peer}</code> },
          { term: "Agent", value: <code>{launch.agent}</code> },
          { term: "Started", value: <WhenExactly at={launch.startedAt} /> },
          ...(launch.evidence === undefined
            ? []
            : [{ term: "Evidence", value: <Digest value={launch.evidence} what="Evidence digest" /> }]),
          { term: "Launch", value: <Digest value={launch.id} what="Launch id" /> },
        ]}
      />
    </Section>
  );
}

const back = { href: "/", label: "Launches" } as const;
