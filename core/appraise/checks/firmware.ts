// Which security firmware runs on the host, can the host go back to an older one, and which mitigations has it confirmed?
import { equalBytes } from "../../base/bytes.ts";
import { firmwareText } from "../../snp/report.ts";
import type { FirmwareVersion } from "../../snp/report.ts";
import { versionNumbers } from "../policy-reader.ts";
import { judge } from "./check.ts";
import type { Check } from "./check.ts";
import { judgeLine } from "./per-line.ts";

export const checkFirmware: Check = ({ genuine, policy }) => {
  const { currentVersion, committedVersion } = genuine.report;
  return judge(
    {
      id: "firmware",
      group: "tcb",
      title: "Security firmware version",
      holds: "Current and committed firmware are not older than the policy demands.",
      code: "appraise.firmware",
    },
    policy.firmware,
    `current ${firmwareText(currentVersion)}, committed ${firmwareText(committedVersion)}`,
    (lines) =>
      judgeLine(
        genuine,
        lines,
        ({ current, committed }) => `current at least ${current}, committed at least ${committed}`,
        ({ current, committed }) => atLeast(currentVersion, current) && atLeast(committedVersion, committed),
      ),
  );
};

/** Provisional firmware: the host may still go back to the committed one. */
export const checkProvisionalFirmware: Check = ({ genuine, policy }) => {
  const { currentVersion, committedVersion, currentTcb, committedTcb } = genuine.report;
  const committed = firmwareText(currentVersion) === firmwareText(committedVersion) && equalBytes(currentTcb, committedTcb);
  return judge(
    {
      id: "provisional-firmware",
      group: "tcb",
      title: "Firmware committed",
      holds: "The running firmware is committed: the host cannot go back to an older one.",
      code: "appraise.provisional-firmware",
    },
    policy.provisionalFirmware,
    committed ? "committed" : "provisional",
    () => ({ expected: "committed", passes: committed }),
  );
};

export const checkMitigations: Check = ({ genuine, policy }) => {
  const { launchMitVector, currentMitVector } = genuine.report;
  return judge(
    {
      id: "mitigations",
      group: "tcb",
      title: "Mitigations",
      holds: "The firmware has confirmed every mitigation that the policy demands.",
      code: "appraise.mitigations",
    },
    policy.mitigations,
    `launch ${hexOf(launchMitVector)}, current ${hexOf(currentMitVector)}`,
    (lines) =>
      judgeLine(
        genuine,
        lines,
        ({ launch, current }) => `launch ${launch}, current ${current}`,
        ({ launch, current }) => hasAll(launchMitVector, BigInt(launch)) && hasAll(currentMitVector, BigInt(current)),
      ),
  );
};

function atLeast({ major, minor, build }: FirmwareVersion, text: string): boolean {
  const least = versionNumbers(text);
  for (const [index, part] of [major, minor, build].entries()) {
    const floor = least[index] ?? 0;
    if (part !== floor) return part > floor;
  }
  return true;
}

/** Reports below version 5 confirm nothing. */
function hasAll(vector: bigint | undefined, required: bigint): boolean {
  return ((vector ?? 0n) & required) === required;
}

function hexOf(vector: bigint | undefined): string {
  return vector === undefined ? "not reported" : `0x${vector.toString(16)}`;
}
