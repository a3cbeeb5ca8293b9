// Which VMs are there, and can an owner switch one off and retire what was issued to it? List and detail; the enrolment is enrol-guide.test.ts.
import { describe, expect, test } from "vitest";
import { needs } from "../kit/needs.ts";
import { expectText, useConsole } from "./console.ts";
import { summaryOf } from "./fixture-answers.ts";
import { before, digestOf, idOf, pendingLaunch, vm } from "./fixture-values.ts";

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

  test("a VM's disks are shown with the UUID that each must have, where one is demanded", async () => {
    const uuid = "6f9619ff-8b86-4d01-b42d-00cf4fc964ff";
    const disks = [
      { id: "root", device: "/dev/vda", name: "root", uuid },
      { id: "data", device: "/dev/vdb", name: "data" },
    ];
    const { page } = await open(
      (service) => {
        service.vms = [vm("mail", { disks })];
      },
      `/vms/${idOf("mail")}`,
    );
    const table = page.getByRole("table", { name: "Disks that this virtual machine opens" });
    await table.waitFor();
    for (const name of [`root /dev/vda root ${uuid}`, "data /dev/vdb data Any"])
      expect(await table.getByRole("row", { name }).count()).toBe(1);
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

  test("a configuration is retired with a reason, the last accepted one not at all", async () => {
    const { page, service } = await open(
      (fixture) => {
        const plain = vm("mail");
        const [newest] = plain.configurations;
        if (newest === undefined) throw new Error("the fixture has no configuration");
        const older = { ...newest, digest: digestOf("older", 32), issuedAt: before(2_000_000) };
        fixture.vms = [{ ...plain, configurations: [newest, older] }];
        fixture.lastLaunch = summaryOf(pendingLaunch({ state: "opened", startedAt: before(7_200) }));
      },
      `/vms/${idOf("mail")}`,
    );
    await page
      .getByRole("row", { name: /Still accepted/ })
      .getByRole("button", { name: "Retire …" })
      .click();
    const dialog = page.getByRole("dialog", { name: "Retire this configuration?" });
    await dialog.getByText("The last launch with it: 2 hours ago").waitFor();
    await dialog.getByLabel("Reason").fill("the VM runs with the newer one");
    await dialog.getByRole("button", { name: "Retire" }).click();
    await page.getByRole("row", { name: /Retired/ }).waitFor();
    expect(service.vms[0]?.configurations[1]?.retiredReason).toBe("the VM runs with the newer one");
    await expectText(page, "The last one that is accepted.");
  });
});
