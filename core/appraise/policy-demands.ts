// What can a check demand? The shapes of a policy's values, as they stand in its JSON. Never reads one: policy-form.ts does.
import type { PlatformInfo } from "../snp/platform-info.ts";
import type { SiliconLine } from "../snp/silicon.ts";

/** A line of silicon that is not named is refused. At least one is named. */
export type PerLine<T> = { readonly [line in SiliconLine]?: T };

/** A value that a good VM has, and what it stands for, for the person who reads. */
export type ReferenceValue = {
  /** Hex. */
  readonly digest: string;
  /** e.g. "db-1, kernel 6.12.9". */
  readonly label: string;
};

export type GuestPermission = "smt" | "migrateMa" | "debug" | "cxlAllow";
export type GuestRequirement = "singleSocket" | "memAes256Xts" | "raplDis" | "ciphertextHidingDram" | "pageSwapDisable";

export type GuestPolicyDemand = {
  /** What the guest's policy may allow; what is not named must be off. */
  readonly allowed: readonly GuestPermission[];
  /** What the guest's policy must demand. */
  readonly demanded: readonly GuestRequirement[];
  /** "1.55": the least ABI that the guest's policy accepts. */
  readonly abiMinimum: string;
};

export const platformBitNames = [
  "smtEn",
  "tsmeEn",
  "eccEn",
  "raplDis",
  "ciphertextHidingDramEn",
  "aliasCheckComplete",
  "iommuWriteSafe",
  "tioEn",
] as const satisfies readonly (keyof PlatformInfo)[];
export type PlatformBit = (typeof platformBitNames)[number];

export type PlatformDemand = {
  readonly required: readonly PlatformBit[];
  readonly forbidden: readonly PlatformBit[];
  /** Numbers of bits above 7 that are tolerated; others are refused. */
  readonly unknownAllowed: readonly number[];
};

export type TcbFloor = {
  /** Turin: required. Others: must be absent. */
  readonly fmc?: number;
  readonly bootloader: number;
  readonly tee: number;
  readonly snp: number;
  readonly microcode: number;
};

/** "major.minor.build". */
export type FirmwareFloor = {
  readonly current: string;
  readonly committed: string;
};

/** Bits that must be set, "0x…". A report without vectors (below version 5) fails unless both are "0x0". */
export type MitigationDemand = {
  readonly launch: string;
  readonly current: string;
};

export type RevocationRule = {
  /** How long after its nextUpdate a list still counts, where no newer one can be had. 0: not at all. */
  readonly graceHours: number;
};

export type CollateralAge = {
  /** The revocation list was made (thisUpdate) at most so many days ago. */
  readonly maximumDays: number;
};

export type QuietTime = {
  /** For so long no other instance of the VM was given its keys. */
  readonly minutes: number;
};

/** When a release that no person approves may happen. Times are UTC. */
export type ReleaseTimes = "any" | { readonly open: readonly WeeklyTime[]; readonly outside: "manual" | "refuse" };

export const weekdays = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;
export type Weekday = (typeof weekdays)[number];

export type WeeklyTime = {
  readonly days: readonly Weekday[];
  /** "HH:MM"; included. */
  readonly from: string;
  /** "HH:MM", later than `from`; not included. "24:00" is the day's end. */
  readonly until: string;
};

export type ReleaseRule = "manual" | "first-launch-manual" | "automatic";
export const releaseRules: readonly ReleaseRule[] = ["manual", "first-launch-manual", "automatic"];
