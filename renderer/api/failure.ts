// Why did a question come to nothing? Every "no" becomes a code and a sentence that a person can act on; nobody parses an error's text.
import { ORPCError } from "@orpc/client";
import { failureView, type FailureView } from "../../core/api/schemas.ts";

export function failureOf(error: unknown): FailureView {
  if (!(error instanceof ORPCError)) return notReached;
  const said = failureView.safeParse(error.data);
  if (error.code === "REFUSED" && said.success) return said.data;
  return byCode[String(error.code)] ?? unexpected;
}

/** Also what a page shows for actions while there is no connection. */
export const notReached: FailureView = {
  code: "console.not-reached",
  sentence: "The service did not answer. Nothing was decided by this; try again when the console is connected.",
};

const unexpected: FailureView = {
  code: "console.unexpected",
  sentence: "The service could not answer this. Its log says why; try again, and report it if it stays.",
};

const byCode: Readonly<Partial<Record<string, FailureView>>> = {
  BAD_REQUEST: {
    code: "console.bad-request",
    sentence: "The service did not understand this. Look at what you typed, or reload the console.",
  },
  FORBIDDEN: { code: "console.forbidden", sentence: "This console may not do that." },
  UNAUTHORIZED: {
    code: "console.unauthorized",
    sentence: "This console is not signed in any more. Open the newest link that the manager printed.",
  },
  NOT_FOUND: { code: "console.not-found", sentence: "There is nothing under this address. It may belong to another manager." },
};
