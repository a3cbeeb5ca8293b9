// Which VM is it, on which platform, and where does its agent find this manager? The first step of the enrolment.
import { Choice, TextArea, TextField } from "../parts/field.tsx";
import type { Faults } from "../boot/boot-form.ts";
import { type EnrolForm, type Platform, withPlatform } from "./enrol-form.ts";

interface Props {
  readonly form: EnrolForm;
  readonly faults: Faults;
  readonly diskFolder: string | undefined;
  readonly onChange: (form: EnrolForm) => void;
}

export function MachineStep({ form, faults, diskFolder, onChange }: Props) {
  return (
    <>
      <TextField
        id="name"
        label="Name"
        hint="As you call it. It shows beside every launch."
        value={form.name}
        onChange={(name) => onChange({ ...form, name })}
        error={faults.get("name")}
      />
      <Choice
        legend="Platform"
        name="platform"
        value={form.platform}
        onChange={(platform) => onChange(withPlatform(form, platform, diskFolder))}
        options={platforms}
      />
      <TextArea
        id="endpoints"
        label="Addresses of this manager"
        hint="host:port, one a line, tried in order. The VM must be able to reach them."
        rows={2}
        code
        value={form.endpoints}
        onChange={(endpoints) => onChange({ ...form, endpoints })}
        error={faults.get("endpoints")}
      />
    </>
  );
}

const platforms: readonly { readonly value: Platform; readonly label: string; readonly hint: string }[] = [
  { value: "qemu", label: "QEMU", hint: "9.1 or later, started by a command line of your own." },
  { value: "libvirt", label: "libvirt", hint: "10.5 or later, by a domain XML." },
  { value: "proxmox", label: "Proxmox VE", hint: "8.3 or later, by the VM's configuration and raw arguments." },
  {
    value: "simulated",
    label: "A simulated processor",
    hint: "For trying: runs on this machine, is marked SIMULATED everywhere and never accepts real evidence.",
  },
];
