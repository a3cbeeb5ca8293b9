// What belongs there? The kit's values where one is known, the usual ones where not, and whole pieces of them for whoever has none yet.
import { toBase64 } from "../../base/bytes.ts";
import { lastSegment } from "../host-paths.ts";
import type { HostPlan, KitInput } from "../launch-kit.ts";
import { perlWord, qemuOptions, writeXml, xmlElement } from "../quoting.ts";
import type { BootSet } from "../../measure/boot-set.ts";

/** What the VM's kit says. */
export type Expected = {
  /** 32 bytes. */
  readonly hostData: Uint8Array;
  readonly set: BootSet;
  readonly plan: HostPlan;
  readonly idBlock?: KitInput["idBlock"];
};

export interface Wanted {
  readonly policy: string;
  readonly hostData: string;
  readonly cbitpos: string;
  readonly reducedPhysBits: string;
  readonly firmware: string;
  /** MiB. */
  readonly memory: string;
}

/** In capitals: a word that says what belongs there. */
export function wantedValues(expected: Expected | undefined): Wanted {
  if (expected === undefined)
    return {
      policy: "0x30000",
      hostData: "HOST_DATA-IN-BASE64",
      cbitpos: "51",
      reducedPhysBits: "1",
      firmware: "OVMF.amdsev.fd",
      memory: "4096",
    };
  const { plan, hostData, set } = expected;
  return {
    policy: plan.guestPolicy,
    hostData: toBase64(hostData),
    cbitpos: `${plan.cbitpos}`,
    reducedPhysBits: `${plan.reducedPhysBits}`,
    firmware: `${plan.folder}/${lastSegment(set.firmware.name)}`,
    memory: `${plan.memoryMib}`,
  };
}

/** QEMU's object, the machine that uses it, and the memory that it needs. */
export function wholeLine(wanted: Wanted, id: string, ...more: readonly (readonly [string, string])[]): string {
  const members = new Map([
    ["id", id],
    ["cbitpos", wanted.cbitpos],
    ["reduced-phys-bits", wanted.reducedPhysBits],
    ["policy", wanted.policy],
    ["kernel-hashes", "on"],
    ["host-data", wanted.hostData],
    ...more,
  ]);
  return [
    ["-object", `memory-backend-memfd,id=ram1,size=${wanted.memory}M,share=true`],
    ["-object", qemuOptions("sev-snp-guest", ...members)],
    ["-machine", `confidential-guest-support=${id},memory-backend=ram1`],
  ]
    .flat()
    .map(perlWord)
    .join(" ");
}

/** libvirt's element. */
export function wholeElement({ cbitpos, reducedPhysBits, policy, hostData }: Wanted): string {
  return writeXml(
    xmlElement(
      "launchSecurity",
      { type: "sev-snp", kernelHashes: "yes" },
      xmlElement("cbitpos", {}, cbitpos),
      xmlElement("reducedPhysBits", {}, reducedPhysBits),
      xmlElement("policy", {}, policy),
      xmlElement("hostData", {}, hostData),
    ),
  ).trimEnd();
}
