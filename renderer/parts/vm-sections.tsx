// What was issued to this VM, which disks are its own, and what is asked of it? Shown as the owner must hand it on: exact text, with copy.
import type { VmDetail } from "../../core/api/schemas.ts";
import { Link } from "wouter";
import { CopyButton } from "./copy.tsx";
import { Digest } from "./digest.tsx";
import { CodeBlock, Section } from "./page.tsx";
import { Table } from "./table.tsx";
import { When } from "./time.tsx";

export function ConfigurationSection({ vm }: { readonly vm: VmDetail }) {
  const [current, ...older] = vm.configurations;
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
      {older.length > 0 && (
        <details className="older">
          <summary>Configurations before</summary>
          <ul>
            {older.map((configuration) => (
              <li key={configuration.digest}>
                <Digest value={configuration.digest} what="Configuration digest" /> issued <When at={configuration.issuedAt} />
                {configuration.retiredAt === undefined ? (
                  ", still accepted"
                ) : (
                  <>
                    , retired <When at={configuration.retiredAt} />
                  </>
                )}
              </li>
            ))}
          </ul>
        </details>
      )}
    </Section>
  );
}

export function DisksSection({ vm }: { readonly vm: VmDetail }) {
  return (
    <Section title="Disks" bare>
      <Table caption="Disks that this virtual machine opens" columns={["Id", "Device in the VM", "Name once opened"]}>
        {vm.disks.map((disk) => (
          <tr key={disk.id}>
            <th scope="row">{disk.id}</th>
            <td>
              <code>{disk.device}</code>
            </td>
            <td>
              <code>{disk.name}</code>
            </td>
          </tr>
        ))}
      </Table>
    </Section>
  );
}

export function PolicySection({ vm }: { readonly vm: VmDetail }) {
  const { number, since, reason } = vm.policyVersion;
  return (
    <Section title="Appraisal policy" lead="Every check that its evidence must pass, or a reason why not.">
      <p>
        Version {number}, since <When at={since} />: {reason}
      </p>
      <p>
        <Link href={`/vms/${vm.id}/policy`}>Look at it and change it</Link>
      </p>
      <details className="older">
        <summary>The text that is in force</summary>
        <p className="raw-actions">
          <CopyButton text={vm.policy} what="the policy" label="Copy" />
        </p>
        <CodeBlock text={pretty(vm.policy)} label="Appraisal policy" />
      </details>
    </Section>
  );
}

/** For the eye only: what is copied is the text itself. */
function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), undefined, 2);
  } catch {
    return text;
  }
}
