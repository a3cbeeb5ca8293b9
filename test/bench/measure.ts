// What does it cost to measure a launch, beside hashing the same bytes once, and to find which input differs? Files of real size: firmware of 4 MiB, an
// initrd of 60 MiB. The floor is strict: its bytes are in memory already, while ours are read from files, and every page of the firmware is hashed by itself.
import { hash, randomFillSync } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fromHex } from "../../core/base/bytes.ts";
import { must } from "../../core/base/result.ts";
import { readBootSet } from "../../core/cli/boot-set-files.ts";
import { createOutput } from "../../core/cli/output.ts";
import { type BootSet, measureBootSet } from "../../core/measure/boot-set.ts";
import { explainMeasurement } from "../../core/measure/explain.ts";
import type { KnownFiles, Launched } from "../../core/measure/explain-input.ts";
import { nodePrimitives } from "../../core/node/primitives.ts";
import { makeFirmware } from "../measure/kit.ts";
import { figure, ratio, type Report, timed, timedAsync } from "./figures.ts";

export async function benchMeasure(rounds: number): Promise<Report> {
  const folder = mkdtempSync(join(tmpdir(), "portcullis-bench-"));
  try {
    const firmware = makeFirmware({ size: firmwareLength });
    randomFillSync(firmware, 0, firmwareLength / 2);
    const initrd = randomFillSync(new Uint8Array(initrdLength));
    const boot = { ovmf: join(folder, "ovmf.fd"), kernel: join(folder, "vmlinuz"), initrd: join(folder, "initrd") };
    writeFileSync(boot.ovmf, firmware);
    writeFileSync(boot.kernel, "a kernel is small beside its initrd");
    writeFileSync(boot.initrd, initrd);
    const options = { ...boot, append: line, vcpus: "4", vcpuType: "EPYC-Milan", guestFeatures: "0x1", vmm: "qemu" };
    const measure = (): BootSet => must(readBootSet(options, createOutput(true)));
    const { measurement: _, ...set } = measure();
    const [measured, floor] = byTurns(rounds, measure, () => hash("sha384", firmware, "binary") + hash("sha256", initrd, "binary"));
    const slips = await explained(set, Math.max(1, Math.ceil(rounds / 20)));
    return {
      title: `Measure a launch: 4 MiB of firmware, 60 MiB of initrd (${rounds} rounds)`,
      ratios: [ratio("measuring the files / hashing the bytes once (at most 1.30)", measured, floor)],
      figures: [
        figure("measuring the files", measured),
        figure("SHA-384 of the firmware and SHA-256 of the initrd", floor),
        figure(`explaining, the slowest of ${slips.rows} slips (at most 5000)`, slips.slowest),
        figure(`explaining, none of ${slips.tried} variants`, slips.none),
      ],
      notes: [
        "measuring: what `portcullis measure` does with the files, from opening them to the launch digest; the page cache is warm.",
        "the floor: node:crypto over bytes in memory, one call each, no file.",
        "explaining: without reading the files, which happens once and is the first figure.",
        "In brackets: the least and the greatest of the same ratio within a fifth of the run.",
      ],
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Milliseconds of both, once a round, and each is first in every other round: what the other left in the machine's caches hits both. */
function byTurns(rounds: number, one: () => unknown, other: () => unknown): [number[], number[]] {
  const [ones, others]: [number[], number[]] = [[], []];
  for (let round = -warmUp; round < rounds; round++) {
    const first = round % 2 === 0 ? timed(one) : undefined;
    const middle = timed(other);
    const last = first ?? timed(one);
    if (round < 0) continue;
    ones.push(last);
    others.push(middle);
  }
  return [ones, others];
}

/** One input differs each time; a slip that is not named fails the run. */
async function explained(believed: Launched, rounds: number) {
  const { direct } = believed;
  if (direct === undefined) throw new Error("the bench boots a kernel");
  const other = (name: string, digit: string) => ({ name, sha256: digit.repeat(64), bytes: initrdLength });
  const another = { ...believed.firmware, name: "old.fd", sha256: "4".repeat(64), launchDigest: "5".repeat(96) };
  const known: KnownFiles = {
    firmware: [another],
    kernels: [direct.kernel, other("vmlinuz-old", "1")],
    initrds: [other("initrd-old", "2")],
    commandLines: [line, "console=hvc0"],
    sets: [],
  };
  const really: readonly Launched[] = [
    believed,
    { ...believed, vcpus: 8 },
    { ...believed, vcpus: 512 },
    { ...believed, vcpuSignature: 0x00830f10 },
    { ...believed, vcpuSignature: 0x00b00f21 },
    { ...believed, guestFeatures: "0x21" },
    { ...believed, guestFeatures: "0xc201" },
    { ...believed, vmm: "gce" },
    { ...believed, firmware: another },
    { ...believed, direct: { ...direct, kernel: other("vmlinuz-old", "1") } },
    { ...believed, direct: { ...direct, initrd: other("initrd-old", "2") } },
    ...["console=hvc0", "", `${line} `, `${line}\n`, "console=ttyS0 quiet", `"${line}"`].map(
      (commandLine): Launched => ({ ...believed, direct: { ...direct, commandLine } }),
    ),
  ];
  const [slowest, none]: [number[], number[]] = [[], []];
  let tried = 0;
  const search = async (measurement: Uint8Array, found: boolean): Promise<number> =>
    timedAsync(async () => {
      const input = { measurement, believed, known, primitives: nodePrimitives };
      const answer = must(await explainMeasurement(input, { more: () => true, pause: () => Promise.resolve() }));
      if (answer.found !== found || (answer.found && answer.differences.length > 1))
        throw new Error(`the explainer said ${JSON.stringify(answer)}`);
      tried = answer.tried;
    });
  for (let round = 0; round < rounds; round++) {
    const took: number[] = [];
    for (const launched of really) {
      const { measurement } = must(measureBootSet(launched, nodePrimitives));
      took.push(await search(fromHex(measurement) ?? new Uint8Array(0), true));
    }
    slowest.push(Math.max(...took));
    none.push(await search(new Uint8Array(48), false));
  }
  return { rows: really.length, slowest, none, tried };
}

const MiB = 2 ** 20;
const firmwareLength = 4 * MiB;
const initrdLength = 60 * MiB;
const line = "console=ttyS0 root=/dev/mapper/root quiet";
/** Until the engine has compiled what it runs most, and the files are in the page cache. */
const warmUp = 5;
