// Can an owner hand a host everything it needs? The kit with copy and download, the plan behind it, and a host's own configuration looked at.
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { needs } from "../kit/needs.ts";
import { expectText, pasted, useConsole } from "./console.ts";
import { bootSets, exampleKit, hostPlan, idKey } from "./fixture-boot-sets.ts";
import type { FixtureService } from "./fixture-service.ts";
import { digestOf, idOf, vm } from "./fixture-values.ts";

const at = `/vms/${idOf("shop")}/kit`;

function shop(service: FixtureService): void {
  service.vms = [vm("shop", { bootSets: [...bootSets()], hostPlan })];
  service.kit = exampleKit;
  service.idKeys = [idKey];
}

describe("the launch kit", needs("chromium"), () => {
  const open = useConsole();

  test("says what to do in order, warns of traps, and has every file to copy and to save", async () => {
    const { page } = await open(shop, at);
    await page.getByRole("heading", { level: 1, name: "Launch kit of shop" }).waitFor();
    expect(await page.getByRole("region", { name: "What to do" }).getByRole("listitem").allInnerTexts()).toEqual(exampleKit.steps);
    await page.getByRole("alert").getByText("QEMU leaves kernel-hashes off unless told", { exact: false }).waitFor();
    await expectText(page, digestOf("configuration shop", 32));
    const launch = page.getByRole("region", { name: "launch.sh" }).first();
    await launch.getByText("Into /srv/vm/shop; run it to start the VM.").waitFor();
    await launch.getByRole("button", { name: "Copy launch.sh" }).click();
    expect(await pasted(page)).toBe(exampleKit.files[0]?.text);
    const saving = page.waitForEvent("download");
    await page.getByRole("button", { name: "Download configuration.json" }).click();
    const saved = await saving;
    expect(saved.suggestedFilename()).toBe("configuration.json");
    expect(readFileSync(await saved.path(), "utf8")).toBe(exampleKit.files[1]?.text);
  });

  test("is made for the approved files; the choice is in the address, and a key signs only for what a person approved", async () => {
    const { page, service } = await open(shop, at);
    const choice = page.getByLabel("Boot files");
    await expectText(page, "signed");
    expect(await choice.inputValue()).toBe(idOf("boot set 6.12.85"));
    expect(await choice.locator("option").count()).toBe(2);
    await choice.selectOption({ label: "Debian 6.12.90 (candidate)" });
    await page.waitForURL(`**${at}/${idOf("boot set 6.12.90")}`);
    await expectText(page, "Approve the boot files first");
    await page.getByRole("button", { name: "Approve Debian 6.12.90 …" }).click();
    const dialog = page.getByRole("dialog", { name: "Approve Debian 6.12.90 ahead" });
    await dialog.getByLabel("Reason").fill("change 4712");
    await dialog.getByRole("button", { name: "Approve it …" }).click();
    await dialog.getByLabel("Code from the terminal").fill(service.code);
    await dialog.getByLabel("Code from the terminal").press("Enter");
    await page.getByRole("heading", { name: "What to do" }).waitFor();
    await page.getByText("Approve the boot files first").waitFor({ state: "detached" });
  });

  test("the configuration disk is made and saved", async () => {
    const { page } = await open(shop, at);
    const saving = page.waitForEvent("download");
    await page.getByRole("region", { name: "Configuration disk" }).getByRole("button", { name: "Download it" }).click();
    const saved = await saving;
    expect(saved.suggestedFilename()).toBe("portcullis-config.img");
    expect(readFileSync(await saved.path(), "utf8")).toBe("portcullis");
  });

  test("follows the plan: named switches, what Proxmox VE cannot say, and the key that signs", async () => {
    const { page, service } = await open(shop, at);
    await page.getByText("Change how the host starts it").click();
    await page.getByLabel("Allow shared cores").uncheck();
    await page.getByLabel("One socket only").check();
    await expectText(page, "POLICY 0x120000");
    await page.getByLabel("Proxmox VE").check();
    await expectText(page, "POLICY 0x20000");
    expect(await page.getByLabel("One socket only").isDisabled()).toBe(true);
    expect(await page.getByLabel("ID key").inputValue()).toBe("images");
    await page.getByLabel("Folder on the host").fill("relative");
    await page.getByRole("button", { name: "Write the kit from this" }).click();
    await expectText(page, "2 fields need another look");
    await page.getByLabel("Folder on the host").fill("/var/lib/vz/shop");
    await page.getByLabel("VM number in Proxmox VE").fill("104");
    await page.getByRole("button", { name: "Write the kit from this" }).click();
    await page.getByRole("region", { name: "What it says" }).getByText("Proxmox VE", { exact: true }).waitFor();
    expect(service.vms[0]?.hostPlan).toEqual({
      ...hostPlan,
      host: "proxmox",
      guestPolicy: "0x20000",
      folder: "/var/lib/vz/shop",
      disks: [{ path: "/var/lib/vz/shop/root.img", format: "raw" }],
      proxmoxId: 104,
    });
  });

  test("asks for the plan and the boot files where there are none", async () => {
    const { page, service } = await open(
      (fixture) => {
        fixture.vms = [vm("mail")];
      },
      `/vms/${idOf("mail")}/kit`,
    );
    await expectText(page, "Its boot files are not known yet");
    expect(await page.getByRole("link", { name: "Measure its boot files" }).getAttribute("href")).toContain("/boot-files");
    await page.getByRole("button", { name: "Write the kit from this" }).click();
    await page.getByRole("heading", { name: "How does the host start it?" }).waitFor({ state: "detached" });
    expect(service.vms[0]?.hostPlan).toMatchObject({ host: "qemu", guestPolicy: "0x30000", disks: [{ path: "/srv/vm/mail/root.img" }] });
  });

  test("the app's own window saves nothing and says so", async () => {
    const { page, service } = await open(shop, "/vms");
    await page.getByRole("heading", { level: 1, name: "Virtual machines" }).waitFor();
    // The app's bridge is known by its name; the link that is open stays the socket's.
    await page.evaluate(() => Object.defineProperty(window, "portcullis", { value: { connect: () => Promise.resolve(false) } }));
    await page.goto(`${service.url}#${at}`);
    await expectText(page, "The app's window saves no files");
    expect(await page.getByRole("button", { name: "Download launch.sh" }).count()).toBe(0);
    expect(await page.getByRole("button", { name: "Download it" }).getAttribute("aria-disabled")).toBe("true");
  });
});

describe("a host's own configuration", needs("chromium"), () => {
  const open = useConsole();

  test("is pasted and its findings named, the unsafe first, with what to put there", async () => {
    const { page } = await open(
      (service) => {
        shop(service);
        service.findings = [
          { id: "memory", severity: "note", option: "memory", sentence: "Memory is not measured.", fix: "" },
          {
            id: "policy-debug",
            severity: "unsafe",
            option: "amd-sev",
            sentence: "The host may decrypt the VM.",
            fix: "amd-sev: type=snp,no-debug=1,kernel-hashes=1",
          },
        ];
      },
      `/vms/check/${idOf("shop")}`,
    );
    expect(await page.getByRole("button", { name: "Check it" }).getAttribute("aria-disabled")).toBe("true");
    await page.getByLabel("Configuration", { exact: true }).fill("amd-sev: type=snp");
    await page.getByRole("button", { name: "Check it" }).click();
    await expectText(page, "2 findings.");
    const findings = page.getByRole("list", { name: "Findings" }).getByRole("listitem");
    expect((await findings.allInnerTexts()).map((text) => text.split("\n")[0])).toEqual(["Unsafe", "To know"]);
    await expectText(page, "Compared with the kit of Debian 6.12.90.");
    await page.getByRole("button", { name: "Copy what to put for amd-sev" }).click();
    expect(await pasted(page)).toBe("amd-sev: type=snp,no-debug=1,kernel-hashes=1");
  });

  test("a text that cannot be read is refused beside the form", async () => {
    const { page } = await open((service) => {
      service.refusals.set("kit.check", { code: "kit.text-unknown", sentence: "This is no host's configuration." });
    }, "/vms/check");
    await page.getByLabel("Configuration", { exact: true }).fill("hello");
    await page.getByRole("button", { name: "Check it" }).click();
    await expectText(page, "This is no host's configuration.");
  });
});
