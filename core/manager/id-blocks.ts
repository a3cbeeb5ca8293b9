// May this boot set be admitted by the owner's ID key, and what does the signed block look like? A signature is made once, kept, and in the
// audit log in the same step: the same kit made again is the same bytes, and asks no keychain. Without the approve role, only for boot sets
// that a person approved, and only as signing-rule.ts says.
import { equalBytes, toHex } from "../base/bytes.ts";
import { failure } from "../base/failure.ts";
import { fail, ok, type Result } from "../base/result.ts";
import { makeIdBlock, sealIdAuth, signedBlockDigest } from "../kit/id-block.ts";
import { keyStructure, parseIdAuth, verifyIdAuth } from "../snp/id-block.ts";
import { isApproved } from "./ahead.ts";
import type { ManagerContext } from "./context.ts";
import { permissionFault } from "./host-plans.ts";
import { blockSignedFacts, pointOf, type BlockSigned } from "./id-key-facts.ts";
import type { IdKeys } from "./id-keys.ts";
import type { KeptBootSet, VmRecord } from "./records.ts";
import { unaskedFault } from "./signing-rule.ts";

export interface BlockQuestion {
  readonly vm: string;
  /** Id of one of the VM's boot sets. */
  readonly bootSet: string;
  readonly idKey: string;
  readonly authorKey?: string | undefined;
  readonly familyId?: string | undefined;
  readonly imageId?: string | undefined;
  readonly guestSvn?: number | undefined;
  /** The plan's where it is not given. */
  readonly guestPolicy?: string | undefined;
}

export interface SignedIdBlock {
  /** 96 bytes. */
  readonly block: Uint8Array;
  /** 4096 bytes. */
  readonly auth: Uint8Array;
  /** Whether an author key signed the ID key. */
  readonly authorKey: boolean;
}

export class IdBlocks {
  readonly #context: ManagerContext;
  readonly #keys: IdKeys;

  constructor(context: ManagerContext, keys: IdKeys) {
    this.#context = context;
    this.#keys = keys;
  }

  /** With the keys and words of the VM's plan. `id-block.no-key` where it names none. */
  async signForPlan(vm: string, bootSet: string, mayApprove: boolean): Promise<Result<SignedIdBlock>> {
    const plan = this.#context.ports.store.vm(vm)?.hostPlan;
    if (plan === undefined) return fail(failure("kit.no-plan"));
    const { idKey, authorKey, familyId, imageId, guestSvn } = plan;
    if (idKey === undefined) return fail(failure("id-block.no-key"));
    return this.sign({ vm, bootSet, idKey, authorKey, familyId, imageId, guestSvn }, mayApprove);
  }

  /** @param mayApprove the caller holds the approve role. */
  async sign(question: BlockQuestion, mayApprove: boolean): Promise<Result<SignedIdBlock>> {
    const found = this.#find(question, mayApprove);
    if (!found.ok) return found;
    const { vm, bootSet } = found.value;
    const block = this.#blockOf(vm, bootSet, question);
    if (!block.ok) return block;
    const idKey = this.#keys.find(question.idKey, "id");
    if (!idKey.ok) return idKey;
    const authorKey = question.authorKey === undefined ? ok(undefined) : this.#keys.find(question.authorKey, "author");
    if (!authorKey.ok) return authorKey;
    const by = isApproved(bootSet) ? "approval" : "person";
    const signed: BlockSigned = { vm, bootSet, block: block.value, idKey: idKey.value, authorKey: authorKey.value, by };
    const auth = await this.#authOf(signed, () => this.#stillMay(question, signed, mayApprove));
    return auth.ok ? ok({ block: block.value, auth: auth.value, authorKey: authorKey.value !== undefined }) : auth;
  }

  #find({ vm: id, bootSet: set }: BlockQuestion, mayApprove: boolean): Result<Pick<BlockSigned, "vm" | "bootSet">> {
    const vm = this.#context.ports.store.vm(id);
    if (vm === undefined) return fail(failure("enrolment.unknown-vm", id));
    const bootSet = vm.bootSets.find((one) => one.id === set);
    if (bootSet === undefined) return fail(failure("kit.no-boot-set"));
    // SECURITY: a block that is signed stays valid for ever; who may sign for what nobody approved is who may approve.
    if (!isApproved(bootSet) && !mayApprove) return fail(failure("id-block.not-approved", bootSet.label));
    return ok({ vm, bootSet });
  }

  /** As it is now: a set may have been retired, and a policy changed, while the keychain was asked. */
  #stillMay(question: BlockQuestion, signed: BlockSigned, mayApprove: boolean): Result<void> {
    const found = this.#find(question, mayApprove);
    if (!found.ok) return found;
    const { store, primitives } = this.#context.ports;
    const fault = mayApprove ? undefined : unaskedFault({ ...signed, ...found.value }, store.vms(), primitives);
    return fault === undefined ? ok(undefined) : fail(fault);
  }

  #blockOf(vm: VmRecord, { set }: KeptBootSet, { guestPolicy = vm.hostPlan?.guestPolicy, ...choices }: BlockQuestion): Result<Uint8Array> {
    if (guestPolicy === undefined) return fail(failure("kit.no-plan"));
    const block = makeIdBlock(vm.id, set, { ...choices, guestPolicy }, this.#context.ports.primitives);
    if (!block.ok) return block;
    // SECURITY: the owner's key does not vouch for a launch that the host may decrypt, unless the VM's policy accepts one.
    const fault = permissionFault({ guestPolicy }, vm.policy);
    return fault === undefined ? block : fail(fault);
  }

  async #authOf(signed: BlockSigned, may: () => Result<void>): Promise<Result<Uint8Array>> {
    const { ports, ledger } = this.#context;
    const { block, idKey, authorKey } = signed;
    const author = authorKey === undefined ? undefined : pointOf(authorKey);
    const digest = toHex(signedBlockDigest(block, pointOf(idKey), author, ports.primitives));
    const kept = ports.store.signedBlock(digest);
    if (kept !== undefined) return this.#verified(kept, signed);
    const before = may();
    if (!before.ok) return before;
    const idBlockSignature = await this.#keys.sign(idKey, block);
    if (!idBlockSignature.ok) return idBlockSignature;
    const keySignature = authorKey === undefined ? ok(undefined) : await this.#keys.sign(authorKey, keyStructure(pointOf(idKey)));
    if (!keySignature.ok) return keySignature;
    const auth = sealIdAuth(
      block,
      {
        idKey: pointOf(idKey),
        idBlockSignature: idBlockSignature.value,
        author: author === undefined || keySignature.value === undefined ? undefined : { key: author, signature: keySignature.value },
      },
      ports.primitives,
    );
    if (!auth.ok) return auth;
    // Another question may have been first while the keychain was asked: then its bytes are the ones.
    const first = ports.store.signedBlock(digest);
    if (first !== undefined) return this.#verified(first, signed);
    const after = may();
    if (!after.ok) return after;
    // CRASH: if we stop before this is durable, a signature was made that nobody has seen: the next question makes another.
    const committed = ledger.commit(blockSignedFacts(signed, ports.primitives), () => ({ signedBlock: { digest, auth: auth.value } }));
    return committed.ok ? auth : committed;
  }

  /** SECURITY: what is kept is looked at again: whoever can write to the store cannot make it a block of the owner's. */
  #verified(auth: Uint8Array, { block, idKey, authorKey }: BlockSigned): Result<Uint8Array> {
    const read = parseIdAuth(auth);
    const verified = read.ok ? verifyIdAuth(read.value, block, this.#context.ports.primitives) : read;
    if (!read.ok || !verified.ok) return fail(failure("store.corrupt", "a signed ID block"));
    const [author, expected] = [read.value.author?.key, authorKey === undefined ? undefined : pointOf(authorKey)];
    const sameAuthor = author === undefined || expected === undefined ? author === expected : equalBytes(author, expected);
    return sameAuthor && equalBytes(read.value.idKey, pointOf(idKey)) ? ok(auth) : fail(failure("store.corrupt", "a signed ID block"));
  }
}
