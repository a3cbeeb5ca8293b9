// Does each check of the policy pass at its limit and fail beyond it?
import { describe, expect, test } from "vitest";
import { toHex } from "../../core/base/bytes.ts";
import type { TcbFloor } from "../../core/appraise/policy-demands.ts";
import type { PolicyChecks } from "../../core/appraise/policy.ts";
import type { Tcb } from "../../core/snp/tcb.ts";
import { appraiseWith, boundReport, checkOf } from "./kit.ts";
import type { Choices } from "./kit.ts";

type Case = readonly [name: string, choices: Choices, checks: Partial<PolicyChecks>, verdict: "pass" | "fail"];

const a = new Uint8Array(48).fill(0xa1);
const b = new Uint8Array(48).fill(0xb2);
const cases: Readonly<Record<string, readonly Case[]>> = {
  signer: [
    ["a VLEK where a VCEK is required", { request: { signer: "vlek" } }, { signers: { require: ["vcek"] } }, "fail"],
    ["a VLEK where it is accepted", { request: { signer: "vlek" } }, { signers: { require: ["vcek", "vlek"] } }, "pass"],
  ],
  "chip-id": [
    [
      "a chip that is listed",
      { chip: { chipId: new Uint8Array(64).fill(1) } },
      { chipId: { require: ["02".repeat(64), "01".repeat(64)] } },
      "pass",
    ],
    [
      "a chip that is not",
      { chip: { chipId: new Uint8Array(64).fill(3) } },
      { chipId: { require: ["02".repeat(64), "01".repeat(64)] } },
      "fail",
    ],
    ["a masked chip under a VLEK", { request: { signer: "vlek" } }, { chipId: { require: ["01".repeat(64)] } }, "fail"],
    ["a masked chip, even if zeros were listed", { request: { signer: "vlek" } }, { chipId: { require: ["00".repeat(64)] } }, "fail"],
  ],
  measurement: [
    ["one of two", { launch: { measurement: a } }, { measurement: { require: [named(b), named(a)] } }, "pass"],
    ["another", { launch: { measurement: a } }, { measurement: { require: [named(b)] } }, "fail"],
  ],
  "id-key": [
    ["the one", { launch: { idKeyDigest: a } }, { idKeyDigest: { require: [toHex(a)] } }, "pass"],
    ["none", {}, { idKeyDigest: { require: [toHex(a)] } }, "fail"],
  ],
  "author-key": [
    ["the one", { launch: { authorKeyDigest: a } }, { authorKeyDigest: { require: [toHex(a)] } }, "pass"],
    ["another", { launch: { authorKeyDigest: b } }, { authorKeyDigest: { require: [toHex(a)] } }, "fail"],
    [
      "the one, not enabled",
      { launch: { authorKeyDigest: a }, request: { overrides: { authorKeyEn: false } } },
      { authorKeyDigest: { require: [toHex(a)] } },
      "fail",
    ],
  ],
  "family-id": [
    ["the one", { launch: { familyId: a.slice(0, 16) } }, { familyId: { require: [toHex(a.slice(0, 16))] } }, "pass"],
    ["another", { launch: { familyId: b.slice(0, 16) } }, { familyId: { require: [toHex(a.slice(0, 16))] } }, "fail"],
  ],
  "image-id": [
    ["the one", { launch: { imageId: a.slice(0, 16) } }, { imageId: { require: [toHex(a.slice(0, 16))] } }, "pass"],
    ["another", { launch: { imageId: b.slice(0, 16) } }, { imageId: { require: [toHex(a.slice(0, 16))] } }, "fail"],
  ],
  "guest-svn": [
    ["below", { launch: { guestSvn: 4 } }, { guestSvn: { require: { minimum: 5 } } }, "fail"],
    ["at", { launch: { guestSvn: 5 } }, { guestSvn: { require: { minimum: 5 } } }, "pass"],
    ["above", { launch: { guestSvn: 6 } }, { guestSvn: { require: { minimum: 5 } } }, "pass"],
  ],
  "report-version": [
    ["below", { chip: { reportVersion: 3 } }, { reportVersion: { require: { minimum: 5 } } }, "fail"],
    ["at", { chip: { reportVersion: 5 } }, { reportVersion: { require: { minimum: 5 } } }, "pass"],
    ["above", { chip: { reportVersion: 5 } }, { reportVersion: { require: { minimum: 3 } } }, "pass"],
  ],
  vmpl: [
    ["below", { request: { vmpl: 0 } }, { vmpl: { require: { maximum: 1 } } }, "pass"],
    ["at", { request: { vmpl: 1 } }, { vmpl: { require: { maximum: 1 } } }, "pass"],
    ["above", { request: { vmpl: 2 } }, { vmpl: { require: { maximum: 1 } } }, "fail"],
  ],
  firmware: (["current", "committed"] as const).flatMap((which): Case[] => {
    const at = (build: number, minor: number, major: number): Choices => ({ chip: { [`${which}Version`]: { major, minor, build } } });
    const checks: Partial<PolicyChecks> = {
      firmware: { require: { Milan: { current: "0.0.0", committed: "0.0.0", [which]: "1.55.29" } } },
    };
    return [
      [`${which} build below`, at(28, 55, 1), checks, "fail"],
      [`${which} equal`, at(29, 55, 1), checks, "pass"],
      [`${which} build above`, at(30, 55, 1), checks, "pass"],
      [`${which} minor below, build above`, at(99, 54, 1), checks, "fail"],
      [`${which} minor above, build below`, at(0, 56, 1), checks, "pass"],
      [`${which} major below, rest above`, at(99, 99, 0), checks, "fail"],
      [`${which} major above, rest below`, at(0, 0, 2), checks, "pass"],
    ];
  }),
  "provisional-firmware": [
    ["committed", {}, { provisionalFirmware: { require: true } }, "pass"],
    [
      "an older version committed",
      { chip: { committedVersion: { major: 1, minor: 0, build: 0 } } },
      { provisionalFirmware: { require: true } },
      "fail",
    ],
    [
      "an older TCB committed",
      { chip: { committedTcb: { product: "Milan", fmc: undefined, bootloader: 1, tee: 0, snp: 1, microcode: 1 } } },
      { provisionalFirmware: { require: true } },
      "fail",
    ],
  ],
  mitigations: (["launch", "current"] as const).flatMap((which): Case[] => {
    const at = (vector: bigint, reportVersion: 3 | 5 = 5): Choices => ({ chip: { reportVersion, [`${which}MitVector`]: vector } });
    const checks: Partial<PolicyChecks> = { mitigations: { require: { Milan: { launch: "0x0", current: "0x0", [which]: "0xb" } } } };
    return [
      [`${which} exactly`, at(0xbn), checks, "pass"],
      [`${which} more`, at(0xfn), checks, "pass"],
      [`${which} one bit less`, at(0x9n), checks, "fail"],
      [`${which} a larger number without the bits`, at(0xf0n), checks, "fail"],
      [`${which} a report that has no vectors`, at(0xbn, 3), checks, "fail"],
      [
        `${which} nothing required of a report that has none`,
        at(0n, 3),
        { mitigations: { require: { Milan: { launch: "0x0", current: "0x0" } } } },
        "pass",
      ],
    ];
  }),
  platform: [
    ["required and set", { chip: { platformInfo: 0x20n } }, platform({ required: ["aliasCheckComplete"] }), "pass"],
    ["required and clear", { chip: { platformInfo: 0x1fn } }, platform({ required: ["aliasCheckComplete"] }), "fail"],
    ["forbidden and clear", { chip: { platformInfo: 0x20n } }, platform({ forbidden: ["smtEn"] }), "pass"],
    ["forbidden and set", { chip: { platformInfo: 0x21n } }, platform({ forbidden: ["smtEn"] }), "fail"],
    ["neither", { chip: { platformInfo: 0xffn } }, platform({}), "pass"],
    ["an unknown bit", { chip: { platformInfo: 0x100n } }, platform({}), "fail"],
    ["an unknown bit that is allowed", { chip: { platformInfo: 0x100n } }, platform({ unknownAllowed: [8] }), "pass"],
    ["one allowed, one not", { chip: { platformInfo: (1n << 63n) | 0x100n } }, platform({ unknownAllowed: [8] }), "fail"],
  ],
  "guest-policy": [
    ...(
      [
        ["smt", 16n],
        ["migrateMa", 18n],
        ["debug", 19n],
        ["cxlAllow", 21n],
      ] as const
    ).flatMap(([permission, bit]): Case[] => [
      [`${permission} not allowed`, guest(bit), guestPolicy({}), "fail"],
      [`${permission} allowed`, guest(bit), guestPolicy({ allowed: [permission] }), "pass"],
      [`${permission} allowed and not used`, guest(), guestPolicy({ allowed: [permission] }), "pass"],
    ]),
    ...(
      [
        ["singleSocket", 20n],
        ["memAes256Xts", 22n],
        ["raplDis", 23n],
        ["ciphertextHidingDram", 24n],
        ["pageSwapDisable", 25n],
      ] as const
    ).flatMap(([requirement, bit]): Case[] => [
      [`${requirement} demanded and set`, guest(bit), guestPolicy({ demanded: [requirement] }), "pass"],
      [`${requirement} demanded and clear`, guest(), guestPolicy({ demanded: [requirement] }), "fail"],
      [`${requirement} set and not demanded`, guest(bit), guestPolicy({}), "pass"],
    ]),
    ["ABI below", { launch: { policy: 0x20136n } }, guestPolicy({ abiMinimum: "1.55" }), "fail"],
    ["ABI at", { launch: { policy: 0x20137n } }, guestPolicy({ abiMinimum: "1.55" }), "pass"],
    ["ABI minor above", { launch: { policy: 0x20138n } }, guestPolicy({ abiMinimum: "1.55" }), "pass"],
    ["ABI major above, minor below", { launch: { policy: 0x20200n } }, guestPolicy({ abiMinimum: "1.55" }), "pass"],
    ["ABI major below, minor above", { launch: { policy: 0x200ffn } }, guestPolicy({ abiMinimum: "1.55" }), "fail"],
  ],
};

describe.each(Object.entries(cases))("%s", (id, rows) => {
  test.each(rows)("%s", async (_, choices, checks, verdict) => {
    const result = appraiseWith(await boundReport(choices), { checks });
    expect([checkOf(result, id).verdict, verdict === "pass" || result.verdict === "refused"]).toEqual([verdict, true]);
  });
});

describe.each(["Milan", "Turin"] as const)("TCB floors on %s", (product) => {
  const levels = { bootloader: 4, tee: 5, snp: 6, microcode: 7 };
  const fmc = product === "Turin" ? 3 : undefined;
  const floor: TcbFloor = { ...levels, ...(fmc === undefined ? {} : { fmc }) };
  const floored: Tcb = { product, fmc, ...levels };
  const components = Object.keys(floor) as (keyof TcbFloor)[];

  test.each(["reported", "committed", "current", "launch"] as const)("%s: each component below, at, above", async (which) => {
    const verdictOf = async (tcb: Tcb) => {
      const report = await boundReport({ product, chip: { [`${which}Tcb`]: tcb } });
      const checks: Partial<PolicyChecks> = { [`${which}Tcb`]: { require: { [product]: floor } } };
      return checkOf(appraiseWith(report, { checks }), `${which}-tcb`).verdict;
    };
    expect(await verdictOf(floored)).toBe("pass");
    for (const component of components) {
      expect([component, await verdictOf({ ...floored, [component]: (floor[component] ?? 0) - 1 })]).toEqual([component, "fail"]);
      expect([component, await verdictOf({ ...floored, [component]: (floor[component] ?? 0) + 1 })]).toEqual([component, "pass"]);
    }
  });

  test("a line of silicon without a floor fails", async () => {
    const result = appraiseWith(await boundReport({ product }), {
      checks: { reportedTcb: { require: { Genoa: { bootloader: 0, tee: 0, snp: 0, microcode: 0 } } } },
    });
    expect(checkOf(result, "reported-tcb")).toMatchObject({ verdict: "fail", code: "appraise.tcb-floor" });
  });
});

function platform(
  demand: Partial<{ required: ["aliasCheckComplete"]; forbidden: ["smtEn"]; unknownAllowed: number[] }>,
): Partial<PolicyChecks> {
  return { platform: { require: { required: [], forbidden: [], unknownAllowed: [], ...demand } } };
}

function guest(...bits: readonly bigint[]): Choices {
  return { launch: { policy: bits.reduce((policy, bit) => policy | (1n << bit), 1n << 17n) } };
}

function guestPolicy(demand: Partial<Extract<PolicyChecks["guestPolicy"], { require: unknown }>["require"]>): Partial<PolicyChecks> {
  return { guestPolicy: { require: { allowed: [], demanded: [], abiMinimum: "0.0", ...demand } } };
}

function named(digest: Uint8Array): { readonly digest: string; readonly label: string } {
  return { digest: toHex(digest), label: "an image" };
}
