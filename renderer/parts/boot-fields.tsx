// With which files and vCPUs is the VM started? The fields of a boot set, what the firmware can measure, and the measurement as soon as it can be worked out.
import { useState } from "react";
import { describeFirmware } from "../../core/measure/describe.ts";
import { fullFirmware, type MeasuredFirmware } from "../../core/measure/boot-set.ts";
import { vcpuModels } from "../../core/measure/vcpu.ts";
import { type Faults, hostModel, otherModel, type ReadBoot, suggestedLabel } from "../boot/boot-form.ts";
import type { BootFiles } from "../boot/use-boot-files.ts";
import { TextArea, TextField } from "./field.tsx";
import { FileDrop } from "./file-drop.tsx";
import { MeasuredBox } from "./measured-box.tsx";
import { SelectField } from "./select-field.tsx";

interface Props {
  readonly files: BootFiles;
  readonly read: ReadBoot;
  /** All of them are shown after a try to go on; before it only what is wrong with something that was given. */
  readonly tried: boolean;
}

export function BootFields({ files, read, tried }: Props) {
  const { form, change, take, clear } = files;
  const all: Faults = "faults" in read ? read.faults : new Map();
  const early = new Set(["boot-command-line", ...(form.firmware.state === "ready" ? ["boot-firmware"] : []), "boot-kernel"]);
  const error = (field: string): string | undefined => (tried || early.has(field) ? all.get(field) : undefined);
  return (
    <>
      <FileDrop
        id="boot-firmware"
        label="Firmware"
        hint="The OVMF file of the host, whole: an AmdSev build, such as OVMF.amdsev.fd, where the VM boots a kernel directly."
        slot={form.firmware}
        error={error("boot-firmware")}
        onFile={(file) => take("firmware", file)}
        onClear={() => clear("firmware")}
      />
      {form.firmware.state === "ready" && <FirmwareWords firmware={form.firmware.file} />}
      <FileDrop
        id="boot-kernel"
        label="Kernel"
        hint="As the host passes it with -kernel. Leave it out where everything is in the firmware."
        slot={form.kernel}
        error={error("boot-kernel")}
        onFile={(file) => take("kernel", file)}
        onClear={() => clear("kernel")}
      />
      <FileDrop
        id="boot-initrd"
        label="Initrd"
        hint="The one with the Portcullis agent in it. Any size."
        slot={form.initrd}
        error={error("boot-initrd")}
        onFile={(file) => take("initrd", file)}
        onClear={() => clear("initrd")}
      />
      <TextArea
        id="boot-command-line"
        label="Kernel command line"
        hint="Exactly as the host passes it: every space is measured."
        rows={2}
        code
        value={form.commandLine}
        onChange={(commandLine) => change({ commandLine })}
        error={error("boot-command-line")}
      />
      <Processor files={files} error={error} />
      <TextField
        id="boot-label"
        label="Name of this set"
        hint={
          suggestedLabel(form) === "" ? "Shows beside its measurement." : `Shows beside its measurement. Empty: ${suggestedLabel(form)}`
        }
        value={form.label}
        onChange={(label) => change({ label })}
        error={error("boot-label")}
      />
      <MeasuredBox set={"set" in read ? read.set : undefined} />
    </>
  );
}

function Processor({
  files: { form, change },
  error,
}: {
  readonly files: BootFiles;
  readonly error: (field: string) => string | undefined;
}) {
  const [more, setMore] = useState(form.guestFeatures !== "0x1");
  const unknown = form.model === hostModel || form.model === otherModel;
  return (
    <>
      <div className="disk-fields">
        <TextField
          id="boot-vcpus"
          label="vCPUs"
          inputMode="numeric"
          value={form.vcpus}
          onChange={(vcpus) => change({ vcpus })}
          error={error("boot-vcpus")}
        />
        <SelectField
          id="boot-model"
          label="vCPU model"
          value={form.model}
          onChange={(model) => change({ model })}
          options={models}
          error={error("boot-model")}
        />
        {form.model === otherModel && (
          <TextField
            id="boot-model-name"
            label="Name of the model"
            code
            value={form.modelName}
            onChange={(modelName) => change({ modelName })}
            error={error("boot-model-name")}
          />
        )}
        {unknown && (
          <TextField
            id="boot-signature"
            label="CPUID signature"
            hint="CPUID 1, EAX of the vCPU"
            code
            value={form.signature}
            onChange={(signature) => change({ signature })}
            error={error("boot-signature")}
          />
        )}
      </div>
      <details
        className="older"
        open={more || error("boot-features") !== undefined}
        onToggle={(event) => setMore(event.currentTarget.open)}
      >
        <summary>Guest features</summary>
        <TextField
          id="boot-features"
          label="SEV_FEATURES"
          hint="0x1 on a mainline host kernel; 0x21 where the host turns on DebugSwap."
          code
          value={form.guestFeatures}
          onChange={(guestFeatures) => change({ guestFeatures })}
          error={error("boot-features")}
        />
      </details>
    </>
  );
}

function FirmwareWords({ firmware }: { readonly firmware: MeasuredFirmware }) {
  return (
    <ul className="firmware-words" aria-label="What this firmware can measure">
      {describeFirmware(fullFirmware(firmware)).sentences.map((sentence) => (
        <li key={sentence}>{sentence}</li>
      ))}
    </ul>
  );
}

const models = [
  { value: "", label: "Choose …" },
  ...vcpuModels.map((name) => ({ value: name, label: name })),
  { value: hostModel, label: "host (the host's own processor)" },
  { value: otherModel, label: "another model" },
];
