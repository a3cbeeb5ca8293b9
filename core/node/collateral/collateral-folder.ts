// What has the owner put into the collateral folder? Certificates and revocation lists as files, DER or PEM, under any name. Shape only:
// nothing here is verified, and a file that is neither is passed over and counted. A file that did not change is not read again.
import { readdirSync, statSync } from "node:fs";
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

type FileContent = Pick<FolderContent, "certificates" | "crls">;

export class CollateralFolder {
  readonly #path: string;
  #known: ReadonlyMap<string, { readonly stamp: string; readonly content: FileContent }> = new Map();

  constructor(path: string) {
    this.#path = path;
  }

  /** As it is now. A folder that is not there is an empty one. `files.unreadable`. */
  read(): Result<FolderContent> {
    const names = namesIn(this.#path);
    if (!names.ok) return names;
    const looked = names.value.slice(0, maximumFiles).map((name) => [name, this.#look(name)] as const);
    this.#known = new Map(looked);
    const contents = looked.map(([, { content }]) => content);
    const none = contents.filter(({ certificates, crls }) => certificates.length + crls.length === 0).length;
    return ok({
      certificates: contents.flatMap(({ certificates }) => certificates),
      crls: contents.flatMap(({ crls }) => crls),
      passedOver: none + names.value.length - looked.length,
    });
  }

  #look(name: string): { readonly stamp: string; readonly content: FileContent } {
    const path = join(this.#path, name);
    // Before it is read: what changes in between is found changed the next time.
    const stamp = stampOf(path);
    const known = this.#known.get(name);
    return known?.stamp === stamp && stamp !== "" ? known : { stamp, content: contentOf(path) };
  }
}

function contentOf(path: string): FileContent {
  const bytes = readBounded(path, maximumBytes);
  const content = bytes.ok && bytes.value !== undefined ? bytes.value : new Uint8Array();
  const certificates = certificatesFrom(content);
  const crls = crlsFrom(content);
  return { certificates: certificates.ok ? certificates.value : [], crls: crls.ok ? crls.value : [] };
}

/** Empty where it cannot be told. */
function stampOf(path: string): string {
  try {
    const { ino, size, mtimeNs, ctimeNs } = statSync(path, { bigint: true });
    return [ino, size, mtimeNs, ctimeNs].join(" ");
  } catch {
    return "";
  }
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
