// Which input differs? Where the measurement did not match, the service searches the usual suspects among what it knows of this VM; it explains, and accepts
// nothing.
import { Link } from "wouter";
import { useState } from "react";
import type { ExplanationView } from "../../core/api/explain-schemas.ts";
import type { LaunchDetail } from "../../core/api/schemas.ts";
import { useAction } from "../api/action.ts";
import { useConnection } from "../api/query.ts";
import { act } from "../can.ts";
import { ActionButton } from "./button.tsx";
import { FailureNotice } from "./notice.tsx";
import { Section } from "./page.tsx";

export function WhichInput({ launch }: { readonly launch: LaunchDetail }) {
  const connection = useConnection();
  const action = useAction();
  const [found, setFound] = useState<ExplanationView>();
  const failed = launch.checks.some(({ group, verdict }) => group === "measurement" && verdict === "fail");
  if (!failed || launch.vmName === undefined) return null;
  return (
    <Section
      title="Why does the measurement differ?"
      lead="Tries other vCPUs, models, features, files and command lines that this VM has had. It explains, and accepts nothing."
      beside={
        <ActionButton
          can={act(connection)}
          running={action.running && "Trying …"}
          onPress={() => action.run((client) => client.launches.explain({ launch: launch.id }), setFound)}
        >
          Which input differs?
        </ActionButton>
      }
    >
      {action.failure !== undefined && <FailureNotice failure={action.failure} />}
      <output className="explanation">
        {action.running ? (
          <span className="progress">
            <span className="progress-dot progress-live" aria-hidden />
            Measuring one variant after the other. It takes a few seconds.
          </span>
        ) : (
          found !== undefined && <strong>{found.sentence}</strong>
        )}
      </output>
      {found !== undefined && !action.running && (
        <p className="quiet">
          Compared with {found.bootSet.label}.{" "}
          {found.found && found.differences.length > 0 && (
            <>
              If the host is right, <Link href={`/vms/${launch.vm}/boot-files`}>add the boot files</Link> as they are there; if not, mend
              the host.
            </>
          )}
        </p>
      )}
    </Section>
  );
}
