// With which words is cryptsetup asked? Each thing that is done to a LUKS2 image here, and what its exit codes mean for us. Why these
// choices: docs/operations.md, "Disks". No word is ever a key.
import { join } from "node:path";
import { toHex } from "../../base/bytes.ts";
import { failure } from "../../base/failure.ts";
import { fail, ok, type Result } from "../../base/result.ts";
import type { Secret } from "../../base/secret.ts";
import { fromUtf8 } from "../../base/utf8.ts";
import { uuid } from "../../launch/agent-configuration.ts";
import { conversionOf, endConversion, headersLength, newerSecond } from "../../luks/conversion.ts";
import { checkHeader, longestHeader } from "../../luks/header.ts";
import { readBounded } from "../files.ts";
import { nodePrimitives } from "../primitives.ts";
import { systemRandom } from "../random.ts";
import { readAt, writeAt } from "./bytes.ts";
import { type CommandAnswer, type CommandOptions, type Cryptsetup, exitText, progressOption, runCryptsetup } from "./cryptsetup.ts";

/** What the header takes in front of the data: LUKS2's usual 16 MiB. */
export const headerRoom = 2 ** 24;
export interface LuksParts {
  readonly tool: Cryptsetup;
  /** A new copy of the disk's key each time, which is wiped here. */
  readonly key: () => Promise<Result<Secret>>;
  /** A folder of ours, on the image's file system: cryptsetup makes its own files there. */
  readonly folder: string;
}

interface Making {
  readonly sectorSize: 512 | 4096;
  readonly integrity: boolean;
  readonly onShare: (share: number) => void;
}

/** All that was in the image is lost. */
export async function format(parts: LuksParts, image: string, { sectorSize, integrity, onShare }: Making): Promise<Result<void>> {
  const authenticated = integrity ? ["--integrity", "hmac-sha256", progressOption] : [];
  const words = ["--sector-size", String(sectorSize), ...authenticated, "--", image];
  return done(await withKey(parts, "luksFormat", (key) => [...kind(key), ...words], integrity ? { onShare } : {}));
}

/**
 * Makes a header that says that nothing of the image is encrypted yet and that its data begin behind {@link headerRoom}. The image is only looked at.
 * @param header a file that does not exist; as long as that room.
 */
export async function beginEncryption(parts: LuksParts, image: string, header: string, sectorSize: 512 | 4096): Promise<Result<void>> {
  const place = ["--header", header, "--offset", String(headerRoom / 512), "--sector-size", String(sectorSize)];
  const begin = ["--encrypt", "--init-only", "--resilience", "checksum", ...place];
  return done(await withKey(parts, "reencrypt", (key) => [...begin, ...kind(key), "--", image]));
}

/** Goes on from wherever it was stopped, by whatever. Aborting `signal` stops it where it can go on. */
export async function goOnEncrypting(
  parts: LuksParts,
  image: string,
  { signal, onShare }: { readonly signal: AbortSignal; readonly onShare: (share: number) => void },
): Promise<Result<void>> {
  // The piece that was under way when it was killed is told by its checksums and put right. Where there is none, this changes nothing.
  const repaired = done(await withKey(parts, "repair", () => ["--batch-mode", "--type", "luks2", "--key-file=-", "--", image]));
  if (!repaired.ok) return repaired;
  const metadata = await metadataOf(parts, image);
  const state = metadata === undefined ? undefined : conversionOf(metadata);
  if (state === "none") return mendSecond(image);
  if (state === "ended") return writeEnd(image);
  // An image is no block device, so that cryptsetup cannot ask the kernel whether it is in use: in-use.ts has.
  const resume = ["--resume-only", "--force-offline-reencrypt", "--resilience", "checksum", "--hotzone-size", piece, progressOption];
  const answer = await withKey(parts, "reencrypt", () => [...resume, "--batch-mode", "--key-file=-", "--", image], { onShare, signal });
  return signal.aborted ? fail(failure("disk.cancelled")) : done(answer);
}

/**
 * CRASH: what is left of the conversion is wiped first, while the header still says that it has ended; of the two copies of the header that follow, the
 * newer one that is whole counts.
 */
async function writeEnd(image: string): Promise<Result<void>> {
  const ended = endConversion(await readAt(image, 0, headersLength), nodePrimitives);
  if (!ended.ok) return ended;
  const { headers, wipe } = ended.value;
  await writeAt(image, wipe.offset, systemRandom.bytes(wipe.length));
  await writeAt(image, 0, headers.subarray(0, headersLength / 2));
  await writeAt(image, headersLength / 2, headers.subarray(headersLength / 2));
  return ok(undefined);
}

async function mendSecond(image: string): Promise<Result<void>> {
  const second = newerSecond(await readAt(image, 0, headersLength), nodePrimitives);
  if (second !== undefined) await writeAt(image, headersLength / 2, second);
  return ok(undefined);
}

/** What an image's header says; undefined where there is no LUKS2 header. */
export async function metadataOf({ tool }: Pick<LuksParts, "tool">, image: string): Promise<Uint8Array | undefined> {
  const { exit, output } = await runCryptsetup(tool, { action: "luksDump", words: ["--dump-json-metadata", "--", image] });
  return exit === 0 ? output : undefined;
}

/** Has the conversion come to its end? `disk.journal` where there is no header. */
export async function isEncrypted(parts: LuksParts, image: string): Promise<Result<boolean>> {
  const metadata = await metadataOf(parts, image);
  const state = metadata === undefined ? undefined : conversionOf(metadata);
  return state === undefined ? fail(failure("disk.journal", `${image} has no LUKS2 header`)) : ok(state === "none");
}

/** `disk.wrong-key`: the VM's key does not open it. */
export async function tryKey(parts: LuksParts, image: string, header: string = image): Promise<Result<void>> {
  const words = ["--batch-mode", "--type", "luks2", "--key-file=-", "--header", header, "--test-passphrase", "--", image];
  const tried = await withKey(parts, "open", () => words);
  return tried.ok && tried.value.exit === 2 ? fail(failure("disk.wrong-key")) : done(tried);
}

/** The header's own bytes, their SHA-256 in hex, and its UUID in lower case. */
export interface HeaderCopy {
  readonly bytes: Uint8Array;
  readonly digest: string;
  readonly uuid: string;
}

/**
 * Would the agent open this image? The same copy, the same check and the same words as agent/unlock.ts. `disk.not-accepted`, `disk.wrong-key`,
 * `disk.cryptsetup`.
 */
export async function verifyDisk(parts: LuksParts, image: string): Promise<Result<HeaderCopy>> {
  const copied = await copyHeader(parts, image);
  if (!copied.ok) return copied;
  const opens = await tryKey(parts, image, join(parts.folder, headerName));
  return opens.ok ? copied : opens;
}

/** What the agent would say of the header, without a key. */
export async function copyHeader(parts: Pick<LuksParts, "tool" | "folder">, image: string): Promise<Result<HeaderCopy>> {
  const path = join(parts.folder, headerName);
  const words = ["--batch-mode", "--header-backup-file", path, "--", image];
  const copied = await runCryptsetup(parts.tool, { action: "luksHeaderBackup", words });
  if (copied.exit !== 0) return fail(failure("disk.cryptsetup", exitText(copied)));
  const metadata = await metadataOf(parts, path);
  const checked = metadata === undefined ? undefined : checkHeader(metadata);
  if (checked?.ok !== true) return fail(failure("disk.not-accepted", checked?.failure.detail ?? "no LUKS2 header"));
  const bytes = readBounded(path, longestHeader);
  if (!bytes.ok || bytes.value === undefined) return fail(failure("disk.backup-failed", path));
  const said = await runCryptsetup(parts.tool, { action: "luksUUID", words: ["--", path] });
  const named = said.exit === 0 ? fromUtf8(said.output ?? new Uint8Array(0))?.trim() : undefined;
  if (named === undefined || !uuid.test(named)) return fail(failure("disk.not-accepted", "UUID"));
  return ok({ bytes: bytes.value, digest: toHex(nodePrimitives.digest("sha256", bytes.value)), uuid: named });
}

/** Fails only where there is no key. */
async function withKey(
  { tool, key, folder }: LuksParts,
  action: string,
  words: (key: Secret) => readonly string[],
  more: Pick<CommandOptions, "onShare" | "signal"> = {},
): Promise<Result<CommandAnswer>> {
  const secret = await key();
  if (!secret.ok) return secret;
  try {
    return ok(await runCryptsetup(tool, { action, words: words(secret.value), key: secret.value, cwd: folder, ...more }));
  } finally {
    secret.value.wipe();
  }
}

function done(answer: Result<CommandAnswer>): Result<void> {
  if (!answer.ok) return answer;
  return answer.value.exit === 0 ? ok(undefined) : fail(failure("disk.cryptsetup", exitText(answer.value)));
}

/**
 * AES-256 in XTS mode. A random key of 256 bits and more needs no slow derivation, and a memory-hard one fails in a small VM; only a short key that an
 * owner brought is derived slowly.
 */
function kind(key: Secret): readonly string[] {
  const long = key.use(({ length }) => length >= 32);
  const derivation = ["--pbkdf", "pbkdf2", ...(long ? ["--pbkdf-force-iterations", "1000"] : ["--iter-time", "2000"])];
  return ["--batch-mode", "--type", "luks2", "--cipher", "aes-xts-plain64", "--key-size", "512", ...derivation, "--key-file=-"];
}

const headerName = "header";
/** What is encrypted between two points from which it can go on: smaller is slower, and larger makes who cancels wait. */
const piece = "64M";
