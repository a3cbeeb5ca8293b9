// A real VM enrolled through the guide, against the real service: the page measures its files as the command line does, and the kit says what the record says.
// Nothing is a stand-in: real service, store, sealed file, browser; only the firmware is made for the test.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { makeFirmware } from "../measure/kit.ts";
import { needs } from "../kit/needs.ts";
import { openBrowser, shoot, show } from "../renderer/browser.ts";
import { serve, type Served } from "./serve.ts";

describe("an enrolment through the guide", needs("chromium"), () => {
  let browser: Browser;
  let served: Served;
  const folder = mkdtempSync(join(tmpdir(), "portcullis-boot-"));
  const [firmware, kernel, initrd] = [join(folder, "OVMF.amdsev.fd"), join(folder, "vmlinuz"), join(folder, "initrd.img")];
  beforeAll(async () => {
    writeFileSync(firmware, makeFirmware({ size: 2 ** 22 }));
    writeFileSync(kernel, new Uint8Array(3_000_001).fill(7));
    writeFileSync(initrd, new Uint8Array(20_000_003).fill(9));
    [browser, served] = await Promise.all([openBrowser(), serve()]);
  });
  afterAll(async () => {
    await browser.close();
    await served.stop();
    rmSync(folder, { recursive: true });
  });

  test("measures as the command line does; the kit has the VM's HOST_DATA and policy; the next kernel is approved ahead", {
    timeout: 120_000,
  }, async () => {
    const commandLine = "console=ttyS0 quiet  panic=-1";
    const { url } = await served.told("console-link");
    const { page, complaints } = await show(browser, url);
    await page.getByLabel("A file sealed with a passphrase").check();
    await page.getByLabel("Passphrase", { exact: true }).fill("correct horse battery staple");
    await page.getByLabel("Passphrase again").fill("correct horse battery staple");
    await page.getByRole("button", { name: "Use this" }).click();
    // Until then the manager has no address to suggest.
    await page.getByText("Listening", { exact: true }).waitFor();
    await page.getByRole("link", { name: "Virtual machines" }).click();
    await page.getByRole("link", { name: "Enrol a virtual machine" }).click();

    await page.getByLabel("Name", { exact: true }).fill("ledger");
    await page.getByLabel("QEMU", { exact: true }).check();
    await page.getByRole("button", { name: "Next: Boot files" }).click();
    await page.locator("#boot-firmware").setInputFiles(firmware);
    await page.locator("#boot-kernel").setInputFiles(kernel);
    await page.locator("#boot-initrd").setInputFiles(initrd);
    await page.getByLabel("Kernel command line").fill(commandLine);
    await page.getByLabel("vCPUs").fill("4");
    await page.getByLabel("vCPU model").selectOption("EPYC-Milan");
    const measured = page.getByRole("region", { name: "Launch measurement" }).locator("code");
    await measured.waitFor();
    const measurement = await measured.innerText();
    expect(measurement).toBe(measuredByCli(["--kernel", kernel, "--initrd", initrd, "--append", commandLine]));
    await shoot(page, "e2e-6-measured", true);

    await page.getByRole("button", { name: "Next: Disks" }).click();
    await page.getByRole("button", { name: "Next: Policy" }).click();
    await page.getByRole("button", { name: "Next: Kit" }).click();
    await page.getByLabel("Allow shared cores").uncheck();
    await page.getByRole("button", { name: "Enrol and make the kit" }).click();

    await page.getByRole("heading", { level: 1, name: "Launch kit of ledger" }).waitFor();
    await page.getByRole("heading", { name: "What to do" }).waitFor();
    await shoot(page, "e2e-7-kit", true);
    const made = page.getByRole("region", { name: "What it says" });
    const hostData = await made.locator("code.value").innerText();
    const blocks = await page.locator(".code-block code").allInnerTexts();
    const launch = blocks.find((text) => text.includes("sev-snp-guest")) ?? "";
    expect(launch).toContain(`host-data=${Buffer.from(hostData, "hex").toString("base64")}`);
    expect(launch).toContain("policy=0x20000");
    expect(launch).toContain("kernel-hashes=on");
    expect(launch).toContain(commandLine);

    await page.getByRole("link", { name: "ledger", exact: true }).click();
    const section = page.getByRole("region", { name: "Configuration and HOST_DATA" });
    expect(await section.locator("code.value").first().innerText()).toBe(hostData);
    const files = page.getByRole("region", { name: "Boot files" });
    await files.getByText("Accepted by the policy").waitFor();
    await files.getByRole("button", { name: "Copy Measurement of vmlinuz" }).waitFor();
    expect(await page.getByText(measurement).count()).toBeGreaterThan(0);

    // The host's own configuration, as the kit wrote it and as a careless hand changes it.
    await page.getByRole("link", { name: "Check a host's configuration" }).click();
    const text = page.getByLabel("Configuration", { exact: true });
    const unsafe = page.getByText("Unsafe", { exact: true });
    await text.fill(launch);
    await page.getByRole("button", { name: "Check it" }).click();
    await page.getByText("Compared with the kit of vmlinuz.").waitFor();
    expect(await unsafe.count()).toBe(0);
    await text.fill(launch.replace("policy=0x20000", "policy=0xa0000").replace("kernel-hashes=on", "kernel-hashes=off"));
    await page.getByRole("button", { name: "Check it" }).click();
    await expect.poll(() => unsafe.count()).toBeGreaterThanOrEqual(2);
    await shoot(page, "e2e-8-check", true);

    // The next kernel: only the file that changes, and a person with the terminal's code.
    await page.getByRole("link", { name: "Virtual machine", exact: true }).click();
    await page.getByRole("link", { name: "Add the next kernel" }).click();
    writeFileSync(kernel, new Uint8Array(3_100_000).fill(8));
    await page.locator("#boot-kernel").setInputFiles(kernel);
    await page.getByLabel("Name of this set").fill("the next one");
    await page.getByRole("button", { name: "Add as a candidate" }).click();
    const item = page.locator(".boot-set").filter({ hasText: "the next one" });
    await item.getByText("Candidate", { exact: true }).waitFor();
    await item.getByRole("button", { name: "Copy Measurement of the next one" }).waitFor();
    await item.getByRole("button", { name: "Approve ahead …" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Reason").fill("change 4711");
    await dialog.getByRole("button", { name: "Approve it …" }).click();
    const { code, summary } = await served.told("confirmation");
    const next = measuredByCli(["--kernel", kernel, "--initrd", initrd, "--append", commandLine]);
    expect(summary.join(" ")).toContain(next);
    await dialog.getByLabel("Code from the terminal").fill(code);
    await dialog.getByLabel("Code from the terminal").press("Enter");
    await dialog.getByRole("button", { name: "Done" }).click();
    await item.getByText("Approved", { exact: true }).waitFor();
    await item.getByText("approved", { exact: false }).getByText("change 4711", { exact: false }).waitFor();
    await shoot(page, "e2e-9-boot-sets", true);
    expect(complaints).toEqual([]);
  });

  function measuredByCli(files: readonly string[]): string {
    const said = execFileSync(
      process.execPath,
      [main, "measure", "--ovmf", firmware, ...files, "--vcpus", "4", "--vcpu-type", "EPYC-Milan", "--json"],
      { encoding: "utf8" },
    );
    return z.looseObject({ measurement: z.string() }).parse(JSON.parse(said)).measurement;
  }
});

const main = resolve(import.meta.dirname, "../../core/cli/main.ts");
