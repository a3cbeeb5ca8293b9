// Can an owner enrol a VM step by step: files measured in the page as the service measures them, nothing lost on going back, each "no" said where it belongs?
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AxeBuilder } from "@axe-core/playwright";
import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { sentenceOf } from "../../core/base/failure.ts";
import { must } from "../../core/base/result.ts";
import { measureBootSet, measureFirmwareFile } from "../../core/measure/boot-set.ts";
import { nodePrimitives } from "../../core/node/primitives.ts";
import { toHex } from "../../core/base/bytes.ts";
import { utf8 } from "../../core/base/utf8.ts";
import { makeFirmware } from "../measure/kit.ts";
import { needs } from "../kit/needs.ts";
import { shoot } from "./browser.ts";
import { expectText, useConsole } from "./console.ts";
import { vm } from "./fixture-values.ts";

const firmware = makeFirmware();
const [kernel, initrd] = [utf8("a kernel"), utf8("an initrd")];
const commandLine = "console=ttyS0 quiet panic=-1";
const digest = (bytes: Uint8Array): string => toHex(nodePrimitives.digest("sha256", bytes));
const expected = must(
  measureBootSet(
    {
      firmware: must(measureFirmwareFile("OVMF.fd", firmware, nodePrimitives)),
      direct: {
        kernel: { name: "vmlinuz", sha256: digest(kernel), bytes: kernel.length },
        initrd: { name: "initrd.img", sha256: digest(initrd), bytes: initrd.length },
        commandLine,
      },
      vcpus: 4,
      vcpuModel: "EPYC-Genoa",
      vcpuSignature: 0x00a1_0f10,
      guestFeatures: "0x1",
      vmm: "qemu",
    },
    nodePrimitives,
  ),
);

describe("the enrolment guide", needs("chromium"), () => {
  const open = useConsole();

  test("measures in the page what the service measures, and ends at the kit", async () => {
    const { page, service } = await open(() => {}, "/vms/enrol");
    await machine(page, "ledger");
    await bootFiles(page);
    await expectText(page, expected.measurement);
    await shoot(page, "guide-2-boot", true);
    await next(page);
    await next(page);
    await page.getByLabel("Strict").check();
    await expectText(page, "It needs from you: your chips");
    await shoot(page, "guide-4-policy");
    await next(page);
    await page.getByLabel("Folder on the host").fill("/srv/vm/other");
    expect(await page.getByLabel("Disk root on the host").inputValue()).toBe("/srv/vm/other/root.img");
    expect(await page.getByLabel("Allow debugging").isDisabled()).toBe(true);
    expect(await page.getByLabel("Allow shared cores").isChecked()).toBe(false);
    await shoot(page, "guide-5-kit", true);
    await page.getByRole("button", { name: "Enrol and make the kit" }).click();
    await page.getByRole("heading", { level: 1, name: "Launch kit of ledger" }).waitFor();
    expect(service.enrolments).toMatchObject([
      { name: "ledger", simulated: false, preset: "strict", measurements: [expected.measurement] },
    ]);
    expect(service.vms[0]?.bootSets.map(({ label, set }) => [label, set])).toEqual([["vmlinuz", expected]]);
    expect(service.vms[0]?.hostPlan).toMatchObject({ host: "libvirt", guestPolicy: "0x20000", folder: "/srv/vm/other", memoryMib: 4096 });
  });

  test("loses nothing on going back, by button, by step and by the browser", async () => {
    const { page } = await open(() => {}, "/vms/enrol");
    await machine(page, "ledger");
    await bootFiles(page);
    await next(page);
    await page.getByLabel("Device").fill("/dev/sda");
    await page.getByRole("button", { name: "Back" }).click();
    await expectText(page, expected.measurement);
    await page.getByRole("link", { name: "Machine", exact: true }).click();
    expect(await page.getByLabel("Name", { exact: true }).inputValue()).toBe("ledger");
    await page.goBack();
    await page.goBack();
    await page.getByRole("heading", { name: /^Step 3 of 5/ }).waitFor();
    expect(await page.getByLabel("Device").inputValue()).toBe("/dev/sda");
  });

  test("names what is missing, and leads to it; Enter goes on and the step is heard", async () => {
    const { page } = await open(() => {}, "/vms/enrol");
    await next(page);
    await page.getByRole("button", { name: "A name of 1 to 64 characters." }).click();
    await page.keyboard.type("ledger");
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => document.activeElement?.id === "step");
    await next(page);
    await expectText(page, "2 fields need another look");
    await page.getByRole("button", { name: "Give the firmware file" }).click();
    expect(await page.evaluate(() => document.activeElement?.id)).toBe("boot-firmware");
    await page.getByRole("button", { name: "Choose the model" }).click();
    expect(await page.evaluate(() => document.activeElement?.id)).toBe("boot-model");
  });

  test("says at once which file is wrong, and why", async () => {
    const { page } = await open(() => {}, "/vms/enrol");
    await machine(page, "ledger");
    await give(page, "firmware", "kernel.img", new Uint8Array(8192));
    await expectText(page, sentenceOf({ code: "measure.firmware-no-table" }));
    await give(page, "firmware", "OVMF.fd", makeFirmware({ hashTable: false, hashSection: false }));
    await expectText(page, /this build has no place for their hashes/);
    await give(page, "kernel", "vmlinuz", kernel);
    await expectText(page, sentenceOf({ code: "measure.firmware-no-hashes" }));
    await page.getByLabel("Kernel command line").fill("quiet\0single");
    await expectText(page, sentenceOf({ code: "measure.command-line" }));
    await give(page, "kernel", "empty", new Uint8Array(0));
    await expectText(page, sentenceOf({ code: "measure.kernel-empty" }));
    await page.getByRole("button", { name: "Take out Kernel" }).click();
    await expectText(page, "A command line belongs to a kernel.");
  });

  test("reads a large file in slices, with its progress, and stops when told to", async () => {
    const folder = mkdtempSync(join(tmpdir(), "portcullis-large-"));
    try {
      const large = join(folder, "initrd.img");
      writeFileSync(large, "");
      truncateSync(large, 2 ** 30);
      const { page } = await open(() => {}, "/vms/enrol");
      await machine(page, "ledger");
      const longest = page.evaluate(
        () =>
          new Promise<number>((resolve) => {
            let [last, gap] = [performance.now(), 0];
            const timer = setInterval(() => {
              const now = performance.now();
              gap = Math.max(gap, now - last);
              last = now;
            }, 10);
            setTimeout(() => {
              clearInterval(timer);
              resolve(gap);
            }, 1500);
          }),
      );
      await page.locator("#boot-initrd").setInputFiles(large);
      await page.getByRole("progressbar", { name: "Reading initrd.img" }).waitFor();
      expect(await longest).toBeLessThan(400);
      await page.getByRole("button", { name: "Stop reading Initrd" }).click();
      await page.getByRole("progressbar").waitFor({ state: "detached" });
      expect(await page.getByText("SHA-256").count()).toBe(0);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test("takes files that are dropped, and ignores one that is dropped beside", async () => {
    const { page } = await open(() => {}, "/vms/enrol");
    await machine(page, "ledger");
    const dropped = await page.evaluateHandle(
      (bytes) => {
        const transfer = new DataTransfer();
        transfer.items.add(new File([Uint8Array.from(bytes)], "OVMF.dropped.fd"));
        return transfer;
      },
      [...firmware],
    );
    await page.locator(".drop").first().dispatchEvent("drop", { dataTransfer: dropped });
    await expectText(page, "OVMF.dropped.fd");
    await expectText(page, /Kernel, initrd and command line are measured/);
    expect(await page.evaluate(() => document.body.dispatchEvent(new DragEvent("drop", { cancelable: true, bubbles: true })))).toBe(false);
  });

  test("boot files later: the first launch is compared by hand, and it says so", async () => {
    const { page, service } = await open(() => {}, "/vms/enrol");
    await machine(page, "ledger");
    await page.getByLabel("Boot files later").check();
    await expectText(page, "The first launch is compared by hand");
    await page.getByLabel("Expected launch digests").fill("abc");
    await next(page);
    await expectText(page, "Line 1: A launch digest has 96 hex digits.");
    await page.getByLabel("Expected launch digests").fill("");
    for (let step = 0; step < 3; step++) await next(page);
    await page.getByRole("button", { name: "Enrol", exact: true }).click();
    await expectText(page, "ledger is enrolled");
    expect(service.enrolments[0]).toMatchObject({ measurements: [], preset: "standard" });
    expect(service.vms[0]?.bootSets).toEqual([]);
  });

  test("a simulated VM is three steps, without boot files and host", async () => {
    const { page, service } = await open(() => {}, "/vms/enrol");
    await page.getByLabel("Name", { exact: true }).fill("lab");
    await page.getByLabel("A simulated processor").check();
    await page.getByRole("heading", { name: "Step 1 of 3: Machine" }).waitFor();
    await next(page);
    await page.getByLabel("Device").waitFor();
    expect(await page.getByLabel("UUID to demand").count()).toBe(0);
    await next(page);
    await expectText(page, /to try Portcullis without an SNP machine/);
    await page.getByRole("button", { name: "Enrol", exact: true }).click();
    await expectText(page, "lab is enrolled");
    expect(service.enrolments[0]).toMatchObject({ simulated: true, measurements: [] });
    expect(service.enrolments[0]).not.toHaveProperty("preset");
  });

  test("what was done stays done: trying again goes on where it stopped", async () => {
    const { page, service } = await open((fixture) => {
      fixture.refusals.set("boot.add", { code: "store.unavailable", sentence: "The store does not answer." });
    }, "/vms/enrol");
    await machine(page, "ledger");
    await bootFiles(page);
    for (let step = 0; step < 3; step++) await next(page);
    await page.getByRole("button", { name: "Enrol and make the kit" }).click();
    await expectText(page, "The rest was not done");
    await expectText(page, "ledger is enrolled");
    service.refusals.clear();
    await page.getByRole("button", { name: "Try the rest again" }).click();
    await page.getByRole("heading", { level: 1, name: "Launch kit of ledger" }).waitFor();
    expect(service.enrolments).toHaveLength(1);
    expect(service.vms[0]?.bootSets).toHaveLength(1);
  });

  test("a refused enrolment keeps everything; a policy of one's own is checked and must name the measurement", async () => {
    const { page, service } = await open((fixture) => {
      fixture.vms = [vm("ledger")];
      fixture.refusals.set("vms.add", { code: "enrolment.name-taken", sentence: "Another VM has this name." });
    }, "/vms/enrol");
    await machine(page, "ledger");
    await bootFiles(page);
    await next(page);
    await next(page);
    await page.getByText("Use a policy of your own").click();
    await page.getByLabel("Appraisal policy, YAML or JSON").fill("version: 1");
    await expectText(page, "It is no policy yet");
    await expectText(page, "It does not name the measurement of your boot files");
    await page.getByLabel("Lab").check();
    await next(page);
    await page.getByRole("button", { name: "Enrol and make the kit" }).click();
    await expectText(page, "Another VM has this name.");
    await page.getByRole("link", { name: "Machine", exact: true }).click();
    expect(await page.getByLabel("Name", { exact: true }).inputValue()).toBe("ledger");
    expect(service.vms).toHaveLength(1);
  });

  for (const scheme of ["light", "dark"] as const)
    test(`every step, ${scheme}, in a small window: axe finds nothing serious, nothing is cut off`, async () => {
      const { page } = await open(() => {}, "/vms/enrol", { scheme, width: 450, height: 700 });
      for (const step of ["machine", "boot", "disks", "policy", "kit"]) {
        if (step === "boot") await machine(page, "ledger");
        else if (step === "disks") {
          await bootFiles(page);
          await next(page);
        } else if (step !== "machine") await next(page);
        await page.waitForFunction(() => document.querySelector(".loading") === null);
        const { violations } = await new AxeBuilder({ page }).setLegacyMode().analyze();
        expect(
          violations.filter(({ impact }) => impact === "serious" || impact === "critical").map(({ id }) => id),
          step,
        ).toEqual([]);
        expect(await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth), step).toBeLessThanOrEqual(0);
        await shoot(page, `guide-${step}-450-${scheme}`, true);
      }
    });
});

async function machine(page: Page, name: string): Promise<void> {
  await page.getByLabel("Name", { exact: true }).fill(name);
  await page.getByLabel("libvirt").check();
  await next(page);
}

async function bootFiles(page: Page): Promise<void> {
  await give(page, "firmware", "OVMF.fd", firmware);
  await give(page, "kernel", "vmlinuz", kernel);
  await give(page, "initrd", "initrd.img", initrd);
  await page.getByLabel("Kernel command line").fill(commandLine);
  await page.getByLabel("vCPUs").fill("4");
  await page.getByLabel("vCPU model").selectOption("EPYC-Genoa");
  await page.getByText(/^Measured: /).waitFor({ state: "attached" });
}

async function give(page: Page, slot: string, name: string, bytes: Uint8Array): Promise<void> {
  await page.locator(`#boot-${slot}`).setInputFiles({ name, mimeType: "application/octet-stream", buffer: Buffer.from(bytes) });
}

async function next(page: Page): Promise<void> {
  await page.getByRole("button", { name: /^Next:/ }).click();
}
