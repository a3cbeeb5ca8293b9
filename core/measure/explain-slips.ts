// In which ways may one input differ from what is believed? Each in words for the person, with what to change. For explain-variants.ts; it measures nothing.
import { fromHex } from "../base/bytes.ts";
import type { BootFile } from "./boot-set.ts";
import type { ExplainInput, Variant } from "./explain-input.ts";
import { featuresText, rareFeatures, usualFeatures } from "./guest-features.ts";
import { commandLineSlips } from "./slips.ts";
import { likelySignatures, signatureText } from "./vcpu.ts";
import { vmms } from "./vmsa.ts";

export interface Slip {
  readonly about: keyof Variant;
  readonly says: string;
  readonly change: Partial<Variant>;
}

/** Of vCPU model, guest features, VMM and firmware. The number of vCPUs is not here: the search tries every one of them each time. */
export function machineSlips({ believed, known, reportedSignature }: ExplainInput): readonly Slip[] {
  const features = BigInt(believed.guestFeatures);
  const models = new Map(likelySignatures());
  if (reportedSignature !== undefined && !models.has(reportedSignature))
    models.set(reportedSignature, `host (${signatureText(reportedSignature)}, the processor that made the report)`);
  models.delete(believed.vcpuSignature);
  return [
    ...[...models].map(([signature, name]) => slip("vcpuSignature", `vCPU model = ${name}`, { vcpuSignature: signature })),
    ...usualFeatures.filter((value) => value !== features).map(featureSlip),
    ...vmms.filter((vmm) => vmm !== believed.vmm).map((vmm) => slip("vmm", `VMM = ${vmm}`, { vmm })),
    ...others(known.firmware, believed.firmware).map(([firmware, name]) => slip("firmware", `firmware = ${name}`, { firmware })),
  ];
}

/** Of kernel, initrd and command line, and of whether they are measured at all. */
export function bootSlips({ believed: { direct }, known, primitives }: ExplainInput): readonly Slip[] {
  const kernel = direct?.kernel ?? known.kernels[0];
  if (kernel === undefined) return [];
  const line = direct?.commandLine ?? known.commandLines[0] ?? "";
  const initrd = direct === undefined ? known.initrds[0] : direct.initrd;
  const nothing = primitives.digest("sha256");
  const digestOf = ({ sha256 }: BootFile): Uint8Array => fromHex(sha256) ?? nothing;
  const withInitrd = initrd === undefined ? "no initrd" : `initrd ${initrd.name}`;
  return [
    direct === undefined
      ? slip("hashes", `kernel-hashes = on, with kernel ${kernel.name}, ${withInitrd} and command line ${JSON.stringify(line)}`, {
          hashes: true,
        })
      : slip("hashes", "kernel-hashes = off", { hashes: false }),
    ...others(known.kernels, kernel).map(([file, name]) => slip("kernel", `kernel = ${name}`, { kernel: digestOf(file) })),
    ...(initrd === undefined ? [] : [slip("initrd", "no initrd", { initrd: nothing })]),
    ...others(known.initrds, initrd).map(([file, name]) => slip("initrd", `initrd = ${name}`, { initrd: digestOf(file) })),
    ...commandLineSlips([line, ...known.commandLines]).map(({ says, hashed }) =>
      slip("commandLine", says, { commandLine: primitives.digest("sha256", hashed) }),
    ),
  ];
}

/** Unlikely, and too many to try each with every other. */
export function rareSlips({ believed: { guestFeatures } }: ExplainInput): readonly Slip[] {
  return rareFeatures.filter((value) => value !== BigInt(guestFeatures)).map(featureSlip);
}

function featureSlip(value: bigint): Slip {
  return slip("guestFeatures", `guest features = ${featuresText(value)}`, { guestFeatures: value });
}

/** Each other content once, with as much of its digest as tells it from its namesakes. */
function others<T extends BootFile>(files: readonly T[], believed: BootFile | undefined): readonly (readonly [T, string])[] {
  const different = files.filter(
    ({ sha256 }, index) => sha256 !== believed?.sha256 && index === files.findIndex((other) => other.sha256 === sha256),
  );
  return different.map((file) => {
    const namesakes = [believed, ...different].filter((other) => other?.name === file.name);
    return [file, namesakes.length > 1 ? `${file.name} (SHA-256 ${file.sha256.slice(0, 12)}…)` : file.name];
  });
}

function slip(about: Slip["about"], says: string, change: Partial<Variant>): Slip {
  return { about, says, change };
}
