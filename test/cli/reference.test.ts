// From one owner's approved boot set to another owner's policy, from the command line: an ID block by hand, signed reference values, and
// the key that must have signed. Real processes.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { VmDetail } from "../../core/api/schemas.ts";
import { signedCorim, owner, unsignedCorim } from "../appraise/reference-values/kit.ts";
import { writeP384PublicKey } from "../../core/endorse/p384-spki.ts";
import { makeFirmware } from "../measure/kit.ts";
import { type Answer, type Installation, makeInstallation, portcullis, type Served, serve } from "./kit.ts";

let installation: Installation;
let served: Served;
let folder = "";
let measurement = "";
const run = (...args: readonly string[]): Promise<Answer> => portcullis(...args, ...installation.data);
const file = (name: string): string => join(folder, name);

/** Throws where it does not go. */
async function must(...args: readonly string[]): Promise<Answer> {
  const answer = await run(...args);
  if (answer.code !== 0) throw new Error(`${args.join(" ")}: ${answer.stderr}`);
  return answer;
}

beforeAll(async () => {
  installation = await makeInstallation();
  folder = join(installation.folder, "..", "files");
  mkdirSync(folder);
  writeFileSync(file("ovmf.fd"), makeFirmware());
  writeFileSync(file("vmlinuz"), new Uint8Array(4096).fill(7));
  served = await serve(installation);
  for (const name of ["db-1", "db-2"])
    await must("vm", "add", "--name", name, "--disk", "id=root,device=/dev/vda2,name=root", "--endpoint", "192.0.2.10:7443");
  const boot = ["--ovmf", file("ovmf.fd"), "--kernel", file("vmlinuz"), "--append", "ro", "--vcpus", "2", "--vcpu-type", "EPYC-Milan-v2"];
  const added = await must("vm", "boot", "add", "db-1", "--label", "6.12.9", ...boot, "--json");
  ({ measurement } = (added.json() as { readonly set: { readonly measurement: string } }).set);
  await must("id-key", "create", "image", "--purpose", "id");
  await must("id-key", "create", "owner", "--purpose", "author");
  await must("id-key", "create", "releases", "--purpose", "reference");
  await must("id-key", "export", "releases", "--out", file("releases.pem"));
  await must("id-key", "export", "image", "--out", file("image.pem"));
});
afterAll(async () => {
  await served.stop();
  installation.remove();
});

test("an ID block for a candidate, made at the terminal, is what the offline check takes", async () => {
  const words = ["--vm", "db-1", "--boot", "6.12.9", "--id-key", "image", "--author-key", "owner", "--guest-svn", "7"];
  const without = await run("id-block", "make", ...words, "--json");
  expect(without.json()).toMatchObject({ failure: { code: "kit.no-plan" } });
  const made = await run("id-block", "make", ...words, "--policy", "0x30000", "--out", file("kit"), "--json");
  expect([made.code, made.json()]).toMatchObject([0, { measurement, guestSvn: 7, guestPolicy: "0x30000", authorKey: true }]);
  const { block, auth } = made.json() as { readonly block: string; readonly auth: string };
  expect(readFileSync(file("kit/id-block.txt"), "utf8")).toBe(block);
  expect(readFileSync(file("kit/id-auth.bin")).toString("base64")).toBe(auth);
  const files = ["--block", file("kit/id-block.bin"), "--auth", file("kit/id-auth.txt"), "--id-key", file("image.pem")];
  const checked = await portcullis("id-block", "check", ...files, "--measurement", measurement, "--policy", "0x30000", "--json");
  expect([checked.code, checked.json()]).toMatchObject([0, { verifies: true, guestSvn: 7 }]);
  const again = await must("id-block", "make", ...words, "--policy", "0x30000", "--json");
  expect(again.json()).toEqual(made.json());
});

describe("reference values", () => {
  const dsse = (): string => file("db-1.dsse.json");
  const corim = (name: string, bytes: Uint8Array): string => {
    writeFileSync(file(name), bytes);
    writeFileSync(file("vendor.pem"), writeP384PublicKey(owner.key));
    return file(name);
  };
  const measurementsOf = async (vm: string): Promise<unknown> =>
    (
      JSON.parse(((await must("vm", "show", vm, "--json")).json() as VmDetail).policy) as {
        readonly checks: { readonly measurement: unknown };
      }
    ).checks.measurement;

  test("are exported once a boot set is approved", async () => {
    const early = await run("reference", "export", "db-1", "--key", "releases", "--out", dsse(), "--json");
    expect(early.json()).toMatchObject({ failure: { code: "reference.nothing" } });
    await must("vm", "boot", "approve", "db-1", "6.12.9", "--reason", "tested", "--yes");
    const other = await run("reference", "export", "db-1", "--key", "image", "--out", dsse(), "--json");
    expect(other.json()).toMatchObject({ failure: { code: "id-key.purpose" } });
    const signed = await must("reference", "export", "db-1", "--key", "releases", "--out", dsse(), "--json");
    expect(signed.json()).toMatchObject({ values: [{ label: "6.12.9", measurement }], file: dsse() });
  });

  test("are shown, and verified with the named key alone", async () => {
    const shown = await portcullis("reference", "show", dsse(), "--signed-by", file("releases.pem"), "--json");
    expect([shown.code, shown.json()]).toMatchObject([
      0,
      {
        verified: true,
        form: "dsse",
        values: [{ digest: measurement, label: "6.12.9" }],
        launches: [{ vcpus: 2, kernel: { name: "vmlinuz" }, commandLine: "ro" }],
      },
    ]);
    const other = await portcullis("reference", "show", dsse(), "--signed-by", file("image.pem"), "--json");
    expect([other.code, other.json()]).toMatchObject([
      1,
      { verified: false, failure: { code: "reference.signature" }, values: [{ digest: measurement }] },
    ]);
    const none = await portcullis("reference", "show", file("vmlinuz"), "--signed-by", file("image.pem"), "--json");
    expect([none.code, none.json()]).toMatchObject([2, { failure: { code: "reference.malformed" } }]);
    const noKey = await portcullis("reference", "show", dsse(), "--signed-by", dsse(), "--json");
    expect([noKey.code, noKey.json()]).toMatchObject([2, { failure: { code: "id-key.public-file" } }]);
  });

  test("go into another VM's policy, shown first, with a yes and a reason", async () => {
    const words = ["reference", "add", "db-2", dsse(), "--reason", "release 12"];
    const foreign = await run(...words, "--signed-by", file("image.pem"), "--yes", "--json");
    expect(foreign.json()).toMatchObject({ failure: { code: "reference.signature" } });
    const unasked = await run(...words, "--signed-by", file("releases.pem"));
    expect([unasked.code, unasked.stderr]).toEqual([2, expect.stringContaining("cli.needs-terminal")]);
    expect(unasked.stderr).toContain("stricter: Launch measurement");
    const added = await run(...words, "--signed-by", file("releases.pem"), "--yes", "--json");
    expect([added.code, added.json()]).toMatchObject([0, { policyVersion: { number: 2, reason: "release 12" } }]);
    expect(await measurementsOf("db-2")).toEqual({ require: [{ digest: measurement, label: "6.12.9" }] });
    const again = await run(...words, "--signed-by", file("releases.pem"), "--yes", "--json");
    expect(again.json()).toMatchObject({ failure: { code: "reference.nothing" } });
  });

  test("as CoRIM: signed goes in, unsigned is shown and never used", async () => {
    const unsigned = corim("unsigned.corim", unsignedCorim());
    const shown = await portcullis("reference", "show", unsigned, "--signed-by", file("vendor.pem"), "--json");
    expect([shown.code, shown.json()]).toMatchObject([
      1,
      { failure: { code: "reference.unsigned" }, values: [{ digest: "ab".repeat(48) }] },
    ]);
    const refused = await run("reference", "add", "db-2", unsigned, "--signed-by", file("vendor.pem"), "--reason", "x", "--yes", "--json");
    expect(refused.json()).toMatchObject({ failure: { code: "reference.unsigned" } });
    const added = await run(
      "reference",
      "add",
      "db-2",
      corim("a.corim", signedCorim()),
      "--signed-by",
      file("vendor.pem"),
      "--reason",
      "vendor",
      "--yes",
      "--json",
    );
    expect(added.code).toBe(0);
    expect(await measurementsOf("db-2")).toMatchObject({
      require: [{ digest: measurement }, { digest: "ab".repeat(48), label: "CoRIM corim-1" }],
    });
  });
});
