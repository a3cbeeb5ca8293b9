// What answers "why does this launch not match?" and "what differs between these two?" Records to the core's words and back; it judges nothing.
import { failure } from "../../../base/failure.ts";
import { refused, type Api } from "../api.ts";
import type { RouterParts } from "../router-parts.ts";

export function explainRoutes(api: Api["launches"], _parts: RouterParts) {
  const notYet = (): never => {
    throw refused(failure("service.not-ready"));
  };
  return { explain: api.explain.handler(notYet), compare: api.compare.handler(notYet) };
}
