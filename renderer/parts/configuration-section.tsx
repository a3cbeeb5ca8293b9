// What was issued to this VM? The newest accepted configuration as the owner must hand it on, exact text with copy; the ones before, and whether they are
// still accepted.
import { useState } from "react";
import type { VmDetail } from "../../core/api/schemas.ts";
import { useConnection, useQuery } from "../api/query.ts";
import { act, type Permission } from "../can.ts";
import { ActionButton } from "./button.tsx";
import { CopyButton } from "./copy.tsx";
import { Digest } from "./digest.tsx";
import { LaunchMark } from "./mark.tsx";
import { CodeBlock, Section } from "./page.tsx";
import { pretty } from "./pretty.ts";
import { ReasonDialog } from "./reason-dialog.tsx";
import { Table } from "./table.tsx";
import { When } from "./time.tsx";

type Configuration = VmDetail["configurations"][number];

export function ConfigurationSection({ vm }: { readonly vm: VmDetail }) {
  const current = vm.configurations.find(({ retiredAt }) => retiredAt === undefined) ?? vm.configurations[0];
  if (current === undefined) return null;
  return (
    <Section
      title="Configuration and HOST_DATA"
      lead="The VM gets the configuration in the open; the host starts the VM with its digest as HOST_DATA. One changed byte, and no key goes out."
    >
      <dl className="hand-over">
        <div>
          <dt>HOST_DATA, hex</dt>
          <dd>
            <code className="value">{current.digest}</code> <CopyButton text={current.digest} what="HOST_DATA as hex" />
          </dd>
        </div>
        <div>
          <dt>HOST_DATA, base64 (for QEMU's host-data)</dt>
          <dd>
            <code className="value">{current.hostDataBase64}</code> <CopyButton text={current.hostDataBase64} what="HOST_DATA as base64" />
          </dd>
        </div>
      </dl>
      <div className="code-head">
        <h3>Configuration</h3>
        <span className="quiet">
          issued <When at={current.issuedAt} />; copied as the exact canonical text
        </span>
        <CopyButton text={current.text} what="the configuration" label="Copy" />
      </div>
      <CodeBlock text={pretty(current.text)} label="Configuration" />
      {vm.configurations.length > 1 && <Every vm={vm} current={current} />}
    </Section>
  );
}

function Every({ vm, current }: { readonly vm: VmDetail; readonly current: Configuration }) {
  const connection = useConnection();
  const [retiring, setRetiring] = useState<Configuration>();
  const accepted = vm.configurations.filter(({ retiredAt }) => retiredAt === undefined);
  const can = (configuration: Configuration): Permission =>
    accepted.length === 1 && accepted[0] === configuration ? { allowed: false, why: "The last one that is accepted." } : act(connection);
  return (
    <>
      <Table inner caption="Every configuration of this virtual machine, newest first" columns={["Digest", "Issued", "State", "Retire"]}>
        {vm.configurations.map((configuration) => (
          <tr key={configuration.digest}>
            <th scope="row">
              <Digest value={configuration.digest} what="Configuration digest" />
            </th>
            <td>
              <When at={configuration.issuedAt} />
              {configuration.reason !== undefined && <p className="quiet">{configuration.reason}</p>}
            </td>
            <td>
              {configuration.retiredAt === undefined ? (
                configuration === current ? (
                  "Accepted, the one to launch with"
                ) : (
                  "Still accepted"
                )
              ) : (
                <>
                  Retired <When at={configuration.retiredAt} />
                </>
              )}
            </td>
            <td>
              {configuration.retiredAt === undefined && (
                <ActionButton can={can(configuration)} onPress={() => setRetiring(configuration)}>
                  Retire …
                </ActionButton>
              )}
            </td>
          </tr>
        ))}
      </Table>
      {retiring !== undefined && (
        <ReasonDialog
          title="Retire this configuration?"
          verb="Retire"
          doing="Retiring …"
          danger
          ask={(client, reason) => client.configurations.retire({ vm: vm.id, digest: retiring.digest, reason })}
          onDone={() => setRetiring(undefined)}
          onClose={() => setRetiring(undefined)}
        >
          <p>
            A launch that shows HOST_DATA <Digest value={retiring.digest} what="Configuration digest" /> is refused from now on. Retire it
            once the VM runs with the newer one.
          </p>
          <LastLaunch vm={vm.id} digest={retiring.digest} />
        </ReasonDialog>
      )}
    </>
  );
}

/** Whether somebody still starts the VM with it is what a person wants to know before retiring it. */
function LastLaunch({ vm, digest }: { readonly vm: string; readonly digest: string }) {
  const configurations = useQuery({
    key: `configurations/${vm}`,
    ask: (client) => client.configurations.list({ vm }),
    concerns: ({ kind }) => kind === "launch",
  });
  if (configurations.state !== "ready") return null;
  const last = configurations.value.find((one) => one.digest === digest)?.lastLaunch;
  return (
    <p className="name-with-badge">
      {last === undefined ? (
        "No launch that is remembered came with it."
      ) : (
        <>
          <span>
            The last launch with it: <When at={last.startedAt} />
          </span>
          <LaunchMark state={last.state} />
        </>
      )}
    </p>
  );
}
