// What does a report say, field by field, in the console's shapes? The words are core/appraise/report-fields.ts; a report that does not parse has no fields.
import type { FieldView } from "../../api/schemas.ts";
import { reportFields } from "../../appraise/report-fields.ts";
import type { Product } from "../../snp/product.ts";
import { parseReport } from "../../snp/report.ts";

/** @param product what the verification found; a version 2 report does not say it itself. */
export function fieldViews(reportBytes: Uint8Array, product?: Product): FieldView[] {
  const report = parseReport(reportBytes);
  return report.ok ? reportFields(report.value, product).map(({ group, name, value, meaning }) => ({ group, name, value, meaning })) : [];
}
