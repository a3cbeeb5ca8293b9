// Is this the software that the owner expects? Launch measurement, and what an ID block says about the image.
import { toHex } from "../../base/bytes.ts";
import type { ReferenceValue } from "../policy-demands.ts";
import type { Demand } from "../policy-reader.ts";
import { judge, judgeListed } from "./check.ts";
import type { Check } from "./check.ts";

export const checkMeasurement: Check = ({ genuine, policy }) =>
  judge(
    {
      id: "measurement",
      group: "measurement",
      title: "Launch measurement",
      holds: "Firmware and all that it measures at the launch are what the policy names.",
      code: "appraise.measurement",
    },
    policy.measurement,
    named(toHex(genuine.report.measurement), policy.measurement),
    (references) => ({
      expected: references.map(({ digest, label }) => `${digest} (${label})`).join(" or "),
      passes: references.some(({ digest }) => digest === toHex(genuine.report.measurement)),
    }),
  );

/** With the owner's own name for it, where there is one. */
function named(digest: string, demand: Demand<readonly ReferenceValue[]>): string {
  const known = "require" in demand ? demand.require.find((reference) => reference.digest === digest) : undefined;
  return known === undefined ? digest : `${digest} (${known.label})`;
}

export const checkIdKey: Check = ({ genuine, policy }) =>
  judgeListed(
    {
      id: "id-key",
      group: "measurement",
      title: "ID key",
      holds: "The ID block was signed with a key that the policy names.",
      code: "appraise.id-key",
    },
    policy.idKeyDigest,
    toHex(genuine.report.idKeyDigest),
  );

export const checkAuthorKey: Check = ({ genuine, policy }) => {
  const { authorKeyEn, authorKeyDigest } = genuine.report;
  const actual = toHex(authorKeyDigest);
  return judge(
    {
      id: "author-key",
      group: "measurement",
      title: "Author key",
      holds: "The ID key was signed with an author key that the policy names.",
      code: "appraise.author-key",
    },
    policy.authorKeyDigest,
    authorKeyEn ? actual : `${actual}, not enabled`,
    // Without AUTHOR_KEY_EN the digest means nothing.
    (listed) => ({ expected: listed.join(" or "), passes: authorKeyEn && listed.includes(actual) }),
  );
};

export const checkFamilyId: Check = ({ genuine, policy }) =>
  judgeListed(
    {
      id: "family-id",
      group: "measurement",
      title: "Family id",
      holds: "FAMILY_ID is one that the policy names.",
      code: "appraise.family-id",
    },
    policy.familyId,
    toHex(genuine.report.familyId),
  );

export const checkImageId: Check = ({ genuine, policy }) =>
  judgeListed(
    {
      id: "image-id",
      group: "measurement",
      title: "Image id",
      holds: "IMAGE_ID is one that the policy names.",
      code: "appraise.image-id",
    },
    policy.imageId,
    toHex(genuine.report.imageId),
  );

export const checkGuestSvn: Check = ({ genuine, policy }) =>
  judge(
    {
      id: "guest-svn",
      group: "measurement",
      title: "Security version of the image",
      holds: "The image is not older than the policy demands.",
      code: "appraise.guest-svn",
    },
    policy.guestSvn,
    String(genuine.report.guestSvn),
    ({ minimum }) => ({ expected: `at least ${minimum}`, passes: genuine.report.guestSvn >= minimum }),
  );
