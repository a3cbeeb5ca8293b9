// Can an owner enrol a VM, hand its values on, and switch it off? List, form with its faults by field, detail.
import { describe, expect, test } from "vitest";
import { needs } from "../kit/needs.ts";
import { pasted, expectText, useConsole } from "./console.ts";
import { digestOf, idOf, vm } from "./fixture-values.ts";

describe("virtual machines", needs("chromium"), () => {
  const open = useConsole();

  test("none yet", async () => {
    const { page } = await open(() => {}, "/vms");
    await expectText(page, "No virtual machine is enrolled");
  });

  test("the list says which may launch and which are simulated", async () => {
    const { page } = await open((service) => {
      service.vms = [vm("lab", { simulated: true }), vm("mail", { enabled: false })];
    }, "/vms");
    await page.getByRole("row", { name: /lab SIMULATED Enabled never/ }).waitFor();
    expect(await page.getByRole("row", { name: /mail Disabled/ }).count()).toBe(1);
  });

  test("an empty form names its faults, and each leads to its field", async () => {
    const { page, service } = await open(() => {}, "/vms/enrol");
    await page.getByRole("button", { name: "Add a disk" }).click();
    await page.getByLabel("Expected launch digests").fill("abc");
    await page.getByRole("button", { name: "Enrol", exact: true }).click();
    await expectText(page, /fields need another look/);
    await expectText(page, "Line 1: A launch digest has 96 hex digits.");
    await page.getByRole("button", { name: "A name of 1 to 64 characters." }).click();
    const name = page.getByLabel("Name", { exact: true }).first();
    expect(await name.evaluate((element) => element === document.activeElement)).toBe(true);
    expect(await name.getAttribute("aria-invalid")).toBe("true");
    await page.getByRole("button", { name: "Remove disk 2" }).click();
    expect(await page.getByRole("group", { name: "Disk 2" }).count()).toBe(0);
    expect(service.vms).toEqual([]);
  });

  test("an enrolled VM shows what to hand on", async () => {
    const { page, service } = await open(() => {}, "/vms/enrol");
    await page.getByLabel("Name", { exact: true }).first().fill("ledger");
    await page.getByLabel("A simulated processor").check();
    await page.getByLabel("Addresses of this manager").fill("manager.example:7443\n192.0.2.10:7443");
    await page.getByRole("button", { name: "Enrol", exact: true }).click();
    await expectText(page, "ledger is enrolled");
    await page.getByText(digestOf("configuration ledger", 32)).waitFor();
    await page.getByRole("button", { name: "Copy the configuration" }).click();
    expect(await pasted(page)).toBe(service.vms[0]?.configurations[0]?.text);
    await page.getByRole("button", { name: "Copy HOST_DATA as base64" }).click();
    await page.getByText("Copied HOST_DATA as base64").waitFor({ state: "attached" });
    expect(await pasted(page)).toBe(service.vms[0]?.configurations[0]?.hostDataBase64);
  });

  test("a refused enrolment keeps the form", async () => {
    const { page } = await open((service) => {
      service.refusals.set("vms.add", { code: "manager.name-taken", sentence: "Another VM has this name." });
    }, "/vms/enrol");
    await page.getByLabel("Name", { exact: true }).first().fill("ledger");
    await page.getByRole("button", { name: "Enrol", exact: true }).click();
    await expectText(page, "Another VM has this name.");
    expect(await page.getByLabel("Name", { exact: true }).first().inputValue()).toBe("ledger");
  });

  test("disabling asks first", async () => {
    const { page, service } = await open(
      (fixture) => {
        fixture.vms = [vm("mail")];
      },
      `/vms/${idOf("mail")}`,
    );
    await page.getByRole("button", { name: "Disable" }).click();
    const dialog = page.getByRole("dialog", { name: "Disable mail?" });
    await dialog.getByText("Its launches will be refused", { exact: false }).waitFor();
    expect(service.vms[0]?.enabled).toBe(true);
    await dialog.getByRole("button", { name: "Disable" }).click();
    await page.getByRole("button", { name: "Enable" }).waitFor();
    expect(service.vms[0]?.enabled).toBe(false);
  });
});
