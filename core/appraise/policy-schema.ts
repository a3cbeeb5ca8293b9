// The form of a policy as JSON Schema (draft 2020-12), for editors and other programs. Portcullis itself reads policies with policy.ts alone; a test
// keeps both in step. Two rules are the parser's alone, and the description says so.
import type { JsonObject } from "../base/json.ts";
import { products } from "../snp/product.ts";
import { productOfLine, siliconLines, type SiliconLine } from "../snp/silicon.ts";
import { platformBitNames, releaseRules, weekdays } from "./policy-demands.ts";
import type { GuestPermission, GuestRequirement } from "./policy-demands.ts";
import { checkReference } from "./check-reference.ts";
import type { PolicyChecks } from "./policy.ts";
import { rulingReference, type PolicyRuling } from "./ruling-reference.ts";
import { maximumRules } from "./rules/rule.ts";

/** A schema for each member; all are needed, and no other is allowed. */
function object(properties: Readonly<Record<string, JsonObject>>, required: readonly string[] = Object.keys(properties)): JsonObject {
  return { type: "object", properties, required, additionalProperties: false };
}

function demand(required: JsonObject): JsonObject {
  return { oneOf: [object({ require: required }), object({ waived: { type: "string", pattern: "\\S", maxLength: 500 } })] };
}

function list(items: JsonObject, minItems = 1): JsonObject {
  return { type: "array", items, minItems, maxItems: 256, uniqueItems: true };
}

function oneLine(maxLength: number): JsonObject {
  return { type: "string", minLength: 1, maxLength, pattern: "^\\S(.*\\S)?$" };
}

/** One line of silicon at least. */
function perLine(schema: (line: SiliconLine) => JsonObject): JsonObject {
  const lines = Object.fromEntries(siliconLines.map((line) => [line, schema(line)]));
  return demand({ ...object(lines, []), minProperties: 1 });
}

function choice(...values: readonly (string | number)[]): JsonObject {
  return { enum: values };
}

function integer(minimum: number, maximum: number): JsonObject {
  return { type: "integer", minimum, maximum };
}

function pattern(expression: string): JsonObject {
  return { type: "string", pattern: `^${expression}$` };
}

function hex(bytes: number, mayBeZero = false): JsonObject {
  return pattern(`${mayBeZero ? "" : "(?!0*$)"}[0-9a-f]{${2 * bytes}}`);
}

function version(parts: number): JsonObject {
  return pattern(Array.from({ length: parts }, () => byte).join("\\."));
}

const byte = "(0|[1-9][0-9]?|1[0-9]{2}|2[0-4][0-9]|25[0-5])";
const bits = pattern("0x(0|[1-9a-f][0-9a-f]{0,15})");
const level = integer(0, 255);
const digests = demand(list(hex(48)));
const ids = demand(list(hex(16, true)));
const permissions: readonly GuestPermission[] = ["smt", "migrateMa", "debug", "cxlAllow"];
const requirements: readonly GuestRequirement[] = ["singleSocket", "memAes256Xts", "raplDis", "ciphertextHidingDram", "pageSwapDisable"];
const platformBits = list(choice(...platformBitNames), 0);
const floor = { bootloader: level, tee: level, snp: level, microcode: level };
const floors = perLine((line) => object(productOfLine[line] === "Turin" ? { fmc: level, ...floor } : floor));
const clockTime = pattern("(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)");
const weeklyTime = object({ days: list(choice(...weekdays)), from: clockTime, until: clockTime });
const rule = object({
  id: pattern("[a-z][a-z0-9-]{0,31}"),
  expression: { type: "string", minLength: 1, maxLength: 1024 },
  sentence: oneLine(200),
});

const checks: { readonly [field in keyof PolicyChecks]: JsonObject } = {
  products: demand(list(choice(...products))),
  signers: demand(list(choice("vcek", "vlek"))),
  reportVersion: demand(object({ minimum: integer(2, 5) })),
  vmpl: demand(object({ maximum: integer(0, 3) })),
  measurement: demand(list(object({ digest: hex(48), label: oneLine(100) }))),
  configuration: object({ require: { const: true } }),
  idKeyDigest: digests,
  authorKeyDigest: digests,
  familyId: ids,
  imageId: ids,
  guestSvn: demand(object({ minimum: integer(0, 0xffff_ffff) })),
  guestPolicy: demand(
    object({ allowed: list(choice(...permissions), 0), demanded: list(choice(...requirements), 0), abiMinimum: version(2) }),
  ),
  platform: demand(object({ required: platformBits, forbidden: platformBits, unknownAllowed: list(integer(8, 63), 0) })),
  reportedTcb: floors,
  committedTcb: floors,
  currentTcb: floors,
  launchTcb: floors,
  firmware: perLine(() => object({ current: version(3), committed: version(3) })),
  mitigations: perLine(() => object({ launch: bits, current: bits })),
  chipId: demand(list(hex(64))),
  provisionalFirmware: demand({ const: true }),
  revocation: demand(object({ graceHours: integer(0, 720) })),
  collateralAge: demand(object({ maximumDays: integer(1, 366) })),
  knownChip: demand({ const: true }),
  tcbHistory: demand({ const: true }),
  freshInstance: demand({ const: true }),
  otherInstance: demand(object({ minutes: integer(1, 525_600) })),
};

const rulings: { readonly [field in PolicyRuling]: JsonObject } = {
  version: { const: 1 },
  rules: { ...list(rule, 0), maxItems: maximumRules },
  release: choice(...releaseRules),
  releaseTimes: { oneOf: [{ const: "any" }, object({ open: list(weeklyTime), outside: choice("manual", "refuse") })] },
  failedOpensMaximum: integer(1, 100),
  freshnessSeconds: integer(10, 3_600),
  approvalSeconds: integer(30, 86_400),
  secondLaunch: choice("wait", "replace"),
};

export const policySchema: JsonObject = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  title: "Portcullis appraisal policy, version 1",
  description:
    "Every check is required with a value, or waived with a reason. Beyond this schema, automatic release needs a required measurement, no " +
    "platform bit may be both required and forbidden, a time of release ends after it begins, digests and ids of a list are distinct, and every rule " +
    "is CEL that can be evaluated within bounds.",
  ...object({ ...described(rulings, rulingReference), checks: object(described(checks, checkReference)) }),
};

function described(
  schemas: Readonly<Record<string, JsonObject>>,
  reference: Readonly<Record<string, { readonly title: string; readonly meaning: string }>>,
): Readonly<Record<string, JsonObject>> {
  return Object.fromEntries(
    Object.entries(schemas).map(([name, schema]) => {
      const { title = name, meaning = "" } = reference[name] ?? {};
      return [name, { title, description: meaning, ...schema }];
    }),
  );
}
