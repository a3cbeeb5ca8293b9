// What `portcullis reference show` answers, and how files of reference values and of public keys are read. Works alone. Exit 1 where the
// named key did not sign, 2 where the file is none. What nobody signed is shown, so that one can see what it is, and said to be unsigned.
import { verifyReferences, readReferences, type References } from "../appraise/reference-values/references.ts";
import { maximumEnvelope } from "../appraise/reference-values/envelope.ts";
import type { SignedReference } from "../appraise/reference-values/statement.ts";
import { rfc3339 } from "../base/clock.ts";
import { failure, sentenceOf, type Failure } from "../base/failure.ts";
import { fail, type Result } from "../base/result.ts";
import { readP384PublicKey } from "../endorse/p384-spki.ts";
import { systemClock } from "../node/clock.ts";
import { nodePrimitives } from "../node/primitives.ts";
import type { P384Point } from "../snp/id-block.ts";
import type { CommonOptions } from "./command.ts";
import { type ExitCode, type Output, printable } from "./output.ts";
import { refuseInput } from "./policy-file.ts";
import { readFile } from "./report-run.ts";

export interface ShowOptions extends CommonOptions {
  readonly signedBy: string;
}

export function show(file: string, { signedBy }: ShowOptions, output: Output): ExitCode {
  const key = keyFrom(signedBy);
  if (!key.ok) return refuseInput(output, key.failure);
  const read = referencesFrom(file);
  if (!read.ok) return refuseInput(output, read.failure);
  const verified = verifyReferences(read.value, key.value, systemClock.now(), nodePrimitives);
  const why = verified.ok ? undefined : verified.failure;
  const answer = {
    verified: verified.ok,
    ...(why === undefined ? {} : { failure: { code: why.code, sentence: sentenceOf(why) } }),
    form: read.value.form,
    values: read.value.values,
    notTaken: read.value.notTaken,
    ...(read.value.form === "dsse"
      ? { madeAt: rfc3339(read.value.statement.madeAt), launches: read.value.statement.values }
      : { profile: read.value.corim.profile }),
  };
  output.answer(answer, () => showText(read.value, why));
  return verified.ok ? 0 : 1;
}

export function referencesFrom(path: string): Result<References> {
  const bytes = readFile(path, maximumEnvelope);
  return bytes.ok ? readReferences(bytes.value) : bytes;
}

export function keyFrom(path: string): Result<P384Point> {
  const bytes = readFile(path, maximumKeyFile);
  if (!bytes.ok) return bytes;
  const key = readP384PublicKey(bytes.value);
  return key.ok ? key : fail(failure(key.failure.code, path));
}

function showText(read: References, why: Failure | undefined): string {
  const lines = [
    why === undefined ? "Signed by the named key." : `NOT VERIFIED: ${sentenceOf(why)} [${why.code}]`,
    "",
    ...(read.form === "dsse"
      ? [`Made at ${rfc3339(read.statement.madeAt)}`, ...read.statement.values.flatMap(launchLines)]
      : [`CoRIM of the profile ${read.corim.profile || "(none)"}`, ...read.values.map(({ digest, label }) => `${digest}  ${label}`)]),
    ...(read.values.length === 0 ? ["No launch measurement."] : []),
    ...read.notTaken.map((line) => `Not taken: ${line}.`),
  ];
  return lines.map(printable).join("\n");
}

function launchLines(launch: SignedReference): readonly string[] {
  const { label, measurement, vcpus, vcpuModel, guestFeatures, vmm, firmware, kernel, initrd, commandLine, guestPolicy, guestSvn } = launch;
  return [
    "",
    `${measurement}  ${label}`,
    `  ${vcpus} vCPUs of ${vcpuModel}, guest features ${guestFeatures}, on ${vmm}`,
    ...[firmware, kernel, initrd].flatMap((file) => (file === undefined ? [] : [`  ${file.sha256}  ${file.name}`])),
    ...(commandLine === undefined ? [] : [`  command line: ${commandLine}`]),
    ...(guestPolicy === undefined ? [] : [`  guest policy ${guestPolicy}`]),
    ...(guestSvn === undefined ? [] : [`  GUEST_SVN ${guestSvn}`]),
  ];
}

const maximumKeyFile = 16_384;
