// Mistakes 15 and 16 of real verifiers: the measurement covers the firmware and nothing else, and keys come from the chip's own derivation.
//
// Of mistake 15 this holds what a verifier can: a key goes by itself only to a measurement that the owner named, compared whole. What that
// measurement covers (kernel hashes in the firmware's table, vCPU count, command line) is for core/measure to compute, and to refuse where
// it cannot: its tests belong here when it comes. Until then the sentence of the check promises no more than it keeps.
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { parsePolicy } from "../../core/appraise/policy-parser.ts";
import { presetNames, presets } from "../../core/appraise/presets.ts";
import { parseJson } from "../../core/base/json.ts";
import { appraiseWith, boundReport, checkOf } from "../appraise/kit.ts";
import { makeWorld } from "../kit/world.ts";

describe("mistake 15: the measurement says nothing of kernel, command line or vCPUs, and passes all the same", () => {
  const digest = "5a".repeat(48);
  const measurement = new Uint8Array(48).fill(0x5a);
  const named = { measurement: { require: [{ digest, label: "db-1" }] } };

  test.each(presetNames)("the %s preset does not release by itself, and cannot without a measurement", (name) => {
    const policy = presets[name].policy({});
    expect(policy.release).not.toBe("automatic");
    const parsed = parsePolicy(parseJson(JSON.stringify({ ...policy, release: "automatic" })));
    expect(parsed).toMatchObject({
      ok: false,
      failure: { code: "appraise.policy-malformed", detail: "automatic release needs a measurement" },
    });
    const withOne = { ...policy, checks: { ...policy.checks, ...named }, release: "automatic" };
    expect(parsePolicy(parseJson(JSON.stringify(withOne)))).toMatchObject({ ok: true });
  });

  test("each bit of the launch digest counts", async () => {
    for (let offset = 0; offset < 48; offset++) {
      const other = measurement.slice();
      other[offset] = (other[offset] ?? 0) ^ 1;
      const check = checkOf(appraiseWith(await boundReport({ launch: { measurement: other } }), { checks: named }), "measurement");
      expect(check).toMatchObject({ verdict: "fail", code: "appraise.measurement" });
    }
    expect(checkOf(appraiseWith(await boundReport({ launch: { measurement } }), { checks: named }), "measurement").verdict).toBe("pass");
  });

  test("the check says what is measured, and promises no more", async () => {
    const { sentence } = checkOf(appraiseWith(await boundReport({ launch: { measurement } }), { checks: named }), "measurement");
    expect(sentence).toBe("Firmware and all that it measures at the launch are what the policy names.");
  });
});

describe("mistake 16: the disk's key is derived by the chip, and shared with every image that asks for it", () => {
  const root = resolve(import.meta.dirname, "../..");
  /** The driver's character device, its second ioctl (SNP_GET_DERIVED_KEY), and whatever else could reach one from JavaScript. */
  const derivation = /derived_?key|guest_field_select|\/dev\/sev|\bioctl\b|SNP_GET|process\.dlopen|node:ffi|\.node["']/i;

  test("nothing in the agent, or in what it is made of, asks the chip for a key", () => {
    const sources = ["agent", "core/base", "core/snp", "core/launch", "core/node"].flatMap((folder) => sourcesIn(join(root, folder)));
    expect(sources.length).toBeGreaterThan(50);
    const asking = sources.filter((path) => derivation.test(readFileSync(path, "utf8")));
    expect(asking).toEqual([]);
  });

  test("two VMs with one image on one chip have two keys, which the manager made", async () => {
    const world = await makeWorld();
    const keys: string[] = [];
    for (const name of ["first", "second"]) {
      const vm = await world.enrol({ name });
      const connection = world.connect(vm);
      await world.run();
      await world.answer(connection);
      await world.run();
      expect(world.launchOf(connection).state).toBe("opened");
      keys.push(...connection.agent.keys.values());
    }
    const kept = [...world.keychain.kept.values()].map((key) => Buffer.from(key).toString("hex"));
    expect(keys).toHaveLength(2);
    expect(new Set(keys).size).toBe(2);
    for (const key of keys) expect(kept).toContain(key);
    await world.settle();
  });
});

function sourcesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.[cm]?[jt]sx?$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));
}
