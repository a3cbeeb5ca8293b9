// What does an owner vouch for to others? The launches of a VM whose boot sets are approved and not retired, as a signed statement; who has
// the public key can take them into a policy. Signing is in the audit log before the file leaves. Nothing of the VM itself is in it: no id,
// no name, no disk.
import { toHex } from "../base/bytes.ts";
import { failure } from "../base/failure.ts";
import { fail, ok, type Result } from "../base/result.ts";
import { encodeEnvelope, keyIdOf, signedBytes } from "../appraise/reference-values/envelope.ts";
import { encodeStatement, parseStatement, type SignedReference } from "../appraise/reference-values/statement.ts";
import type { BootFile } from "../measure/boot-set.ts";
import { isApproved } from "./ahead.ts";
import type { ManagerContext } from "./context.ts";
import { pointOf } from "./id-key-facts.ts";
import type { IdKeys } from "./id-keys.ts";
import type { KeptBootSet, VmRecord } from "./records.ts";

export interface ReferenceExport {
  /** A DSSE envelope, JSON. */
  readonly envelope: string;
  /** SHA-256 of the key's SubjectPublicKeyInfo, hex. */
  readonly keyId: string;
  readonly values: readonly SignedReference[];
}

/** Only for callers that hold the approve role. `reference.nothing`, `id-key.unknown`, `id-key.purpose`. */
export async function exportReferences(
  { ports, ledger }: ManagerContext,
  keys: IdKeys,
  question: { readonly vm: string; readonly key: string },
): Promise<Result<ReferenceExport>> {
  const vm = ports.store.vm(question.vm);
  if (vm === undefined) return fail(failure("enrolment.unknown-vm", question.vm));
  const key = keys.find(question.key, "reference");
  if (!key.ok) return key;
  const values = valuesOf(vm);
  if (values.length === 0) return fail(failure("reference.nothing"));
  const payload = encodeStatement({ madeAt: ports.clock.now(), values });
  // What leaves is what others can read.
  const readable = parseStatement(payload);
  if (!readable.ok) return readable;
  const signature = await keys.sign(key.value, signedBytes(payload));
  if (!signature.ok) return signature;
  const point = pointOf(key.value);
  const keyId = keyIdOf(point, ports.primitives);
  const facts = {
    vm: vm.id,
    name: vm.name,
    key: key.value.name,
    keyId,
    payload: toHex(ports.primitives.digest("sha384", payload)),
    measurements: values.map(({ measurement }) => measurement),
  };
  const committed = ledger.commit({ kind: "references-signed", facts }, () => ({}));
  if (!committed.ok) return committed;
  return ok({ envelope: encodeEnvelope(payload, point, signature.value, ports.primitives), keyId, values });
}

/** One for each measurement, the newest first. */
function valuesOf({ bootSets, hostPlan }: VmRecord): readonly SignedReference[] {
  const approved = bootSets.filter(isApproved);
  const plan = hostPlan === undefined ? {} : { guestPolicy: hostPlan.guestPolicy };
  const svn = hostPlan?.guestSvn === undefined ? {} : { guestSvn: hostPlan.guestSvn };
  const byMeasurement = new Map<string, SignedReference>();
  for (const kept of approved)
    if (!byMeasurement.has(kept.set.measurement)) byMeasurement.set(kept.set.measurement, { ...valueOf(kept), ...plan, ...svn });
  return [...byMeasurement.values()];
}

function valueOf({ label, set }: KeptBootSet): SignedReference {
  const { firmware, direct, measurement, vmm, vcpus, vcpuModel, vcpuSignature, guestFeatures } = set;
  const { kernel, initrd, commandLine } = direct ?? {};
  return {
    label: oneLine(label),
    measurement,
    vmm,
    vcpus,
    vcpuModel: oneLine(vcpuModel),
    vcpuSignature,
    guestFeatures,
    firmware: fileOf(firmware),
    ...(kernel === undefined ? {} : { kernel: fileOf(kernel) }),
    ...(initrd === undefined ? {} : { initrd: fileOf(initrd) }),
    ...(commandLine === undefined ? {} : { commandLine }),
  };
}

/** The last part of a path alone: where the owner's files are is nobody's business. */
function fileOf({ name, sha256 }: BootFile): { readonly name: string; readonly sha256: string } {
  return { name: oneLine(name.slice(name.lastIndexOf("/") + 1)), sha256 };
}

function oneLine(text: string): string {
  return (
    text
      .replaceAll(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, "?")
      .slice(0, 200)
      .replaceAll(/\p{Surrogate}/gu, "?") || "?"
  );
}
