// With which files is the VM started? Measured here, or later: then the first launch is compared by hand, and that is said.
import type { Faults, ReadBoot } from "../boot/boot-form.ts";
import type { BootFiles } from "../boot/use-boot-files.ts";
import { BootFields } from "../parts/boot-fields.tsx";
import { Choice, TextArea } from "../parts/field.tsx";
import { Notice } from "../parts/notice.tsx";
import type { EnrolForm } from "./enrol-form.ts";

interface Props {
  readonly form: EnrolForm;
  readonly files: BootFiles;
  readonly read: ReadBoot;
  readonly faults: Faults;
  readonly tried: boolean;
  readonly onChange: (form: EnrolForm) => void;
}

export function BootStep({ form, files, read, faults, tried, onChange }: Props) {
  return (
    <>
      <Choice
        legend="Boot files"
        name="boot-when"
        value={form.bootLater ? "later" : "now"}
        onChange={(when) => onChange({ ...form, bootLater: when === "later" })}
        options={choices}
      />
      {form.bootLater ? (
        <>
          <Notice tone="wait" title="The first launch is compared by hand">
            <p>
              Nothing says yet what the VM should measure. Its first launch waits for you, and you compare the measurement yourself before
              you approve. You can add its boot files at any time.
            </p>
          </Notice>
          <TextArea
            id="measurements"
            label="Expected launch digests"
            hint="If you have them from elsewhere: MEASUREMENT values, 96 hex digits, one a line."
            rows={3}
            code
            value={form.measurements}
            onChange={(measurements) => onChange({ ...form, measurements })}
            error={faults.get("measurements")}
          />
        </>
      ) : (
        <BootFields files={files} read={read} tried={tried} />
      )}
    </>
  );
}

const choices = [
  { value: "now", label: "I have them here", hint: "They are measured in this page, and only what they measure is accepted." },
  { value: "later", label: "Boot files later", hint: "For when they are not built yet, or are elsewhere." },
] as const;
