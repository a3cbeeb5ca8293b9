// What do the consoles see of collateral: certificates and revocation lists in the cache, and what is fetched ahead? As schemas.ts.
import { z } from "zod";
import { failureView } from "./schemas.ts";
import { hex, product, time } from "./shapes.ts";

/** One certificate or revocation list of AMD's, as the cache or a bundle has it. */
export const collateralItem = z.strictObject({
  kind: z.enum(["ark", "ask", "asvk", "vcek", "vlek", "crl"]),
  product,
  /** Of a VCEK: 64 bytes, Turin's 8. */
  chipId: z.union([hex(64), hex(8)]).optional(),
  /** Of a VLEK. */
  provider: z.string().optional(),
  /** Of both: REPORTED_TCB. */
  tcb: hex(8).optional(),
  /** notBefore, or thisUpdate. */
  from: time,
  /** notAfter, or nextUpdate. */
  until: time,
  fetchedAt: time.optional(),
  /** `soon`: expires within 14 days. */
  state: z.enum(["not-yet", "current", "soon", "expired"]),
});

export const collateralImport = z.strictObject({
  items: z.array(collateralItem),
  /** How many were new; a list older than the known one is not kept. */
  added: z.number().int(),
});

/** The bytes of the file are the text's UTF-8. */
export const collateralExport = z.strictObject({ bundle: z.string() });

/** What a launch of this chip would need. */
export const collateralChip = z
  .strictObject({
    product,
    /** CHIP_ID: 64 bytes; of Turin also its first 8. */
    chipId: z.union([hex(64), hex(8)]),
    /** REPORTED_TCB. */
    tcb: hex(8),
  })
  .refine(({ product: of, chipId }) => of === "Turin" || chipId.length === 128, "only Turin's chip ids have 8 bytes");

/** What is fetched ahead, for launches that are still to come. */
export const collateralRun = z.strictObject({
  state: z.enum(["running", "ended"]),
  startedAt: time,
  endedAt: time.optional(),
  /** Chips, and lists with their issuers. */
  total: z.number().int(),
  /** Not tried yet; where it has ended, never tried: `stopped` says why. */
  left: z.number().int(),
  fetched: z.number().int(),
  /** Was in the cache. */
  known: z.number().int(),
  failed: z.number().int(),
  /** Of those that failed, the first. */
  failures: z.array(z.strictObject({ product, chipId: z.string().optional(), tcb: z.string().optional(), failure: failureView })),
  stopped: failureView.optional(),
});

export type CollateralItemView = z.infer<typeof collateralItem>;
export type CollateralImport = z.infer<typeof collateralImport>;
export type CollateralChip = z.infer<typeof collateralChip>;
export type CollateralRun = z.infer<typeof collateralRun>;
export type CollateralExport = z.infer<typeof collateralExport>;
