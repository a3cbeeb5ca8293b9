// Which endorsements speak for this report? Those that came with the evidence, where they fit; the others from the collateral source.
// Gathers and never verifies: a wrong certificate in here is found by verifyReport. A bounded wait, whatever the source does.
import { encodeTcb } from "../snp/tcb.ts";
import { equalBytes } from "../base/bytes.ts";
import type { Clock, Instant } from "../base/clock.ts";
import { failure } from "../base/failure.ts";
import { fail, type Result } from "../base/result.ts";
import type { Endorsements } from "../endorse/endorsements.ts";
import { parseCertTable, type CertTableRole } from "../snp/cert-table.ts";
import type { Product } from "../snp/product.ts";
import type { Report, Signer } from "../snp/report.ts";
import type { ParsedEndorsements } from "./parsed.ts";
import type { Collateral, CollateralQuery, CollateralSource, Timers } from "./ports.ts";

export interface GatherInput {
  readonly report: Report;
  readonly product: Product;
  readonly signer: Signer;
  /** As the agent sent it. */
  readonly certificateTable: Uint8Array | undefined;
  readonly crlWanted: boolean;
  /** Undefined: nobody is asked, and what did not come with the evidence is missing. */
  readonly source: CollateralSource | undefined;
  readonly timers: Timers;
  readonly parsed: ParsedEndorsements;
  readonly clock: Clock;
  /** How long a source may take that says nothing. */
  readonly limitMs: number;
  /** How long at most, whatever the source says. */
  readonly queueMs: number;
  /** Called when somebody is asked, and when the source says that it will take longer. */
  readonly progress: (until?: Instant, ahead?: number) => void;
}

export async function gatherEndorsements(input: GatherInput): Promise<Result<Endorsements>> {
  const { report, product, signer, source, crlWanted, parsed } = input;
  const table = parseCertTable(input.certificateTable ?? new Uint8Array(0));
  if (!table.ok) return table;
  const brought = (role: CertTableRole): Uint8Array | undefined => table.value.entries.find((entry) => entry.role === role)?.bytes;
  // A host often hands over the certificate of an earlier TCB: only one that speaks for this TCB is worth judging.
  const fitting = [brought(signer)].find((vek) => vek !== undefined && speaksFor(vek, report, parsed));
  const issuers = [brought("ask"), brought("ark")].filter((part) => part !== undefined);
  const crls = [brought("crl")].filter((part) => part !== undefined);

  // SECURITY: a list that the host chose may be an older one that is still valid, so the source is asked all the same.
  const wanted = { vek: fitting === undefined, issuers: issuers.length < 2, crl: crlWanted };
  let found: Collateral = { certificates: [], crls: [] };
  if ((wanted.vek || wanted.issuers || wanted.crl) && source !== undefined) {
    const query: CollateralQuery = {
      product,
      signer,
      chipId: report.chipId,
      reportedTcb: report.reportedTcb,
      vekKnown: !wanted.vek,
      issuersKnown: !wanted.issuers,
      crlWanted: wanted.crl,
    };
    const answer = await fetchInTime(source, query, input);
    // Offline, a list that is still valid is enough, whoever brought it; verifyReport demands one.
    if (!answer.ok && (wanted.vek || wanted.issuers || crls.length === 0)) return answer;
    if (answer.ok) found = answer.value;
  }
  const vek = fitting ?? found.certificates.find((certificate) => speaksFor(certificate, report, parsed)) ?? brought(signer);
  if (vek === undefined) return fail(failure("manager.collateral-missing", `${product} ${signer}`));
  const others = found.certificates.filter((certificate) => certificate !== vek);
  return parsed.endorsements({ vek, issuers: [...issuers, ...others], crls: [...crls, ...found.crls] });
}

function speaksFor(bytes: Uint8Array, { reportedTcb }: Report, parsed: ParsedEndorsements): boolean {
  const vek = parsed.vek(bytes);
  return vek !== undefined && equalBytes(encodeTcb(vek.tcb), reportedTcb);
}

/** The source may ask for longer, as AMD's throttle does to a fleet that boots at once: as long as it says, within the launch's own bound. */
async function fetchInTime(source: CollateralSource, query: CollateralQuery, input: GatherInput): Promise<Result<Collateral>> {
  const { timers, clock, limitMs, queueMs, progress } = input;
  const late = Promise.withResolvers<Result<Collateral>>();
  const expire = (): void => late.resolve(fail(failure("manager.collateral-slow")));
  const last = clock.monotonic() + queueMs;
  let cancel = timers.after(limitMs, expire);
  let over = false;
  // A source asks for several things at once, and each has its say: the longest wait counts, and the queue that one of them stands in.
  let longest = clock.now();
  const end = clock.now() + queueMs;
  let place: number | undefined;
  progress();
  const extend = (until: Instant, ahead?: number): void => {
    // Whoever shares the question may wait on.
    if (over) return;
    // A source may reckon in parts of a millisecond; what is kept of it is whole ones.
    longest = Math.ceil(Math.min(Math.max(longest, until), end));
    place = ahead ?? place;
    progress(longest, place);
    cancel();
    cancel = timers.after(Math.min(Math.max(limitMs, longest - clock.now()), last - clock.monotonic()), expire);
  };
  try {
    return await Promise.race([source.fetch(query, extend), late.promise]);
  } finally {
    over = true;
    cancel();
  }
}
