// Can a person see everything and decide only what they saw? The launch page, its dialog, wrong codes, other evidence, and controls
// that say why not.
import { describe, expect, test } from "vitest";
import type { Page } from "playwright-core";
import { needs } from "../kit/needs.ts";
import { pasted, expectText, useConsole } from "./console.ts";
import type { FixtureService } from "./fixture-service.ts";
import { digestOf, history, idOf, pendingLaunch } from "./fixture-values.ts";

describe("a launch", needs("chromium"), () => {
  const open = useConsole();
  const onePending = (service: FixtureService): void => {
    service.launches = [pendingLaunch(), ...history()];
    service.status = { ...service.status, pending: 1 };
  };
  const pendingPath = `/launches/${idOf("pending")}`;

  test("every group is a section with its checks and its fields", async () => {
    const { page } = await open(onePending, pendingPath);
    for (const name of [
      "Identity",
      "Measurement",
      "Configuration",
      "Guest policy",
      "TCB and firmware",
      "Platform",
      "Certificates",
      "Binding",
    ])
      await page.getByRole("heading", { level: 2, name, exact: true }).waitFor();
    const measurement = page.getByRole("region", { name: "Measurement", exact: true });
    await measurement.getByText("Waived because").waitFor();
    await page
      .getByRole("table", { name: "Guest policy: decoded fields" })
      .getByRole("row", { name: /POLICY\.DEBUG no/ })
      .waitFor();
    await expectText(page, "The processor is simulated, so this proves nothing about real hardware.");
  });

  test("a digest is short, whole on demand, and can be copied", async () => {
    const { page } = await open(onePending, pendingPath);
    const evidence = page.getByRole("region", { name: "About this launch" });
    const whole = digestOf("evidence one", 48);
    await evidence.getByText(`${whole.slice(0, 8)}…${whole.slice(-8)}`).click();
    await evidence.getByText(whole).waitFor();
    await evidence.getByRole("button", { name: "Copy Evidence digest" }).click();
    expect(await pasted(page)).toBe(whole);
  });

  test("approve: a reason, then the code of the terminal; a wrong one is said in words", async () => {
    const { page, service } = await open(onePending, pendingPath);
    const dialog = await openDialog(page, "Approve");
    const next = dialog.getByRole("button", { name: "Approve …" });
    expect(await next.getAttribute("aria-disabled")).toBe("true");
    await dialog.getByText("Write a reason first.").waitFor();
    await dialog.getByLabel("Reason").fill("Planned restart");
    await next.click();
    const code = dialog.getByLabel("Code from the terminal");
    await code.fill("0000 0000");
    await code.press("Enter");
    await dialog.getByText("This is not the code that the terminal shows. Two tries are left.").waitFor();
    await code.fill("1234 5678");
    await code.press("Enter");
    await dialog.getByText("The disk key was released, and every disk opened.", { exact: false }).waitFor();
    await dialog.getByRole("button", { name: "Done" }).click();
    await expectText(page, "Audit log entry 13");
    expect(
      service.proposals.map((proposal) =>
        proposal.about === "launch" ? { evidence: proposal.evidence, verdict: proposal.verdict, reason: proposal.reason } : undefined,
      ),
    ).toEqual([{ evidence: digestOf("evidence one", 48), verdict: "approve", reason: "Planned restart" }]);
  });

  test("deny goes the same way", async () => {
    const { page, service } = await open(onePending, pendingPath);
    const dialog = await openDialog(page, "Deny");
    await dialog.getByLabel("Reason").fill("Nobody planned this");
    await dialog.getByRole("button", { name: "Deny …" }).click();
    await dialog.getByLabel("Code from the terminal").fill("12345678");
    await dialog.getByRole("button", { name: "Deny" }).click();
    await dialog.getByText("A person denied this launch.", { exact: false }).waitFor();
    expect(service.launches[0]?.state).toBe("denied");
  });

  test("Escape drops the question at the service", async () => {
    const { page, service } = await open(onePending, pendingPath);
    const dialog = await openDialog(page, "Approve");
    await dialog.getByLabel("Reason").fill("On second thought");
    await dialog.getByRole("button", { name: "Approve …" }).click();
    await dialog.getByLabel("Code from the terminal").press("Escape");
    await dialog.waitFor({ state: "detached" });
    await expect.poll(() => service.proposals.length).toBe(0);
  });

  test("in the desktop app it is confirmed in the app's own window", async () => {
    const { page } = await open((service) => {
      onePending(service);
      service.status = { ...service.status, confirmation: "native-dialog" };
    }, pendingPath);
    const dialog = await openDialog(page, "Approve");
    await dialog.getByLabel("Reason").fill("Planned restart");
    await dialog.getByRole("button", { name: "Approve …" }).click();
    await dialog.getByText("Confirm in the window that Portcullis opened").waitFor();
    expect(await dialog.getByLabel("Code from the terminal").count()).toBe(0);
  });

  test("other evidence while looking is said, and the button names it", async () => {
    const { page, service } = await open(onePending, pendingPath);
    await page.getByRole("button", { name: "Approve", exact: true }).waitFor();
    const other = renew(service);
    await expectText(page, "The VM sent new evidence while you were looking");
    await page.getByRole("button", { name: `Approve new evidence ${other.slice(0, 8)}` }).waitFor();
    await page.getByRole("button", { name: "I have looked at the new evidence" }).click();
    await page.getByRole("button", { name: "Approve", exact: true }).waitFor();
  });

  test("other evidence while the dialog is open: nothing can be proposed from it", async () => {
    const { page, service } = await open(onePending, pendingPath);
    const dialog = await openDialog(page, "Approve");
    await dialog.getByLabel("Reason").fill("Planned restart");
    renew(service);
    await dialog.getByText("Nothing was decided.", { exact: false }).waitFor();
    expect(await dialog.getByRole("button", { name: "Approve …" }).count()).toBe(0);
    expect(service.proposals).toEqual([]);
  });

  test("what is decided cannot be decided again, and says so", async () => {
    const { page } = await open(onePending, `/launches/${idOf("refused")}`);
    const approve = page.getByRole("button", { name: "Approve" });
    expect(await approve.getAttribute("aria-disabled")).toBe("true");
    await expectText(page, "The policy refused this launch. The VM has to launch again.");
    await page.getByRole("region", { name: "Guest policy", exact: true }).getByText("debug on", { exact: true }).waitFor();
  });

  test("a launch that ended before its evidence says that there is none", async () => {
    const { page } = await open(onePending, `/launches/${idOf("stranger")}`);
    await expectText(page, "No evidence was appraised");
  });

  test("a launch that is not there", async () => {
    const { page } = await open(onePending, `/launches/${idOf("elsewhere")}`);
    await expectText(page, "There is nothing of this id here.");
  });

  test("the raw report opens as hex with offsets", async () => {
    const { page } = await open(onePending, pendingPath);
    await page.getByText("Raw report", { exact: true }).click();
    expect(await page.getByRole("region", { name: "Raw report as hex" }).innerText()).toMatch(/^0000 {2}03 00 00 00/);
  });
});

async function openDialog(page: Page, button: "Approve" | "Deny") {
  await page.getByRole("button", { name: button, exact: true }).click();
  return page.getByRole("dialog", { name: `${button} the launch of billing-db-01` });
}

function renew(service: FixtureService): string {
  const evidence = digestOf("evidence two", 48);
  service.launches = service.launches.map((launch) => (launch.id === idOf("pending") ? { ...launch, evidence } : launch));
  service.tell({ kind: "launch", id: idOf("pending") });
  return evidence;
}
