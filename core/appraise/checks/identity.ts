// Which processor is this, and is it one that the owner accepts? Simulation, product, kind of key, chip.
import { isZero, toHex } from "../../base/bytes.ts";
import { judge, judgeListed } from "./check.ts";
import type { Check } from "./check.ts";

/** PROTOCOL, "What must always hold", 8. Not the policy's question: the enrolment answers it, both ways. */
export const checkSimulation: Check = ({ genuine, context }) =>
  judge(
    {
      id: "simulation",
      group: "identity",
      title: "Real or simulated",
      holds: genuine.simulated
        ? "SIMULATED: the processor is a simulation, and this VM is enrolled as simulated. This proves nothing about hardware."
        : "The processor is real, as this VM's enrolment demands.",
      code: "appraise.simulation",
    },
    { require: context.enrolledAsSimulated },
    nameOf(genuine.simulated),
    (simulated) => ({ expected: nameOf(simulated), passes: simulated === genuine.simulated }),
  );

export const checkProduct: Check = ({ genuine, policy }) =>
  judgeListed(
    {
      id: "product",
      group: "identity",
      title: "Processor line",
      holds: "The processor is of a line that the policy accepts.",
      code: "appraise.product",
    },
    policy.products,
    genuine.product,
  );

export const checkSigner: Check = ({ genuine, policy }) =>
  judgeListed(
    {
      id: "signer",
      group: "identity",
      title: "Kind of signing key",
      holds: "The report is signed with a kind of key that the policy accepts.",
      code: "appraise.signer",
    },
    policy.signers,
    genuine.signer,
  );

export const checkChip: Check = ({ genuine, policy }) => {
  const { chipId } = genuine.report;
  return judge(
    {
      id: "chip-id",
      group: "identity",
      title: "Chip",
      holds: "The chip is on the policy's list.",
      code: "appraise.chip-not-listed",
    },
    policy.chipId,
    isZero(chipId) ? "masked" : toHex(chipId),
    // SECURITY: a masked id is on no list, whatever the list says.
    (listed) => ({ expected: listed.join(" or "), passes: !isZero(chipId) && listed.includes(toHex(chipId)) }),
  );
};

function nameOf(simulated: boolean): string {
  return simulated ? "simulated processor" : "real processor";
}
