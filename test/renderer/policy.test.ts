// Can an owner change a policy in the console: faults while it is written, what becomes looser in words, a confirmation where the page has no say?
import { describe, expect, test } from "vitest";
import { policyYaml } from "../../core/appraise/policy-yaml.ts";
import { standardPreset } from "../../core/appraise/presets.ts";
import { needs } from "../kit/needs.ts";
import { expectText, useConsole } from "./console.ts";
import { digestOf, idOf, pendingLaunch, vm } from "./fixture-values.ts";

describe("a policy", needs("chromium"), () => {
  const open = useConsole();
  const at = `/vms/${idOf("mail")}/policy`;

  test("is text with comments; what is wrong with it is named, and nothing can be proposed", async () => {
    const { page } = await open((service) => {
      service.vms = [vm("mail")];
    }, at);
    const text = page.getByLabel("Policy", { exact: true });
    await expect.poll(() => text.inputValue()).toBe(policyYaml(standardPreset()));
    await expectText(page, "It changes nothing that is judged.");
    await text.fill(policyYaml(standardPreset()).replace("maximum: 0", "maximum: 7").replace("approvalSeconds: 900", ""));
    await expectText(page, "2 things are wrong");
    await expectText(page, "policy.checks.vmpl.maximum is not a whole number from 0 to 3");
    await expectText(page, "It is no policy yet: mend what is named.");
    await page.getByRole("button", { name: "Undo my edits" }).click();
    await expectText(page, "It changes nothing that is judged.");
  });

  test("is changed with a reason and the terminal's code, after what becomes looser was said first", async () => {
    const { page, service } = await open((fixture) => {
      fixture.vms = [vm("mail")];
    }, at);
    const looser = policyYaml({ ...standardPreset(), release: "manual", freshnessSeconds: 600 });
    await page.getByLabel("Policy", { exact: true }).fill(looser);
    const changes = page.getByRole("list", { name: "What it changes" }).getByRole("listitem");
    await expect.poll(() => changes.allInnerTexts()).toHaveLength(2);
    expect((await changes.allInnerTexts()).map((one) => one.split(/\s/, 1)[0])).toEqual(["Looser", "Stricter"]);
    await page.getByRole("button", { name: "Change the policy …" }).click();
    const dialog = page.getByRole("dialog", { name: "Change the policy of mail" });
    await dialog.getByLabel("Reason").fill("office hours");
    await dialog.getByRole("button", { name: "Change it …" }).click();
    expect(service.vms[0]?.policyVersion.number).toBe(1);
    await dialog.getByLabel("Code from the terminal").fill(service.code);
    await dialog.getByRole("button", { name: "Change the policy" }).click();
    await dialog.getByText("Version 2 is in force.", { exact: false }).waitFor();
    await dialog.getByRole("button", { name: "Done" }).click();
    await page.getByRole("row", { name: /2 .*office hours/ }).waitFor();
    expect(service.proposals[0]).toMatchObject({ about: "policy", reason: "office hours" });
  });

  test("a field is found by what it is about", async () => {
    const { page } = await open((service) => {
      service.vms = [vm("mail")];
    }, at);
    await page.getByText("What each field means").click();
    await page.getByLabel("Find a field").fill("aliases");
    await expectText(page, /^1 of \d+ fields|^2 of \d+ fields/);
    await expectText(page, "At stake:");
  });

  test("a preset is taken into the text, not into force", async () => {
    const { page, service } = await open((fixture) => {
      fixture.vms = [vm("mail")];
    }, at);
    await page.getByText("Start from a preset").click();
    await page.getByRole("button", { name: "Strict", exact: true }).click();
    await expectText(page, /Stricter/);
    expect(service.vms[0]?.policyVersion.number).toBe(1);
  });
});

describe("what a person needs to know", needs("chromium"), () => {
  const open = useConsole();

  test("what is new stands beside what was approved, in full; signals come before the checks", async () => {
    const [approved, now] = [digestOf("old", 48), digestOf("new", 48)];
    const { page } = await open(
      (service) => {
        service.launches = [
          pendingLaunch({
            because: { reason: "new", differences: [{ title: "Launch measurement", approved, now }] },
            signals: ["This chip was never given the VM's keys before."],
          }),
        ];
      },
      `/launches/${idOf("pending")}`,
    );
    await page.getByRole("row", { name: `Launch measurement ${approved} ${now}` }).waitFor();
    await expectText(page, "This chip was never given the VM's keys before.");
  });

  test("approvals are seen and forgotten after a question", async () => {
    const pin = {
      launch: idOf("pending"),
      at: new Date().toISOString(),
      measurement: digestOf("m", 48),
      chipId: digestOf("c", 64),
      signer: "vcek",
      provider: "",
      idKeyDigest: "00".repeat(48),
      authorKeyDigest: "00".repeat(48),
      familyId: "00".repeat(16),
      imageId: "00".repeat(16),
    } as const;
    const { page, service } = await open(
      (fixture) => {
        fixture.vms = [vm("mail", { pins: [pin] })];
      },
      `/vms/${idOf("mail")}`,
    );
    await page.getByRole("button", { name: "Forget these approvals …" }).click();
    expect(service.vms[0]?.pins).toHaveLength(1);
    await page.getByRole("dialog").getByRole("button", { name: "Forget", exact: true }).click();
    await expect.poll(() => service.vms[0]?.pins.length).toBe(0);
  });
});
