// What is the answer to each question about agent configurations? One line a method. No answer holds key material.
import { failure } from "../../../base/failure.ts";
import { refused, type Api } from "../api.ts";
import type { RouterParts } from "../router-parts.ts";

export function configurationRoutes(api: Api["configurations"], _parts: RouterParts) {
  const notYet = (): never => {
    throw refused(failure("manager.not-ready"));
  };
  return {
    list: api.list.handler(() => notYet()),
    issue: api.issue.handler(() => notYet()),
    retire: api.retire.handler(() => notYet()),
    image: api.image.handler(() => notYet()),
  };
}
