// What `portcullis measure explain` answers: a report or a measurement and the known files in, the input that differs out. Each file is read once, for its
// digest. Exit 0 found, 1 none found, 2 where something cannot be read.
import { setImmediate } from "node:timers/promises";
import { fromHex, toHex } from "../base/bytes.ts";
import { failure } from "../base/failure.ts";
import { fail, ok, type Result } from "../base/result.ts";
import { type BootFile, type DirectBoot, type MeasuredFirmware, measureFirmwareFile } from "../measure/boot-set.ts";
import { type Explanation, explainMeasurement, explanationSentence, type Pace } from "../measure/explain.ts";
import type { ExplainInput } from "../measure/explain-input.ts";
import { maximumFirmware } from "../measure/firmware.ts";
import { hostSignature, signatureText } from "../measure/vcpu.ts";
import { nodePrimitives } from "../node/primitives.ts";
import { parseReport } from "../snp/report.ts";
import type { CommonOptions } from "./command.ts";
import { featuresFrom, readBootFile, signatureFrom, vmmFrom } from "./boot-set-files.ts";
import { type ExitCode, type Output, printable } from "./output.ts";
import { refuseInput } from "./policy-file.ts";
import { maximumReport, readFile } from "./report-run.ts";

export interface ExplainOptions extends CommonOptions {
  readonly report?: string;
  readonly measurement?: string;
  readonly ovmf: readonly string[];
  readonly kernel?: readonly string[];
  readonly initrd?: readonly string[];
  readonly append?: readonly string[];
  /** False where --no-kernel-hashes is given. */
  readonly kernelHashes: boolean;
  readonly vcpus: string;
  readonly vcpuType?: string;
  readonly vcpuSig?: string;
  readonly guestFeatures: string;
  readonly vmm: string;
  readonly seconds: string;
}

export async function explain(options: ExplainOptions, output: Output): Promise<ExitCode> {
  const seconds = Number(options.seconds);
  if (!(seconds > 0 && seconds <= maximumSeconds))
    return refuseInput(output, failure("cli.usage", `--seconds is above 0 and at most ${maximumSeconds}`));
  const input = inputFrom(options, output);
  if (!input.ok) return refuseInput(output, input.failure);
  const explained = await explainMeasurement(input.value, paceOf(seconds, output));
  if (!explained.ok) return refuseInput(output, explained.failure);
  const answer = answerOf(explained.value, input.value);
  output.answer(answer, () => printable(answer.sentence));
  return answer.found ? 0 : 1;
}

function answerOf(explanation: Explanation, { measurement, believed, known }: ExplainInput) {
  const { found, tried } = explanation;
  const shortly = ({ name, sha256, bytes }: BootFile): BootFile => ({ name, sha256, bytes });
  return {
    found,
    differences: explanation.found ? explanation.differences : [],
    sentence: explanationSentence(explanation),
    tried,
    complete: explanation.found || explanation.complete,
    measurement: toHex(measurement),
    believed: { ...believed, firmware: shortly(believed.firmware), vcpuSignature: signatureText(believed.vcpuSignature) },
    files: [...known.firmware, ...known.kernels, ...known.initrds].map(shortly),
  };
}

function inputFrom(options: ExplainOptions, output: Output): Result<ExplainInput> {
  const asked = askedFrom(options);
  if (!asked.ok) return asked;
  const vcpus = Number(options.vcpus);
  if (!Number.isInteger(vcpus) || vcpus < 1 || vcpus > maximumVcpus) return fail(failure("measure.vcpus", options.vcpus));
  const [signature, features, vmm] = [signatureFrom(options), featuresFrom(options.guestFeatures), vmmFrom(options.vmm)];
  if (!signature.ok) return signature;
  if (!features.ok) return features;
  if (!vmm.ok) return vmm;
  const { kernel = [], initrd = [], append = [] } = options;
  if (kernel.length === 0 && initrd.length + append.length > 0)
    return fail(failure("cli.usage", "--initrd and --append belong to a --kernel"));
  const firmware = all(options.ovmf, measuredFirmware);
  if (!firmware.ok) return firmware;
  const files = all([...new Set([...kernel, ...initrd])], (path) => bootFile(path, kernel.includes(path), output));
  if (!files.ok) return files;
  const [believedFirmware] = firmware.value;
  if (believedFirmware === undefined) return fail(failure("cli.usage", "give --ovmf"));
  // In the order in which they were named: the first is believed.
  const named = (paths: readonly string[]): readonly BootFile[] =>
    paths.flatMap((path) => files.value.find(({ name }) => name === path) ?? []);
  const known = { kernels: named(kernel), initrds: named(initrd), commandLines: append.length === 0 ? [""] : append };
  const direct = options.kernelHashes ? directFrom(known) : undefined;
  return ok({
    ...asked.value,
    believed: {
      firmware: believedFirmware,
      ...(direct === undefined ? {} : { direct }),
      vcpus,
      vcpuModel: options.vcpuType ?? "host",
      vcpuSignature: signature.value,
      guestFeatures: `0x${features.value.toString(16)}`,
      vmm: vmm.value,
    },
    known: { firmware: firmware.value, ...known, sets: [] },
    primitives: nodePrimitives,
  });
}

function directFrom({ kernels, initrds, commandLines }: Pick<ExplainInput["known"], "kernels" | "initrds" | "commandLines">) {
  const [[kernel], [initrd], [commandLine = ""]] = [kernels, initrds, commandLines];
  return kernel === undefined ? undefined : ({ kernel, ...(initrd === undefined ? {} : { initrd }), commandLine } satisfies DirectBoot);
}

function askedFrom({ report, measurement }: ExplainOptions): Result<Pick<ExplainInput, "measurement" | "reportedSignature">> {
  if ((report === undefined) === (measurement === undefined)) return fail(failure("cli.usage", "give --report or --measurement"));
  if (report === undefined) {
    const bytes = fromHex((measurement ?? "").toLowerCase());
    return bytes?.length === 48 ? ok({ measurement: bytes }) : fail(failure("cli.usage", "--measurement is 48 bytes of hex"));
  }
  const bytes = readFile(report, maximumReport);
  if (!bytes.ok) return bytes;
  const parsed = parseReport(bytes.value);
  if (!parsed.ok) return parsed;
  const { cpuid } = parsed.value;
  return ok({ measurement: parsed.value.measurement, ...(cpuid === undefined ? {} : { reportedSignature: hostSignature(cpuid) }) });
}

function measuredFirmware(path: string): Result<MeasuredFirmware> {
  const bytes = readFile(path, maximumFirmware);
  return bytes.ok ? measureFirmwareFile(path, bytes.value, nodePrimitives) : bytes;
}

function bootFile(path: string, isKernel: boolean, output: Output): Result<BootFile> {
  const read = readBootFile(path, output);
  if (!read.ok) return read;
  if (isKernel && read.value.bytes === 0) return fail(failure("measure.kernel-empty", path));
  return ok({ ...read.value, name: path });
}

/** Each once; the first failure ends it. */
function all<T>(paths: readonly string[], read: (path: string) => Result<T>): Result<readonly T[]> {
  const made: T[] = [];
  for (const path of paths) {
    const one = read(path);
    if (!one.ok) return one;
    made.push(one.value);
  }
  return ok(made);
}

/** A word each second for whoever sits there. */
function paceOf(seconds: number, output: Output): Pace {
  const began = performance.now();
  let told = 0;
  return {
    more: () => performance.now() - began < seconds * 1000,
    pause: () => setImmediate(),
    progress(tried, share) {
      const now = Math.floor((performance.now() - began) / 1000);
      if (now <= told || output.json || !process.stderr.isTTY) return;
      told = now;
      output.note(`${tried.toLocaleString("en")} variants, ${Math.floor(share * 100)} %`);
    },
  };
}

const maximumSeconds = 3600;
const maximumVcpus = 4096;
