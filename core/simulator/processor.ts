// A simulated SEV-SNP processor: launches guests and signs their attestation reports as AMD's security processor does. AMD 56860.
// SECURITY: nothing it signs proves anything. Its keys end in a root that says SIMULATED.
import { signedLength } from "../snp/report.ts";
import { encodeCertTable } from "../snp/cert-table.ts";
import { encodeReport, withSignature } from "../snp/report-encode.ts";
import { encodeTcb } from "../snp/tcb.ts";
import { makeChip } from "./chip.ts";
import type { Clock } from "../base/clock.ts";
import type { Random } from "../base/random.ts";
import type { Signer } from "../snp/report.ts";
import type { BytePatch, ReportFields } from "../snp/report-encode.ts";
import type { Chip } from "./chip.ts";
import type { Hierarchy } from "./hierarchy.ts";
import type { VekHolder } from "./vek-extensions.ts";

export interface ProcessorParts {
  readonly hierarchy: Hierarchy;
  readonly random: Random;
  readonly clock: Clock;
  /** What differs from an up-to-date chip of the hierarchy's product line. */
  readonly chip?: Partial<Omit<Chip, "product">>;
}

/** What the host and the ID block fix at launch. */
export interface GuestLaunch {
  /** Raw POLICY. */
  readonly policy: bigint;
  /** 48 bytes. */
  readonly measurement: Uint8Array;
  /** 32 bytes. */
  readonly hostData: Uint8Array;
  /** 16 bytes. */
  readonly familyId: Uint8Array;
  /** 16 bytes. */
  readonly imageId: Uint8Array;
  /** 48 bytes. */
  readonly idKeyDigest: Uint8Array;
  /** 48 bytes; undefined means launched without an author key. */
  readonly authorKeyDigest: Uint8Array | undefined;
  readonly guestSvn: number;
  /** 32 bytes, fresh in every launch unless given. */
  readonly reportId: Uint8Array;
}

export interface ReportRequest {
  /** 64 bytes. */
  readonly reportData: Uint8Array;
  /** 0 unless given. */
  readonly vmpl?: number;
  /** "vcek" unless given. */
  readonly signer?: Signer;
  /** Fields to report other than they are; the key stays the chip's own. */
  readonly overrides?: Partial<ReportFields>;
  /** Bytes to change before signing. */
  readonly patches?: readonly BytePatch[];
}

/** A guest that runs on a simulated processor. */
export interface SimulatedGuest {
  readonly chip: Chip;
  readonly launch: GuestLaunch;
  /** @returns 1184 bytes, signed unless the host masks the chip key. */
  report(request: ReportRequest): Uint8Array;
  /** GHCB certificate table: VCEK or VLEK, its issuer, ARK. The same bytes in every call. */
  certTable(signer?: Signer): Uint8Array;
}

export class SimulatedProcessor {
  readonly chip: Chip;
  readonly #hierarchy: Hierarchy;
  readonly #random: Random;
  readonly #clock: Clock;
  readonly #veks = new Map<Signer, Uint8Array>();

  constructor({ hierarchy, random, clock, chip }: ProcessorParts) {
    this.#hierarchy = hierarchy;
    this.#random = random;
    this.#clock = clock;
    this.chip = makeChip(hierarchy.product, chip?.chipId ?? hierarchy.chipId(), chip);
  }

  launch(choices: Partial<GuestLaunch> = {}): SimulatedGuest {
    const launch: GuestLaunch = { ...plainGuest, reportId: this.#random.bytes(32), ...choices };
    return {
      chip: this.chip,
      launch,
      report: (request) => this.#report(launch, request),
      certTable: (signer = "vcek") => this.#certTable(signer),
    };
  }

  /** DER of the certificate for the key that signs reports. Made once, as a host caches it. */
  vek(signer: Signer = "vcek"): Uint8Array {
    const made = this.#veks.get(signer) ?? this.#hierarchy.issue(this.#clock.now(), this.chip.reportedTcb, this.#holder(signer));
    this.#veks.set(signer, made);
    return made;
  }

  #report(launch: GuestLaunch, { reportData, vmpl = 0, signer = "vcek", overrides = {}, patches = [] }: ReportRequest): Uint8Array {
    const fields: Partial<ReportFields> = { ...this.#chipFields(signer), ...guestFields(launch), reportData, vmpl, ...overrides };
    const report = encodeReport(fields, patches);
    if (this.chip.maskChipKey) return report;
    const key = this.#hierarchy.signingKey(this.chip.reportedTcb, this.#holder(signer));
    return withSignature(report, key.sign(report.subarray(0, signedLength)));
  }

  #chipFields(signer: Signer): Partial<ReportFields> {
    const { chip } = this;
    const noChipId = chip.maskChipId || signer === "vlek";
    return {
      version: chip.reportVersion,
      cpuid: chip.reportVersion === 2 ? undefined : chip.cpuid,
      chipId: noChipId ? new Uint8Array(64) : chip.chipId,
      currentTcb: encodeTcb(chip.currentTcb),
      reportedTcb: encodeTcb(chip.reportedTcb),
      committedTcb: encodeTcb(chip.committedTcb),
      launchTcb: encodeTcb(chip.launchTcb),
      currentVersion: chip.currentVersion,
      committedVersion: chip.committedVersion,
      platformInfo: chip.platformInfo,
      launchMitVector: chip.reportVersion === 5 ? chip.launchMitVector : 0n,
      currentMitVector: chip.reportVersion === 5 ? chip.currentMitVector : 0n,
      maskChipKey: chip.maskChipKey,
      signingKey: chip.maskChipKey ? "none" : signer,
    };
  }

  #certTable(signer: Signer): Uint8Array {
    const { ark, ask, asvk } = this.#hierarchy.authorities;
    return encodeCertTable([
      { role: signer, bytes: this.vek(signer) },
      { role: "ask", bytes: (signer === "vcek" ? ask : asvk).certificate },
      { role: "ark", bytes: ark.certificate },
    ]);
  }

  #holder(signer: Signer): VekHolder {
    return signer === "vcek" ? { chipId: this.chip.chipId } : { cspId: this.chip.cspId };
  }
}

function guestFields({ authorKeyDigest, ...launch }: GuestLaunch): Partial<ReportFields> {
  return authorKeyDigest === undefined ? launch : { ...launch, authorKeyDigest, authorKeyEn: true };
}

/** A guest without an ID block and with the policy that QEMU uses: SMT allowed, DEBUG not. */
const plainGuest: Omit<GuestLaunch, "reportId"> = {
  policy: 0x30000n,
  measurement: new Uint8Array(48),
  hostData: new Uint8Array(32),
  familyId: new Uint8Array(16),
  imageId: new Uint8Array(16),
  idKeyDigest: new Uint8Array(48),
  authorKeyDigest: undefined,
  guestSvn: 0,
};
