// Is this JSON a VM's history, as `portcullis vm history --json` prints it? Times are RFC 3339 with milliseconds, bytes are hex. Never fills in what is missing.
import { failure } from "../base/failure.ts";
import { rfc3339, type Instant } from "../base/clock.ts";
import type { Json } from "../base/json.ts";
import { fail, ok, type Result } from "../base/result.ts";
import type { LaunchHistory, SeenChip, SeenInstance } from "./history.ts";
import { hexOf, listOfObjects, object, PolicyFault, sentence, type Read } from "./policy-reader.ts";

export function parseHistory(json: Json): Result<LaunchHistory> {
  try {
    return ok(readHistory(json, "history"));
  } catch (cause) {
    if (cause instanceof PolicyFault) return fail(failure("appraise.history-malformed", cause.message));
    throw cause;
  }
}

const instant: Read<Instant> = (json, path) => {
  const at = typeof json === "string" ? Date.parse(json) : Number.NaN;
  if (Number.isNaN(at) || rfc3339(at) !== json) throw new PolicyFault(`${path} is not a time such as 2026-11-24T12:00:00.000Z`);
  return at;
};

const masked = { mayBeZero: true };
const chip = object<SeenChip>({
  chipId: hexOf(64, masked),
  reportedTcb: hexOf(8, masked),
  committedTcb: hexOf(8, masked),
  firstAt: instant,
  lastAt: instant,
});
const instance = object<SeenInstance>({ reportId: hexOf(32, masked), chipId: hexOf(64, masked), launch: sentence(36), at: instant });

const readHistory = object<LaunchHistory>({
  chips: listOfObjects(chip, ({ chipId }) => chipId, { mayBeEmpty: true }),
  instances: listOfObjects(instance, ({ launch }) => launch, { mayBeEmpty: true }),
});
