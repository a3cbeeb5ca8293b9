// Where does an attestation report come from? One port for the processor (configfs-tsm) and for a simulated one (agent/simulated).
// A source only fetches: it neither checks nor trusts what it hands over.
import type { Result } from "../core/base/result.ts";

export interface ReportSource {
  /** For the log: which source answered. */
  readonly name: string;
  /**
   * @param reportData 64 bytes, made new for every challenge.
   * @returns 1184 bytes, and the host's certificate table as it came, which may be empty.
   */
  report(reportData: Uint8Array): Promise<Result<{ report: Uint8Array; certificates: Uint8Array }>>;
}
