// Why does a launch not match what its VM boots? The explainer over the VM's boot sets, on demand: one at a time, in time that is bounded, with a breath
// between batches so that no launch waits for it. It reads records and changes none.
import { setImmediate } from "node:timers/promises";
import type { ExplanationView } from "../../api/explain-schemas.ts";
import { failure } from "../../base/failure.ts";
import { fail, ok, type Result } from "../../base/result.ts";
import { usualSet } from "../../manager/ahead.ts";
import type { KeptBootSet, LaunchRecord, VmRecord } from "../../manager/records.ts";
import { explainMeasurement, explanationSentence } from "../../measure/explain.ts";
import type { ExplainInput, KnownFiles } from "../../measure/explain-input.ts";
import { hostSignature } from "../../measure/vcpu.ts";
import { parseReport } from "../../snp/report.ts";
import { nodePrimitives } from "../primitives.ts";

export class Explanations {
  #busy = false;

  /** @param signal ends it early. `measure.explaining`, `measure.no-report`, `measure.no-boot-set`. */
  async explain(launch: LaunchRecord, vm: VmRecord | undefined, signal: AbortSignal | undefined): Promise<Result<ExplanationView>> {
    const report = launch.report === undefined ? undefined : parseReport(launch.report);
    if (report?.ok !== true) return fail(failure("measure.no-report", undefined, report?.failure));
    const believed = believedOf(vm?.bootSets ?? []);
    if (vm === undefined || believed === undefined) return fail(failure("measure.no-boot-set"));
    const { measurement, cpuid } = report.value;
    const input: ExplainInput = {
      measurement,
      believed: believed.set,
      known: knownFiles(vm.bootSets, believed),
      ...(cpuid === undefined ? {} : { reportedSignature: hostSignature(cpuid) }),
      primitives: nodePrimitives,
    };
    if (this.#busy) return fail(failure("measure.explaining"));
    this.#busy = true;
    try {
      const until = performance.now() + patience;
      const more = (): boolean => signal?.aborted !== true && performance.now() < until;
      const explained = await explainMeasurement(input, { more, pause: () => setImmediate() });
      if (!explained.ok) return explained;
      const { found, tried } = explained.value;
      return ok({
        found,
        differences: explained.value.found ? [...explained.value.differences] : [],
        tried,
        complete: explained.value.found || explained.value.complete,
        bootSet: { id: believed.id, label: believed.label },
        sentence: explanationSentence(explained.value),
      });
    } finally {
      this.#busy = false;
    }
  }
}

/** What the next launch should be: the newest that is approved; else the newest candidate, else the newest of the past. */
function believedOf(sets: readonly KeptBootSet[]): KeptBootSet | undefined {
  return usualSet(sets) ?? sets[0];
}

/** The files of what is believed first: where it has no kernel, those of the newest set that has one. */
function knownFiles(sets: readonly KeptBootSet[], believed: KeptBootSet): KnownFiles {
  const direct = sets.flatMap(({ set }) => (set.direct === undefined ? [] : [set.direct]));
  return {
    firmware: sets.map(({ set }) => set.firmware),
    kernels: direct.map(({ kernel }) => kernel),
    initrds: direct.flatMap(({ initrd }) => (initrd === undefined ? [] : [initrd])),
    commandLines: [...new Set(direct.map(({ commandLine }) => commandLine))],
    sets: sets.filter(({ id }) => id !== believed.id).map(({ label, set }) => ({ label, set })),
  };
}

/** A person waits for it, and a launch of an unusual VM with many boot sets is worth half a minute. */
const patience = 20_000;
