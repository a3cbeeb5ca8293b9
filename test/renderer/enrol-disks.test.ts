// Are a disk's fields taken as they are meant? The step of the enrolment guide that names the disks; the guide's way is enrol-guide.test.ts.
import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { needs } from "../kit/needs.ts";
import { expectText, useConsole } from "./console.ts";

describe("the disks of an enrolment", needs("chromium"), () => {
  const open = useConsole();

  test("a disk's UUID is demanded where one is given, in either case, and of no two disks the same", async () => {
    const uuid = "6f9619ff-8b86-4d01-b42d-00cf4fc964ff";
    const { page, service } = await open(() => {}, "/vms/enrol");
    await page.getByLabel("Name", { exact: true }).fill("ledger");
    await next(page);
    await page.getByLabel("Boot files later").check();
    await next(page);
    const field = (disk: number) => page.getByRole("group", { name: `Disk ${disk}` }).getByLabel("UUID to demand");
    await field(1).fill("6f9619ff");
    await next(page);
    await expectText(page, "Disk 1: the UUID as `portcullis disk prepare` and `disk check` print it, or nothing.");
    await field(1).fill(uuid);
    await page.getByRole("button", { name: "Add a disk" }).click();
    const second = page.getByRole("group", { name: "Disk 2" });
    for (const [label, value] of [
      ["Id", "data"],
      ["Device", "/dev/vdb"],
      ["Name", "data"],
      ["UUID to demand", uuid.toUpperCase()],
    ] as const)
      await second.getByLabel(label, { exact: true }).fill(value);
    await next(page);
    await expectText(page, "Disk 2: another disk has the same UUID.");
    await field(2).fill("");
    await field(1).fill(` ${uuid.toUpperCase()} `);
    for (let step = 0; step < 2; step++) await next(page);
    await page.getByRole("button", { name: "Enrol", exact: true }).click();
    await expectText(page, "ledger is enrolled");
    expect(service.enrolments[0]?.disks).toEqual([
      { id: "root", device: "/dev/vda", name: "root", uuid },
      { id: "data", device: "/dev/vdb", name: "data" },
    ]);
  });
});

async function next(page: Page): Promise<void> {
  await page.getByRole("button", { name: /^Next:/ }).click();
}
