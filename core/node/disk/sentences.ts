// What does a person read while a disk is made, and at its end? One sentence for each phase. Says nothing of keys but that there is one.
import type { DiskPhase } from "../../api/disk-schemas.ts";

export function sentenceFor(phase: DiskPhase, share: number, image: string): string {
  return `${sentences[phase]}${phase === "encrypting" || phase === "moving" ? ` ${Math.floor(share * 100)} %` : ""} (${image})`;
}

const sentences: Readonly<Record<DiskPhase, string>> = {
  checking: "Looking at what is there",
  formatting: "Making an empty encrypted disk",
  moving: "Making room for the header",
  encrypting: "Encrypting",
  verifying: "Checking that the agent would open it, and keeping its header",
  done: "Done. Keep the header backup: it opens with the same key, and a disk whose header is damaged is lost without it",
  stopped: "Stopped",
  failed: "Failed",
};
