// What has the owner put into the collateral folder? Certificates and revocation lists as files, DER or PEM, under any name. Shape only:
// nothing here is verified, and a file that is neither is passed over and counted.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { failure } from "../../base/failure.ts";
import { fail, ok } from "../../base/result.ts";
import { certificatesFrom } from "../../endorse/certificate.ts";
import { crlsFrom } from "../../endorse/crl.ts";
import { isSystemError, readBounded } from "../files.ts";
import type { Result } from "../../base/result.ts";
import type { Certificate } from "../../endorse/certificate.ts";
import type { Crl } from "../../endorse/crl.ts";

export interface FolderContent {
  readonly certificates: readonly Certificate[];
  readonly crls: readonly Crl[];
  /** Files that are neither, or too many or too large to be looked at. */
  readonly passedOver: number;
}

/** A folder that is not there is an empty one. `files.unreadable`. */
export function readCollateralFolder(path: string): Result<FolderContent> {
  const names = namesIn(path);
  if (!names.ok) return names;
  const certificates: Certificate[] = [];
  const crls: Crl[] = [];
  let passedOver = Math.max(0, names.value.length - maximumFiles);
  for (const name of names.value.slice(0, maximumFiles)) {
    const bytes = readBounded(join(path, name), maximumBytes);
    const content = bytes.ok && bytes.value !== undefined ? bytes.value : new Uint8Array();
    const some = certificatesFrom(content);
    const lists = crlsFrom(content);
    if (some.ok) certificates.push(...some.value);
    if (lists.ok) crls.push(...lists.value);
    if (!some.ok && !lists.ok) passedOver++;
  }
  return ok({ certificates, crls, passedOver });
}

function namesIn(path: string): Result<readonly string[]> {
  try {
    const files = readdirSync(path, { withFileTypes: true }).filter((entry) => entry.isFile());
    return ok(files.map(({ name }) => name).toSorted());
  } catch (cause) {
    return isSystemError(cause, "ENOENT") ? ok([]) : fail(failure("files.unreadable", path, cause));
  }
}

const maximumFiles = 1000;
const maximumBytes = 2 ** 20;
