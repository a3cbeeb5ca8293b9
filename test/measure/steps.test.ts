// Can a host do other things while firmware is measured? In steps it is the same measurement, and how far it is only grows.
import { expect, test } from "vitest";
import { must } from "../../core/base/result.ts";
import { firmwareFileSteps, measureFirmwareFile } from "../../core/measure/boot-set.ts";
import { nodePrimitives } from "../../core/node/primitives.ts";
import { makeFirmware } from "./kit.ts";

test("a file of 1 MiB is measured in four steps, as it is in one go", () => {
  const firmware = makeFirmware({ size: 2 ** 20 });
  const shares: number[] = [];
  const whole = must(measureFirmwareFile("OVMF.fd", firmware, nodePrimitives, (share) => shares.push(share)));
  const steps = firmwareFileSteps("OVMF.fd", firmware, nodePrimitives);
  const yielded: number[] = [];
  let step = steps.next();
  for (; step.done !== true; step = steps.next()) yielded.push(step.value);
  expect(must(step.value)).toEqual(whole);
  expect(yielded).toEqual([0, 0.25, 0.5, 0.75]);
  expect(shares).toEqual(yielded);
});

test("a file that cannot be measured is refused before the first step", () => {
  const steps = firmwareFileSteps("OVMF.fd", makeFirmware({ metadata: false }), nodePrimitives);
  expect(steps.next()).toMatchObject({ done: true, value: { failure: { code: "measure.firmware-not-snp" } } });
});
