// Can an owner update a kernel without a boot that stops? Candidate, approved ahead, the old one retired; and where a launch does not match, which input it is.
import { describe, expect, test } from "vitest";
import { canonicalJson } from "../../core/base/json.ts";
import { standardPreset } from "../../core/appraise/presets.ts";
import { utf8 } from "../../core/base/utf8.ts";
import { needs } from "../kit/needs.ts";
import { expectText, useConsole } from "./console.ts";
import { bootSetOf, bootSets, hostPlan } from "./fixture-boot-sets.ts";
import type { FixtureService } from "./fixture-service.ts";
import { before, digestOf, endedLaunch, idOf, pendingLaunch, vm } from "./fixture-values.ts";

const at = `/vms/${idOf("shop")}`;

function shop(service: FixtureService): void {
  service.vms = [vm("shop", { bootSets: [...bootSets()], hostPlan })];
}

describe("boot sets", needs("chromium"), () => {
  const open = useConsole();

  test("each shows its state, its measurement and the digests of its files", async () => {
    const { page } = await open(shop, at);
    const section = page.getByRole("region", { name: "Boot files" });
    const items = section.locator(".boot-set");
    await items.nth(2).waitFor();
    expect(await items.locator(".mark").allInnerTexts()).toEqual(["Candidate", "Approved", "Retired"]);
    await items.first().getByText("Files", { exact: true }).click();
    await items.first().getByText("vmlinuz-6.12.90").waitFor();
    await items.first().getByText("console=ttyS0 quiet panic=-1").waitFor();
    expect(await items.nth(2).getByRole("button", { name: "Retire …" }).count()).toBe(0);
    await page.getByRole("region", { name: "Host" }).getByText("images", { exact: true }).waitFor();
  });

  test("what the policy names passes, and says so", async () => {
    const [, current] = bootSets();
    const { approvedAt: _a, approvalReason: _r, ...named } = current;
    const policy = canonicalJson(standardPreset({ measurements: [{ digest: named.set.measurement, label: "named at the enrolment" }] }));
    const { page } = await open((service) => {
      service.vms = [vm("shop", { bootSets: [named], policy })];
    }, at);
    await expectText(page, "Accepted by the policy");
    expect(await page.getByRole("button", { name: "Retire …" }).count()).toBe(1);
  });

  test("a candidate is approved ahead with a reason and the terminal's code", async () => {
    const { page, service } = await open(shop, at);
    await page.getByRole("button", { name: "Approve ahead …" }).click();
    const dialog = page.getByRole("dialog", { name: "Approve Debian 6.12.90 ahead" });
    expect(await dialog.getByRole("button", { name: "Approve it …" }).getAttribute("aria-disabled")).toBe("true");
    await dialog.getByLabel("Reason").fill("change 4712");
    await dialog.getByRole("button", { name: "Approve it …" }).click();
    expect(service.vms[0]?.bootSets[0]?.approvedAt).toBeUndefined();
    await dialog.getByLabel("Code from the terminal").fill(service.code);
    await dialog.getByLabel("Code from the terminal").press("Enter");
    await dialog.getByText("It is approved.", { exact: false }).waitFor();
    await dialog.getByRole("button", { name: "Done" }).click();
    await expectText(page, /approved .*: change 4712/);
    expect(service.proposals[0]).toMatchObject({ about: "boot-set", reason: "change 4712" });
  });

  test("dropping the question approves nothing", async () => {
    const { page, service } = await open(shop, at);
    await page.getByRole("button", { name: "Approve ahead …" }).click();
    await page.getByLabel("Reason").fill("change 4712");
    await page.getByRole("button", { name: "Approve it …" }).click();
    await page.getByRole("button", { name: "Drop the question" }).click();
    await expect.poll(() => service.proposals).toEqual([]);
    expect(service.vms[0]?.bootSets[0]?.approvedAt).toBeUndefined();
  });

  test("an approved one is retired with a reason, a candidate removed after a question", async () => {
    const { page, service } = await open(shop, at);
    await page.getByRole("button", { name: "Retire …" }).click();
    const retiring = page.getByRole("dialog", { name: "Retire Debian 6.12.85?" });
    await retiring.getByLabel("Reason").fill("it came up with the newer one");
    await retiring.getByRole("button", { name: "Retire" }).click();
    await expect.poll(() => service.vms[0]?.bootSets[1]?.retiredAt).toBeDefined();
    await page.getByRole("button", { name: "Remove …" }).click();
    await page.getByRole("dialog", { name: "Remove Debian 6.12.90?" }).getByRole("button", { name: "Remove" }).click();
    await expect.poll(() => service.vms[0]?.bootSets.length).toBe(2);
  });

  test("the next kernel starts from the files in use: only what changes is given", async () => {
    const { page, service } = await open(shop, at);
    await page.getByRole("link", { name: "Add the next kernel" }).click();
    await expectText(page, "It starts from Debian 6.12.85");
    await expectText(page, "It measures what Debian 6.12.85 measures.");
    await page.locator("#boot-kernel").setInputFiles({ name: "vmlinuz-6.13.1", mimeType: "", buffer: Buffer.from(utf8("a newer kernel")) });
    await page.getByText("It measures what Debian 6.12.85 measures.", { exact: false }).waitFor({ state: "detached" });
    await page.getByLabel("Kernel command line").fill("console=ttyS0 quiet");
    await page.getByLabel("Name of this set").fill("Debian 6.13.1");
    await page.getByRole("button", { name: "Add as a candidate" }).click();
    await page.getByRole("heading", { name: "Debian 6.13.1" }).waitFor();
    const [added] = service.vms[0]?.bootSets ?? [];
    expect(added?.set).toMatchObject({ firmware: bootSetOf("6.12.85").firmware, vcpus: 4, vcpuModel: "EPYC-Genoa" });
    expect(added?.set.direct).toMatchObject({ kernel: { name: "vmlinuz-6.13.1" }, commandLine: "console=ttyS0 quiet" });
    expect(added?.set.direct?.initrd).toEqual(bootSetOf("6.12.85").direct?.initrd);
  });
});

describe("a launch that does not match", needs("chromium"), () => {
  const open = useConsole();
  const differing = (service: FixtureService): void => {
    const launch = endedLaunch("differs", { state: "refused" });
    const checks = launch.checks.map((check) =>
      check.id === "measurement" ? { ...check, verdict: "fail" as const, sentence: "Another measurement than the policy names." } : check,
    );
    service.launches = [{ ...launch, checks }, pendingLaunch({ startedAt: before(90_000), state: "opened", updatedAt: before(89_000) })];
    service.vms = [vm("billing")];
  };

  test("is explained on request: matches if vCPUs = 4", async () => {
    const { page, service } = await open(
      (fixture) => {
        differing(fixture);
        fixture.explanation = {
          found: true,
          differences: ["vCPUs = 4"],
          tried: 17,
          complete: true,
          bootSet: { id: idOf("boot set"), label: "Debian 6.12.85" },
          sentence: "It matches if vCPUs = 4.",
        };
        fixture.silent.add("launches.explain");
      },
      `/launches/${idOf("differs")}`,
    );
    await page.getByRole("button", { name: "Which input differs?" }).click();
    await expectText(page, "Measuring one variant after the other.");
    service.silent.clear();
    await page.reload();
    await page.getByRole("button", { name: "Which input differs?" }).click();
    await expectText(page, "It matches if vCPUs = 4.");
    await expectText(page, "Compared with Debian 6.12.85.");
  });

  test("is not explained where the measurement matched", async () => {
    const { page } = await open(
      (service) => {
        service.launches = [pendingLaunch()];
      },
      `/launches/${idOf("pending")}`,
    );
    await page.getByRole("heading", { level: 1, name: "billing-db-01" }).waitFor();
    expect(await page.getByRole("button", { name: "Which input differs?" }).count()).toBe(0);
  });

  test("is compared with another launch of the VM, the earlier one first", async () => {
    const [earlier, later] = [digestOf("one", 48), digestOf("two", 48)];
    const { page } = await open(
      (service) => {
        differing(service);
        service.comparison = {
          differences: [
            { group: "measurement", name: "MEASUREMENT", before: earlier, after: later, sentence: "Other boot files or vCPUs." },
          ],
          always: "REPORT_DATA differs between any two launches.",
        };
      },
      `/launches/${idOf("differs")}`,
    );
    await page.getByLabel("Compare with", { exact: true }).selectOption({ index: 1 });
    const row = page.getByRole("table", { name: "What differs between the two launches" }).getByRole("row", { name: /MEASUREMENT/ });
    await row.getByText("Other boot files or vCPUs.").waitFor();
    expect((await row.getByRole("cell").allInnerTexts())[0]).toContain(earlier.slice(0, 8));
    await expectText(page, "REPORT_DATA differs between any two launches.");
  });
});
