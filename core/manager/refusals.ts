// How does a refusal stand in a launch's record: its code, and the state in which it ends the launch?
import type { Failure } from "../base/failure.ts";
import type { LaunchState } from "./records.ts";

export function named({ code, detail }: Failure): { readonly code: string; readonly detail?: string } {
  return { code, ...(detail === undefined ? {} : { detail }) };
}

export function refusedState({ code }: Failure): LaunchState {
  if (code === "approval.denied") return "denied";
  return code === "launch.approval-late" ? "expired" : "refused";
}
