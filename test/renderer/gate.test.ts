// Is nothing shown before the keychain is ready, and is each of its states told? Also the settings page, which shows what was chosen.
import { describe, expect, test } from "vitest";
import { needs } from "../kit/needs.ts";
import { expectText, useConsole } from "./console.ts";

describe("the keychain gate", needs("chromium"), () => {
  const open = useConsole();
  const keychain = (state: "unset" | "locked" | "missing", backend?: string, osKeychainAnswers = false) => ({
    state,
    osKeychainAnswers,
    ...(backend === undefined ? {} : { backend }),
  });

  test("unset: the sealed file needs one passphrase typed twice", async () => {
    const { page, service } = await open((fixture) => {
      fixture.status = { ...fixture.status, keychain: keychain("unset") };
    });
    await page.getByRole("heading", { name: "Where shall disk keys live?" }).waitFor();
    expect(await page.getByRole("navigation").count()).toBe(0);
    expect(await page.getByLabel("The operating system's keychain").isDisabled()).toBe(true);
    await expectText(page, "No keychain of the operating system answers here.");
    await page.getByLabel("Passphrase", { exact: true }).fill("short");
    await page.getByLabel("Passphrase again").fill("other");
    await page.getByRole("button", { name: "Use this" }).click();
    await expectText(page, "At least 12 characters; 5 so far.");
    await expectText(page, "The two are not the same.");
    expect(service.status.keychain.state).toBe("unset");
    await page.getByLabel("Passphrase", { exact: true }).fill("correct horse battery");
    await page.getByLabel("Passphrase again").fill("correct horse battery");
    await page.getByRole("button", { name: "Use this" }).click();
    await page.getByRole("heading", { name: "Launches", exact: true }).waitFor();
  });

  test("unset: the system's keychain where it answers", async () => {
    const { page, service } = await open((fixture) => {
      fixture.status = { ...fixture.status, keychain: keychain("unset", undefined, true) };
    });
    expect(await page.getByLabel("The operating system's keychain").isChecked()).toBe(true);
    await page.getByRole("button", { name: "Use this" }).click();
    await page.getByRole("heading", { name: "Launches", exact: true }).waitFor();
    expect(service.status.keychain.backend).toBe("os");
  });

  test("locked: a wrong passphrase is said, the right one opens", async () => {
    const { page } = await open((fixture) => {
      fixture.status = { ...fixture.status, keychain: keychain("locked", "sealed-file") };
    });
    const passphrase = page.getByLabel("Passphrase");
    await passphrase.fill("wrong passphrase");
    await passphrase.press("Enter");
    await expectText(page, "This passphrase does not open the file.");
    await passphrase.fill("right passphrase");
    await passphrase.press("Enter");
    await page.getByRole("heading", { name: "Launches", exact: true }).waitFor();
  });

  test("missing: says so, does not offer another, and tries again", async () => {
    const { page } = await open((fixture) => {
      fixture.status = { ...fixture.status, keychain: keychain("missing", "os") };
    });
    await page.getByRole("heading", { name: "The keychain is not there" }).waitFor();
    await expectText(page, "Portcullis does not fall back to another one.");
    await page.getByRole("button", { name: "Try again" }).click();
    await page.getByRole("heading", { name: "Launches", exact: true }).waitFor();
  });

  test("settings: what was chosen, why it does not listen, and the theme stays", async () => {
    const { page } = await open((fixture) => {
      fixture.status = {
        ...fixture.status,
        listener: {
          state: "failed",
          address: "0.0.0.0:7443",
          failure: { code: "listener.port-in-use", sentence: "Another program uses port 7443." },
        },
      };
    }, "/settings");
    await expectText(page, "A file sealed with a passphrase");
    await expectText(page, "Another program uses port 7443.");
    await page.getByRole("button", { name: "Try to listen again" }).waitFor();
    await page.getByLabel("Dark").check();
    await page.reload();
    await page.getByLabel("Dark").waitFor();
    expect(await page.evaluate(() => document.documentElement.dataset["theme"])).toBe("dark");
  });
});
