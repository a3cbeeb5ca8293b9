// Can everybody use it, and how does it look? axe finds nothing serious on any page in either theme; nothing is cut off in a small
// window or at 200 %; the keyboard reaches everything. Screenshots go to test/results/console for a person to look at.
import { gzipSync } from "node:zlib";
import { AxeBuilder } from "@axe-core/playwright";
import { describe, expect, test } from "vitest";
import type { Page } from "playwright-core";
import { needs } from "../kit/needs.ts";
import { shoot } from "./browser.ts";
import { useConsole } from "./console.ts";
import type { FixtureService } from "./fixture-service.ts";
import { collateral, endedRun, waitingLaunch } from "./fixture-collateral.ts";
import { bootSets, exampleKit, hostPlan, idKey } from "./fixture-boot-sets.ts";
import { before, history, idOf, pendingLaunch, vm } from "./fixture-values.ts";

const pages = [
  ["launches", "/"],
  ["launch", `/launches/${idOf("pending")}`],
  ["refused", `/launches/${idOf("refused")}`],
  ["simulation", `/simulations/${idOf("sim")}`],
  ["vms", "/vms"],
  ["vm", `/vms/${idOf("lab")}`],
  ["policy", `/vms/${idOf("mail")}/policy`],
  ["enrol", "/vms/enrol"],
  ["kit", `/vms/${idOf("shop")}/kit`],
  ["kit-unplanned", `/vms/${idOf("mail")}/kit`],
  ["real-vm", `/vms/${idOf("shop")}`],
  ["next-kernel", `/vms/${idOf("shop")}/boot-files`],
  ["check-host", "/vms/check"],
  ["collateral", "/collateral"],
  ["settings", "/settings"],
] as const;
const windows = [
  { width: 1280, height: 800 },
  { width: 900, height: 700 },
] as const;

describe("every page", needs("chromium"), () => {
  const open = useConsole();
  const world = (service: FixtureService): void => {
    service.launches = [pendingLaunch(), waitingLaunch(), ...history()];
    service.status = { ...service.status, pending: 1, expiring: [{ product: "Genoa", until: before(-500_000), state: "soon" }] };
    service.collateral = [...collateral()];
    service.run = endedRun;
    service.vms = [
      vm("lab", { simulated: true, failedOpens: 1 }),
      vm("mail", { enabled: false }),
      vm("shop", {
        bootSets: [...bootSets()],
        hostPlan,
        disks: [{ id: "root", device: "/dev/disk/by-id/virtio-root", name: "root", uuid: idOf("root disk") }],
      }),
    ];
    service.kit = exampleKit;
    service.idKeys = [idKey];
    service.simulations = [
      {
        id: idOf("sim"),
        vm: idOf("lab"),
        phase: "running",
        progress: "It waits for your decision.",
        launch: idOf("pending"),
        lines: ["evidence sent"],
      },
    ];
  };

  for (const scheme of ["light", "dark"] as const)
    for (const size of windows)
      test(`${scheme}, ${size.width} × ${size.height}: axe finds nothing serious, nothing is cut off`, async () => {
        const { page, service } = await open(world, "/", { scheme, ...size });
        for (const [name, path] of pages) {
          await page.goto(`${service.url}#${path}`);
          await settled(page);
          await shoot(page, `${name}-${size.width}x${size.height}-${scheme}`);
          expect(await serious(page), name).toEqual([]);
          expect(await overflow(page), name).toBe(0);
        }
      });

  test("at 200 % in a small window nothing is cut off", async () => {
    const { page, service } = await open(world, "/", { width: 450, height: 350 });
    for (const [name, path] of pages) {
      await page.goto(`${service.url}#${path}`);
      await settled(page);
      expect(await overflow(page), name).toBe(0);
    }
  });

  test("the dialog and the gate pass axe too", async () => {
    const { page, service } = await open(world, `/launches/${idOf("pending")}`);
    await page.getByRole("button", { name: "Approve", exact: true }).click();
    await page.getByRole("dialog").getByLabel("Reason").waitFor();
    expect(await serious(page)).toEqual([]);
    service.status = { ...service.status, keychain: { state: "unset", osKeychainAnswers: false } };
    service.tell({ kind: "status" });
    await page.getByRole("heading", { name: "Where shall disk keys live?" }).waitFor();
    expect(await serious(page)).toEqual([]);
    await shoot(page, "gate-1280x800-light");
  });

  test("all its scripts together are at most 250 kB compressed, and the page has none inline", async () => {
    const { files } = await open(world);
    const scripts = [...files].filter(([path]) => path.endsWith(".js")).map(([, { bytes }]) => gzipSync(bytes).length);
    expect(scripts.reduce((sum, length) => sum + length, 0)).toBeLessThan(250_000);
    const html = new TextDecoder().decode(files.get("/index.html")?.bytes);
    expect(html.match(/<script(?![^>]*\ssrc=)|<style|\sstyle=|\son[a-z]+=/g)).toBeNull();
  });

  test("by keyboard alone: skip link, navigation, review", async () => {
    const { page } = await open(world);
    await settled(page);
    await page.keyboard.press("Tab");
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("Skip to the page");
    await page.keyboard.press("Enter");
    expect(await page.evaluate(() => document.activeElement?.id)).toBe("main");
    for (let presses = 0; presses < 6; presses++) {
      await page.keyboard.press("Tab");
      if ((await page.evaluate(() => document.activeElement?.textContent))?.startsWith("Review") === true) break;
    }
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { level: 1, name: "billing-db-01" }).waitFor();
  });
});

/** No question is on its way any more. */
async function settled(page: Page): Promise<void> {
  await page.getByRole("heading", { level: 1 }).waitFor();
  await page.waitForFunction(() => document.querySelector(".loading") === null);
}

async function serious(page: Page): Promise<readonly string[]> {
  const { violations } = await new AxeBuilder({ page }).setLegacyMode().analyze();
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" | ")}`);
}

/** CSS pixels by which the page is wider than its window. */
function overflow(page: Page): Promise<number> {
  return page.evaluate(() => Math.max(0, document.documentElement.scrollWidth - window.innerWidth));
}
