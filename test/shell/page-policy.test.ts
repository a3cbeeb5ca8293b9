// Does the page's policy hold in a browser, or is it only a header? Each thing that it forbids is attempted, and its absence is looked at.
// docs/electron-security.md, rows 1, 2 and 7.
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { PageHost } from "../../core/api/page-headers.ts";
import { missing } from "../kit/needs.ts";
import { launchChromium, type Site, startSite, textFiles, violations } from "./kit.ts";

/** Attempts everything from a script that the policy allows, and notes what worked. */
const attempts = `
const worked = [];
globalThis.worked = worked;
globalThis.violations = [];
addEventListener("securitypolicyviolation", (event) => violations.push(event.effectiveDirective + " " + event.blockedURI));
const attempt = async (name, act) => { try { if (await act()) worked.push(name); } catch { /* refused, as it should be */ } };
const frameOf = (make) => new Promise((resolve) => {
  const frame = document.createElement("iframe");
  make(frame);
  document.body.append(frame);
  setTimeout(() => resolve(frame.contentDocument?.body?.textContent?.includes("framed") === true), 300);
});
globalThis.attempted = (async () => {
  await attempt("eval", () => eval("true"));
  await attempt("Function", () => new Function("return true")());
  await attempt("string timer", () => new Promise((resolve) => { globalThis.timed = resolve; setTimeout("timed(true)", 0); setTimeout(resolve, 200, false); }));
  await attempt("innerHTML", () => { const div = document.createElement("div"); div.innerHTML = "<b>x</b>"; return div.childNodes.length === 1; });
  await attempt("insertAdjacentHTML", () => { document.body.insertAdjacentHTML("beforeend", "<i id=put>x</i>"); return document.getElementById("put") !== null; });
  await attempt("document.write", () => { document.write("<i id=written>x</i>"); return document.getElementById("written") !== null; });
  await attempt("a Trusted Types policy", () => { trustedTypes.createPolicy("mine", { createHTML: (text) => text }); return true; });
  await attempt("the default Trusted Types policy", () => { trustedTypes.createPolicy("default", { createHTML: (text) => text }); return true; });
  await attempt("inline script", () => { const script = document.createElement("script"); script.append("globalThis.inlined = true"); document.body.append(script); return globalThis.inlined === true; });
  await attempt("style attribute", () => { document.body.setAttribute("style", "margin-left: 77px"); return getComputedStyle(document.body).marginLeft === "77px"; });
  await attempt("style element", () => { const style = document.createElement("style"); style.append("body { margin-right: 77px }"); document.head.append(style); return getComputedStyle(document.body).marginRight === "77px"; });
  await attempt("remote image", () => new Promise((resolve) => { const image = new Image(); image.onload = () => resolve(true); image.onerror = () => resolve(false); image.src = remote + "/pixel.svg"; }));
  await attempt("data image", () => new Promise((resolve) => { const image = new Image(); image.onload = () => resolve(true); image.onerror = () => resolve(false); image.src = "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg'/>"; }));
  await attempt("remote fetch", async () => (await fetch(remote + "/pixel.svg", { mode: "no-cors" })).type !== "error");
  await attempt("own fetch", async () => (await fetch("/")).ok);
  // It answers true before it is blocked; that nothing arrives is looked at below.
  await attempt("beacon", () => { navigator.sendBeacon(remote + "/beacon", "x"); return new Promise((resolve) => setTimeout(resolve, 200, false)); });
  await attempt("remote WebSocket", () => new Promise((resolve) => { const socket = new WebSocket(remote.replace("http", "ws") + "/socket"); socket.onopen = () => resolve(true); socket.onerror = () => resolve(false); }));
  await attempt("EventSource", () => new Promise((resolve) => { const source = new EventSource(remote + "/events"); source.onopen = () => resolve(true); source.onerror = () => { source.close(); resolve(false); }; }));
  await attempt("worker", () => new Promise((resolve) => { const worker = new Worker("/worker.js"); worker.onmessage = () => resolve(true); worker.onerror = () => resolve(false); setTimeout(resolve, 500, false); }));
  await attempt("service worker", async () => (await navigator.serviceWorker.register("/worker.js")) !== undefined);
  await attempt("own frame", () => frameOf((frame) => { frame.src = "/framed.html"; }));
  await attempt("srcdoc frame", () => frameOf((frame) => { frame.setAttribute("srcdoc", "framed"); }));
  await attempt("base", () => { const base = document.createElement("base"); base.href = remote + "/"; document.head.append(base); return document.baseURI.startsWith(remote); });
  await attempt("form", () => { const form = document.createElement("form"); form.action = "/formed"; form.method = "post"; document.body.append(form); form.submit(); return new Promise((resolve) => setTimeout(resolve, 200, false)); });
  await attempt("WebAssembly", async () => (await WebAssembly.instantiate(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]))) !== undefined);
  await attempt("require", () => typeof require !== "undefined");
  await attempt("process", () => typeof process !== "undefined");
  return worked;
})();
`;

const index = `<!doctype html><html><head><title>page</title><style>p { color: rgb(1, 2, 3) }</style>
<script>globalThis.markupScript = true;</script><script src="/remote.js"></script><script type="module" src="/main.js"></script></head>
<body onload="globalThis.handled = true"><p style="color: rgb(3, 2, 1)">text</p></body></html>`;

describe.skipIf(missing("chromium")).each(["electron", "headless"] as const)("the page of the %s host", (host: PageHost) => {
  let browser: Browser;
  let site: Site;
  let other: Site;
  let page: Page;

  beforeAll(async () => {
    other = await startSite(textFiles({ "index.html": "other", "pixel.svg": '<svg xmlns="http://www.w3.org/2000/svg"/>' }), "headless");
    const files = textFiles({
      "index.html": index,
      "main.js": `const remote = ${JSON.stringify(other.origin)};\n${attempts}`,
      "remote.js": "globalThis.ownScript = true;",
      "worker.js": "postMessage(1)",
      "framed.html": "framed",
    });
    site = await startSite(files, host);
    browser = await launchChromium();
    page = await browser.newPage();
    await page.goto(site.origin);
    await page.waitForFunction(() => "attempted" in globalThis);
  });
  afterAll(async () => {
    await browser?.close();
    await site?.close();
    await other?.close();
  });

  test("nothing that is forbidden works", async () => {
    const worked = await page.evaluate(() => (globalThis as unknown as { attempted: Promise<string[]> }).attempted);
    expect(worked).toEqual(host === "headless" ? ["own fetch"] : []);
  });

  test("nothing reached another origin", () => {
    expect(other.requests).toEqual([]);
    expect(site.requests.filter((request) => /worker|framed|formed|beacon/.test(request))).toEqual([]);
  });

  test("inline script, handler and style in the markup do nothing; our own files work", async () => {
    const seen = await page.evaluate(() => {
      const flags = globalThis as unknown as Record<string, unknown>;
      const paragraph = document.querySelector("p");
      return {
        own: flags["ownScript"],
        markup: flags["markupScript"],
        handled: flags["handled"],
        colour: paragraph === null ? "" : getComputedStyle(paragraph).color,
      };
    });
    expect(seen).toEqual({ own: true, markup: undefined, handled: undefined, colour: "rgb(0, 0, 0)" });
  });

  test("the browser reports the policy as understood", async () => {
    const reported = await violations(page);
    for (const directive of [
      "script-src",
      "img-src",
      "connect-src",
      "require-trusted-types-for",
      "trusted-types",
      "base-uri",
      "form-action",
    ])
      expect(
        reported.some((one) => one.startsWith(directive)),
        directive,
      ).toBe(true);
  });

  test("no other page may frame it", async () => {
    const framing = await browser.newPage();
    await framing.setContent(`<iframe src="${site.origin}/"></iframe>`);
    await framing.waitForTimeout(500);
    const inner = framing.frames().find((frame) => frame.url().startsWith(site.origin));
    expect(inner === undefined ? "" : await inner.title().catch(() => "")).not.toBe("page");
    await framing.close();
  });

  test("no permission is there to be asked for", async () => {
    const policy = await page.evaluate(() => {
      const { featurePolicy } = document as unknown as { featurePolicy: { allowedFeatures(): string[] } };
      return featurePolicy.allowedFeatures();
    });
    for (const feature of [
      "camera",
      "microphone",
      "geolocation",
      "usb",
      "clipboard-read",
      "display-capture",
      "fullscreen",
      "serial",
      "hid",
    ])
      expect(policy).not.toContain(feature);
  });
});
