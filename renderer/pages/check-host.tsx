// Is a host's own configuration safe, and does it fit the VM? Pasted as it is; each finding says what is wrong and what to put there. It changes nothing.
import { CircleX, Info, type LucideIcon, TriangleAlert } from "lucide-react";
import { type SyntheticEvent, useState } from "react";
import type { FindingView, HostCheckView } from "../../core/api/kit-schemas.ts";
import { hosts } from "../../core/kit/launch-kit.ts";
import { useAction } from "../api/action.ts";
import { useConnection, useQuery } from "../api/query.ts";
import { act, type Permission } from "../can.ts";
import { ActionButton } from "../parts/button.tsx";
import { CopyButton } from "../parts/copy.tsx";
import { TextArea } from "../parts/field.tsx";
import { Mark } from "../parts/mark.tsx";
import { FailureNotice } from "../parts/notice.tsx";
import { PageHead, Section } from "../parts/page.tsx";
import { SelectField } from "../parts/select-field.tsx";
import { hostWords, type Words } from "../words.ts";

export function CheckHostPage({ vm: asked }: { readonly vm: string | undefined }) {
  const connection = useConnection();
  const vms = useQuery({ key: "vms", ask: (client) => client.vms.list({}), concerns: ({ kind }) => kind === "vm" });
  const action = useAction();
  const [text, setText] = useState("");
  const [vm, setVm] = useState(asked ?? "");
  const [host, setHost] = useState("");
  const [found, setFound] = useState<{ readonly text: string; readonly check: HostCheckView }>();
  const named = hosts.find((one) => one === host);
  const can: Permission = text.trim() === "" ? { allowed: false, why: "Paste it first." } : act(connection);
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    action.run(
      (client) => client.kit.check({ text, ...(named === undefined ? {} : { host: named }), ...(vm === "" ? {} : { vm }) }),
      (check) => setFound({ text, check }),
    );
  };
  const known = vms.state === "ready" ? vms.value.filter(({ simulated }) => !simulated) : [];
  return (
    <>
      <PageHead
        title="Check a host's configuration"
        back={asked === undefined ? { href: "/vms", label: "Virtual machines" } : { href: `/vms/${asked}`, label: "Virtual machine" }}
        lead="Paste how the host starts a VM now. What is missing or unsafe is named, with what to put there."
      />
      <form className="form form-page" onSubmit={submit} noValidate>
        <Section title="What the host has">
          <TextArea
            label="Configuration"
            hint="A QEMU command line, a libvirt domain XML (virsh dumpxml) or a Proxmox VE configuration (qm config), whole."
            rows={12}
            code
            value={text}
            onChange={setText}
          />
          <div className="disk-fields">
            <SelectField
              label="Compare with"
              value={vm}
              onChange={setVm}
              options={[{ value: "", label: "no VM: look at it by itself" }, ...known.map(({ id, name }) => ({ value: id, label: name }))]}
            />
            <SelectField
              label="It is for"
              value={host}
              onChange={setHost}
              options={[{ value: "", label: "found out from the text" }, ...hosts.map((one) => ({ value: one, label: hostWords[one] }))]}
            />
          </div>
        </Section>
        {action.failure !== undefined && <FailureNotice failure={action.failure} title="It could not be checked" />}
        <div>
          <ActionButton submits kind="primary" can={can} running={action.running && "Checking …"}>
            Check it
          </ActionButton>
        </div>
      </form>
      {found?.text === text && <Findings check={found.check} />}
    </>
  );
}

function Findings({ check: { host, findings, comparedWith } }: { readonly check: HostCheckView }) {
  const ordered = order.flatMap((severity) => findings.filter((finding) => finding.severity === severity));
  return (
    <Section
      title={`Findings for ${hostWords[host]}`}
      {...(comparedWith === undefined ? {} : { lead: `Compared with the kit of ${comparedWith.label}.` })}
    >
      <output>
        {findings.length === 0
          ? "Nothing is missing and nothing is unsafe."
          : `${findings.length} ${findings.length === 1 ? "finding" : "findings"}.`}
      </output>
      <ul className="findings" aria-label="Findings">
        {ordered.map((finding) => (
          <Finding key={`${finding.id} ${finding.option} ${finding.sentence}`} finding={finding} />
        ))}
      </ul>
    </Section>
  );
}

function Finding({ finding: { severity, option, sentence, fix } }: { readonly finding: FindingView }) {
  const { word, tone, icon } = severityWords[severity];
  return (
    <li className={`finding finding-${tone}`}>
      <div className="finding-head">
        <Mark icon={icon} tone={tone}>
          {word}
        </Mark>
        <code>{option}</code>
      </div>
      <p>{sentence}</p>
      {fix !== "" && (
        <p>
          Put there: <code className="value">{fix}</code> <CopyButton text={fix} what={`what to put for ${option}`} />
        </p>
      )}
    </li>
  );
}

const order = ["unsafe", "missing", "different", "note"] as const;
const severityWords: Readonly<Record<FindingView["severity"], Words & { readonly icon: LucideIcon }>> = {
  unsafe: { word: "Unsafe", tone: "bad", icon: CircleX },
  missing: { word: "Missing", tone: "bad", icon: CircleX },
  different: { word: "Different", tone: "wait", icon: TriangleAlert },
  note: { word: "To know", tone: "calm", icon: Info },
};
