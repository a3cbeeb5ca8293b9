// Does a configuration have one form only, and is everything else refused, so that one digest names one meaning?
import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { toHex } from "../../core/base/bytes.ts";
import { canonicalJson } from "../../core/base/json.ts";
import type { Json } from "../../core/base/json.ts";
import { must } from "../../core/base/result.ts";
import { utf8 } from "../../core/base/utf8.ts";
import {
  configurationDigest,
  makeConfiguration,
  maximumConfigurationBytes,
  parseConfiguration,
  parseEndpoint,
} from "../../core/launch/agent-configuration.ts";
import type { ConfigurationFields } from "../../core/launch/agent-configuration.ts";
import { nodePrimitives } from "../../core/node/primitives.ts";
import { vm } from "./kit.ts";

const fields: ConfigurationFields = {
  vm,
  manager: { endpoints: ["manager.example:7443", "192.0.2.1:7443", "[2001:db8::1]:7443"], anchor: "ab".repeat(32) },
  disks: [
    { id: "root", device: "/dev/vda2", name: "root" },
    { id: "data", device: "/dev/disk/by-id/virtio-data", name: "data_1" },
  ],
  retry: { firstDelaySeconds: 2, maximumDelaySeconds: 60, giveUpAfterSeconds: 0 },
};
const made = must(makeConfiguration(fields));

const changed = (path: string, value: Json | undefined): Uint8Array => {
  const json = structuredClone(made.configuration) as unknown as Record<string, unknown>;
  const keys = path.split(".");
  const last = keys.pop() ?? "";
  const parent = keys.reduce((at, key) => at[key] as Record<string, unknown>, json);
  if (value === undefined) delete parent[last];
  else parent[last] = value;
  return utf8(canonicalJson(json as Json));
};

describe("a configuration", () => {
  test("is the canonical JSON of RFC 8785, and its digest is SHA-256 of that", () => {
    expect(made.text).toBe(
      `{"disks":[{"device":"/dev/vda2","id":"root","name":"root"},{"device":"/dev/disk/by-id/virtio-data","id":"data","name":"data_1"}],` +
        `"manager":{"anchor":"${"ab".repeat(32)}","endpoints":["manager.example:7443","192.0.2.1:7443","[2001:db8::1]:7443"]},` +
        `"retry":{"firstDelaySeconds":2,"giveUpAfterSeconds":0,"maximumDelaySeconds":60},"version":1,"vm":"${vm}"}`,
    );
    expect(toHex(configurationDigest(made.bytes, nodePrimitives))).toBe(createHash("sha256").update(made.text).digest("hex"));
  });

  test("comes back as it was made", () => {
    expect(must(parseConfiguration(made.bytes)).configuration).toEqual({ version: 1, ...fields });
  });

  test("holds the UUID of the disks that have one, and is as it was for the others", () => {
    const [first, second] = fields.disks;
    const disks = [{ ...first!, uuid: vm }, second!];
    const { text, configuration } = must(makeConfiguration({ ...fields, disks }));
    expect(configuration.disks).toEqual(disks);
    expect(text).toBe(made.text.replace('"name":"root"', `"name":"root","uuid":"${vm}"`));
  });

  test("drops what the caller's objects hold besides", () => {
    const more = { ...fields, secret: "no", disks: fields.disks.map((disk) => ({ ...disk, key: "no" })) };
    expect(must(makeConfiguration(more)).text).toBe(made.text);
  });

  test.each([
    ["a line feed at its end", `${made.text}\n`],
    ["white space", made.text.replace(",", ", ")],
    ["another order", made.text.replace(/^\{(.*),"vm":("[^"]*")\}$/, '{"vm":$2,$1}')],
    ["an escape that is not needed", made.text.replace("root", "\\u0072oot")],
    ["a number in another form", made.text.replace(":60", ":6e1")],
  ])("%s is not canonical", (_name, text) => {
    expect(parseConfiguration(utf8(text))).toMatchObject({ failure: { code: "launch.configuration-canonical" } });
  });

  test.each([
    ["truncated", made.text.slice(0, -1)],
    ["empty", ""],
    ["a duplicate key", made.text.replace("{", '{"version":1,')],
    ["two objects", made.text + made.text],
    ["too long", " ".repeat(maximumConfigurationBytes) + made.text],
  ])("%s is not JSON for us", (_name, text) => {
    expect(parseConfiguration(utf8(text))).toMatchObject({ failure: { code: "launch.configuration-json" } });
  });

  test("bytes that are not UTF-8", () => {
    expect(parseConfiguration(Uint8Array.of(0xff))).toMatchObject({ failure: { code: "launch.configuration-json" } });
  });

  test.each([
    ["version", 2],
    ["version", undefined],
    ["vm", vm.toUpperCase()],
    ["vm", "x"],
    ["more", 1],
    ["manager.anchor", "AB".repeat(32)],
    ["manager.anchor", "ab".repeat(31)],
    ["manager.endpoints", []],
    ["manager.endpoints", ["a:1", "a:1"]],
    ["manager.endpoints", ["a"]],
    ["manager.endpoints", Array.from({ length: 9 }, (_, i) => `a${i}:1`)],
    ["manager.more", 1],
    ["disks", []],
    [
      "disks",
      [
        { id: "a", device: "/dev/a", name: "a" },
        { id: "a", device: "/dev/b", name: "b" },
      ],
    ],
    [
      "disks",
      [
        { id: "a", device: "/dev/a", name: "a" },
        { id: "b", device: "/dev/a", name: "b" },
      ],
    ],
    [
      "disks",
      [
        { id: "a", device: "/dev/a", name: "a" },
        { id: "b", device: "/dev/b", name: "a" },
      ],
    ],
    ["disks", Array.from({ length: 17 }, (_, i) => ({ id: `d${i}`, device: `/dev/d${i}`, name: `d${i}` }))],
    [
      "disks",
      [
        { id: "a", device: "/dev/a", name: "a", uuid: vm },
        { id: "b", device: "/dev/b", name: "b", uuid: vm },
      ],
    ],
    ["disks.0.device", "dev/vda"],
    ["disks.0.device", "--key-file=/x"],
    ["disks.0.device", "/dev/../etc/shadow"],
    ["disks.0.name", "-x"],
    ["disks.0.name", "a/b"],
    ["disks.0.id", "Root"],
    ["disks.0.id", "a".repeat(65)],
    ["disks.0.more", 1],
    ["disks.0.uuid", ""],
    ["disks.0.uuid", null],
    ["disks.0.uuid", "6F9619FF-8B86-4D01-B42D-00CF4FC964FF"],
    ["retry.firstDelaySeconds", 0],
    ["retry.firstDelaySeconds", 601],
    ["retry.firstDelaySeconds", 1.5],
    ["retry.maximumDelaySeconds", 1],
    ["retry.maximumDelaySeconds", 3601],
    ["retry.giveUpAfterSeconds", -1],
    ["retry.giveUpAfterSeconds", 604_801],
    ["retry", undefined],
  ] as const)("%s = %j is refused", (path, value) => {
    expect(parseConfiguration(changed(path, value as Json | undefined))).toMatchObject({ failure: { code: "launch.configuration-shape" } });
  });

  test("is refused when made from fields that are out of bounds, and names the member", () => {
    const wrong = { ...fields, retry: { ...fields.retry, firstDelaySeconds: 0 } };
    expect(makeConfiguration(wrong)).toMatchObject({ failure: { code: "launch.configuration-shape", detail: "retry.firstDelaySeconds" } });
  });
});

describe("an endpoint", () => {
  test.each([
    ["a:1", { host: "a", port: 1 }],
    ["manager.example:65535", { host: "manager.example", port: 65_535 }],
    ["[::1]:7443", { host: "::1", port: 7443 }],
  ])("%s", (text, place) => {
    expect(parseEndpoint(text)).toEqual(place);
  });

  test.each(["a", "a:", ":1", "a:0", "a:65536", "a:01", "::1:7443", "[::1]", "[::1]7443", "a b:1", "-a:1", "a:1/", "http://a:1"])(
    "not %s",
    (text) => {
      expect(parseEndpoint(text)).toBeUndefined();
    },
  );
});
