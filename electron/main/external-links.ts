// Which pages may be opened in the person's browser? These, by name; the console sends a name and can express no address.
// SECURITY: row 11
import { shell } from "electron";

const addresses: Readonly<Partial<Record<string, string>>> = {
  "amd-kds": "https://kdsintf.amd.com/",
  "amd-sev-snp": "https://www.amd.com/en/developer/sev.html",
  "rfc-9334": "https://www.rfc-editor.org/rfc/rfc9334",
};

/** @returns undefined for a name that is not in the table. */
export function externalAddress(name: unknown): string | undefined {
  return typeof name === "string" && Object.hasOwn(addresses, name) ? addresses[name] : undefined;
}

export async function openExternalLink(name: unknown): Promise<boolean> {
  const address = externalAddress(name);
  if (address === undefined) return false;
  await shell.openExternal(address);
  return true;
}
