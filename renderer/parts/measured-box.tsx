// What will the processor measure? The launch measurement that the page worked out by itself, or what is still missing for it.
import { useId } from "react";
import type { BootSet } from "../../core/measure/boot-set.ts";
import { CopyButton } from "./copy.tsx";

export function MeasuredBox({ set }: { readonly set: BootSet | undefined }) {
  const title = useId();
  return (
    <section className="measured" aria-labelledby={title}>
      <p id={title} className="measured-title">
        Launch measurement
      </p>
      {set === undefined ? (
        <p className="quiet">It is worked out here once the firmware and the vCPU model are given. No file leaves this machine.</p>
      ) : (
        <p>
          <code className="value">{set.measurement}</code> <CopyButton text={set.measurement} what="the measurement" />
        </p>
      )}
      <output className="hidden">{set === undefined ? "" : `Measured: ${set.measurement.slice(0, 8)}`}</output>
    </section>
  );
}
