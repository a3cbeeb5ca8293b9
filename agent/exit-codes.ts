// What should the initramfs do now? Each way in which the agent ends has an exit code of its own, and each a meaning (docs/protocol.md).
// The agent itself never powers off: the initramfs integration does, by this table, and treats a code that is not here as "power off".
import type { FailureCode } from "../core/base/failure.ts";

export const exitCodes = {
  /** Every disk is open: go on booting. */
  opened: 0,
  /** Wrong arguments. Power off. */
  usage: 2,
  /** No configuration, or one that cannot be used. Power off. */
  configuration: 10,
  /** The host runs the VM with another configuration than was attested. Power off. */
  hostData: 11,
  /** This VM lacks what a launch needs: SEV-SNP reports, or cryptsetup. Power off. */
  notEquipped: 12,
  /** The manager said no, for good. Power off. */
  refused: 13,
  /** A key was released, and not every disk opened; what had opened was closed. Power off. */
  disks: 14,
  /** Tried for as long as the configuration allows. Power off, or start the agent again. */
  gaveUp: 15,
  /** Stopped by a signal; everything was wiped. */
  stopped: 16,
  /** A bug of the agent. Power off. */
  bug: 70,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** The failures after which trying again cannot help; all others are tried again while the configuration allows. */
export const finalFailures: Readonly<Partial<Record<FailureCode, ExitCode>>> = {
  "agent.host-data": exitCodes.hostData,
  "agent.report-source": exitCodes.notEquipped,
  "agent.stopped": exitCodes.stopped,
};
