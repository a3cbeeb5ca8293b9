// How does an agent configuration end? With a reason, for ever, and never the last one that is accepted: a VM that could not launch at all is a disabled one.
// It takes no key back: what a VM was given it may have kept.
import { failure } from "../base/failure.ts";
import { fail, ok, type Result } from "../base/result.ts";
import { reasonFrom } from "./approvals.ts";
import { acceptedOf, currentConfiguration, disksOf, readConfiguration } from "./configurations.ts";
import type { ManagerContext } from "./context.ts";
import { vmFacts } from "./facts.ts";
import type { IssuedConfiguration, VmRecord } from "./records.ts";

export interface RetireQuestion {
  readonly vm: string;
  /** SHA-256 of the configuration, hex. */
  readonly digest: string;
  readonly reason: string;
}

/** Agents that run with it are refused from now on. For ever: its bytes are not issued again. */
export function retireConfiguration({ ports, ledger }: ManagerContext, question: RetireQuestion): Result<VmRecord> {
  const { vm: id, digest } = question;
  const vm = ports.store.vm(id);
  if (vm === undefined) return fail(failure("enrolment.unknown-vm", id));
  const reason = reasonFrom(question.reason);
  if (reason === undefined) return fail(failure("approval.reason-missing"));
  const found = vm.configurations.find((configuration) => configuration.digest === digest);
  if (found === undefined) return fail(failure("configuration.unknown", digest));
  if (found.retiredAt !== undefined) return ok(vm);
  if (acceptedOf(vm).length === 1) return fail(failure("configuration.last", digest));
  const retired: IssuedConfiguration = { ...found, retiredAt: ports.clock.now(), retiredReason: reason };
  const configurations = vm.configurations.map((configuration) => (configuration === found ? retired : configuration));
  const current = readConfiguration(currentConfiguration({ configurations }));
  if (!current.ok) return current;
  const changed: VmRecord = { ...vm, configurations, disks: disksOf(current.value) };
  const facts = vmFacts("vm-changed", changed, ports.keychain.backend, { change: "configuration-retired", changed: digest, reason });
  const committed = ledger.commit(facts, () => ({ vm: changed }));
  return committed.ok ? ok(changed) : committed;
}
