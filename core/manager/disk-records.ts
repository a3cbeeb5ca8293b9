// What does the audit log say of a disk that was made for a VM? Where, how, and which header: digests and names, never a key.
// It changes no record: that a disk was prepared lets nothing pass.
import { failure } from "../base/failure.ts";
import { fail, ok, type Result } from "../base/result.ts";
import type { ManagerContext } from "./context.ts";

export interface DiskPreparation {
  /** UUID. */
  readonly vm: string;
  readonly disk: string;
  /** Path on the manager's machine. */
  readonly image: string;
  readonly mode: "format" | "convert" | "resume";
  readonly integrity: boolean;
  /** SHA-256 of the LUKS2 header as it was verified and backed up, hex. */
  readonly header: string;
}

/** Durable when it returns. */
export function recordDisk({ ports, ledger }: ManagerContext, { vm: id, ...prepared }: DiskPreparation): Result<void> {
  const vm = ports.store.vm(id);
  if (vm === undefined) return fail(failure("enrolment.unknown-vm", id));
  const facts = { kind: "disk-prepared", facts: { vm: vm.id, vmName: vm.name, ...prepared } } as const;
  const committed = ledger.commit(facts, () => ({}));
  return committed.ok ? ok(undefined) : committed;
}
