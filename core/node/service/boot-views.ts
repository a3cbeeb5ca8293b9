// How does a boot set look to a console, and an approval ahead that is proposed?
import type { KeptBootSetView } from "../../api/boot-schemas.ts";
import { rfc3339 } from "../../base/clock.ts";
import type { KeptBootSet } from "../../manager/records.ts";

export function bootSetView({ id, label, set, addedAt, approvedAt, approvalReason, retiredAt }: KeptBootSet): KeptBootSetView {
  return {
    id,
    label,
    set,
    addedAt: rfc3339(addedAt),
    ...(approvedAt === undefined ? {} : { approvedAt: rfc3339(approvedAt) }),
    ...(approvalReason === undefined ? {} : { approvalReason }),
    ...(retiredAt === undefined ? {} : { retiredAt: rfc3339(retiredAt) }),
  };
}
