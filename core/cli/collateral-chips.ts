// For which chips is something to be fetched? From report files and from --chip with --tcb. Only product, chip and TCB go on to the manager;
// whether a report is genuine is nobody's question here.
import { productOfReport } from "../appraise/verify.ts";
import { isZero, toHex } from "../base/bytes.ts";
import { type CollateralChip, collateralChip } from "../api/collateral-schemas.ts";
import { type Failure, failure } from "../base/failure.ts";
import { fail, ok, type Result } from "../base/result.ts";
import { type Product, products } from "../snp/product.ts";
import { parseReport } from "../snp/report.ts";
import { productNamed } from "./product-option.ts";
import { maximumReport, readFile } from "./report-run.ts";

export interface ChipOptions {
  readonly product?: string;
  readonly chip?: string;
  readonly tcb?: string;
}

/** Each once. `cli.*`, what the parser says of a report, `appraise.product-*`. */
export function chipsOf(reports: readonly string[], options: ChipOptions): Result<readonly CollateralChip[]> {
  const product = productNamed(options.product);
  if (!product.ok) return product;
  const stated = statedChip(options, product.value);
  if (!stated.ok) return stated;
  const chips = [...stated.value];
  for (const file of reports) {
    const chip = chipOf(file, product.value);
    if (!chip.ok) return fail(inFile(file, chip.failure));
    chips.push(chip.value);
  }
  return ok([...new Map(chips.map((chip) => [JSON.stringify(chip), chip])).values()]);
}

function statedChip({ chip, tcb }: ChipOptions, product: Product | undefined): Result<readonly CollateralChip[]> {
  if (chip === undefined && tcb === undefined) return ok([]);
  if (chip === undefined || tcb === undefined || product === undefined)
    return fail(failure("cli.usage", `--chip, --tcb and --product belong together; --product is one of ${products.join(", ")}`));
  const parsed = collateralChip.safeParse({ product, chipId: chip.toLowerCase(), tcb: tcb.toLowerCase() });
  if (parsed.success) return ok([parsed.data]);
  return fail(failure("cli.usage", "--chip is CHIP_ID, 128 hex digits (of Turin also 16); --tcb is REPORTED_TCB, 16 hex digits"));
}

function chipOf(file: string, stated: Product | undefined): Result<CollateralChip> {
  const bytes = readFile(file, maximumReport);
  if (!bytes.ok) return bytes;
  const report = parseReport(bytes.value);
  if (!report.ok) return report;
  const { signingKey, chipId, reportedTcb } = report.value;
  if (signingKey !== "vcek") return fail(failure("cli.usage", "no chip's own key signed it, so AMD has no certificate for it to fetch"));
  if (isZero(chipId)) return fail(failure("cli.usage", "its chip id is masked: name the chip with --chip, --tcb and --product"));
  // --product speaks for reports that do not say, and for --chip.
  const product = productOfReport(report.value, report.value.cpuid === undefined ? stated : undefined);
  return product.ok ? ok({ product: product.value, chipId: toHex(chipId), tcb: toHex(reportedTcb) }) : product;
}

/** The code stays; a person with fifty files needs to know which. */
function inFile(file: string, { code, detail, cause }: Failure): Failure {
  return failure(code, detail === undefined || detail === file ? file : `${file}: ${detail}`, cause);
}
