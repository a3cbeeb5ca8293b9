// What is the console's address in the desktop app? One scheme, one host, one page; everything that asks "is it ours?" asks here.

export const consoleScheme = "portcullis";
export const consoleOrigin = `${consoleScheme}://console`;
export const consoleUrl = `${consoleOrigin}/`;

/** @param url as Electron gives it. @returns the path exactly as it came, without query and fragment; undefined for any other origin. */
export function consolePath(url: string): string | undefined {
  if (!url.startsWith(consoleUrl)) return undefined;
  return url.slice(consoleOrigin.length).split(/[?#]/, 1)[0];
}
