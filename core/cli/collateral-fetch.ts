// `portcullis collateral fetch`: have what launches to come will need before they come. The running manager asks AMD's key service, at its pace
// and behind every launch; this command says for which chips, and follows if asked to.
import type { Command } from "commander";
import type { CollateralChip, CollateralRun } from "../api/collateral-schemas.ts";
import { failure } from "../base/failure.ts";
import { products } from "../snp/product.ts";
import { askManager, makeManagerCommand, type ManagerOptions } from "./command.ts";
import type { ChipOptions } from "./collateral-chips.ts";
import { runLine, runText } from "./collateral-text.ts";
import type { ManagerClient } from "./control-client.ts";
import { createOutput, type ExitCode, type Output } from "./output.ts";

interface FetchOptions extends ManagerOptions, ChipOptions {
  readonly known?: boolean;
  readonly wait?: boolean;
}

export function fetchCommand(): Command {
  return makeManagerCommand("fetch", "fetch ahead what launches of these chips will need: their certificates, issuers and lists", [
    "collateral fetch node-*.report.bin --wait",
    "collateral fetch --chip CHIP_ID --tcb REPORTED_TCB --product Genoa",
    "collateral fetch --known --wait --json",
  ])
    .argument("[reports...]", "a report of each chip, exactly 1184 bytes")
    .option("--chip <hex>", "CHIP_ID as the report has it, with --tcb and --product")
    .option("--tcb <hex>", "REPORTED_TCB as the report has it, 8 bytes")
    .option("--product <name>", `of --chip, and of reports of version 2: ${products.join(", ")}`)
    .option("--known", "every chip and TCB that launches of this manager have shown, and lists that expire within 14 days")
    .option("--wait", "follow until all was tried; alone, follow what is being fetched")
    .action(async (reports: readonly string[], options: FetchOptions) => {
      const output = createOutput(options.json === true);
      const { chipsOf } = await import("./collateral-chips.ts");
      const chips = chipsOf(reports, options);
      if (!chips.ok) {
        output.refuse(chips.failure);
        // What the person named cannot be used, whatever is wrong with it.
        process.exitCode = 2;
      } else await askManager(options, (api) => fetchAll(api, chips.value, options, output));
    });
}

async function fetchAll(
  api: ManagerClient,
  chips: readonly CollateralChip[],
  { known = false, wait = false }: FetchOptions,
  output: Output,
): Promise<ExitCode> {
  if (chips.length === 0 && !known && !wait) return output.refuse(failure("cli.usage", "name reports, --chip with --tcb, or --known"));
  for (let first = 0; first < chips.length; first += atOnce) await api.collateral.fetch({ chips: chips.slice(first, first + atOnce) });
  if (known) await api.collateral.fetchKnown({});
  const run = wait ? await follow(api, output) : (await api.collateral.run({})).run;
  output.answer(run ?? null, () => (run === undefined ? "Nothing was fetched ahead since the manager started." : runText(run)));
  return run?.state === "ended" && (run.failed > 0 || run.stopped !== undefined) ? 1 : 0;
}

async function follow(api: ManagerClient, output: Output): Promise<CollateralRun | undefined> {
  let run: CollateralRun | undefined;
  let shown = "";
  // The first event comes at once.
  for await (const change of await api.status.watch({})) {
    if (change.kind !== "collateral" && change.kind !== "status") continue;
    ({ run } = await api.collateral.run({}));
    if (run?.state !== "running") return run;
    const line = runLine(run);
    if (line !== shown) output.progress(line);
    shown = line;
  }
  return run;
}

/** As many as the contract takes. */
const atOnce = 500;
