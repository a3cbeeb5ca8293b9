// What do the consoles see of a launch's measurement that does not match, and of two launches side by side? Words from the core, beside what they are about.
import { z } from "zod";
import { checkView } from "./schemas.ts";
import { uuid } from "./shapes.ts";

/** Which input differs, where one of the usual suspects, or two of them, explain the measurement. */
export const explanationView = z.strictObject({
  found: z.boolean(),
  /** In words, "vCPUs = 4"; empty where the boot set matches as it is. */
  differences: z.array(z.string()),
  tried: z.number().int().min(0),
  /** Every variant was tried, or one was found. False: the time ran out. */
  complete: z.boolean(),
  /** What the launch was compared with. */
  bootSet: z.strictObject({ id: uuid, label: z.string() }),
  /** All of it as one sentence. */
  sentence: z.string(),
});

export const reportDifferenceView = z.strictObject({
  group: checkView.shape.group,
  /** AMD's spelling; with its part after a dot: POLICY.DEBUG, REPORTED_TCB.microcode. */
  name: z.string(),
  before: z.string(),
  after: z.string(),
  sentence: z.string(),
});

export const comparisonView = z.strictObject({
  differences: z.array(reportDifferenceView),
  /** One sentence on what differs between any two launches; empty where the two reports are of one moment. */
  always: z.string(),
});

export type ExplanationView = z.infer<typeof explanationView>;
export type ComparisonView = z.infer<typeof comparisonView>;
