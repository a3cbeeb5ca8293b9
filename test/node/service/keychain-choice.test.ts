// Is the keychain chosen once, explicitly where it is a file, and never replaced because it does not answer?
// docs/electron-security.md, row 20: each refusal.
import { describe, expect, test } from "vitest";
import type { Failure } from "../../../core/base/failure.ts";
import { failure } from "../../../core/base/failure.ts";
import { silentLog } from "../../../core/base/log.ts";
import { fail, ok, type Result } from "../../../core/base/result.ts";
import { ChosenKeychain, type KeychainDoors } from "../../../core/node/service/keychain-choice.ts";
import type { Keychain } from "../../../core/manager/ports.ts";

const passphrase = "a passphrase for tests";
const sealed = { backend: "sealed-file", passphrase } as const;

describe("at the first start", () => {
  test("the system's keychain is taken where it answers, and recorded", async () => {
    const house = makeHouse({ os: "secret-service" });
    expect(await start(house)).toBe("ok");
    expect(house.settings.get("keychain.backend")).toBe("secret-service");
    expect(house.chosen.view()).toEqual({ state: "ready", backend: "secret-service", osKeychainAnswers: true });
  });

  test("where none answers nothing is chosen, and nothing is made", async () => {
    const house = makeHouse({ os: failure("keychain.missing") });
    expect(await start(house)).toBe("keychain.missing");
    expect(house.chosen.view()).toEqual({ state: "unset", osKeychainAnswers: false });
    expect(codeOf(house.chosen.get())).toBe("service.keychain-unset");
    expect([...house.settings]).toEqual([]);
    expect(house.made).toBe(0);
  });

  test("the sealed file is taken when it is asked for, even where the system's answers", async () => {
    const house = makeHouse({ os: "secret-service" });
    expect(codeOf(await house.chosen.start(sealed))).toBe("ok");
    expect(house.settings.get("keychain.backend")).toBe("sealed-file");
  });

  test("a choice can be made later, once", async () => {
    const house = makeHouse({ os: failure("keychain.missing") });
    await start(house);
    expect(codeOf(await house.chosen.unlock(passphrase))).toBe("service.keychain-unset");
    expect(codeOf(await house.chosen.choose({ backend: "os" }))).toBe("keychain.missing");
    expect(codeOf(await house.chosen.choose(sealed))).toBe("ok");
    expect(codeOf(await house.chosen.choose(sealed))).toBe("service.keychain-chosen");
    expect(house.chosen.view().state).toBe("ready");
  });

  test("a choice that cannot be recorded is none", async () => {
    const house = makeHouse({ os: "secret-service", full: true });
    expect(await start(house)).toBe("store.disk-full");
    expect(codeOf(house.chosen.get())).toBe("store.disk-full");
  });

  test("two choices at once make one", async () => {
    const house = makeHouse({ os: failure("keychain.missing") });
    await start(house);
    const answers = await Promise.all([house.chosen.choose(sealed), house.chosen.choose(sealed)]);
    expect(answers.map(codeOf)).toEqual(["ok", "service.keychain-chosen"]);
    expect(house.made).toBe(1);
  });
});

describe("at a later start", () => {
  test.each([
    ["keychain.missing", "missing"],
    ["keychain.locked", "locked"],
    ["keychain.time-out", "locked"],
  ] as const)("the system's keychain that says %s is %s, and the choice stands", async (code, state) => {
    const house = makeHouse({ os: failure(code), recorded: "secret-service" });
    expect(await start(house)).toBe(code);
    expect(house.chosen.view()).toMatchObject({ state, backend: "secret-service" });
    expect(codeOf(await house.chosen.choose(sealed))).toBe("service.keychain-chosen");
    expect(house.made).toBe(0);
  });

  test("one that was locked opens when it is asked again", async () => {
    const house = makeHouse({ os: failure("keychain.locked"), recorded: "secret-service" });
    await start(house);
    house.os = "secret-service";
    expect(codeOf(await house.chosen.unlock(undefined))).toBe("ok");
    expect(house.chosen.view().state).toBe("ready");
  });

  test("another backend than the recorded one is refused", async () => {
    const house = makeHouse({ os: "macos-keychain", recorded: "secret-service" });
    expect(await start(house)).toBe("keychain.another-backend");
    expect(house.chosen.view().state).toBe("missing");
  });

  test("another kind on the command line is refused, both ways", async () => {
    const asked = makeHouse({ os: "secret-service", recorded: "sealed-file" });
    expect(codeOf(await asked.chosen.start({ backend: "os" }))).toBe("keychain.another-backend");
    const other = makeHouse({ os: "secret-service", recorded: "secret-service" });
    expect(codeOf(await other.chosen.start(sealed))).toBe("keychain.another-backend");
    expect([asked.made, other.made]).toEqual([0, 0]);
  });

  test("the sealed file waits for its passphrase, refuses a wrong one, and opens with the right one", async () => {
    const house = makeHouse({ os: "secret-service", recorded: "sealed-file", file: true });
    expect(await start(house)).toBe("service.keychain-passphrase");
    expect(house.chosen.view()).toMatchObject({ state: "locked", backend: "sealed-file" });
    expect(codeOf(await house.chosen.unlock(undefined))).toBe("service.keychain-passphrase");
    expect(codeOf(await house.chosen.unlock("another passphrase"))).toBe("keychain.wrong-passphrase");
    expect(codeOf(await house.chosen.unlock(passphrase))).toBe("ok");
  });

  test("a sealed file that is gone is missing, and not made anew", async () => {
    const house = makeHouse({ os: "secret-service", recorded: "sealed-file" });
    expect(codeOf(await house.chosen.start(sealed))).toBe("keychain.absent");
    expect(house.chosen.view().state).toBe("missing");
    expect(house.made).toBe(0);
  });
});

interface House {
  os: string | Failure;
  readonly settings: Map<string, string>;
  readonly chosen: ChosenKeychain;
  made: number;
}

function makeHouse(given: { os: string | Failure; recorded?: string; file?: boolean; full?: boolean }): House {
  const settings = new Map<string, string>(given.recorded === undefined ? [] : [["keychain.backend", given.recorded]]);
  let file = given.file === true;
  const doors: KeychainDoors = {
    openOs: () => Promise.resolve(typeof house.os === "string" ? ok(keychainNamed(house.os)) : fail(house.os)),
    openSealedFile(secret, mayMake) {
      if (!file && !mayMake) return Promise.resolve(fail(failure("keychain.absent")));
      if (!file) house.made += 1;
      file = true;
      const right = secret.use((bytes) => new TextDecoder().decode(bytes)) === passphrase;
      return Promise.resolve(right ? ok(keychainNamed("sealed-file")) : fail(failure("keychain.wrong-passphrase")));
    },
  };
  const store = {
    setting: (name: string) => settings.get(name),
    saveSetting(name: string, value: string): Result<void> {
      if (given.full === true) return fail(failure("store.disk-full"));
      settings.set(name, value);
      return ok(undefined);
    },
  };
  const house: House = { os: given.os, settings, made: 0, chosen: new ChosenKeychain({ doors, store, log: silentLog }) };
  return house;
}

function keychainNamed(backend: string): Keychain {
  const none = Promise.resolve(fail(failure("keychain.no-such-key")));
  return { backend, getSecret: () => none, setSecret: () => none, deleteSecret: () => none };
}

async function start(house: House): Promise<string> {
  return codeOf(await house.chosen.start(undefined));
}

function codeOf(result: Result<unknown>): string {
  return result.ok ? "ok" : result.failure.code;
}
