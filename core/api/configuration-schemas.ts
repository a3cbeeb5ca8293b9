// What do the consoles ask about an agent configuration, and what do they see of it? Issue another one, retire one, and the files in which it reaches a VM.
// Public by design: a configuration holds no secret, and its disks' keys are never part of an answer.
import { z } from "zod";
import { diskSpec, issuedConfiguration, launchSummary } from "./schemas.ts";
import { hex, uuid } from "./shapes.ts";

const reason = z.string().trim().min(1).max(500);

/** Seconds; bounds as in core/launch/agent-configuration.ts, which has the last word. */
export const retryPlan = z.strictObject({
  firstDelaySeconds: z.number().int().min(1).max(600),
  maximumDelaySeconds: z.number().int().min(1).max(3600),
  giveUpAfterSeconds: z.number().int().min(0).max(604_800),
});

export const configurationQuestion = z.strictObject({
  vm: uuid,
  /** host:port, tried in order. */
  endpoints: z.array(z.string().max(255)).min(1).max(8),
  /** All of them: one that an earlier configuration has and this one lacks is not released to agents that run with this one. */
  disks: z.array(diskSpec).min(1).max(16),
  /** That of the newest accepted configuration where it is not given. */
  retry: retryPlan.optional(),
  reason,
});

export const retireQuestion = z.strictObject({ vm: uuid, digest: hex(32), reason });

export const configurationView = issuedConfiguration.extend({
  /** The newest that is accepted: the one to launch with. */
  current: z.boolean(),
  /** The newest launch, of those that the manager looks back at, whose genuine report showed it as HOST_DATA. */
  lastLaunch: launchSummary.optional(),
});

export const configurationForm = z.enum(["config-disk", "initramfs"]);

export const configurationImage = z.strictObject({ name: z.string(), base64: z.string(), sha256: hex(32) });

export type ConfigurationQuestion = z.infer<typeof configurationQuestion>;
export type ConfigurationView = z.infer<typeof configurationView>;
export type ConfigurationForm = z.infer<typeof configurationForm>;
export type ConfigurationImage = z.infer<typeof configurationImage>;
