// Who vouches for the key that signed, and was revocation looked at? The chain itself was verified before, or there were no genuine report.
import { rfc3339 } from "../../base/clock.ts";
import type { RevocationFinding } from "../../endorse/revocation.ts";
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
  const result = judge(
    {
      id: "revocation",
      group: "certificates",
      title: "Revocation",
      // AMD gives every leaf the same serial, so that a list can withdraw issuers alone: the person who reads must not take it for more.
      holds: "Neither the root nor the issuer is on the root's current revocation list. It cannot name a leaf: every leaf has serial 0.",
      code: "appraise.revocation-not-checked",
    },
    policy.revocation,
    "list" in revocation ? describeList(revocation.list) : `not checked: ${revocation.waived}`,
    ({ graceHours }) => ({
      expected: graceHours === 0 ? "a current list" : `a current list, or one that ran out at most ${graceHours} hours ago`,
      // SECURITY: whoever verified it may have allowed more grace than this policy does.
      passes: "list" in revocation && (!revocation.list.inGrace || genuine.at - revocation.list.nextUpdate <= graceHours * hour),
    }),
  );
  if (!("list" in revocation) || !revocation.list.inGrace) return result;
  // Within its grace a list counts, but never silently.
  const signal = `The revocation list ran out at ${rfc3339(revocation.list.nextUpdate)}, and counts only by the policy's time of grace.`;
  return { ...result, ...(result.verdict === "pass" ? { sentence: signal } : {}), signal };
};

export const checkCollateralAge: Check = ({ genuine, policy }) => {
  const made = "list" in genuine.revocation ? genuine.revocation.list.thisUpdate : undefined;
  return judge(
    {
      id: "collateral-age",
      group: "certificates",
      title: "Age of the revocation list",
      holds: "The revocation list is as fresh as the policy demands.",
      code: "appraise.collateral-old",
    },
    policy.collateralAge,
    made === undefined ? "no list" : `of ${rfc3339(made)}`,
    ({ maximumDays }) => ({
      expected: `at most ${maximumDays} days old`,
      passes: made !== undefined && genuine.at - made <= maximumDays * day,
    }),
  );
};

function describeList({ thisUpdate, nextUpdate }: RevocationFinding): string {
  return `checked: a list of ${rfc3339(thisUpdate)}, good until ${rfc3339(nextUpdate)}`;
}

const hour = 3_600_000;
const day = 24 * hour;
