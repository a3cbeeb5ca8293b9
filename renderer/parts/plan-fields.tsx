// How does the host start the VM? Memory, what the host is allowed, how the configuration gets there, and where the files lie. For every host the same
// fields; what a host has no word for is barred and says so.
import type { Delivery } from "../../core/kit/launch-kit.ts";
import { useQuery } from "../api/query.ts";
import type { Faults } from "../boot/boot-form.ts";
import { type DiskPlan, guestPolicyOf, type PlanForm, type PolicyBit, sayable, withFolder } from "../boot/plan-form.ts";
import { CheckField } from "./check-field.tsx";
import { Choice, TextField } from "./field.tsx";
import { Notice } from "./notice.tsx";
import { SelectField } from "./select-field.tsx";

interface Props {
  readonly form: PlanForm;
  readonly onChange: (form: PlanForm) => void;
  /** Ids, in the order of the devices. */
  readonly disks: readonly string[];
  readonly faults: Faults;
  /** The appraisal policy refuses a guest policy that allows SMT. */
  readonly smtRefused: boolean;
}

export function PlanFields({ form, onChange, disks, faults, smtRefused }: Props) {
  const idKeys = useQuery({ key: "id-keys", ask: (client) => client.idKeys.list({}), concerns: ({ kind }) => kind === "vm" });
  const change = (part: Partial<PlanForm>): void => onChange({ ...form, ...part });
  // The one that the plan names is there even before the list is, or without it.
  const keys = new Set([
    ...(form.idKey === "" ? [] : [form.idKey]),
    ...(idKeys.state === "ready" ? idKeys.value : []).filter(({ purpose }) => purpose === "id").map(({ name }) => name),
  ]);
  return (
    <>
      <div className="disk-fields">
        <TextField
          id="plan-memory"
          label="Memory, MiB"
          hint="Not measured"
          inputMode="numeric"
          value={form.memoryMib}
          onChange={(memoryMib) => change({ memoryMib })}
          error={faults.get("plan-memory")}
        />
        {form.host === "proxmox" && (
          <TextField
            id="plan-proxmox"
            label="VM number in Proxmox VE"
            hint="VMID"
            inputMode="numeric"
            value={form.proxmoxId}
            onChange={(proxmoxId) => change({ proxmoxId })}
            error={faults.get("plan-proxmox")}
          />
        )}
        <SelectField
          id="plan-id-key"
          label="ID key"
          hint="Signs the ID block, once the boot files are approved"
          value={form.idKey}
          onChange={(idKey) => change({ idKey })}
          options={[{ value: "", label: "none" }, ...[...keys].map((name) => ({ value: name, label: name }))]}
        />
      </div>
      <fieldset className="choice">
        <legend>
          What the host may and must do <code className="quiet">POLICY {guestPolicyOf(form)}</code>
        </legend>
        {smtRefused && form.bits.smt && (
          <Notice tone="wait">
            <p>The appraisal policy refuses VMs that allow shared cores. Switch it off here, or every launch is refused.</p>
          </Notice>
        )}
        {switches.map(({ bit, label, hint }) => (
          <CheckField
            key={bit}
            label={label}
            hint={hint}
            checked={form.bits[bit] && sayable(bit, form.host)}
            onChange={(on) => change({ bits: { ...form.bits, [bit]: on } })}
            whyNot={sayable(bit, form.host) ? undefined : "Proxmox VE has no word for it."}
          />
        ))}
        <CheckField
          label="Allow debugging"
          hint="The host could decrypt the VM's memory and read every key."
          checked={false}
          whyNot="Stays off: no VM that allows it is given keys."
        />
      </fieldset>
      <Choice
        legend="How the configuration reaches the agent"
        name="delivery"
        value={form.delivery}
        onChange={(delivery) => change({ delivery })}
        options={deliveryChoices}
      />
      <TextField
        id="plan-folder"
        label="Folder on the host"
        hint="Where you will put the boot files and the files of the kit."
        code
        value={form.folder}
        onChange={(folder) => onChange(withFolder(form, folder))}
        error={faults.get("plan-folder")}
      />
      <DiskPaths form={form} disks={disks} faults={faults} onChange={(planned) => change({ disks: planned })} />
    </>
  );
}

interface PathsProps {
  readonly form: PlanForm;
  readonly disks: readonly string[];
  readonly faults: Faults;
  readonly onChange: (disks: readonly DiskPlan[]) => void;
}

function DiskPaths({ form, disks, faults, onChange }: PathsProps) {
  return form.disks.map((disk, index) => (
    <div key={disks[index] ?? index} className="disk-path">
      <TextField
        id={`plan-disks-${index}`}
        label={`Disk ${disks[index] ?? index + 1} on the host`}
        code
        value={disk.path}
        onChange={(path) => onChange(form.disks.with(index, { ...disk, path }))}
        error={faults.get(`plan-disks-${index}`)}
      />
      <SelectField
        label={`Format of ${disks[index] ?? index + 1}`}
        value={disk.format}
        onChange={(format) => onChange(form.disks.with(index, { ...disk, format: format === "qcow2" ? "qcow2" : "raw" }))}
        options={[
          { value: "raw", label: "raw" },
          { value: "qcow2", label: "qcow2" },
        ]}
      />
    </div>
  ));
}

const switches: readonly { readonly bit: PolicyBit; readonly label: string; readonly hint: string }[] = [
  {
    bit: "smt",
    label: "Allow shared cores (SMT)",
    hint: "Needed where the host runs SMT: without it the VM does not start there. Off is safer.",
  },
  { bit: "singleSocket", label: "One socket only", hint: "The VM's memory and cores stay on one processor." },
  { bit: "memAes256Xts", label: "AES-256 for memory", hint: "Refuses processors that encrypt memory with AES-128 only." },
  {
    bit: "raplDis",
    label: "No power readings (RAPL)",
    hint: "Closes a way to guess at secrets from power use. The host must have switched it off.",
  },
  {
    bit: "ciphertextHidingDram",
    label: "Hide ciphertext",
    hint: "The host cannot see how encrypted memory changes. Genoa and later, where enabled.",
  },
  { bit: "pageSwapDisable", label: "No page moves", hint: "The host may not move or swap the VM's pages. Needs recent firmware." },
];

export const deliveryWords: Readonly<Record<Delivery, string>> = {
  "fw-cfg": "QEMU fw_cfg file",
  "config-disk": "Small configuration disk",
  initramfs: "Baked into the initrd",
};

const deliveryHints: Readonly<Record<Delivery, string>> = {
  "fw-cfg": "The host names the file in the launch line. Simplest.",
  "config-disk": "A labelled disk image that you attach. For hosts that cannot pass fw_cfg files.",
  initramfs: "A piece that goes before the initrd. It changes the measurement: the new initrd is measured anew, for every configuration.",
};

const deliveryChoices = (["fw-cfg", "config-disk", "initramfs"] as const).map((value) => ({
  value,
  label: deliveryWords[value],
  hint: deliveryHints[value],
}));
