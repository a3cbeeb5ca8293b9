// `portcullis report`: what does an attestation report say, did an AMD chip sign it, and would a policy accept it? Works alone, without a manager
// and without a network. Only its options are here; report-run.ts and report-appraise.ts answer.
import type { Command } from "commander";
import { products } from "../snp/product.ts";
import { compareReportsCommand } from "./compare.ts";
import { makeCommand, makeGroup, offlineOutput } from "./command.ts";
import type { AppraiseOptions } from "./report-appraise.ts";
import type { DecodeOptions, VerifyOptions } from "./report-run.ts";

export function reportCommand(): Command {
  const command = makeGroup("report", "read, verify and appraise attestation reports, without a manager", [
    "report decode report.bin",
    "report verify report.bin --vek vcek.der --chain cert_chain.pem",
  ]);
  command.addCommand(decodeCommand());
  command.addCommand(compareReportsCommand());
  command.addCommand(verifyCommand());
  command.addCommand(appraiseCommand());
  return command;
}

function decodeCommand(): Command {
  return makeCommand("decode", "show what a report says; whether it is genuine is another question", [
    "report decode report.bin --json",
    "report decode old.bin --product Milan",
  ])
    .argument("<file>", "the report, exactly 1184 bytes")
    .option("--product <name>", `for version 2, which does not name its processor: ${products.join(", ")}`)
    .action(async (file: string, options: DecodeOptions) => {
      const output = offlineOutput(options);
      const { decode } = await import("./report-run.ts");
      process.exitCode = decode(file, options, output);
    });
}

function verifyCommand(): Command {
  return makeCommand("verify", "did an AMD chip sign this report?", [
    "report verify report.bin --vek vcek.der --chain cert_chain.pem",
    "report verify report.bin --vek vcek.der --chain ask.der ark.der --crl crl.der --at 2026-11-24T00:00:00Z --json",
  ])
    .argument("<file>", "the report, exactly 1184 bytes")
    .requiredOption("--vek <file>", "the VCEK or VLEK certificate, DER or PEM")
    .requiredOption("--chain <files...>", "its issuers up to AMD's root, DER or PEM, in any order")
    .option("--crl <files...>", "AMD's revocation lists. Without any, revocation is not checked")
    .option("--at <time>", "as of this instant, RFC 3339 (default: now)")
    .option("--product <name>", `for version 2, which does not name its processor: ${products.join(", ")}`)
    .action(async (file: string, options: VerifyOptions) => {
      const output = offlineOutput(options);
      const { verify } = await import("./report-run.ts");
      process.exitCode = verify(file, options, output);
    });
}

function appraiseCommand(): Command {
  return makeCommand("appraise", "would a manager with this policy accept this report, and if not, why?", [
    "report appraise report.bin --policy policy.json --vek vcek.der --chain cert_chain.pem --crl crl.der \\\n" +
      "      --configuration configuration.json --report-data 64-BYTES-OF-HEX",
  ])
    .argument("<file>", "the report, exactly 1184 bytes")
    .requiredOption("--policy <file>", "the policy, JSON or YAML")
    .requiredOption("--vek <file>", "the VCEK or VLEK certificate, DER or PEM")
    .requiredOption("--chain <files...>", "its issuers up to AMD's root, DER or PEM, in any order")
    .option("--crl <files...>", "AMD's revocation lists; a policy that requires revocation refuses without")
    .option("--at <time>", "as of this instant, RFC 3339 (default: now)")
    .option("--configuration <hex or file>", "what HOST_DATA must be: a digest, or the agent configuration. Without it: refused")
    .option("--report-data <hex>", "what REPORT_DATA must be, from a source other than the report. Without it: refused")
    .option(
      "--history <file>",
      "the VM's earlier launches, as `vm history --json` prints them. Without it, what the policy demands of them fails",
    )
    .option("--first-launch", "the VM has had no launch before")
    .option("--simulated-ark <file>", "believe this simulated root instead of AMD's, as for a VM that is enrolled as simulated")
    .action(async (file: string, options: AppraiseOptions) => {
      const output = offlineOutput(options);
      const { appraiseFiles } = await import("./report-appraise.ts");
      process.exitCode = appraiseFiles(file, options, output);
    });
}
