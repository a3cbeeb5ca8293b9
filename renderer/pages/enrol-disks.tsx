// Which disks does the VM open? One row of fields each; rows can be added and removed, down to one.
import { Plus, Trash2 } from "lucide-react";
import { TextField } from "../parts/field.tsx";
import type { Faults } from "../boot/boot-form.ts";
import { type DiskForm, emptyDisk } from "./enrol-form.ts";

interface Props {
  readonly disks: readonly DiskForm[];
  readonly faults: Faults;
  /** Whether a UUID can be demanded. */
  readonly uuids: boolean;
  readonly onChange: (disks: readonly DiskForm[]) => void;
}

export function DiskFields({ disks, faults, uuids, onChange }: Props) {
  const change = (index: number, part: Partial<DiskForm>): void =>
    onChange(disks.with(index, { ...(disks[index] ?? emptyDisk(1)), ...part }));
  const nextKey = Math.max(0, ...disks.map(({ key }) => key)) + 1;
  return (
    <>
      {disks.map((disk, index) => (
        <fieldset key={disk.key} className="disk">
          <legend>Disk {index + 1}</legend>
          <div className="disk-fields">
            {(uuids ? [...parts, uuidPart] : parts).map(({ part, label, hint }) => (
              <TextField
                key={part}
                id={`disks-${index}-${part}`}
                label={label}
                hint={hint}
                code
                value={disk[part]}
                onChange={(value) => change(index, { [part]: value })}
                error={faults.get(`disks-${index}-${part}`)}
              />
            ))}
          </div>
          {disks.length > 1 && (
            <button type="button" className="button button-quiet" onClick={() => onChange(disks.toSpliced(index, 1))}>
              <Trash2 aria-hidden size={15} /> Remove disk {index + 1}
            </button>
          )}
        </fieldset>
      ))}
      {disks.length < most && (
        <button type="button" className="button button-plain" onClick={() => onChange([...disks, emptyDisk(nextKey)])}>
          <Plus aria-hidden size={15} /> Add a disk
        </button>
      )}
    </>
  );
}

const parts = [
  { part: "id", label: "Id", hint: "In the configuration" },
  { part: "device", label: "Device", hint: "In the VM" },
  { part: "name", label: "Name", hint: "Once opened" },
] as const;

const uuidPart = { part: "uuid", label: "UUID to demand", hint: "Optional, of a disk that exists" } as const;

/** The contract's own limit. */
const most = 16;
