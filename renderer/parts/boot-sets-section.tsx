// With which files may this VM be started? Each set with its state, its measurement and every file's digest; what may be done with it stands beside it.
import { useState } from "react";
import { Link } from "wouter";
import type { KeptBootSetView } from "../../core/api/boot-schemas.ts";
import type { StatusView, VmDetail } from "../../core/api/schemas.ts";
import { useConnection } from "../api/query.ts";
import { stateOf } from "../boot/boot-set-state.ts";
import { act } from "../can.ts";
import { ApproveAheadDialog, RemoveBootSetDialog, RetireBootSetDialog } from "../pages/boot-set-dialogs.tsx";
import { BootSetMark } from "./boot-set-mark.tsx";
import { ActionButton } from "./button.tsx";
import { Digest } from "./digest.tsx";
import { sizeOf } from "./file-drop.tsx";
import { Empty } from "./notice.tsx";
import { type Pair, Pairs, Section } from "./page.tsx";
import { When } from "./time.tsx";

interface Props {
  readonly vm: VmDetail;
  readonly status: StatusView;
}

export function BootSetsSection({ vm, status }: Props) {
  // It boots nothing that could be measured.
  if (vm.simulated && vm.bootSets.length === 0) return null;
  const add = `/vms/${vm.id}/boot-files`;
  return (
    <Section
      title="Boot files"
      lead="What the processor measures at the start. An approved set passes by itself; the one before passes too, until you retire it."
      beside={
        <Link href={add} className="button button-plain">
          {vm.bootSets.length === 0 ? "Measure its boot files" : "Add the next kernel"}
        </Link>
      }
    >
      {vm.bootSets.length === 0 ? (
        <Empty title="None is known">
          <p>Its measurement is compared by hand, or as its policy says.</p>
        </Empty>
      ) : (
        <ul>
          {vm.bootSets.map((kept) => (
            <BootSetItem key={kept.id} vm={vm} kept={kept} status={status} />
          ))}
        </ul>
      )}
    </Section>
  );
}

function BootSetItem({ vm, kept, status }: Props & { readonly kept: KeptBootSetView }) {
  const connection = useConnection();
  const [asking, setAsking] = useState<"approve" | "retire" | "remove">();
  const state = stateOf(vm, kept);
  const close = (): void => setAsking(undefined);
  return (
    <li className="boot-set">
      <div className="boot-set-head">
        <h3>{kept.label}</h3>
        <BootSetMark state={state} />
        <span className="quiet">
          added <When at={kept.addedAt} />
          {kept.approvedAt !== undefined && (
            <>
              , approved <When at={kept.approvedAt} />
              {kept.approvalReason !== undefined && `: ${kept.approvalReason}`}
            </>
          )}
          {kept.retiredAt !== undefined && (
            <>
              , retired <When at={kept.retiredAt} />
            </>
          )}
        </span>
      </div>
      <Pairs beside pairs={headPairs(kept)} />
      <details className="older">
        <summary>Files</summary>
        <Pairs pairs={filePairs(kept)} />
      </details>
      {state !== "retired" && (
        <div className="guide-buttons">
          <Link href={`/vms/${vm.id}/kit/${kept.id}`} className="button button-plain" aria-label={`Kit for ${kept.label}`}>
            Kit
          </Link>
          {state !== "approved" && (
            <ActionButton can={act(connection)} onPress={() => setAsking("approve")}>
              {state === "candidate" ? "Approve ahead …" : "Approve …"}
            </ActionButton>
          )}
          {state === "candidate" ? (
            <ActionButton can={act(connection)} onPress={() => setAsking("remove")}>
              Remove …
            </ActionButton>
          ) : (
            <ActionButton can={act(connection)} kind="danger" onPress={() => setAsking("retire")}>
              Retire …
            </ActionButton>
          )}
        </div>
      )}
      {asking === "approve" && <ApproveAheadDialog vm={vm} kept={kept} confirmation={status.confirmation} onClose={close} />}
      {asking === "retire" && <RetireBootSetDialog vm={vm} kept={kept} onClose={close} />}
      {asking === "remove" && <RemoveBootSetDialog vm={vm} kept={kept} onClose={close} />}
    </li>
  );
}

function headPairs({ label, set }: KeptBootSetView): readonly Pair[] {
  return [
    { term: "Measurement", value: <Digest value={set.measurement} what={`Measurement of ${label}`} /> },
    { term: "vCPUs", value: `${set.vcpus} × ${set.vcpuModel}` },
    { term: "Guest features", value: <code>{set.guestFeatures}</code> },
  ];
}

function filePairs({ set: { firmware, direct } }: KeptBootSetView): readonly Pair[] {
  const files = [
    { term: "Firmware", file: firmware },
    ...(direct === undefined ? [] : [{ term: "Kernel", file: direct.kernel }]),
    ...(direct?.initrd === undefined ? [] : [{ term: "Initrd", file: direct.initrd }]),
  ];
  return [
    ...files.map(({ term, file }) => ({
      term,
      value: (
        <>
          {file.name} <span className="quiet">{sizeOf(file.bytes)}</span> <Digest value={file.sha256} what={`SHA-256 of ${file.name}`} />
        </>
      ),
    })),
    ...(direct === undefined ? [] : [{ term: "Command line", value: <code className="value">{direct.commandLine || "empty"}</code> }]),
  ];
}
