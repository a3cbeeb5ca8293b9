// How is each field of a policy written? One reader for each, put together from policy-reader.ts. Throws PolicyFault and nothing else.
import type { Product } from "../snp/product.ts";
import type { Signer } from "../snp/report.ts";
import { productOfLine, siliconLines } from "../snp/silicon.ts";
import type { SiliconLine } from "../snp/silicon.ts";
import { platformBitNames, releaseRules, weekdays } from "./policy-demands.ts";
import type {
  CollateralAge,
  FirmwareFloor,
  GuestPermission,
  GuestPolicyDemand,
  GuestRequirement,
  MitigationDemand,
  PerLine,
  PlatformBit,
  PlatformDemand,
  QuietTime,
  ReferenceValue,
  ReleaseTimes,
  RevocationRule,
  TcbFloor,
  Weekday,
  WeeklyTime,
} from "./policy-demands.ts";
import {
  bits,
  clockTime,
  demand,
  hexOf,
  integer,
  listOf,
  listOfObjects,
  object,
  oneOf,
  PolicyFault,
  sentence,
  version,
  yes,
} from "./policy-reader.ts";
import type { Read } from "./policy-reader.ts";
import type { AppraisalPolicy, PolicyChecks } from "./policy.ts";
import { customRules } from "./rules/read-rules.ts";

const digests = listOf(hexOf(48));
const level = integer(0, 255);

function perLine<T>(read: (line: SiliconLine) => Read<T>): Read<PerLine<T>> {
  const lines = object<Record<string, unknown>>(Object.fromEntries(siliconLines.map((line) => [line, read(line)])), { optional: true });
  return (json, path) => {
    // Each line was read by the reader that was made for it.
    const values = lines(json, path) as PerLine<T>;
    if (Object.keys(values).length === 0) throw new PolicyFault(`${path} names no line of silicon`);
    return values;
  };
}

const floor = { bootloader: level, tee: level, snp: level, microcode: level };
const tcbFloors = perLine<TcbFloor>((line) => object<TcbFloor>(productOfLine[line] === "Turin" ? { ...floor, fmc: level } : floor));

const guestPolicy = object<GuestPolicyDemand>({
  allowed: listOf(oneOf<GuestPermission>("smt", "migrateMa", "debug", "cxlAllow"), { mayBeEmpty: true }),
  demanded: listOf(oneOf<GuestRequirement>("singleSocket", "memAes256Xts", "raplDis", "ciphertextHidingDram", "pageSwapDisable"), {
    mayBeEmpty: true,
  }),
  abiMinimum: version(2),
});

const platformBits = listOf(oneOf<PlatformBit>(...platformBitNames), { mayBeEmpty: true });
const platform: Read<PlatformDemand> = (json, path) => {
  const read = object<PlatformDemand>({
    required: platformBits,
    forbidden: platformBits,
    unknownAllowed: listOf(integer(8, 63), { mayBeEmpty: true }),
  })(json, path);
  const torn = read.required.find((bit) => read.forbidden.includes(bit));
  if (torn !== undefined) throw new PolicyFault(`${path} both requires and forbids ${torn}`);
  return read;
};

const references = listOfObjects(object<ReferenceValue>({ digest: hexOf(48), label: sentence(100) }), ({ digest }) => digest);

const weeklyTime: Read<WeeklyTime> = (json, path) => {
  const read = object<WeeklyTime>({ days: listOf(oneOf<Weekday>(...weekdays)), from: clockTime, until: clockTime })(json, path);
  // Both are HH:MM, so that their order as text is their order in time.
  if (read.from >= read.until) throw new PolicyFault(`${path} ends before it begins`);
  return read;
};

const releaseTimes: Read<ReleaseTimes> = (json, path) =>
  json === "any"
    ? "any"
    : object<Exclude<ReleaseTimes, "any">>({
        open: listOfObjects(weeklyTime, ({ days, from, until }) => `${days.join()} ${from} ${until}`),
        outside: oneOf<"manual" | "refuse">("manual", "refuse"),
      })(json, path);

const checks = object<PolicyChecks>({
  products: demand(listOf(oneOf<Product>("Milan", "Genoa", "Turin"))),
  signers: demand(listOf(oneOf<Signer>("vcek", "vlek"))),
  reportVersion: demand(object<{ readonly minimum: number }>({ minimum: integer(2, 5) })),
  vmpl: demand(object<{ readonly maximum: number }>({ maximum: integer(0, 3) })),
  measurement: demand(references),
  configuration: object<{ readonly require: true }>({ require: yes }),
  idKeyDigest: demand(digests),
  authorKeyDigest: demand(digests),
  familyId: demand(listOf(hexOf(16, { mayBeZero: true }))),
  imageId: demand(listOf(hexOf(16, { mayBeZero: true }))),
  guestSvn: demand(object<{ readonly minimum: number }>({ minimum: integer(0, 0xffff_ffff) })),
  guestPolicy: demand(guestPolicy),
  platform: demand(platform),
  reportedTcb: demand(tcbFloors),
  committedTcb: demand(tcbFloors),
  currentTcb: demand(tcbFloors),
  launchTcb: demand(tcbFloors),
  firmware: demand(perLine(() => object<FirmwareFloor>({ current: version(3), committed: version(3) }))),
  mitigations: demand(perLine(() => object<MitigationDemand>({ launch: bits, current: bits }))),
  chipId: demand(listOf(hexOf(64))),
  provisionalFirmware: demand(yes),
  revocation: demand(object<RevocationRule>({ graceHours: integer(0, 720) })),
  collateralAge: demand(object<CollateralAge>({ maximumDays: integer(1, 366) })),
  knownChip: demand(yes),
  tcbHistory: demand(yes),
  freshInstance: demand(yes),
  otherInstance: demand(object<QuietTime>({ minutes: integer(1, 525_600) })),
});

export const readPolicy = object<AppraisalPolicy>({
  version: oneOf(1),
  checks,
  rules: customRules,
  release: oneOf(...releaseRules),
  releaseTimes,
  failedOpensMaximum: integer(1, 100),
  freshnessSeconds: integer(10, 3_600),
  approvalSeconds: integer(30, 86_400),
  secondLaunch: oneOf<"wait" | "replace">("wait", "replace"),
});
