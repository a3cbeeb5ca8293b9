// A policy in which everything is required and nothing waived, for tests of all that reads, compares or judges policies.
import type { AppraisalPolicy } from "../../core/appraise/policy.ts";

export const someDigest = "ab".repeat(48);
export const someChip = "cd".repeat(64);
const milan = { require: { Milan: { bootloader: 4, tee: 0, snp: 24, microcode: 219 } } };

export const fullPolicy: AppraisalPolicy = {
  version: 1,
  checks: {
    products: { require: ["Milan", "Turin"] },
    signers: { require: ["vcek"] },
    reportVersion: { require: { minimum: 3 } },
    vmpl: { require: { maximum: 0 } },
    measurement: { require: [{ digest: someDigest, label: "db-1, kernel 6.12.9" }] },
    configuration: { require: true },
    idKeyDigest: { require: [someDigest] },
    authorKeyDigest: { require: [someDigest] },
    familyId: { require: ["00".repeat(16)] },
    imageId: { require: ["01".repeat(16)] },
    guestSvn: { require: { minimum: 1 } },
    guestPolicy: { require: { allowed: ["smt"], demanded: ["singleSocket"], abiMinimum: "1.55" } },
    platform: { require: { required: ["aliasCheckComplete"], forbidden: ["smtEn"], unknownAllowed: [9] } },
    reportedTcb: milan,
    committedTcb: { require: { Turin: { fmc: 1, bootloader: 1, tee: 1, snp: 4, microcode: 81 } } },
    currentTcb: milan,
    launchTcb: milan,
    firmware: { require: { Milan: { current: "1.55.29", committed: "1.55.29" } } },
    mitigations: { require: { "Milan-X": { launch: "0xb", current: "0x0" } } },
    chipId: { require: [someChip] },
    provisionalFirmware: { require: true },
    revocation: { require: { graceHours: 12 } },
    collateralAge: { require: { maximumDays: 60 } },
    knownChip: { require: true },
    tcbHistory: { require: true },
    freshInstance: { require: true },
    otherInstance: { require: { minutes: 10 } },
  },
  rules: [{ id: "not-a-debug-build", expression: "report.guestSvn > 0", sentence: "The image has a security version." }],
  release: "automatic",
  releaseTimes: { open: [{ days: ["mon", "fri"], from: "06:30", until: "24:00" }], outside: "manual" },
  failedOpensMaximum: 3,
  freshnessSeconds: 120,
  approvalSeconds: 900,
  secondLaunch: "wait",
};
