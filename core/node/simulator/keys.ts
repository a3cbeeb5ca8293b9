// Where do the keys of a simulated hierarchy live? One JSON file a product line, mode 0600, made when it is absent, so that the second run
// is instant. The keys are worth nothing: they sign only what says SIMULATED. Never makes a second hierarchy for a folder, whoever else asks.
import { generateKeyPair, randomBytes } from "node:crypto";
import { link, mkdir, open, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { failure } from "../../base/failure.ts";
import { fail, ok } from "../../base/result.ts";
import { authorityNames, makeAuthorities } from "../../simulator/authority.ts";
import { Hierarchy } from "../../simulator/hierarchy.ts";
import { encodeHierarchyFile, parseHierarchyFile } from "./hierarchy-file.ts";
import { nodeSimulatorCrypto, rsaSigningKey } from "./signing.ts";
import type { KeyObject } from "node:crypto";
import type { Result } from "../../base/result.ts";
import type { Product } from "../../snp/product.ts";
import type { AuthorityRole } from "../../simulator/authority.ts";
import type { HierarchyFile } from "./hierarchy-file.ts";

export interface KeyProgress {
  readonly product: Product;
  readonly made: number;
  readonly of: number;
}

/**
 * @param product whose hierarchy; making one takes some seconds.
 * @param onProgress called after each key that was made, never where all were loaded.
 */
export async function loadOrMakeHierarchy(
  folder: string,
  product: Product = "Milan",
  onProgress: (progress: KeyProgress) => void = () => {},
): Promise<Result<Hierarchy>> {
  const path = join(folder, `simulated-${product}.json`);
  const loaded = await load(path, product);
  if (!loaded.ok) return loaded;
  if (loaded.value !== undefined) return ok(hierarchyFrom(loaded.value));
  const saved = await save(folder, path, await make(product, onProgress));
  if (!saved.ok) return saved;
  // What counts is what the folder holds: another process may have been first.
  const settled = await load(path, product);
  if (!settled.ok) return settled;
  return settled.value === undefined ? fail(failure("simulator.hierarchy-unreadable", path)) : ok(hierarchyFrom(settled.value));
}

async function make(product: Product, onProgress: (progress: KeyProgress) => void): Promise<HierarchyFile> {
  let made = 0;
  const makeKey = async (): Promise<KeyObject> => {
    const { privateKey } = await promisify(generateKeyPair)("rsa", { modulusLength: 4096 });
    made += 1;
    onProgress({ product, made, of: 3 });
    return privateKey;
  };
  const [ark, ask, asvk] = await Promise.all([makeKey(), makeKey(), makeKey()]);
  const authorities = makeAuthorities(
    product,
    { ark: rsaSigningKey(ark), ask: rsaSigningKey(ask), asvk: rsaSigningKey(asvk) },
    nodeSimulatorCrypto,
  );
  const saved = (role: AuthorityRole, key: KeyObject) => ({ key, certificate: authorities[role].certificate });
  return {
    product,
    secret: new Uint8Array(randomBytes(secretLength)),
    authorities: { ark: saved("ark", ark), ask: saved("ask", ask), asvk: saved("asvk", asvk) },
  };
}

function hierarchyFrom({ product, secret, authorities }: HierarchyFile): Hierarchy {
  const authority = (role: AuthorityRole) => ({
    ...authorityNames(product)[role],
    key: rsaSigningKey(authorities[role].key),
    certificate: authorities[role].certificate,
  });
  return new Hierarchy({
    product,
    secret,
    authorities: { ark: authority("ark"), ask: authority("ask"), asvk: authority("asvk") },
    crypto: nodeSimulatorCrypto,
  });
}

/** @returns undefined where there is no such file. */
async function load(path: string, product: Product): Promise<Result<HierarchyFile | undefined>> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    return isCode(cause, "ENOENT") ? ok(undefined) : fail(failure("simulator.hierarchy-unreadable", path, cause));
  }
  const file = parseHierarchyFile(bytes, product);
  return file === undefined ? fail(failure("simulator.hierarchy-unreadable", path)) : ok(file);
}

/** CRASH: before the link only a file of another name is there, which nobody reads; after it, the whole hierarchy is. */
async function save(folder: string, path: string, file: HierarchyFile): Promise<Result<true>> {
  const draft = `${path}.${randomBytes(8).toString("hex")}`;
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await using handle = await open(draft, "wx", 0o600);
    await handle.writeFile(encodeHierarchyFile(file));
    await handle.sync();
    // Unlike a rename, a link never replaces what another process has put there.
    await link(draft, path);
  } catch (cause) {
    if (!isCode(cause, "EEXIST")) return fail(failure("simulator.hierarchy-not-saved", folder, cause));
  } finally {
    await rm(draft, { force: true });
  }
  return ok(true);
}

function isCode(cause: unknown, code: string): boolean {
  return cause instanceof Error && "code" in cause && cause.code === code;
}

const secretLength = 32;
