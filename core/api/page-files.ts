// Which files make up the console, and what is the answer to a request for one? An exact map from path to bytes that is made once, at start.
// Nothing is joined, decoded or normalised at request time: a path is in the map, or it is not there. docs/electron-security.md, row 15.
import { type PageHost, pageHeaders } from "./page-headers.ts";

export interface PageFile {
  readonly type: string;
  readonly bytes: Uint8Array;
}

/** Path with its leading slash -> file. */
export type PageFiles = ReadonlyMap<string, PageFile>;

export interface PageAnswer {
  readonly status: 200 | 404 | 405;
  readonly headers: Readonly<Record<string, string>>;
  readonly bytes: Uint8Array;
}

/**
 * @param found names relative to the console's folder, with forward slashes. A kind of file that the console has no use for is left out.
 */
export function pageFiles(found: Iterable<readonly [name: string, bytes: Uint8Array]>): PageFiles {
  const files = new Map<string, PageFile>();
  for (const [name, bytes] of found) {
    const type = types[name.slice(name.lastIndexOf(".") + 1)];
    if (type !== undefined && plainName.test(name)) files.set(`/${name}`, { type, bytes });
  }
  const index = files.get("/index.html");
  if (index !== undefined) files.set("/", index);
  return files;
}

/** @param path the request's path exactly as it came, without its query. */
export function answerPage(files: PageFiles, host: PageHost, method: string, path: string): PageAnswer {
  // SECURITY: row 15
  const file = files.get(path);
  const headers = pageHeaders(host);
  if (file === undefined) return { status: 404, headers: { ...headers, "content-type": plainText }, bytes: new Uint8Array(0) };
  if (method !== "GET" && method !== "HEAD")
    return { status: 405, headers: { ...headers, "content-type": plainText, allow: "GET, HEAD" }, bytes: new Uint8Array(0) };
  return { status: 200, headers: { ...headers, "content-type": file.type }, bytes: method === "HEAD" ? new Uint8Array(0) : file.bytes };
}

const plainName = /^[A-Za-z0-9_-][A-Za-z0-9_./-]*$/;
const plainText = "text/plain; charset=utf-8";
const types: Readonly<Partial<Record<string, string>>> = {
  html: "text/html; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
  svg: "image/svg+xml",
  png: "image/png",
  ico: "image/x-icon",
  woff2: "font/woff2",
  json: "application/json",
  webmanifest: "application/manifest+json",
};
