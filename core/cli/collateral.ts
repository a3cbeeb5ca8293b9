// `portcullis collateral`: what does a manager without internet know of AMD's certificates and lists, and how does it get new ones?
// `show` and `pack` work on files alone; the others ask the running manager.
import { resolve } from "node:path";
import type { Command } from "commander";
import { products } from "../snp/product.ts";
import { fetchCommand } from "./collateral-fetch.ts";
import { collateralText } from "./collateral-text.ts";
import { askManager, type CommonOptions, makeCommand, makeGroup, makeManagerCommand, type ManagerOptions } from "./command.ts";
import { createOutput } from "./output.ts";
import { productNamed } from "./product-option.ts";

interface ExportOptions extends ManagerOptions {
  readonly product?: string;
}

export function collateralCommand(): Command {
  const command = makeGroup("collateral", "have AMD's certificates and revocation lists before they are needed, also without internet", [
    "collateral export fleet.json",
    "collateral import fleet.json",
    "collateral fetch --known --wait",
  ]);
  for (const child of [showCommand(), packCommand(), listCommand(), importCommand(), exportCommand(), fetchCommand()])
    command.addCommand(child);
  return command;
}

function showCommand(): Command {
  return makeCommand("show", "show what a bundle holds, until when, and whether it goes back to AMD's roots", [
    "collateral show fleet.json",
    "collateral show fleet.json --json",
  ])
    .argument("<file>", "a bundle")
    .action(async (file: string, { json }: CommonOptions) => {
      const { show } = await import("./collateral-run.ts");
      process.exitCode = show(file, createOutput(json === true));
    });
}

function packCommand(): Command {
  return makeCommand("pack", "make a bundle from AMD's own files", [
    "collateral pack fleet.json vcek.der cert_chain.pem crl.der",
    "collateral pack fleet.json *.der --json",
  ])
    .argument("<out>", "the bundle; a file that exists is not written over")
    .argument("<files...>", "certificates and revocation lists, DER or PEM, in any order")
    .action(async (out: string, files: readonly string[], { json }: CommonOptions) => {
      const { pack } = await import("./collateral-run.ts");
      process.exitCode = pack(out, files, createOutput(json === true));
    });
}

function listCommand(): Command {
  return makeManagerCommand("list", "show what the manager has in its cache", ["collateral list", "collateral list --json"]).action(
    (options: ManagerOptions) =>
      askManager(options, async (api, output) => {
        const items = await api.collateral.list({});
        output.answer(items, () => (items.length === 0 ? "No collateral." : collateralText(items, Date.now())));
        return 0;
      }),
  );
}

function importCommand(): Command {
  return makeManagerCommand("import", "take a bundle into the manager's cache: all of it verifies, or nothing is kept", [
    "collateral import fleet.json",
  ])
    .argument("<file>", "a bundle on the manager's machine")
    .action((file: string, options: ManagerOptions) =>
      askManager(options, async (api, output) => {
        const imported = await api.collateral.import({ path: resolve(file) });
        output.answer(
          imported,
          () => `${collateralText(imported.items, Date.now())}\n${imported.added} of ${imported.items.length} were new.`,
        );
        return 0;
      }),
    );
}

function exportCommand(): Command {
  return makeManagerCommand("export", "write what the manager has in its cache, and what verifies, as a bundle", [
    "collateral export fleet.json",
    "collateral export milan.json --product Milan --json",
  ])
    .argument("<file>", "the bundle; a file that exists is not written over")
    .option("--product <name>", `only of ${products.join(", ")}`)
    .action((file: string, options: ExportOptions) =>
      askManager(options, async (api, output) => {
        const product = productNamed(options.product);
        if (!product.ok) return output.refuse(product.failure);
        const { bundle } = await api.collateral.export(product.value === undefined ? {} : { product: product.value });
        const { write } = await import("./collateral-run.ts");
        return write(file, new Uint8Array(Buffer.from(bundle)), output);
      }),
    );
}
