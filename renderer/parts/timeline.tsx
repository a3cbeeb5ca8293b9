// What happened, in order? From the knock to the outcome, with who decided and under which entry of the audit log it stands.
import type { LaunchDetail } from "../../core/api/schemas.ts";
import { launchWords } from "../words.ts";
import { Section } from "./page.tsx";
import { When } from "./time.tsx";

interface Event {
  readonly title: string;
  readonly at?: string;
  readonly lines: readonly string[];
}

export function Timeline({ launch }: { readonly launch: LaunchDetail }) {
  return (
    <Section title="What happened">
      <ol className="timeline">
        {eventsOf(launch).map((event) => (
          <li key={event.title}>
            <p className="timeline-title">
              {event.title}{" "}
              {event.at !== undefined && (
                <span className="quiet">
                  · <When at={event.at} />
                </span>
              )}
            </p>
            {event.lines.map((line) => (
              <p key={line} className="timeline-line">
                {line}
              </p>
            ))}
          </li>
        ))}
      </ol>
    </Section>
  );
}

function eventsOf(launch: LaunchDetail): readonly Event[] {
  const { decision, outcome, state } = launch;
  const started: Event = { title: "The VM asked to launch", at: launch.startedAt, lines: [] };
  const decided: readonly Event[] = decision === undefined ? [] : [decisionEvent(decision)];
  const ended: Event = { title: launchWords[state].word, at: launch.updatedAt, lines: (outcome ?? []).map(diskLine) };
  const told = (state === "denied" || state === "refused") && decision !== undefined;
  return [started, ...decided, ...(told ? [] : [ended])];
}

function decisionEvent(decision: NonNullable<LaunchDetail["decision"]>): Event {
  const who = decision.by === "person" ? "A person" : "The policy";
  return {
    title: decision.verdict === "release" ? `${who} released the key` : `${who} refused`,
    at: decision.at,
    lines: [
      ...(decision.reason === undefined ? [] : [`“${decision.reason}”`]),
      ...(decision.pinnedBy === undefined ? [] : [`It shows what a person approved in launch ${decision.pinnedBy}`]),
      ...(decision.bootSet === undefined ? [] : [`Its measurement was approved ahead with the boot set “${decision.bootSet.label}”`]),
      `Audit log entry ${decision.entry}`,
    ],
  };
}

function diskLine({ disk, opened, code }: NonNullable<LaunchDetail["outcome"]>[number]): string {
  return opened ? `Disk ${disk} opened` : `Disk ${disk} did not open${code === undefined ? "" : ` (${code})`}`;
}
