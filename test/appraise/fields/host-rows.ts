// The fields that say how the guest and its host are set up: each bit set and clear, and for each line of silicon each level below, at and above.
import { rowsOf } from "./rows.ts";
import type { Bit, Fact, Ordered, Parts, Rows, Subject } from "./rows.ts";
import { platformBitNames } from "../../../core/appraise/policy-demands.ts";
import type {
  GuestPermission,
  GuestPolicyDemand,
  GuestRequirement,
  PlatformBit,
  PlatformDemand,
} from "../../../core/appraise/policy-demands.ts";
import { productOfLine, siliconLines } from "../../../core/snp/silicon.ts";
import type { SiliconLine } from "../../../core/snp/silicon.ts";
import { cpuidOf, firmwareOf, levelsOf, tcbFields, vectors } from "./lines.ts";
import type { TcbField } from "./lines.ts";

function byLine(rows: (line: SiliconLine) => Parts): Parts {
  return Object.assign({}, ...siliconLines.map(rows)) as Parts;
}

/** POLICY with bit 17, which is always one. */
function guest(policy: bigint): Subject {
  return { report: { launch: { policy: policy | (1n << 17n) } } };
}

const noGuestDemand: GuestPolicyDemand = { allowed: [], demanded: [], abiMinimum: "0.0" };

function permissionRows(name: GuestPermission, bit: bigint): Bit {
  const { passes, fails } = rowsOf("guestPolicy");
  const others = (["smt", "migrateMa", "debug", "cxlAllow"] as const).filter((one) => one !== name);
  return {
    set: fails({ ...noGuestDemand, allowed: others }, guest(1n << bit)),
    clear: passes({ ...noGuestDemand, allowed: others }, guest(0n)),
  };
}

function requirementRows(name: GuestRequirement, bit: bigint): Bit {
  const { passes, fails } = rowsOf("guestPolicy");
  const demand = { ...noGuestDemand, demanded: [name] };
  const others = 0x3d0_0000n & ~(1n << bit) & ~(1n << 21n);
  return { set: passes(demand, guest(1n << bit)), clear: fails(demand, guest(others)) };
}

/** The ABI that the guest's policy names, against 1.55. */
function abiRows(below: number, at: number, above: number): Ordered {
  const { passes, fails } = rowsOf("guestPolicy");
  const demand = { ...noGuestDemand, abiMinimum: "1.55" };
  return { below: fails(demand, guest(BigInt(below))), at: passes(demand, guest(BigInt(at))), above: passes(demand, guest(BigInt(above))) };
}

function platform(platformInfo: bigint): Subject {
  return { report: { chip: { platformInfo } } };
}

const noPlatformDemand: PlatformDemand = { required: [], forbidden: [], unknownAllowed: [] };

function requiredRows(bit: PlatformBit, number: number): Bit {
  const { passes, fails } = rowsOf("platform");
  const demand = { ...noPlatformDemand, required: [bit] };
  return { set: passes(demand, platform(1n << BigInt(number))), clear: fails(demand, platform(0xffn & ~(1n << BigInt(number)))) };
}

function forbiddenRows(bit: PlatformBit, number: number): Bit {
  const { passes, fails } = rowsOf("platform");
  const demand = { ...noPlatformDemand, forbidden: [bit] };
  return { set: fails(demand, platform(1n << BigInt(number))), clear: passes(demand, platform(0xffn & ~(1n << BigInt(number)))) };
}

function unknownRows(number: number): Bit {
  const { passes, fails } = rowsOf("platform");
  const demand = { ...noPlatformDemand, unknownAllowed: [8, 9, 62, 63].filter((one) => one !== number) };
  return { set: fails(demand, platform(1n << BigInt(number))), clear: passes(demand, platform(0n)) };
}

function allowedRows(number: number): Bit {
  const { passes, fails } = rowsOf("platform");
  const demand = { ...noPlatformDemand, unknownAllowed: [number] };
  // Beside another one that is not.
  return { set: passes(demand, platform(1n << BigInt(number))), clear: fails(demand, platform(1n << 40n)) };
}

function tcbRows(): Rows<TcbField> {
  const rows = (field: TcbField): Parts =>
    byLine((line) => {
      const { passes, fails } = rowsOf(field);
      const levels = levelsOf(line, field);
      // The other lines are as high as can be: they must not count.
      const others = Object.fromEntries(siliconLines.map((one) => [one, highest(one)]));
      return Object.fromEntries(
        Object.entries(levels).map(([component, level]) => {
          const floor = (change: number) => ({ ...others, [line]: { ...levels, [component]: level + change } });
          const subject = lineSubject(line);
          return [
            `${line} ${component}`,
            { below: fails(floor(1), subject), at: passes(floor(0), subject), above: passes(floor(-1), subject) },
          ];
        }),
      );
    });
  return {
    reportedTcb: rows("reportedTcb"),
    committedTcb: rows("committedTcb"),
    currentTcb: rows("currentTcb"),
    launchTcb: rows("launchTcb"),
  };
}

function highest(line: SiliconLine) {
  const levels = { bootloader: 255, tee: 255, snp: 255, microcode: 255 };
  return productOfLine[line] === "Turin" ? { ...levels, fmc: 255 } : levels;
}

/** A machine of this line, of which each TCB and each firmware version is another. */
function lineSubject(line: SiliconLine): Subject {
  const tcbs = Object.fromEntries(
    tcbFields.map((field) => [field, { product: productOfLine[line], fmc: undefined, ...levelsOf(line, field) }]),
  );
  return { report: { product: productOfLine[line], chip: { cpuid: cpuidOf[line], reportVersion: 5, ...firmwareOf, ...vectors, ...tcbs } } };
}

function firmwareRows(line: SiliconLine, which: "current" | "committed"): Parts {
  const { passes, fails } = rowsOf("firmware");
  const { major, minor, build } = firmwareOf[`${which}Version`];
  const subject = lineSubject(line);
  const none = { current: "0.0.0", committed: "0.0.0" };
  const others = Object.fromEntries(siliconLines.map((one) => [one, { current: "255.255.255", committed: "255.255.255" }]));
  const least = (version: string) => ({ ...others, [line]: { ...none, [which]: version } });
  const at = passes(least(`${major}.${minor}.${build}`), subject);
  // A higher number counts for more than all below it.
  return {
    [`${line} ${which} build`]: {
      below: fails(least(`${major}.${minor}.${build + 1}`), subject),
      at,
      above: passes(least(`${major}.${minor}.${build - 1}`), subject),
    },
    [`${line} ${which} minor`]: {
      below: fails(least(`${major}.${minor + 1}.0`), subject),
      at,
      above: passes(least(`${major}.${minor - 1}.255`), subject),
    },
    [`${line} ${which} major`]: {
      below: fails(least(`${major + 1}.0.0`), subject),
      at,
      above: passes(least(`${major - 1}.255.255`), subject),
    },
  };
}

function mitigationRows(line: SiliconLine, which: "launch" | "current"): Parts {
  const { passes, fails } = rowsOf("mitigations");
  const vector = vectors[`${which}MitVector`];
  const others = Object.fromEntries(siliconLines.map((one) => [one, { launch: "0xffffffffffffffff", current: "0xffffffffffffffff" }]));
  const mask = (bits: bigint) => ({ ...others, [line]: { launch: "0x0", current: "0x0", [which]: `0x${bits.toString(16)}` } });
  const subject = lineSubject(line);
  const old: Subject = { report: { product: productOfLine[line], chip: { cpuid: cpuidOf[line], reportVersion: 3 } } };
  return {
    [`${line} ${which}`]: { set: passes(mask(vector), subject), clear: fails(mask(vector | 4n), subject) },
    [`${line} ${which}, highest bit`]: { set: passes(mask(1n << 63n), subject), clear: fails(mask(1n << 62n), subject) },
    [`${line} ${which}, a report without vectors`]: { clear: fails(mask(1n), old), set: passes(mask(0n), old) },
  };
}

function committedVersionRows(): Fact {
  const { passes, fails } = rowsOf("provisionalFirmware");
  const older = { report: { chip: { committedVersion: { major: 1, minor: 55, build: 28 } } } };
  return { holds: passes(true), "does not hold": fails(true, older) };
}

function committedTcbRows(): Fact {
  const { passes, fails } = rowsOf("provisionalFirmware");
  const older = {
    report: { chip: { committedTcb: { product: "Milan", fmc: undefined, bootloader: 4, tee: 0, snp: 0x18, microcode: 0xda } } },
  } as const;
  return { holds: passes(true), "does not hold": fails(true, older) };
}

export const hostRows: Rows<"guestPolicy" | "platform" | TcbField | "firmware" | "mitigations" | "provisionalFirmware"> = {
  guestPolicy: {
    smt: permissionRows("smt", 16n),
    migrateMa: permissionRows("migrateMa", 18n),
    debug: permissionRows("debug", 19n),
    cxlAllow: permissionRows("cxlAllow", 21n),
    singleSocket: requirementRows("singleSocket", 20n),
    memAes256Xts: requirementRows("memAes256Xts", 22n),
    raplDis: requirementRows("raplDis", 23n),
    ciphertextHidingDram: requirementRows("ciphertextHidingDram", 24n),
    pageSwapDisable: requirementRows("pageSwapDisable", 25n),
    "ABI minor": abiRows(0x0136, 0x0137, 0x0138),
    "ABI major": abiRows(0x00ff, 0x0137, 0x0200),
  },
  platform: {
    ...Object.fromEntries(
      platformBitNames.flatMap((bit, number) => [
        [`${bit} required`, requiredRows(bit, number)],
        [`${bit} forbidden`, forbiddenRows(bit, number)],
      ]),
    ),
    ...Object.fromEntries([8, 9, 62, 63].map((number) => [`unknown bit ${number}`, unknownRows(number)])),
    "unknown bit 8 allowed": allowedRows(8),
    "unknown bit 63 allowed": allowedRows(63),
  },
  ...tcbRows(),
  firmware: byLine((line) => ({ ...firmwareRows(line, "current"), ...firmwareRows(line, "committed") })),
  mitigations: byLine((line) => ({ ...mitigationRows(line, "launch"), ...mitigationRows(line, "current") })),
  provisionalFirmware: { version: committedVersionRows(), TCB: committedTcbRows() },
};
