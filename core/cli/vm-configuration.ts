// `portcullis vm configuration`: which agent configurations does a VM have, and as which file does one reach it? With --initrd the configuration is put before
// an initrd here, on this machine: that makes another initrd, which must be measured before a launch with it can pass.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Command } from "commander";
import type { ConfigurationView } from "../api/configuration-schemas.ts";
import { equalBytes, fromBase64, toHex } from "../base/bytes.ts";
import { failure } from "../base/failure.ts";
import { fail, ok, type Result } from "../base/result.ts";
import { utf8 } from "../base/utf8.ts";
import { configurationName } from "../kit/host-paths.ts";
import { deliveries, type Delivery } from "../kit/launch-kit.ts";
import { isSystemError } from "../node/files.ts";
import { prependConfiguration } from "../node/initrd-writer.ts";
import { nodePrimitives } from "../node/primitives.ts";
import { askManager, findVm, makeManagerCommand, type ManagerOptions } from "./command.ts";
import { configurationsText } from "./configuration-text.ts";
import type { ManagerClient } from "./control-client.ts";
import type { ExitCode, Output } from "./output.ts";

interface ConfigurationOptions extends ManagerOptions {
  readonly digest?: string;
  readonly write?: string;
  readonly form?: string;
  readonly initrd?: string;
  readonly out?: string;
}

export function configurationCommand(): Command {
  return makeManagerCommand("configuration", "show the agent configurations of a VM, or write one as the file in which it reaches the VM", [
    "vm configuration db-1",
    "vm configuration db-1 --write kit --form fw-cfg",
    "vm configuration db-1 --write kit --form config-disk",
    "vm configuration db-1 --initrd initrd.img --out initrd-db-1.img",
  ])
    .argument("<vm>", "its name or id")
    .option("--digest <hex>", "the one that is meant (default: the newest that is accepted)")
    .option("--write <folder>", "write it there as a file; nothing is written over")
    .option("--form <name>", `the form of that file: ${deliveries.join(", ")}`)
    .option("--initrd <file>", "put it before this initrd")
    .option("--out <file>", "into this new file")
    .action((name: string, options: ConfigurationOptions) =>
      askManager(options, async (api, output) => {
        const { write, form, initrd, out } = options;
        if ((write === undefined) !== (form === undefined)) return output.refuse(failure("cli.usage", "--write and --form go together"));
        if ((initrd === undefined) !== (out === undefined)) return output.refuse(failure("cli.usage", "--initrd and --out go together"));
        if (write !== undefined && initrd !== undefined) return output.refuse(failure("cli.usage", "--write or --initrd, not both"));
        const id = await findVm(api, name);
        if (!id.ok) return output.refuse(id.failure);
        const configurations = await api.configurations.list({ vm: id.value });
        const chosen = choose(configurations, options.digest);
        if (!chosen.ok) return output.refuse(chosen.failure);
        if (chosen.value.retiredAt !== undefined) output.note("This configuration was retired: a VM that is started with it gets no key.");
        if (write !== undefined && form !== undefined) return writeForm(api, output, id.value, chosen.value, write, form);
        if (initrd !== undefined && out !== undefined) return writeInitrd(output, chosen.value, initrd, out);
        const shown = options.digest === undefined ? configurations : [chosen.value];
        output.answer(shown, () => configurationsText(shown));
        return 0;
      }),
    );
}

function choose(configurations: readonly ConfigurationView[], digest: string | undefined): Result<ConfigurationView> {
  const wanted = digest?.toLowerCase();
  const found = configurations.find((one) => (wanted === undefined ? one.current : one.digest === wanted));
  return found === undefined ? fail(failure("configuration.unknown", digest)) : ok(found);
}

async function writeForm(
  api: ManagerClient,
  output: Output,
  vm: string,
  { digest, text, hostDataBase64 }: ConfigurationView,
  folder: string,
  named: string,
): Promise<ExitCode> {
  const form = deliveries.find((one): one is Delivery => one === named);
  if (form === undefined) return output.refuse(failure("cli.usage", `--form is one of ${deliveries.join(", ")}`));
  const image = form === "fw-cfg" ? undefined : await api.configurations.image({ vm, digest, form });
  const bytes = image === undefined ? utf8(text) : fromBase64(image.base64);
  if (bytes === undefined) return output.refuse(failure("cli.connection-lost"));
  const file = resolve(folder, image?.name ?? configurationName);
  const written = writeFile(folder, file, bytes);
  if (!written.ok) return output.refuse(written.failure);
  const sha256 = toHex(nodePrimitives.digest("sha256", bytes));
  const answer = { file, form, bytes: bytes.length, sha256, digest, hostDataBase64 };
  output.answer(answer, () =>
    [file, useSentence(form, file), `HOST_DATA ${digest}`, `HOST_DATA in base64 (QEMU host-data=) ${hostDataBase64}`].join("\n"),
  );
  return 0;
}

function writeInitrd(output: Output, { digest, text, hostDataBase64 }: ConfigurationView, initrd: string, out: string): ExitCode {
  const file = resolve(out);
  let told = 0;
  const written = prependConfiguration(initrd, file, utf8(text), (share) => {
    const quarter = Math.floor(share * 4);
    if (quarter <= told || share === 1) return;
    told = quarter;
    if (process.stderr.isTTY) output.note(`${initrd}: ${quarter * 25} %`);
  });
  if (!written.ok) return output.refuse(written.failure);
  const { bytes, form } = written.value;
  const sha256 = toHex(written.value.digest);
  output.answer({ file, form: "initramfs", packed: form, bytes, sha256, digest, hostDataBase64 }, () =>
    [
      file,
      `${bytes} bytes, SHA-256 ${sha256}`,
      "This is another initrd, and so another measurement: add it to the VM's boot files (portcullis vm boot add) before you launch with it.",
      `HOST_DATA ${digest}`,
      `HOST_DATA in base64 (QEMU host-data=) ${hostDataBase64}`,
    ].join("\n"),
  );
  return 0;
}

/** Readable for all: the host's VMM may run as somebody else, and there is no secret in it. The same bytes again are no fault. */
function writeFile(folder: string, file: string, bytes: Uint8Array): Result<void> {
  try {
    mkdirSync(folder, { recursive: true });
    writeFileSync(file, bytes, { flag: "wx", mode: 0o644 });
    return ok(undefined);
  } catch (cause) {
    if (!isSystemError(cause, "EEXIST")) return fail(failure("files.unwritable", file, cause));
    return isSame(file, bytes) ? ok(undefined) : fail(failure("kit.file-exists", file));
  }
}

function isSame(file: string, bytes: Uint8Array): boolean {
  try {
    return equalBytes(readFileSync(file), bytes);
  } catch {
    return false;
  }
}

function useSentence(form: Delivery, file: string): string {
  switch (form) {
    case "fw-cfg":
      return `For QEMU: -fw_cfg name=opt/portcullis/configuration,file=${file}`;
    case "config-disk":
      return "Attach it as a read-only disk: the VM finds it by its label, PORTCULLIS.";
    case "initramfs":
      return "It belongs before the initrd (cat this and the initrd): --initrd and --out do that, and say what to measure.";
  }
}
