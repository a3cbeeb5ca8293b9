// What `portcullis collateral show` and `pack` answer, without a manager and without a network: files in, a table or a bundle out.
// Exit 2 where a file cannot be read or is no collateral. What does not go back to AMD's roots here is said and is no refusal: a manager
// that has the issuers may take it, and it alone decides.
import { existsSync, statSync } from "node:fs";
import { rfc3339 } from "../base/clock.ts";
import { type Failure, failure, failureTable, sentenceOf } from "../base/failure.ts";
import { fail, ok, type Result } from "../base/result.ts";
import { type CollateralBundle, encodeBundle, makeBundle, maximumBundleBytes, parseBundle } from "../endorse/bundle.ts";
import { type CollateralItem, itemsFromFile } from "../endorse/bundle-item.ts";
import { itemFailure } from "../endorse/bundle-verify.ts";
import { amdAnchors } from "../endorse/roots.ts";
import { systemClock } from "../node/clock.ts";
import { collateralViews } from "../node/collateral/bundle-actions.ts";
import { readBounded, writeAtomically } from "../node/files.ts";
import { nodePrimitives } from "../node/primitives.ts";
import { collateralText } from "./collateral-text.ts";
import type { ExitCode, Output } from "./output.ts";

export function show(file: string, output: Output): ExitCode {
  const bytes = readFile(file, maximumBundleBytes);
  const bundle = bytes.ok ? parseBundle(bytes.value) : bytes;
  return bundle.ok ? answer(bundle.value, output) : unreadable(output, bundle.failure);
}

export function pack(out: string, files: readonly string[], output: Output): ExitCode {
  const items: CollateralItem[] = [];
  for (const file of files) {
    const found = itemsOf(file);
    if (!found.ok) return unreadable(output, failure(found.failure.code, `${file}: ${found.failure.detail ?? ""}`, found.failure.cause));
    items.push(...found.value);
  }
  const bundle = makeBundle(items, systemClock.now());
  return bundle.ok ? write(out, encodeBundle(bundle.value), output) : output.refuse(bundle.failure);
}

/** Writes a new file and shows what is in it. */
export function write(file: string, bytes: Uint8Array, output: Output): ExitCode {
  if (existsSync(file)) return output.refuse(failure("cli.usage", `${file} exists: name a new file`));
  const bundle = parseBundle(bytes);
  if (!bundle.ok) return output.refuse(bundle.failure);
  const written = writeAtomically(file, bytes, { replace: false });
  return written.ok ? answer(bundle.value, output) : output.refuse(written.failure);
}

function answer({ createdAt, items }: CollateralBundle, output: Output): ExitCode {
  const at = systemClock.now();
  const issuers = items.flatMap((item) => ("certificate" in item ? [item.certificate] : []));
  const failures = items.map((item) => itemFailure(item, { issuers, anchors: amdAnchors, at, primitives: nodePrimitives }));
  const views = collateralViews(items, at);
  const json = views.map((view, index) => ({ ...view, ...failed(failures[index]) }));
  const wrong = failures.filter((one) => one !== undefined);
  output.answer({ createdAt: rfc3339(createdAt), items: json }, () =>
    [
      `Made ${rfc3339(createdAt)}, ${items.length} items.`,
      ...(items.length === 0 ? [] : [collateralText(views, at)]),
      wrong.length === 0 ? "All of it goes back to AMD's roots." : `Not accepted here: ${wrong.length} of ${items.length}.`,
      ...new Set(wrong.map((one) => `  ${sentenceOf(one)} [${one.code}]`)),
    ].join("\n"),
  );
  return 0;
}

function failed(of: Failure | undefined): object {
  return of === undefined ? {} : { failure: { code: of.code, sentence: sentenceOf(of) } };
}

function itemsOf(file: string): Result<CollateralItem[]> {
  const bytes = readFile(file, maximumFile);
  // When it was had from AMD is nowhere in it; when the file was written is the best that there is.
  return bytes.ok ? itemsFromFile(bytes.value, Math.floor(statSync(file).mtimeMs)) : bytes;
}

function readFile(path: string, maximum: number): Result<Uint8Array> {
  const read = readBounded(path, maximum);
  if (read.ok && read.value !== undefined) return ok(read.value);
  return fail(failure("cli.unreadable", path, read.ok ? undefined : read.failure));
}

function unreadable(output: Output, of: Failure): ExitCode {
  const code = output.refuse(of);
  return ["malformed", "unsupported"].includes(failureTable[of.code].family) ? 2 : code;
}

const maximumFile = 262_144;
