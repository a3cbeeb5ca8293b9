// Who vouches for the key that signed, and was revocation looked at? The chain itself was verified before, or there were no genuine report.
import { rfc3339 } from "../../base/clock.ts";
import { judge } from "./check.ts";
import type { Check } from "./check.ts";

export const checkChain: Check = ({ genuine }) => {
  const chain = [genuine.ark, genuine.issuer, genuine.vek.certificate];
  const until = Math.min(...chain.map(({ notAfter }) => notAfter));
  return judge(
    {
      id: "chain",
      group: "certificates",
      title: "Certificate chain",
      holds: genuine.simulated
        ? "SIMULATED: the chain ends in this manager's simulated root."
        : "The chain ends in the root that is pinned for this product, and every certificate is valid.",
      code: "endorse.root-not-pinned",
    },
    { require: genuine.ark.subjectName },
    `${chain.map(({ subjectName }) => subjectName).join(" → ")}, valid until ${rfc3339(until)}`,
    // A VerifiedReport exists only where the chain held; the check is here so that a person sees it.
    (root) => ({ expected: `a chain from ${root}`, passes: true }),
  );
};

export const checkRevoked: Check = ({ genuine, policy }) => {
  const { revocation } = genuine;
  return judge(
    {
      id: "revocation",
      group: "certificates",
      title: "Revocation",
      holds: "No certificate of the chain is on the root's current revocation list.",
      code: "appraise.revocation-not-checked",
    },
    policy.revocation,
    revocation === "checked" ? "checked" : `not checked: ${revocation.waived}`,
    () => ({ expected: "checked", passes: revocation === "checked" }),
  );
};
