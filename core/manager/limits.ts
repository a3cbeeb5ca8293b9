// How much may anyone ask of the manager? Every bound in one place (docs/protocol.md, "What must always hold", 7).

export interface ManagerLimits {
  /** Sessions at once, over all VMs. One that waits for certificates or a person holds some 20 KiB. */
  readonly sessions: number;
  /** Of them, those that no enrolled VM stands behind (yet): whoever can reach the port can open these. */
  readonly strangerSessions: number;
  /** Launches that one VM may start in a minute. */
  readonly launchesPerMinute: number;
  /** Launches of VMs that are not enrolled, all of them together, in a minute. */
  readonly unknownPerMinute: number;
  /** Refusals of VMs that are not enrolled that are recorded one by one in an hour; the others are counted. */
  readonly unknownRecordsPerHour: number;
  /** Milliseconds that endorsements may take. */
  readonly collateralMs: number;
  /** The same where the source says that there is a queue; less than the launch's own bound (core/launch/manager-steps.ts, 10 minutes). */
  readonly collateralQueueMs: number;
  /** Proposals that are open at once. */
  readonly proposals: number;
  /** Milliseconds in which a proposal is to be confirmed. */
  readonly proposalMs: number;
  /** Wrong codes before a proposal is dropped. */
  readonly wrongCodes: number;
  /** Seconds between pending frames. */
  readonly heartbeatSeconds: number;
}

export const defaultLimits: ManagerLimits = {
  // A fleet that boots at once waits at once, because AMD hands out a certificate every ten seconds.
  sessions: 512,
  strangerSessions: 256,
  launchesPerMinute: 6,
  unknownPerMinute: 30,
  unknownRecordsPerHour: 20,
  collateralMs: 60_000,
  collateralQueueMs: 570_000,
  proposals: 32,
  proposalMs: 600_000,
  wrongCodes: 3,
  heartbeatSeconds: 15,
};
