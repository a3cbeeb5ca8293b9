// Has the manager what it needs to verify launches, also without internet, and until when? The cache, what is being fetched ahead, and the lines
// for a terminal. The page names no file and no chip: it can only ask for what launches have shown.
import { Download } from "lucide-react";
import type { CollateralRun } from "../../core/api/collateral-schemas.ts";
import { useAction } from "../api/action.ts";
import { useConnection, useQuery } from "../api/query.ts";
import { fetchKnown } from "../can.ts";
import { ActionButton } from "../parts/button.tsx";
import { CollateralTable } from "../parts/collateral-table.tsx";
import { CopyButton } from "../parts/copy.tsx";
import { Answer, Empty, FailureNotice, Notice } from "../parts/notice.tsx";
import { CodeBlock, PageHead, Section } from "../parts/page.tsx";
import { When } from "../parts/time.tsx";

export function CollateralPage() {
  const items = useQuery({
    key: "collateral",
    ask: (client) => client.collateral.list({}),
    concerns: ({ kind }) => kind === "collateral" || kind === "launch",
  });
  const run = useQuery({
    key: "collateral/run",
    ask: (client) => client.collateral.run({}),
    concerns: ({ kind }) => kind === "collateral",
  });
  const known = run.state === "ready" ? run.value.run : undefined;
  return (
    <>
      <PageHead
        title="Collateral"
        lead="AMD's certificates and revocation lists: with them a launch is verified. Each launch verifies what it uses; nothing here is believed for being here."
        actions={<FetchKnown run={known} />}
      />
      {known !== undefined && <Run run={known} />}
      <Section title="In the cache" bare>
        <Answer query={items} what="the cache">
          {(list) =>
            list.length === 0 ? (
              <Empty title="Nothing is in the cache yet">
                <p>
                  The first launch of a real VM fetches what it needs from AMD's key service. Without internet, import a bundle that another
                  manager exported. Simulated VMs need nothing from here.
                </p>
              </Empty>
            ) : (
              <CollateralTable items={list} />
            )
          }
        </Answer>
      </Section>
      <Section
        title="At a terminal of the manager's machine"
        lead="Files and chips are named there, not in this page: whoever may do that holds more rights than the page."
      >
        {lines.map(({ title, line }) => (
          <div key={line}>
            <div className="code-head">
              <h3>{title}</h3>
              <CopyButton text={line} what={`the line: ${title}`} label="Copy" />
            </div>
            <CodeBlock text={line} label={title} />
          </div>
        ))}
      </Section>
    </>
  );
}

function FetchKnown({ run }: { readonly run: CollateralRun | undefined }) {
  const connection = useConnection();
  const action = useAction();
  return (
    <>
      <ActionButton
        can={fetchKnown(run, connection)}
        running={action.running && "Looking through the launches …"}
        onPress={() => action.run((client) => client.collateral.fetchKnown({}))}
      >
        <Download aria-hidden size={16} /> Fetch known chips
      </ActionButton>
      {action.failure !== undefined && <FailureNotice failure={action.failure} title="Nothing was fetched" />}
    </>
  );
}

function Run({ run }: { readonly run: CollateralRun }) {
  const { state, total, left, fetched, known, failed, failures, stopped, endedAt } = run;
  const bad = failed > 0 || stopped !== undefined;
  return (
    <Section title={state === "running" ? "Being fetched ahead" : "Fetched ahead"}>
      <p className="progress">
        {state === "running" && <span className="progress-dot progress-live" aria-hidden />}
        <output>
          {total - left} of {total} done: {fetched} fetched, {known} in the cache before, {failed} failed.
        </output>
        {endedAt !== undefined && (
          <span className="quiet">
            Ended <When at={endedAt} />.
          </span>
        )}
      </p>
      {state === "running" && (
        <p className="quiet">AMD gives out about one certificate in ten seconds. A VM that boots meanwhile is served first.</p>
      )}
      {total === 0 && <p className="quiet">No launch of a real VM has shown a chip yet, and no list is in the cache.</p>}
      {bad && (
        <Notice tone="wait" title={stopped === undefined ? "Some could not be had" : `${left} were not tried`}>
          {stopped !== undefined && (
            <p>
              {stopped.sentence} <span className="quiet">Code </span>
              <code>{stopped.code}</code>
            </p>
          )}
          {failures.length > 0 && (
            <ul>
              {failures.slice(0, mostFailures).map(({ product, chipId, tcb, failure }) => (
                <li key={`${product} ${chipId ?? ""} ${tcb ?? ""} ${failure.code}`}>
                  {product}, {chipId === undefined ? "issuers and list" : `chip ${chipId.slice(0, 16)}…`}: {failure.sentence}{" "}
                  <code>{failure.code}</code>
                </li>
              ))}
            </ul>
          )}
          {failed > mostFailures && <p className="quiet">And {failed - mostFailures} more.</p>}
        </Notice>
      )}
    </Section>
  );
}

const lines = [
  { title: "Fetch ahead for new hosts, from a report of each", line: "portcullis collateral fetch host-*.report.bin --wait" },
  { title: "Write all that verifies into one file", line: "portcullis collateral export fleet.json" },
  { title: "Take such a file in, without internet", line: "portcullis collateral import fleet.json" },
] as const;
const mostFailures = 5;
