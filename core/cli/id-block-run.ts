// What `portcullis id-block check` answers, and how a made block is written into a folder. Works alone. Exit 2 where a file is no ID block.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { IdBlockView } from "../api/id-key-schemas.ts";
import { fromBase64, fromHex } from "../base/bytes.ts";
import { failure, sentenceOf } from "../base/failure.ts";
import { fail, ok, type Result } from "../base/result.ts";
import { utf8 } from "../base/utf8.ts";
import { readP384PublicKey } from "../endorse/p384-spki.ts";
import { blockBytes, checkIdBlock, type BlockCheck, type BlockExpectations } from "../kit/id-block-check.ts";
import { writeAtomically } from "../node/files.ts";
import { nodePrimitives } from "../node/primitives.ts";
import type { CommonOptions } from "./command.ts";
import type { ExitCode, Output } from "./output.ts";
import { refuseInput } from "./policy-file.ts";
import { readFile } from "./report-run.ts";

export interface CheckOptions extends CommonOptions {
  readonly block: string;
  readonly auth: string;
  readonly measurement?: string;
  readonly policy?: string;
  readonly idKey?: string;
}

export function check(options: CheckOptions, output: Output): ExitCode {
  const expected = expectationsOf(options);
  if (!expected.ok) return refuseInput(output, expected.failure);
  const block = readFile(options.block, maximumBlockFile);
  if (!block.ok) return refuseInput(output, block.failure);
  const auth = readFile(options.auth, maximumBlockFile);
  if (!auth.ok) return refuseInput(output, auth.failure);
  const checked = checkIdBlock(blockBytes(block.value), blockBytes(auth.value), expected.value, nodePrimitives);
  if (!checked.ok) return refuseInput(output, checked.failure);
  const { failures, ...says } = checked.value;
  const verifies = failures.length === 0;
  const answer = { ...says, verifies, failures: failures.map((one) => ({ code: one.code, sentence: sentenceOf(one) })) };
  output.answer(answer, () => checkText(checked.value, options));
  return verifies ? 0 : 1;
}

/** The folder is made where there is none. */
export function writeBlock(folder: string, { block, auth }: IdBlockView): Result<void> {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (cause) {
    return fail(failure("files.unwritable", folder, cause));
  }
  const files: readonly (readonly [name: string, bytes: Uint8Array | undefined])[] = [
    ["id-block.bin", fromBase64(block)],
    ["id-auth.bin", fromBase64(auth)],
    ["id-block.txt", utf8(block)],
    ["id-auth.txt", utf8(auth)],
  ];
  for (const [name, bytes] of files) {
    const written = writeAtomically(join(folder, name), bytes ?? new Uint8Array(0), { replace: true });
    if (!written.ok) return written;
  }
  return ok(undefined);
}

function expectationsOf({ measurement, policy, idKey }: CheckOptions): Result<BlockExpectations> {
  const digest = measurement === undefined ? undefined : fromHex(measurement.toLowerCase());
  if (measurement !== undefined && digest?.length !== 48) return fail(failure("cli.usage", "--measurement is 48 bytes of hex"));
  const bare = policy?.toLowerCase().replace(/^0x/, "");
  if (bare !== undefined && !/^[0-9a-f]{1,16}$/.test(bare))
    return fail(failure("cli.usage", "--policy is up to 64 bits of hex, such as 0x30000"));
  const guestPolicy = bare === undefined ? undefined : BigInt(`0x${bare}`);
  if (idKey === undefined) return ok({ measurement: digest, guestPolicy });
  const file = readFile(idKey, maximumBlockFile);
  if (!file.ok) return file;
  const key = readP384PublicKey(file.value);
  return key.ok ? ok({ measurement: digest, guestPolicy, idKey: key.value }) : fail(failure(key.failure.code, idKey));
}

function checkText(says: BlockCheck, { measurement, policy, idKey }: CheckOptions): string {
  const compared = [
    measurement === undefined ? "" : "measurement",
    policy === undefined ? "" : "guest policy",
    idKey === undefined ? "" : "ID key",
  ];
  const named = compared.filter((one) => one !== "");
  const author = says.authorKeyDigest === undefined ? "" : ", and that by its author key";
  const asExpected = named.length === 0 ? "" : `; ${named.join(", ")} as expected`;
  return [
    says.failures.length === 0 ? `Signed by its ID key${author}${asExpected}.` : "Would not be taken, or is not what was expected:",
    ...says.failures.map((one) => `  ${sentenceOf(one)} [${one.code}]`),
    "",
    `Measurement  ${says.measurement}`,
    `Guest policy ${says.guestPolicy}, GUEST_SVN ${says.guestSvn}`,
    `FAMILY_ID    ${says.familyId}`,
    `IMAGE_ID     ${says.imageId}`,
    `ID key       ${says.idKeyDigest}`,
    `Author key   ${says.authorKeyDigest ?? "none"}`,
    ...(idKey === undefined ? ["", "Whether these keys are yours is not judged: compare the digests, or give --id-key."] : []),
  ].join("\n");
}

/** Base64 of 4096 bytes, with room for line ends. */
const maximumBlockFile = 16_384;
