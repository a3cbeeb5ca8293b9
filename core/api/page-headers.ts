// With which headers is the console's page served? The same list for both hosts, so that a page can do as little in a browser as in Electron.
// docs/electron-security.md, rows 1, 5 and 7. It never loosens a directive for one file.

export type PageHost = "headless" | "electron";

/** Lower-case header names. `connect-src` is the page's WebSocket to its own origin where there is one, and nothing in Electron. */
export function pageHeaders(host: PageHost): Readonly<Record<string, string>> {
  return {
    // SECURITY: row 7
    "content-security-policy": policyText(host),
    "x-content-type-options": "nosniff",
    "cache-control": "no-store",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-embedder-policy": "require-corp",
    "referrer-policy": "no-referrer",
    // SECURITY: row 5
    "permissions-policy": deniedFeatures.map((feature) => `${feature}=()`).join(", "),
    "x-frame-options": "DENY",
  };
}

function policyText(host: PageHost): string {
  const directives: readonly (readonly [string, string])[] = [
    ["default-src", "'none'"],
    ["script-src", "'self'"],
    ["style-src", "'self'"],
    ["img-src", "'self'"],
    ["font-src", "'self'"],
    ["connect-src", host === "headless" ? "'self'" : "'none'"],
    ["frame-src", "'none'"],
    ["worker-src", "'none'"],
    ["object-src", "'none'"],
    ["base-uri", "'none'"],
    ["form-action", "'none'"],
    ["frame-ancestors", "'none'"],
    ["require-trusted-types-for", "'script'"],
    ["trusted-types", "'none'"],
  ];
  return directives.map(([name, value]) => `${name} ${value}`).join("; ");
}

/** Features that browsers let a page ask for; the console asks for none. */
const deniedFeatures = [
  "accelerometer",
  "autoplay",
  "camera",
  "clipboard-read",
  "display-capture",
  "fullscreen",
  "geolocation",
  "gyroscope",
  "hid",
  "identity-credentials-get",
  "idle-detection",
  "local-fonts",
  "magnetometer",
  "microphone",
  "midi",
  "payment",
  "picture-in-picture",
  "publickey-credentials-get",
  "screen-wake-lock",
  "serial",
  "storage-access",
  "usb",
  "xr-spatial-tracking",
] as const;
